"""Moments in sentences are marked with UTC, and nothing else becomes markup."""

from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from dialer.domain.local_time import clock_in, zone
from dialer.domain.schedule_spec import ScheduleSpec
from dialer.web.pages import filled
from dialer.web.schedule_view import when
from dialer.web.timed_sentences import timed

IN_UTC = "2026-03-04T15:00:00+00:00"


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-04 15:00 UTC",
        "2026-03-04 15:00:00 UTC",
        "2026-03-04 at 15:00 UTC",
        "Wed 04 Mar 2026, 15:00:00 UTC",
        "Wed 04 Mar 2026, 09:00 in America/Chicago",
        "Wed 2026-03-04 09:00 in America/Chicago",
        "2026-03-04 09:00 UTC-06:00",
        "2026-03-04 20:30 UTC+05:30",
        clock_in(datetime(2026, 3, 4, 15, tzinfo=UTC), "America/Argentina/Buenos_Aires"),
    ],
)
def test_a_moment_carries_its_utc(written: str) -> None:
    title = "2026-03-04 15:00:00 UTC"
    assert timed(f"It rests until {written}.") == (
        f'It rests until <time datetime="{IN_UTC}" title="{title}">{written}</time>.'
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-31 15:00 UTC",
        "2026-03-04 25:00 UTC",
        "2026-03-04 15:00 in Nowhere/Land",
        "2026-03-04 15:00",
        "9999-12-31 23:00 UTC-06:00",
        "Wed 15:00 in America/Chicago",
        "",
    ],
)
def test_what_is_no_moment_stays_as_it_is(text: str) -> None:
    assert timed(text) == text


def test_what_else_stands_there_is_escaped() -> None:
    found = timed("<b>a & b</b> until 2026-03-04 15:00 UTC <script>, 2026-03-04 15:00 UTC")
    assert isinstance(found, Markup)
    assert found.count("<time ") == 2
    assert "<b>" not in found
    assert "<script>" not in found
    assert found.startswith("&lt;b&gt;a &amp; b&lt;/b&gt; until <time")
    assert timed(Markup("<a>2026-03-04 15:00 UTC</a>")) == "<a>2026-03-04 15:00 UTC</a>"


def test_local_time_comes_first_where_it_is_known() -> None:
    found = timed("It ended at 2026-03-04 15:00 UTC.", "America/Chicago")
    assert f'datetime="{IN_UTC}"' in found
    assert ">Wed 04 Mar 2026, 09:00 CST</time>" in found
    kept = "Wed 2026-03-04 10:00 in America/New_York"
    assert f">{kept}</time>" in timed(kept, "America/Chicago")


@pytest.mark.parametrize(
    "at",
    [
        datetime(2100, 7, 1, 9, tzinfo=zone("America/New_York")),
        "2100-07-01T09:00-04:00",
        "2100-07-01T13:00Z",
    ],
)
def test_when_a_schedule_runs_once_is_a_moment(at: object) -> None:
    spec = ScheduleSpec.model_validate({"name": "Once", "at": at})
    assert 'datetime="2100-07-01T13:00:00+00:00"' in timed(when(spec))


@pytest.mark.parametrize(
    "place", ["Europe", "America/Indiana", "America", "X" * 300, "Utopia/City"]
)
def test_what_is_no_zone_stays_text(place: str) -> None:
    said = f"called her 2026-03-04 10:00 in {place}"
    assert timed(said) == timed(said, "America/Chicago") == said


def test_a_moment_that_no_clock_can_show_stays_text() -> None:
    for said in ("since 0001-01-01 00:00 UTC", "until 9999-12-31 23:59 UTC"):
        for place in ("America/Chicago", "Asia/Tokyo"):
            assert "UTC" in timed(said, place) or "datetime" in timed(said, place)


def test_where_nothing_was_said_nothing_stands() -> None:
    assert timed(None) == timed("") == ""


def test_templates_mark_moments_in_sentences() -> None:
    until = datetime(2026, 3, 4, 15, tzinfo=UTC)
    said = f"Retell asked for patience until {until:%a %d %b %Y, %H:%M:%S UTC}."
    markup = filled("schedule_preview.html", said=said, wrong=None, runs=(), seen="")
    assert f'<time datetime="{IN_UTC}"' in markup
