"""Export profiles: which columns another system's import wants, and how it writes things."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from dialer.domain.zone_names import check_zone

FIELDS = (
    "lead_id",
    "phone",
    "name",
    "external_ref",
    "region",
    "status",
    "closed_as",
    "closed_at",
    "disposition",
    "attempts",
    "due_at",
    "callback_at",
    "campaign",
    "call_id",
    "from_number",
    "started_at",
    "ended_at",
    "duration_ms",
    "duration_s",
    "cost_cents",
    "cost_dollars",
    "summary",
    "sentiment",
    "recording_url",
    "in_voicemail",
    "call_successful",
)
"""What a column may hold, beside `variable.<name>` and `analysis.<key>`."""
_OPEN = ("variable.", "analysis.")
_PHONES = ("phone", "from_number")

Phone = Literal["e164", "digits", "international", "national"]
_WRITTEN = {
    "international": phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    "national": phonenumbers.PhoneNumberFormat.NATIONAL,
}


class ExportColumn(BaseModel):
    """What stands in one column: a field, or the same text in each row."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    field: str | None = None
    value: str | None = None
    words: Mapping[str, str] | None = None  # other words for ours; one without stays as it is
    before: str = ""  # in front of what is not empty
    date: str | None = None  # otherwise than the profile's
    form: Literal["hh:mm:ss"] | None = Field(default=None, alias="as")  # of milliseconds

    @field_validator("field")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is None or name in FIELDS:
            return name
        if name.startswith(_OPEN) and name.partition(".")[2]:
            return name
        raise ValueError(f"{name} is no field; known: {', '.join(FIELDS)}, variable.…, analysis.…")

    @field_validator("date")
    @classmethod
    def _written_date(cls, pattern: str | None) -> str | None:
        return None if pattern is None else check_date(pattern)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.field is None) == (self.value is None):
            raise ValueError("a column holds a field, or a value")
        return self


def check_date(pattern: str) -> str:
    """Refuse a pattern of dates that writes none. Raises: ValueError."""
    if pattern != "iso" and not re.search(r"%[YymdHMSbBjsfI]", pattern):
        raise ValueError('a date is written like "%Y-%m-%d", or "iso"')
    return pattern


def _spelled_out(given: Any) -> Any:
    return {"field": given} if isinstance(given, str) else given


Column = Annotated[ExportColumn, BeforeValidator(_spelled_out)]


class ExportProfile(BaseModel):
    """The columns of an export, in their order, and how moments and numbers are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: Literal["all", "called", "closed"] = "all"
    date: str = "iso"
    zone: str = "UTC"
    phone: Phone = "e164"
    columns: dict[str, Column] = Field(min_length=1)

    @field_validator("date")
    @classmethod
    def _written_date(cls, pattern: str) -> str:
        return check_date(pattern)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        return check_zone(name)

    def has_row(self, fields: Mapping[str, Any]) -> bool:
        """Tell whether a lead is written."""
        if self.rows == "called":
            return fields["call_id"] is not None
        return self.rows == "all" or fields["closed_as"] is not None

    def cells(self, fields: Mapping[str, Any]) -> Sequence[object]:
        """Write one row; `fields` may lack variables and what the analysis found."""
        return [self._cell(column, fields) for column in self.columns.values()]

    def _cell(self, column: ExportColumn, fields: Mapping[str, Any]) -> object:
        if column.field is None:
            return column.value
        found = fields.get(column.field)
        if found is None or found == "":
            return None
        if isinstance(found, datetime):
            found = self._moment(found, column.date or self.date)
        elif column.field in _PHONES:
            found = written_phone(str(found), form=self.phone)
        elif column.form is not None and isinstance(found, int | float):
            found = _hours(found)
        if column.words is not None:
            found = column.words.get(str(found), found)
        return f"{column.before}{found}" if column.before else found

    def _moment(self, moment: datetime, pattern: str) -> str:
        local = moment.astimezone(ZoneInfo(self.zone))
        return local.isoformat() if pattern == "iso" else local.strftime(pattern)


def written_phone(phone: str, *, form: Phone) -> str:
    """Write a number in E.164 otherwise."""
    if form == "e164":
        return phone
    if form == "digits":
        return phone.removeprefix("+")
    return phonenumbers.format_number(phonenumbers.parse(phone), _WRITTEN[form])


def _hours(milliseconds: float) -> str:
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def shipped_profiles() -> list[str]:
    """Name the profiles that come with the dialer."""
    folder = resources.files("dialer.leads") / "profiles"
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir())


def shipped_profile(name: str) -> str:
    """Give the text of a profile that comes with the dialer."""
    return (resources.files("dialer.leads") / "profiles" / f"{name}.toml").read_text("utf-8")
