"""Which column holds what: told by its header, and where words do not tell, by its cells."""

import re
from collections.abc import Iterable, Mapping, Sequence

from dialer.domain.variables import safe_variable_name
from dialer.leads.batch_template import JSON_OVERRIDES, CallOverride, override_of
from dialer.leads.cells import shown
from dialer.leads.column_map import ColumnMap, headers_key, is_ours
from dialer.leads.content import ColumnSample
from dialer.leads.header_words import LeadField, field_of, header_key, is_exact
from dialer.leads.name_columns import name_halves
from dialer.leads.options import Mapped
from dialer.leads.phone_columns import (
    phones_at_worst,
    phones_by_cells,
    phones_by_words,
    phones_of_bare_rows,
)
from dialer.leads.problems import FileProblem, FileProblemCode

__all__ = [
    "ColumnMap",
    "LeadField",
    "header_key",
    "headers_key",
    "map_bare_columns",
    "map_columns",
]

_BY_NUMBER = re.compile(r"(?:column_|#)?([1-9]\d{0,3})", re.IGNORECASE)
_NO_MAPPING: Mapping[LeadField, Mapped] = {}


def map_columns(
    headers: Sequence[str],
    overrides: Mapping[LeadField, Mapped],
    *,
    remembered: Mapping[LeadField, Mapped] = _NO_MAPPING,
    samples: Sequence[ColumnSample] = (),
) -> ColumnMap:
    """Find the fields; `overrides` names columns, and wins over `remembered` and over all words.

    Without samples the words alone decide.

    Raises:
        FileProblem: no column holds phones, or an override names a column that is not there.
    """
    samples = samples or [ColumnSample((), country="US")] * len(headers)
    visible = [place for place, header in enumerate(headers) if not is_ours(header)]
    chosen = _chosen(headers, overrides=overrides, remembered=remembered)
    free = [place for place in visible if not any(place in named for named in chosen.values())]
    template = _template(headers, places=free, samples=samples)
    free = [place for place in free if place not in template]
    phones = phones_by_words(headers, places=free, samples=samples)
    if named := chosen.get(LeadField.PHONE):
        phones = [*named, *phones]
    elif not phones:
        phones = phones_by_cells(headers, places=free, samples=samples)
        phones = phones or phones_at_worst(headers, places=free)
    if not phones:
        raise _no_phone_column(headers)
    fields = _fields(headers, chosen=chosen, places=[p for p in free if p not in phones])
    names = _variable_names(headers, places=[p for p in visible if p not in template])
    variables, renamed = _safe_names(names)
    return ColumnMap(tuple(headers), tuple(phones), fields, variables, template, renamed)


def map_bare_columns(
    overrides: Mapping[LeadField, Mapped], *, samples: Sequence[ColumnSample]
) -> ColumnMap:
    """Name the columns of a file without a header; find its phones and e-mails, guess no more.

    Raises:
        FileProblem: no column holds phones, or an override names a column that is not there.
    """
    headers = [f"column_{place + 1}" for place in range(len(samples))]
    chosen = _chosen(headers, overrides=overrides, remembered={})
    phones = [place for place in phones_of_bare_rows(samples) if place not in _all(chosen)]
    phones = [*chosen.get(LeadField.PHONE, ()), *phones]
    if not phones:
        raise _no_phone_column(headers)
    fields = _fields(headers, chosen=chosen, places=())
    if LeadField.EMAIL not in chosen:
        emails = (place for place, sample in enumerate(samples) if sample.is_emails)
        fields.update((LeadField.EMAIL, place) for place in list(emails)[:1])
    return ColumnMap(tuple(headers), tuple(phones), fields, dict(enumerate(headers)))


def _chosen(
    headers: Sequence[str],
    *,
    overrides: Mapping[LeadField, Mapped],
    remembered: Mapping[LeadField, Mapped],
) -> dict[LeadField, list[int]]:
    """Give the columns somebody named, now or for an earlier file; `[]` where nothing is wanted."""
    chosen: dict[LeadField, list[int]] = {}
    for one, wanted in remembered.items():
        places = [_place_of(name, headers=headers) for name in _names(wanted, headers=headers)]
        if found := [place for place in places if place is not None]:
            chosen[one] = found
    for one, wanted in overrides.items():
        chosen[one] = []
        for name in _names(wanted, headers=headers):
            if (place := _place_of(name, headers=headers)) is None:
                raise _unknown_column(name, headers=headers)
            chosen[one].append(place)
    return chosen


def _all(chosen: Mapping[LeadField, Sequence[int]]) -> set[int]:
    return {place for places in chosen.values() for place in places}


def _names(wanted: Mapped, *, headers: Sequence[str]) -> list[str]:
    """Take "Mobile, Home" apart, unless a column is called so."""
    if not isinstance(wanted, str):
        return [name for name in wanted if name]
    if "," in wanted and _place_of(wanted, headers=headers) is None:
        return [name.strip() for name in wanted.split(",") if name.strip()]
    return [wanted] if wanted else []


def _place_of(wanted: str, *, headers: Sequence[str]) -> int | None:
    if wanted in headers:
        return headers.index(wanted)
    if key := header_key(wanted):
        for place, header in enumerate(headers):
            if header_key(header) == key and wanted[:1] != "#":
                return place
    match = _BY_NUMBER.fullmatch(wanted)
    if match and int(match[1]) <= len(headers):
        return int(match[1]) - 1
    return None


def _template(
    headers: Sequence[str], *, places: Iterable[int], samples: Sequence[ColumnSample]
) -> dict[int, CallOverride]:
    """Find the columns of Retell's template; "metadata" that holds no JSON is not one."""
    found: dict[int, CallOverride] = {}
    for place in places:
        meaning = override_of(headers[place])
        if meaning is None or meaning in found.values():
            continue
        if meaning in JSON_OVERRIDES and not samples[place].has_json_objects:
            continue
        found[place] = meaning
    return found


def _fields(
    headers: Sequence[str], *, chosen: Mapping[LeadField, Sequence[int]], places: Iterable[int]
) -> dict[LeadField, int]:
    """Give each field its column: one that was named, one with its own word, or the first."""
    fields = {one: named[0] for one, named in chosen.items() if named and one != LeadField.PHONE}
    found: dict[LeadField, int] = {}
    for place in places:
        one = field_of(headers[place])
        if one is None or one in chosen:
            continue
        if one not in found or (
            is_exact(headers[place], one) and not is_exact(headers[found[one]], one)
        ):
            found[one] = place
    return fields | name_halves(found, headers=headers)


def _variable_names(headers: Sequence[str], *, places: Iterable[int]) -> dict[int, str]:
    """Name the variables after their headers; a repeated header gets `_2`, `_3`."""
    names: dict[int, str] = {}
    taken = {headers[place] for place in places}
    used: set[str] = set()
    for place in places:
        name = header = headers[place] or f"column_{place + 1}"
        n = 1
        while name in used or (n > 1 and name in taken):
            n += 1
            name = f"{header}_{n}"
        used.add(name)
        names[place] = name
    return names


def _safe_names(names: Mapping[int, str]) -> tuple[dict[int, str], dict[str, str]]:
    """Rename what would shadow one of Retell's own variables; give the names and the changes."""
    safe: dict[int, str] = {}
    taken = set(names.values())
    for place, name in names.items():
        new = base = safe_variable_name(name)
        n = 1
        while new != name and new in taken:
            n += 1
            new = f"{base}_{n}"
        taken.add(new)
        safe[place] = new
    return safe, {name: safe[place] for place, name in names.items() if safe[place] != name}


def _unknown_column(wanted: str, *, headers: Sequence[str]) -> FileProblem:
    return FileProblem(
        f'The file has no column "{shown(wanted)}".',
        code=FileProblemCode.UNKNOWN_COLUMN,
        why=f"Its columns are: {_listed(headers)}.",
    )


def _no_phone_column(headers: Sequence[str]) -> FileProblem:
    return FileProblem(
        "No column is recognised as a phone number.",
        code=FileProblemCode.NO_PHONE_COLUMN,
        why=f"The columns are: {_listed(headers)}." if any(headers) else None,
        fix='Name it: --map "phone=YOUR COLUMN".',
    )


def _listed(headers: Iterable[str]) -> str:
    named = [shown(header) for header in headers if header]
    rest = f" and {len(named) - 12} more" if len(named) > 12 else ""
    return ", ".join(named[:12]) + rest
