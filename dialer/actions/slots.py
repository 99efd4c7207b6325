"""Slots: the times that people offer for booking, and who has which."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.actions.booking import offers_of
from dialer.actions.world import World
from dialer.domain.appointments import Offer
from dialer.errors import NotFound
from dialer.leads.calendars import read_calendar
from dialer.store import appointments
from dialer.store.database import Connection


def import_file(world: World, path: Path, *, calendar: str) -> int:
    """Put the times of a file into the table and give how many are new.

    Raises:
        UserError: the file is no calendar.
    """
    return offer(world, read_calendar(path, now=world.clock.now()), calendar=calendar)


def offer(world: World, offers: Iterable[Offer], *, calendar: str) -> int:
    """Put times into the table and give how many are new."""
    return world.db.transact(lambda tx: appointments.offer(tx, calendar, offers))


def withdraw_slot(world: World, calendar: str, *, starts_at: datetime) -> None:
    """Offer a time no longer; whoever has booked it keeps it.

    Raises:
        NotFound: the table has no such time.
    """
    if not world.db.transact(lambda tx: appointments.withdraw(tx, calendar, starts_at=starts_at)):
        raise NotFound(
            f"calendar {calendar} offers no time at {starts_at.isoformat()}",
            fix=f"dialer slots list --calendar {calendar}",
        )


def slots_of(world: World, calendar: str) -> list[dict[str, Any]]:
    """Tell the times ahead of a calendar, offered or booked, the first first."""
    now = world.clock.now()

    def body(tx: Connection) -> list[dict[str, Any]]:
        rows: dict[datetime, dict[str, Any]] = {}
        for one in offers_of(tx, calendar, world.calendars, now=now):
            if one.starts_at > now:
                rows[one.starts_at] = {"starts_at": one.starts_at, "ends_at": one.ends_at}
        for booked in appointments.booked(tx, calendar, since=now):
            rows[booked.starts_at] = {
                "starts_at": booked.starts_at,
                "ends_at": booked.ends_at,
                "confirmation": booked.number,
                "lead_id": booked.lead_id,
                "name": booked.name,
                "note": booked.note,
            }
        return [rows[at] for at in sorted(rows)]

    return world.db.read(body)
