"""Booking: an agent books a time for the person it talks with.

A time is booked once because an index says so. Whoever has one and wants another is moved: a
person has one appointment ahead in a calendar.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from dialer.actions.built_in import NOT_OURS, WHEN
from dialer.actions.control import lock_lead
from dialer.actions.deciding import zone_of
from dialer.actions.desk import ACTOR, Desk
from dialer.domain.appointments import (
    FURTHEST,
    Calendars,
    Offer,
    confirmation_number,
    fitting,
    free_offers,
    nearest,
)
from dialer.domain.functions import Answer, inside_transaction
from dialer.domain.spoken_moments import spoken
from dialer.domain.spoken_times import read_time
from dialer.leads.calendars import read_calendar
from dialer.log import get_logger
from dialer.store import appointments, campaigns
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Appointment, Campaign, Lead

log = get_logger(__name__)

TRIES = 20
"""So many numbers are tried; one in a million is in use for each appointment there is."""


@inside_transaction
def book_appointment(
    desk: Desk,
    when: Annotated[str, WHEN],
    name: Annotated[str, Field(description="Who comes, if not the person itself")] = "",
    note: Annotated[str, Field(description="What it is about")] = "",
) -> Answer:
    """Book an appointment for the person, or move the one it has.

    Ask for it when the person names a time. If it is taken, the answer names free ones. Tell the
    person the confirmation number.
    """
    if desk.lead is None:
        return NOT_OURS
    campaign, lead = lock_lead(desk.tx, desk.lead.id)
    calendar = calendar_of(campaign, desk.calendars)
    mine = _mine(desk, lead, calendar)
    taken = {one.starts_at for one in appointments.booked(desk.tx, calendar, since=desk.now)}
    on_offer = offers_of(desk.tx, calendar, desk.calendars, now=desk.now)
    free = free_offers(on_offer, booked=taken, now=desk.now)
    wanted = read_time(when, zone_name=zone_of(lead), said_at=desk.now)
    if wanted is None:
        ask = f'I did not understand "{when[:100]}" as a time ahead. Ask for a day and a time.'
        return _offering(desk, lead, ask, free, wanted=desk.now)
    if mine is not None and mine.starts_at == wanted:
        return _confirmed(desk, lead, mine.starts_at, mine.number, moved=False)
    chosen = fitting(free, wanted=wanted)
    if chosen is None or not (number := _book(desk, lead, calendar, chosen, mine, name, note)):
        left = [one for one in free if one.starts_at != wanted]
        asked = spoken(wanted, zone_name=zone_of(lead), now=desk.now)
        return _offering(desk, lead, f"There is nothing free {asked}.", left, wanted=wanted)
    return _confirmed(desk, lead, chosen.starts_at, number, moved=mine is not None)


def calendar_of(campaign: Campaign, calendars: Calendars) -> str:
    """Name the calendar of a campaign."""
    return campaigns.spec_of(campaign).calendar or calendars.usual


def offers_of(tx: Connection, calendar: str, calendars: Calendars, *, now: datetime) -> list[Offer]:
    """Give the times of a calendar: those of its file, or else of the table."""
    path = calendars.folder / f"{calendar}.ics" if calendars.folder is not None else None
    if path is not None and path.is_file():
        return list(read_calendar(path, now=now))
    return appointments.offers(tx, calendar, since=now, until=now + FURTHEST)


def _mine(desk: Desk, lead: Lead, calendar: str) -> Appointment | None:
    ahead = (
        one
        for one in appointments.of_lead(desk.tx, lead.id)
        if one.calendar == calendar and one.starts_at > desk.now
    )
    return next(ahead, None)


def _book(
    desk: Desk,
    lead: Lead,
    calendar: str,
    chosen: Offer,
    mine: Appointment | None,
    name: str,
    note: str,
) -> str | None:
    """Book a time, and let go of the one the lead had; None when somebody was quicker."""
    point = desk.tx.begin_nested()
    if mine is not None:
        appointments.give_up(desk.tx, mine.id)
    for again in range(TRIES):
        number = confirmation_number(desk.new_id, again=again) if mine is None else mine.number
        booked = appointments.book(
            desk.tx,
            calendar=calendar,
            starts_at=chosen.starts_at,
            ends_at=chosen.ends_at,
            number=number,
            lead_id=lead.id,
            call_id=desk.talk.call_id,
            name=name or (mine.name if mine is not None else None) or lead.name,
            note=note or (mine.note if mine is not None else None),
            booked_at=mine.booked_at if mine is not None else desk.now,
            moved_at=desk.now if mine is not None else None,
        )
        if booked:
            point.commit()
            _log(desk, lead, calendar, chosen, number)
            return number
        if appointments.at(desk.tx, calendar, chosen.starts_at) is not None:
            break
    point.rollback()
    return None


def _log(desk: Desk, lead: Lead, calendar: str, chosen: Offer, number: str) -> None:
    log_action(
        desk.tx,
        actor=ACTOR,
        action="book",
        subject=f"lead:{lead.id}",
        now=desk.now,
        after={"calendar": calendar, "at": chosen.starts_at.isoformat(), "number": number},
    )
    log.info("appointment_booked", lead_id=lead.id, calendar=calendar)


def _confirmed(desk: Desk, lead: Lead, starts_at: datetime, number: str, *, moved: bool) -> Answer:
    when = spoken(starts_at, zone_name=zone_of(lead), now=desk.now)
    done = "moved to" if moved else "booked for"
    text = (
        f"The appointment is {done} {when}, by the clock where the person is. The confirmation"
        f" number is {' '.join(number.replace(' ', ''))}."
    )
    return Answer(text, told={"confirmation_number": number, "starts_at": starts_at.isoformat()})


def _offering(desk: Desk, lead: Lead, text: str, free: list[Offer], *, wanted: datetime) -> Answer:
    """Say why nothing was booked, and what could be."""
    near = nearest(free, wanted=wanted)
    said = [spoken(one.starts_at, zone_name=zone_of(lead), now=desk.now) for one in near]
    told = {"free": [one.starts_at.isoformat() for one in near]}
    if not said:
        return Answer(f"{text} There is no free time at all.", ok=False, told=told)
    return Answer(f"{text} Free are: {'; '.join(said)}.", ok=False, told=told)
