"""When a schedule runs: right over clock changes, and which occurrences still count."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.domain.occurrences import Missed, check_cron, check_zone, choose, occurrences

NEW_YORK = "America/New_York"


def moments(cron: str, zone: str, after: str, count: int) -> list[str]:
    """Give the next moments on the clock of the zone, with its distance from UTC."""
    found = islice(occurrences(cron, zone, after=datetime.fromisoformat(after)), count)
    return [f"{one.astimezone(ZoneInfo(zone)):%m-%d %H:%M%z}" for one in found]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("", "five fields"),
        ("0 9 * *", "five fields"),
        ("0 0 9 * * *", "five fields"),
        ("@daily", "five fields"),
        ("60 9 * * *", "Bad minute"),
        ("0 24 * * *", "Bad hour"),
        ("0 9 * * fun", "Bad day-of-week"),
        ("0 9 31 4 *", "Bad day-of-month"),
        ("0 9 30 2 *", "Bad day-of-month"),
        ("x 9 * * *", "Bad minute"),
    ],
)
def test_an_expression_that_cannot_be_read_or_never_comes_is_refused(cron: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_cron(cron)


@pytest.mark.parametrize("name", ["", "Mars", "America", "../etc/passwd", "EST5EDT6"])
def test_a_name_that_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a zone"):
        check_zone(name)


def test_weekdays_have_names() -> None:
    assert moments("0 9 * * mon-fri", NEW_YORK, "2026-03-06T15:00+00:00", 2) == [
        "03-09 09:00-0400",
        "03-10 09:00-0400",
    ]


def test_an_occurrence_lies_after_the_moment_asked_for() -> None:
    assert moments("0 9 * * *", NEW_YORK, "2026-03-04T14:00+00:00", 1) == ["03-05 09:00-0500"]
    assert moments("0 9 * * *", NEW_YORK, "2026-03-04T13:59:59.9+00:00", 1) == ["03-04 09:00-0500"]


@pytest.mark.parametrize(
    ("zone", "cron", "after", "expected"),
    [
        (NEW_YORK, "30 2 * * *", "2026-03-07T12:00Z", ["03-08 03:00-0400", "03-09 02:30-0400"]),
        (NEW_YORK, "*/15 2 * * *", "2026-03-07T12:00Z", ["03-08 03:00-0400", "03-09 02:00-0400"]),
        (NEW_YORK, "0 2,3 * * *", "2026-03-08T02:00Z", ["03-08 03:00-0400", "03-09 02:00-0400"]),
        ("Europe/Berlin", "15 2 * * *", "2026-03-28T12:00Z", ["03-29 03:00+0200"]),
        ("Europe/London", "59 1 * * *", "2026-03-28T12:00Z", ["03-29 02:00+0100"]),
        ("Australia/Sydney", "30 2 * * *", "2026-10-03T12:00Z", ["10-04 03:00+1100"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00Z", ["10-04 02:30+1100"]),
        ("America/Santiago", "0 0 * * *", "2026-09-05T12:00Z", ["09-06 01:00-0300"]),
        ("Africa/Cairo", "30 0 * * *", "2026-04-23T12:00Z", ["04-24 01:00+0300"]),
        ("Pacific/Apia", "0 9 30 * *", "2011-12-01T12:00Z", ["12-31 00:00+1400"]),
    ],
)
def test_a_time_that_does_not_exist_runs_once_right_after_the_gap(
    zone: str, cron: str, after: str, expected: list[str]
) -> None:
    assert moments(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize(
    ("zone", "cron", "after", "expected"),
    [
        (NEW_YORK, "30 1 * * *", "2026-10-31T12:00Z", ["11-01 01:30-0400", "11-02 01:30-0500"]),
        (NEW_YORK, "30 1 * * *", "2026-11-01T06:00Z", ["11-02 01:30-0500"]),
        (NEW_YORK, "*/30 1 * * *", "2026-11-01T05:10Z", ["11-01 01:30-0400", "11-02 01:00-0500"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00Z", ["10-25 02:30+0200"]),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25T01:00Z", ["10-26 02:30+0100"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T10:00Z", ["04-05 01:45+1100"]),
        ("America/Santiago", "30 23 * * *", "2026-04-04T12:00Z", ["04-04 23:30-0300"]),
        ("Asia/Kolkata", "30 1 * * *", "2026-10-31T12:00Z", ["11-01 01:30+0530"]),
    ],
)
def test_a_time_that_exists_twice_runs_once_the_first_time(
    zone: str, cron: str, after: str, expected: list[str]
) -> None:
    assert moments(cron, zone, after, len(expected)) == expected


@pytest.mark.parametrize("after", ["2026-03-08T05:30+00:00", "2026-11-01T04:30+00:00"])
def test_every_hour_is_every_hour_that_passes(after: str) -> None:
    found = list(islice(occurrences("0 * * * *", NEW_YORK, after=datetime.fromisoformat(after)), 6))
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


ZONES = (NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(0, 4 * 365 * 24),
)
def test_a_daily_time_comes_once_on_every_local_day(
    zone: str, hour: int, minute: int, start_hour: int
) -> None:
    after = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=start_hour)
    found = list(islice(occurrences(f"{minute} {hour} * * *", zone, after=after), 400))
    days = [one.astimezone(ZoneInfo(zone)).date() for one in found]
    assert [(later - earlier).days for earlier, later in pairwise(days)] == [1] * 399
    assert found == sorted(set(found))
    assert found[0] > after


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 500))
def test_asking_again_after_each_occurrence_gives_the_same_occurrences(zone: str, day: int) -> None:
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    at_once = list(islice(occurrences("*/20 1-3 * * *", zone, after=after), 12))
    one_by_one = []
    for _ in range(12):
        after = next(occurrences("*/20 1-3 * * *", zone, after=after))
        one_by_one.append(after)
    assert one_by_one == at_once


def hours(*numbers: int) -> tuple[datetime, ...]:
    return tuple(datetime(2026, 3, 4, number, tzinfo=UTC) for number in numbers)


LATE = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("missed", "now", "run", "skipped"),
    [
        (Missed.SKIP, "09:00", hours(9), 0),
        (Missed.SKIP, "09:15", hours(9), 0),
        (Missed.SKIP, "09:16", (), 1),
        (Missed.SKIP, "11:10", hours(11), 2),
        (Missed.SKIP, "11:40", (), 3),
        (Missed.ONCE, "09:40", hours(9), 0),
        (Missed.ONCE, "11:40", hours(11), 2),
        (Missed.ALL, "11:40", hours(9, 10, 11), 0),
    ],
)
def test_what_becomes_of_missed_occurrences(
    missed: Missed, now: str, run: tuple[datetime, ...], skipped: int
) -> None:
    at = datetime.fromisoformat(f"2026-03-04T{now}+00:00")
    due = choose(hours(9, 10, 11, 12), now=at, missed=missed, late_by=LATE)
    assert (due.run, due.skipped) == (run, skipped)
    if skipped:
        assert due.first_skipped == hours(9)[0]
        assert due.last_skipped == hours(8 + skipped)[0]


def test_no_more_than_a_hundred_occurrences_are_caught_up_with() -> None:
    first = datetime(2026, 3, 4, tzinfo=UTC)
    minutes = [first + timedelta(minutes=number) for number in range(1000)]
    due = choose(minutes, now=minutes[-1], missed=Missed.ALL, late_by=LATE)
    assert due.run == tuple(minutes[-100:])
    assert (due.skipped, due.first_skipped, due.last_skipped) == (900, first, minutes[899])
