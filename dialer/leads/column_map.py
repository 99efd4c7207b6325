"""Where each field of a lead stands in a row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dialer.leads.batch_template import CallOverride
from dialer.leads.header_words import LeadField, header_key

CONSENT_FIELDS = (LeadField.CONSENT_AT, LeadField.CONSENT_SOURCE, LeadField.CONSENT_TEXT)
_STAY_VARIABLES = frozenset({LeadField.STATE, LeadField.POSTAL_CODE, *CONSENT_FIELDS})


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each field stands, by position in the row.

    `variables` maps a position to the name the agent knows it by; the columns of a reject file
    and those of Retell's template are none of them.
    """

    headers: tuple[str, ...]  # "" for a column without one
    phones: tuple[int, ...]  # the one to dial first
    fields: Mapping[LeadField, int]
    variables: Mapping[int, str]
    overrides: Mapping[int, CallOverride] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)  # to a name that shadows nothing

    def consent_names(self) -> dict[int, str]:
        """Give the columns of a consent; they are variables only in rows that cannot be read."""
        found = {self.fields[one] for one in CONSENT_FIELDS if one in self.fields}
        return {place: name for place, name in self.variables.items() if place in found}

    def other_variables(self) -> dict[int, str]:
        """Give the variables that are no field of ours; not every row has those of a consent."""
        known = set(self.phones)
        known.update(place for one, place in self.fields.items() if one not in _STAY_VARIABLES)
        return {place: name for place, name in self.variables.items() if place not in known}

    def title(self, place: int) -> str:
        """Name a column for a message."""
        header = self.headers[place] if place < len(self.headers) else ""
        return header or f"column_{place + 1}"

    def summary(self) -> dict[str, str | list[str]]:
        """Give the columns by name for people; "phone" is the one that is dialed first."""
        phone, *others = map(self.title, self.phones)
        found: dict[str, str | list[str]] = {"phone": phone}
        if others:
            found["alt_phones"] = others
        found.update((one.value, self.title(place)) for one, place in self.fields.items())
        return found

    def as_mapping(self) -> dict[LeadField, list[str]]:
        """Give the mapping by headers, to be remembered for files with the same ones."""
        mapping = {LeadField.PHONE: [self._unique(place) for place in self.phones]}
        mapping.update((one, [self._unique(place)]) for one, place in self.fields.items())
        return mapping

    def _unique(self, place: int) -> str:
        header = self.headers[place]
        return header if header and self.headers.count(header) == 1 else f"#{place + 1}"


def headers_key(headers: Iterable[str]) -> str:
    """Give a key that is the same for the same headers in any order, case and spacing.

    A mapping is remembered under it; the columns that a reject file adds make no difference.
    """
    keys = {header_key(header) for header in headers if not is_ours(header)}
    return "\n".join(sorted(keys - {""}))


def is_ours(header: str) -> bool:
    """Tell whether a column comes from our own reject file. `__proto__` does not."""
    return header.startswith("_") and not header.startswith("__")
