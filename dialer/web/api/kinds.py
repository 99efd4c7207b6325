"""Kinds of values that several routes take."""

from datetime import UTC
from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dialer.domain.moments import Moment as Written
from dialer.domain.phones import Phone, parse_phone
from dialer.domain.selection import Selection
from dialer.errors import UserError

LARGEST_ID = 2**63 - 1
LONGEST_REASON = 200

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
RetellId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
"""An id that Retell gave."""


class Given(BaseModel):
    """A body; what it does not know is refused, as a misspelt word would do nothing."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class LeadsFrom(BaseModel):
    """Whose leads a campaign took over."""

    campaign_id: int
    campaign: str | None
    leads: Selection
    list_id: int | None = Field(description="Only those that this list brought.")
    file_name: str | None


class Note(Given):
    """What somebody found who looked at something that needs a person."""

    note: str = Field(min_length=1, max_length=500)


Moment = Annotated[Written, AfterValidator(lambda moment: moment.astimezone(UTC))]
Reason = Annotated[
    str, Field(min_length=1, max_length=LONGEST_REASON, examples=["asked for it on the phone"])
]


def read_phone(text: str, *, country: str = "US") -> str:
    """Read a number as people write it.

    Raises:
        UserError: it is none.
    """
    found = parse_phone(text, country=country, allow_fictional=True, allowed_countries=None)
    if isinstance(found, Phone):
        return found.e164
    raise UserError(
        f"“{text[:40]}” is no telephone number", why=found.message, fix="write it as +14155552671"
    )
