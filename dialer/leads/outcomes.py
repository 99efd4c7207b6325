"""One row of a lead file: a lead, or the reason why it is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from dialer.domain.phones import Phone, PhoneProblem, PhoneReason, parse_phone, split_phones
from dialer.domain.zones import ZoneSource, parse_zone, zones_of
from dialer.errors import DialerError
from dialer.leads.cells import clean_cell, is_yes, parse_country
from dialer.leads.columns import ColumnMap, LeadField
from dialer.leads.problems import RejectReason
from dialer.leads.reading import Record

_SPOKEN_FIELDS = (
    LeadField.FIRST_NAME,
    LeadField.LAST_NAME,
    LeadField.EMAIL,
    LeadField.COMPANY,
)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the importer is told beside the file."""

    country: str = "US"  # of numbers without a country code
    allowed_countries: frozenset[str] | None = None  # None: the list's own country only
    allow_fictional: bool = False  # 555-01XX, for rehearsals
    default_zone: str | None = None  # for leads about whose place nothing is known
    overrides: Mapping[LeadField, str] = field(default_factory=dict)  # field to header
    max_bytes: int = 200_000_000
    max_rows: int = 2_000_000
    max_columns: int = 200
    max_cell_bytes: int = 8 * 1024
    max_variables_bytes: int = 16 * 1024


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """One lead as the file describes it; an empty text means that it says nothing."""

    row: int
    cells: tuple[str, ...]  # as they were, in case the row is rejected after all
    phone: Phone
    name: str
    first_name: str
    last_name: str
    email: str
    company: str
    zones: tuple[str, ...]  # the window must be open in all of them; none: not dialed
    zone_source: ZoneSource
    external_ref: str
    variables: dict[str, str]
    alt_phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row that is no lead, with its cells as they were."""

    row: int
    cells: tuple[str, ...]
    reason: RejectReason
    message: str


class _Unusable(DialerError):
    """The row is no lead; caught in this module."""

    def __init__(self, reason: RejectReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def read_row(
    record: Record, *, columns: ColumnMap, options: ImportOptions
) -> AcceptedRow | RejectedRow:
    """Make one lead of one row, or say why not. Knows nothing of the other rows."""
    try:
        return _accept(record, columns=columns, options=options)
    except _Unusable as problem:
        return reject(record, problem.reason, problem.message)


def reject(record: Record, reason: RejectReason, message: str) -> RejectedRow:
    """Reject a row, keeping its cells for the reject file."""
    return RejectedRow(record.row, tuple(record.cells), reason, message)


def _accept(record: Record, *, columns: ColumnMap, options: ImportOptions) -> AcceptedRow:
    cells = _checked_cells(record, width=len(columns.headers), options=options)
    known = {name: cells[place] for name, place in columns.fields.items()}
    if is_yes(known.get(LeadField.DO_NOT_CALL, "")):
        raise _Unusable(
            RejectReason.SUPPRESSED, "The file itself marks this person as do-not-call."
        )
    phones = _phones(
        [cells[place] for place in columns.phones],
        country_text=known.get(LeadField.COUNTRY, ""),
        options=options,
    )
    zones, source = _zones(
        phones[0].e164, given=known.get(LeadField.TIME_ZONE, ""), default=options.default_zone
    )
    return AcceptedRow(
        row=record.row,
        cells=tuple(record.cells),
        phone=phones[0],
        name=_full_name(known),
        first_name=known.get(LeadField.FIRST_NAME, ""),
        last_name=known.get(LeadField.LAST_NAME, ""),
        email=known.get(LeadField.EMAIL, ""),
        company=known.get(LeadField.COMPANY, ""),
        zones=zones,
        zone_source=source,
        external_ref=known.get(LeadField.EXTERNAL_REF, ""),
        variables=_variables(cells, columns=columns, known=known, options=options),
        alt_phones=tuple(phone.e164 for phone in phones[1:]),
    )


def _checked_cells(record: Record, *, width: int, options: ImportOptions) -> list[str]:
    """Give the row's cells cleaned, as many as the header has."""
    if record.problem is not None:
        raise _Unusable(RejectReason.BAD_ROW, record.problem)
    for place, cell in enumerate(record.cells, start=1):
        # No character takes more than four bytes.
        if len(cell) * 4 > options.max_cell_bytes and len(cell.encode()) > options.max_cell_bytes:
            raise _Unusable(
                RejectReason.FIELD_TOO_LONG,
                f"Cell {place} holds more than {options.max_cell_bytes:,} bytes. Shorten it, or "
                "look for a quotation mark that is never closed.",
            )
    cells = [clean_cell(cell) for cell in record.cells]
    if any(cells[width:]):
        raise _Unusable(
            RejectReason.BAD_ROW,
            f"The row has {len(cells)} cells, the header {width}. Put quotation marks around a "
            "text that holds the separator.",
        )
    return cells[:width] + [""] * (width - len(cells))


def _phones(texts: list[str], *, country_text: str, options: ImportOptions) -> list[Phone]:
    """Give the row's numbers, each once, the one to dial first."""
    country = parse_country(country_text) if country_text else options.country
    if country is None and not any(text.startswith("+") for text in texts):
        raise _Unusable(
            RejectReason.BAD_ROW,
            f'"{country_text[:40]}" is not a country. Write two letters, such as '
            f"{options.country}.",
        )
    phones: dict[str, Phone] = {}
    worst: PhoneProblem | None = None
    allowed = options.allowed_countries
    for part in chain.from_iterable(split_phones(text) for text in texts):
        found = parse_phone(
            part,
            country=country or options.country,
            allow_fictional=options.allow_fictional,
            allowed_countries=frozenset({options.country}) if allowed is None else allowed,
        )
        if isinstance(found, Phone):
            phones.setdefault(found.e164, found)
        elif worst is None or worst.reason is PhoneReason.MISSING:
            worst = found
    if phones:
        return list(phones.values())
    problem = worst or PhoneProblem(PhoneReason.MISSING, "The row has no phone cell.")
    raise _Unusable(RejectReason(problem.reason.value), problem.message)


def _zones(e164: str, *, given: str, default: str | None) -> tuple[tuple[str, ...], ZoneSource]:
    """Give every zone the lead may be in: the one given and those of the number."""
    of_number = zones_of(e164)
    if given:
        zone = parse_zone(given)
        if zone is None:
            raise _Unusable(
                RejectReason.BAD_ROW,
                f'"{given[:40]}" is not a time zone. Write for example America/Chicago, or leave '
                "it empty.",
            )
        return tuple(sorted({zone, *of_number})), ZoneSource.GIVEN
    if of_number:
        return of_number, ZoneSource.NUMBER
    if default is not None:
        return (default,), ZoneSource.LIST_DEFAULT
    return (), ZoneSource.NONE


def _full_name(known: Mapping[LeadField, str]) -> str:
    if name := known.get(LeadField.NAME):
        return name
    parts = (known.get(LeadField.FIRST_NAME, ""), known.get(LeadField.LAST_NAME, ""))
    return " ".join(part for part in parts if part)


def _variables(
    cells: list[str],
    *,
    columns: ColumnMap,
    known: Mapping[LeadField, str],
    options: ImportOptions,
) -> dict[str, str]:
    """Give what the agent may say: every column under its own header.

    The names and the company stand also under the dialer's own words, because prompts say
    `{{first_name}}` where a spreadsheet says "First Name".
    """
    variables = {
        name: cells[place]
        for place, name in columns.variables.items()
        if columns.headers[place] or cells[place]
    }
    for known_field in _SPOKEN_FIELDS:
        if known_field in known:
            variables.setdefault(known_field.value, known[known_field])
    if known.keys() & {LeadField.NAME, LeadField.FIRST_NAME, LeadField.LAST_NAME}:
        variables.setdefault(LeadField.NAME.value, _full_name(known))
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > options.max_variables_bytes:
        raise _Unusable(
            RejectReason.FIELD_TOO_LONG,
            f"The row holds {size:,} bytes of text; at most {options.max_variables_bytes:,} go to "
            "the agent.",
        )
    return variables
