"""A week on the wall, right on the days when clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dialer.domain.week import MINUTES, Piece, Week

NEW_YORK = "America/New_York"


def week(day: str, zone_name: str = NEW_YORK) -> Week:
    return Week.of(date.fromisoformat(day), zone_name=zone_name)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-05", "2026-03-08"])
def test_a_week_begins_on_its_monday(day: str) -> None:
    assert week(day).days == tuple(date(2026, 3, n) for n in range(2, 9))


def test_a_week_in_which_the_clock_is_set_forward_has_an_hour_less() -> None:
    begins, ends = week("2026-03-08").span
    assert ends - begins == timedelta(hours=167)
    assert begins == at("2026-03-02T00:00-05:00")


def test_a_week_in_which_the_clock_is_set_back_has_an_hour_more() -> None:
    begins, ends = week("2026-11-01").span
    assert ends - begins == timedelta(hours=169)


def test_a_week_knows_its_moments_and_the_days_of_utc_they_fall_on() -> None:
    one = week("2026-03-04")
    assert one.has(at("2026-03-08T23:59-04:00"))
    assert not one.has(at("2026-03-09T00:00-04:00"))
    assert one.utc_days[0] == date(2026, 3, 2)
    assert one.utc_days[-1] == date(2026, 3, 9)


def test_a_span_is_divided_at_midnight() -> None:
    found = week("2026-03-04").pieces(
        [(at("2026-03-03T22:00-05:00"), at("2026-03-04T01:30-05:00"))]
    )
    assert found == [
        Piece(date(2026, 3, 3), 22 * 60, MINUTES),
        Piece(date(2026, 3, 4), 0, 90),
    ]


def test_what_lies_outside_of_the_week_is_left_out() -> None:
    found = week("2026-03-04").pieces([(at("2026-02-20T00:00Z"), at("2026-03-02T01:00-05:00"))])
    assert found == [Piece(date(2026, 3, 2), 0, 60)]


def test_an_hour_that_comes_twice_is_shown_all_the_same() -> None:
    twice = (at("2026-11-01T01:30-04:00"), at("2026-11-01T01:15-05:00"))
    assert week("2026-11-01").pieces([twice]) == [Piece(date(2026, 11, 1), 90, 91)]
