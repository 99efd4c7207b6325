"""What is said of a file of numbers that are not to be called, on a page and by programs."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dialer.errors import UserError


def registry_said(fields: Mapping[str, str], country: str, *, now: datetime) -> dict[str, Any]:
    """Read the name of a registry and the day of its download.

    Raises:
        UserError: that is no day, or it has not come yet.
    """
    day = read_day(fields.get("dated", ""))
    if day is not None and day > now.date():
        raise UserError(f"{day} has not come yet", fix="name the day of the download")
    name = fields.get("registry", "").strip() or f"{country.lower()}-national"
    return {"registry": name[:100], "dated": day and day.isoformat()}


def read_day(text: str) -> date | None:
    """Read a day; None where nothing is written.

    Raises:
        UserError: it is none.
    """
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UserError(f"“{text[:20]}” is no day", fix="write for example 2027-01-31") from error
