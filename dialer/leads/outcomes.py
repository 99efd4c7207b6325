"""What becomes of one row of a lead file: a lead, or the reason why it is none.

Both are plain tuples, because a file may hold a million of them.
"""

from datetime import datetime
from typing import Any, NamedTuple

from dialer.domain.zones import ZoneSource
from dialer.leads.options import ImportOptions
from dialer.leads.problems import RejectReason

__all__ = ["AcceptedRow", "ImportOptions", "RejectedRow"]


class AcceptedRow(NamedTuple):
    """One lead as the file describes it; an empty text means that it says nothing."""

    row: int
    phone: str  # E.164, the number to dial
    country: str  # of that number
    alt_phones: tuple[str, ...]
    name: str
    first_name: str
    last_name: str
    email: str
    company: str
    zones: str  # joined by ","; the window must be open in all of them; "": not dialed
    zone_source: ZoneSource
    external_ref: str
    not_before: datetime | None  # aware, UTC
    variables: dict[str, str]
    overrides: dict[str, Any] | None  # what Retell's batch template sets for this call alone
    region: str | None  # "US-FL", where the file names a state or a postal code of one
    consent: dict[str, str | None] | None  # when, where and to what it agreed


class RejectedRow(NamedTuple):
    """One row that is no lead, with its cells as they were."""

    row: int
    cells: list[str]
    reason: RejectReason
    message: str
