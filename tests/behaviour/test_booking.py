"""Booking: a time is booked once, whoever asks at the same moment, and another is offered."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from agents import ask, talking
from factories import NOW, Stage, make_stage

from dialer.actions.explain import explain
from dialer.domain.appointments import Calendars, Offer
from dialer.store import appointments
from dialer.store.tables import Appointment

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREE = NOW + DAY + 5 * HOUR  # tomorrow at 3 pm in New York
TABLE = "appointments"


def offer(stage: Stage, *starts: datetime, calendar: str = TABLE) -> None:
    """Put half hours into the table."""
    offers = [Offer(at, at + HOUR / 2) for at in starts]
    stage.world.db.transact(lambda tx: appointments.offer(tx, calendar, offers))


def booked(stage: Stage, calendar: str = TABLE) -> list[Appointment]:
    return stage.world.db.read(lambda tx: appointments.booked(tx, calendar, since=NOW))


def book(stage: Stage, call: dict[str, Any], when: str, **args: Any) -> dict[str, Any]:
    return ask(stage, "book_appointment", call=call, when=when, **args)


def test_a_free_time_is_booked_and_the_person_hears_a_number(stage: Stage) -> None:
    offer(stage, THREE)
    lead_id = stage.lead(name="Ada")
    answer = book(stage, talking(stage, lead_id), "tomorrow at three", note="The red one")
    number = answer["confirmation_number"]
    assert answer["answer"] == (
        "The appointment is booked for tomorrow, Thursday, March 5, at 3 PM, by the clock where"
        f" the person is. The confirmation number is {' '.join(number.replace(' ', ''))}."
    )
    (row,) = booked(stage)
    assert (row.starts_at, row.lead_id, row.number) == (THREE, lead_id, number)
    assert (row.name, row.note) == ("Ada", "The red one")
    shown = explain(stage.world.db, lead_id, now=NOW)["appointments"]
    assert [one["confirmation"] for one in shown] == [number]


def test_a_taken_time_is_answered_with_the_three_nearest_free_ones(stage: Stage) -> None:
    offer(stage, THREE, *(THREE + n * HOUR for n in (-20, -2, -1, 2, 30)))
    book(stage, talking(stage), "tomorrow at three")
    answer = book(stage, talking(stage), "tomorrow at three")
    assert not answer["ok"]
    assert answer["answer"] == (
        "There is nothing free tomorrow, Thursday, March 5, at 3 PM. Free are:"
        " tomorrow, Thursday, March 5, at 1 PM; tomorrow, Thursday, March 5, at 2 PM;"
        " tomorrow, Thursday, March 5, at 5 PM."
    )
    assert len(booked(stage)) == 1


def test_a_time_that_is_not_on_offer_is_not_booked(stage: Stage) -> None:
    offer(stage, THREE)
    answer = book(stage, talking(stage), "tomorrow at 3:10 pm")
    assert not answer["ok"]
    assert answer["free"] == [THREE.isoformat()]
    assert booked(stage) == []


def test_an_unclear_time_is_answered_with_the_next_free_ones(stage: Stage) -> None:
    offer(stage, THREE, THREE + HOUR)
    answer = book(stage, talking(stage), "whenever it suits you")
    assert answer["free"] == [THREE.isoformat(), (THREE + HOUR).isoformat()]


def test_times_that_are_past_or_far_ahead_are_not_offered(stage: Stage) -> None:
    offer(stage, NOW - HOUR, NOW + 200 * DAY)
    answer = book(stage, talking(stage), "tomorrow at three")
    assert answer["answer"].endswith("There is no free time at all.")
    assert not book(stage, talking(stage), "2026-09-20 11:00")["ok"]


def test_who_wants_another_time_is_moved_and_keeps_the_number(stage: Stage) -> None:
    offer(stage, THREE, THREE + HOUR)
    call = talking(stage)
    first = book(stage, call, "tomorrow at three", note="The red one")
    second = book(stage, call, "tomorrow at 4 pm")
    assert second["confirmation_number"] == first["confirmation_number"]
    assert "moved to tomorrow, Thursday, March 5, at 4 PM" in second["answer"]
    (row,) = booked(stage)
    assert (row.starts_at, row.note, row.moved_at) == (THREE + HOUR, "The red one", NOW)
    assert book(stage, talking(stage), "tomorrow at three")["ok"]  # it is free again


def test_who_cannot_be_moved_keeps_the_time_it_has(stage: Stage) -> None:
    offer(stage, THREE, THREE + HOUR)
    book(stage, talking(stage), "tomorrow at 4 pm")
    call = talking(stage)
    book(stage, call, "tomorrow at three")
    assert not book(stage, call, "tomorrow at 4 pm")["ok"]
    assert [one.starts_at for one in booked(stage)] == [THREE, THREE + HOUR]


def test_the_time_one_has_is_confirmed_when_it_is_asked_for_in_a_later_call(stage: Stage) -> None:
    offer(stage, THREE)
    lead_id = stage.lead()
    first = book(stage, talking(stage, lead_id), "tomorrow at three")
    (attempt,) = stage.attempts_of(lead_id)
    stage.deliver(stage.retell.end(attempt.id, "dial_no_answer"))
    row = stage.lead_row(lead_id)
    assert row.due_at is not None
    stage.clock.moment = row.due_at
    stage.reconcile()
    again = book(stage, talking(stage, lead_id), THREE.isoformat())
    assert again["confirmation_number"] == first["confirmation_number"]


def test_each_campaign_books_in_its_own_calendar(stage: Stage) -> None:
    offer(stage, THREE, calendar="sales")
    lead_id = stage.lead(stage.campaign(calendar="sales"))
    assert book(stage, talking(stage, lead_id), "tomorrow at three")["ok"]
    assert len(booked(stage, "sales")) == 1
    assert not book(stage, talking(stage), "tomorrow at three")["ok"]


def test_nobody_books_for_a_stranger(stage: Stage) -> None:
    offer(stage, THREE)
    assert not book(stage, {"call_id": "call_theirs"}, "tomorrow at three")["ok"]


def test_of_many_who_want_one_time_at_once_exactly_one_gets_it(stage: Stage) -> None:
    offer(stage, THREE, THREE + HOUR)
    calls = [talking(stage) for _ in range(6)]
    ready = threading.Barrier(len(calls))

    def want(call: dict[str, Any]) -> dict[str, Any]:
        ready.wait()
        return book(stage, call, "tomorrow at three")

    with ThreadPoolExecutor(len(calls)) as agents:
        answers = list(agents.map(want, calls))
    assert sorted(one["ok"] for one in answers) == [False] * 5 + [True]
    assert all(one["free"] == [(THREE + HOUR).isoformat()] for one in answers if not one["ok"])
    assert [one.starts_at for one in booked(stage)] == [THREE]


def test_two_who_swap_their_times_at_once_leave_each_with_one(stage: Stage) -> None:
    offer(stage, THREE, THREE + HOUR)
    calls = [talking(stage), talking(stage)]
    book(stage, calls[0], "tomorrow at 3 pm")
    book(stage, calls[1], "tomorrow at 4 pm")
    wishes = ["tomorrow at 4 pm", "tomorrow at 3 pm"]
    with ThreadPoolExecutor(2) as agents:
        list(agents.map(lambda n: book(stage, calls[n], wishes[n]), range(2)))
    rows = booked(stage)
    assert len({one.lead_id for one in rows}) == len(rows) == 2


def test_the_index_alone_keeps_a_time_from_being_booked_twice(stage: Stage) -> None:
    """Two who both saw it free: the second insert is refused, and nobody is booked twice."""

    def insert(number: str) -> bool:
        return stage.world.db.transact(
            lambda tx: appointments.book(
                tx,
                calendar=TABLE,
                starts_at=THREE,
                ends_at=THREE + HOUR,
                number=number,
                lead_id=1,
                booked_at=NOW,
            )
        )

    assert [insert("100 000"), insert("200 000")] == [True, False]


# -- times from a file

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
X-WR-TIMEZONE:America/New_York
BEGIN:VEVENT
UID:1
DTSTART:20260305T150000
DTEND:20260305T153000
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;TZID=America/Chicago:20260306T090000
RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=2
EXDATE;TZID=America/Chicago:20260306T090000
DURATION:PT1H
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20260307T150000Z
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:4
DTSTART;VALUE=DATE:20260308
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def filed(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose calendars are files."""
    (tmp_path / "appointments.ics").write_text(CALENDAR, encoding="utf-8")
    made = make_stage(database_url, calendars=Calendars(tmp_path))
    yield made
    made.world.db.close()


def test_the_events_of_a_file_are_the_times_on_offer(filed: Stage) -> None:
    answer = book(filed, talking(filed), "whenever")
    # The clock is set forward between the first Friday and the second one.
    assert answer["free"] == [THREE.isoformat(), datetime(2026, 3, 13, 14, tzinfo=UTC).isoformat()]
    assert book(filed, talking(filed), "tomorrow at three")["ok"]
    assert not book(filed, talking(filed), "tomorrow at three")["ok"]


def test_a_file_that_changes_is_read_again(filed: Stage, tmp_path: Path) -> None:
    book(filed, talking(filed), "whenever")
    later = CALENDAR.replace("20260305T150000", "20260305T170000")
    (tmp_path / "appointments.ics").write_text(later + "\n", encoding="utf-8")
    assert book(filed, talking(filed), "tomorrow at 5 pm")["ok"]


@pytest.mark.parametrize(
    "text", ["", "no calendar", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "\x00" * 99]
)
def test_a_file_that_is_no_calendar_is_answered_in_words(
    filed: Stage, tmp_path: Path, text: str
) -> None:
    (tmp_path / "appointments.ics").write_text(text, encoding="utf-8")
    answer = book(filed, talking(filed), "tomorrow at three")
    assert not answer["ok"]
    assert "went wrong on our side" in answer["answer"]


def test_a_number_that_is_in_use_is_not_given_twice(database_url: str) -> None:
    stage = make_stage(database_url)
    offer(stage, THREE, THREE + HOUR)
    calls = [talking(stage), talking(stage)]
    same = Stage(replace(stage.world, new_id=lambda: "2a"), stage.clock, stage.queue, stage.retell)
    first = book(same, calls[0], "tomorrow at three")
    second = book(same, calls[1], "tomorrow at 4 pm")
    assert [one["confirmation_number"] for one in (first, second)] == ["000 042", "007 961"]
    stage.world.db.close()
