"""What the importer is told beside the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from dialer.leads.header_words import LeadField
from dialer.leads.table import Limits

Mapped = str | Sequence[str]
"""A column by its header; several for the phone, the one to dial first."""


class MissingPolicy(StrEnum):
    """What happens to a lead that lacks a variable the agent's prompt needs."""

    ALLOW = "allow"  # it is called; the variable is empty
    REJECT = "reject"  # it is not imported
    DEFAULT = "default"  # it is called with the same text as every such lead


@dataclass(frozen=True, slots=True)
class MissingVariable:
    """What to do where a needed variable is empty; `text` belongs to DEFAULT."""

    policy: MissingPolicy = MissingPolicy.ALLOW
    text: str = ""

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read "allow", "reject" or "default=some text".

        Raises:
            ValueError: it is none of them; the text can be shown.
        """
        word, mark, text = written.partition("=")
        word = word.strip().casefold()
        if word == MissingPolicy.DEFAULT and mark and text.strip():
            return cls(MissingPolicy.DEFAULT, text.strip())
        if word in (MissingPolicy.ALLOW, MissingPolicy.REJECT) and not mark:
            return cls(MissingPolicy(word))
        raise ValueError(f'"{written}" is none of: allow, reject, default=TEXT')


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Settings of one import. Made of plain values, so that other processes can be given them."""

    country: str = "US"  # of numbers without a country code
    allowed_countries: frozenset[str] | None = None  # None: the list's own country only
    allow_fictional: bool = False  # 555-01XX, for rehearsals
    default_zone: str | None = None  # for leads about whose place nothing is known
    overrides: Mapping[LeadField, Mapped] = field(default_factory=dict)  # "": no column
    remembered: Mapping[LeadField, Mapped] = field(default_factory=dict)  # of the same headers
    limits: Limits = field(default_factory=Limits)
    max_variables_bytes: int = 16 * 1024
    encoding: str | None = None  # None: found out, like the two below
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None  # as a person counts; 0: the file has no header
    required_variables: frozenset[str] = frozenset()  # the placeholders of the agent's prompt
    missing_variable: MissingVariable = MissingVariable()
    require_consent: bool = False  # a consent that cannot be read rejects its row
    read_at: datetime | None = None  # no consent is later than this

    @property
    def countries(self) -> frozenset[str]:
        """The countries whose numbers may be called."""
        if self.allowed_countries is None:
            return frozenset({self.country})
        return self.allowed_countries
