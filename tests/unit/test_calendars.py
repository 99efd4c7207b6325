"""Calendar files: which of their events are times that can be booked."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.domain.appointments import FURTHEST, confirmation_number
from dialer.errors import UserError
from dialer.leads import calendars
from dialer.leads.calendars import read_calendar

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


def starts(tmp_path: Path, *events: str, head: str = "") -> list[str]:
    """Write a calendar of these events, and give when its times begin."""
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    path = tmp_path / "times.ics"
    path.write_text(f"BEGIN:VCALENDAR\n{head}{body}END:VCALENDAR\n", encoding="utf-8")
    return [f"{one.starts_at:%m-%d %H:%M}" for one in read_calendar(path, now=NOW)]


def test_what_repeats_keeps_its_hour_when_the_clock_is_set_back(tmp_path: Path) -> None:
    event = "DTSTART;TZID=America/New_York:20261030T090000\nRRULE:FREQ=DAILY;COUNT=3"
    assert starts(tmp_path, event) == ["10-30 13:00", "10-31 13:00", "11-01 14:00"]


@pytest.mark.parametrize("until", ["20261102T140000Z", "20261102T090000", "20261102"])
def test_what_repeats_ends_when_it_says(tmp_path: Path, until: str) -> None:
    event = (
        "DTSTART;TZID=America/New_York:20261030T090000\n"
        f"RRULE:FREQ=WEEKLY;BYDAY=FR,MO;UNTIL={until}"
    )
    expected = ["10-30 13:00"] if until == "20261102" else ["10-30 13:00", "11-02 14:00"]
    assert starts(tmp_path, event) == expected


def test_what_repeats_for_ever_is_followed_as_far_as_times_are_offered(tmp_path: Path) -> None:
    found = starts(tmp_path, "DTSTART:20200101T090000Z\nRRULE:FREQ=DAILY")
    assert (found[0], len(found)) == ("10-20 09:00", FURTHEST.days + 2)


def test_single_further_dates_and_left_out_ones_are_heeded(tmp_path: Path) -> None:
    event = (
        "DTSTART:20261101T090000Z\nRRULE:FREQ=DAILY;COUNT=3\n"
        "EXDATE:20261102T090000Z\nEXDATE:20261103T090000Z\nRDATE:20261110T090000Z"
    )
    assert starts(tmp_path, event) == ["11-01 09:00", "11-10 09:00"]


@pytest.mark.parametrize("zone", ["Europe/Oslo", "Nowhere/Land", ""])
def test_a_time_without_a_zone_is_by_the_calendars_clock_or_utc(tmp_path: Path, zone: str) -> None:
    head = f"X-WR-TIMEZONE:{zone}\n" if zone else ""
    hour = "08" if zone == "Europe/Oslo" else "09"
    assert starts(tmp_path, "DTSTART:20261101T090000", head=head) == [f"11-01 {hour}:00"]


def test_lengths_are_read_and_never_nothing(tmp_path: Path) -> None:
    path = tmp_path / "times.ics"
    ends = ("DTEND:20261101T100000Z", "DURATION:PT2H", "X:1", "DTEND:20261101T080000Z")
    for end, minutes in zip(ends, (60, 120, 30, 30), strict=True):
        text = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261101T090000Z\n{end}\nEND:VEVENT\n"
        path.write_text(f"{text}END:VCALENDAR\n", encoding="utf-8")
        os.utime(path, ns=(minutes, minutes * len(end)))
        (offer,) = read_calendar(path, now=NOW)
        assert offer.ends_at - offer.starts_at == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "event",
    [
        "SUMMARY:no start",
        "DTSTART;VALUE=DATE:20261101",
        "DTSTART:20261101T090000Z\nSTATUS:CANCELLED",
    ],
)
def test_what_is_no_time_to_book_is_left_out(tmp_path: Path, event: str) -> None:
    assert starts(tmp_path, event) == []


@pytest.mark.parametrize(
    "event", ["DTSTART:yesterday", "DTSTART:20261101T090000Z\nRRULE:FREQ=OFTEN"]
)
def test_what_cannot_be_read_is_told_with_the_file(tmp_path: Path, event: str) -> None:
    with pytest.raises(UserError, match=r"times\.ics is not a calendar"):
        starts(tmp_path, event)


def test_a_file_that_is_missing_or_huge_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_calendar(tmp_path / "none.ics", now=NOW)
    huge = tmp_path / "huge.ics"
    with huge.open("wb") as file:
        file.truncate(calendars.MOST_BYTES + 1)
    with pytest.raises(UserError, match="larger than"):
        read_calendar(huge, now=NOW)


def test_confirmation_numbers_can_be_said_and_differ_at_each_try() -> None:
    numbers = [confirmation_number("00000000-0000-0000-0000-00000000002a", again=n) for n in (0, 1)]
    assert numbers == ["000 042", "007 961"]
