"""Moments as an agent says them: "tomorrow, Thursday, March 5, at 3 PM"."""

from datetime import datetime

from dialer.domain.local_time import zone

_DAYS = {0: "today, ", 1: "tomorrow, "}


def spoken(moment: datetime, *, zone_name: str, now: datetime) -> str:
    """Say a moment by the clock of a zone."""
    there = zone(zone_name)
    local, today = moment.astimezone(there), now.astimezone(there).date()
    near = _DAYS.get((local.date() - today).days, "")
    year = f", {local.year}" if local.year != today.year else ""
    return f"{near}{local:%A}, {local:%B} {local.day}{year}, at {_clock(local)}"


def _clock(local: datetime) -> str:
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes} {'AM' if local.hour < 12 else 'PM'}"
