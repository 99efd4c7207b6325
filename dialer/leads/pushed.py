"""Leads that a program pushes: objects with our own names, made rows for the same reader as files.

Nothing is guessed from words here: a program says which value is what. A column exists if at least
one lead of the push fills it; for the others it is empty there, as in a file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dialer.domain.variables import as_variables, safe_variable_name
from dialer.errors import UserError
from dialer.leads.column_map import ColumnMap
from dialer.leads.header_words import LeadField
from dialer.leads.table import Record

FIELDS = tuple(one for one in LeadField if one is not LeadField.PHONE)
OTHER_PHONES = "alt_phones"
VARIABLES = "variables"

_NOT_A_VARIABLE = frozenset({one.value for one in LeadField} | {OTHER_PHONES, VARIABLES})
_CONTROLS = {code: None for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n\r"}
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class PushedRows:
    """The leads of one push as rows; the first one is row 1."""

    columns: ColumnMap
    records: Sequence[Record]


class _Layout(NamedTuple):
    others: int  # columns of further phones
    fields: Sequence[LeadField]
    variables: Sequence[str]


def rows_of(given: Sequence[Mapping[str, Any]], *, most_columns: int) -> PushedRows:
    """Make rows of leads, each an object with the names of `LeadField`, `alt_phones`, `variables`.

    Raises:
        UserError: they have too many different names between them.
    """
    layout = _layout(given)
    phones = 1 + layout.others
    headers = (
        LeadField.PHONE.value,
        *(f"{LeadField.PHONE.value}_{n}" for n in range(2, phones + 1)),
        *(one.value for one in layout.fields),
        *layout.variables,
    )
    if len(headers) > most_columns:
        raise UserError(
            f"the leads have {len(headers):,} different names between them, the limit is "
            f"{most_columns:,}",
            fix="send fewer variables",
        )
    columns = ColumnMap(
        headers,
        tuple(range(phones)),
        {one: place for place, one in enumerate(layout.fields, start=phones)},
        {place: safe_variable_name(name) for place, name in enumerate(headers)},
    )
    records = [_record(row, lead, layout) for row, lead in enumerate(given, start=1)]
    return PushedRows(columns, records)


def _layout(given: Sequence[Mapping[str, Any]]) -> _Layout:
    names: dict[str, None] = {}
    for lead in given:
        names.update(dict.fromkeys(name for name in _variables(lead) if not _why_not(name)))
    filled = [one for one in FIELDS if any(_text(lead.get(one.value)) for lead in given)]
    others = max((len(lead.get(OTHER_PHONES) or ()) for lead in given), default=0)
    return _Layout(others, filled, list(names))


def _record(row: int, lead: Mapping[str, Any], layout: _Layout) -> Record:
    others = list(lead.get(OTHER_PHONES) or ())
    variables = _variables(lead)
    cells: Iterable[object] = (
        lead.get(LeadField.PHONE.value),
        *others,
        *("" for _ in range(layout.others - len(others))),
        *(lead.get(one.value) for one in layout.fields),
        *(variables.get(name) for name in layout.variables),
    )
    problem = next((why for name in variables if (why := _why_not(name))), None)
    return Record(row, [_text(cell) for cell in cells], problem)


def _variables(lead: Mapping[str, Any]) -> dict[str, str]:
    return as_variables(lead.get(VARIABLES) or {})


def _why_not(name: str) -> str | None:
    """Say why a variable cannot be called so; None when it can."""
    if name in _NOT_A_VARIABLE:
        return f'"{name}" is a field of the lead; write it beside "variables", not in it.'
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or name.startswith("_"):
        return f"A variable has a name of 1 to {_LONGEST_NAME} letters that does not begin with _."
    if "{" in name or "}" in name:
        return f'"{name}" holds a brace; the agent knows variables as {{{{name}}}}.'
    return None


def _text(value: object) -> str:
    return "" if value is None else str(value).translate(_CONTROLS)
