"""From the cells of one row to a lead, or to the reason why there is none.

The mapping is laid out once, in plain positions; what is done for every one of a million rows
is then one pass over its cells and a few look-ups.
"""

from datetime import datetime
from operator import itemgetter
from typing import Any

from dialer.leads.batch_template import BadOverride, read_overrides
from dialer.leads.cells import NULL_LIKE, clean_cell, is_marked
from dialer.leads.column_map import CONSENT_FIELDS, ColumnMap
from dialer.leads.header_words import LeadField
from dialer.leads.moments import UnreadableMoment, parse_moment
from dialer.leads.options import ImportOptions
from dialer.leads.outcomes import AcceptedRow, RejectedRow
from dialer.leads.phone_cells import PhoneCells
from dialer.leads.problems import RejectReason, UnusableRow
from dialer.leads.row_consent import RowConsent
from dialer.leads.row_variables import RowVariables
from dialer.leads.row_zones import RowZones
from dialer.leads.table import Record

_WIDEST_CHARACTER = 4  # bytes in UTF-8
_as_lead = tuple.__new__  # a fifth of the time of AcceptedRow(…)


class RowReader:
    """Reads the rows of one file. Knows nothing of other rows, and may be sent to a process."""

    def __init__(self, columns: ColumnMap, options: ImportOptions) -> None:
        self.columns = columns
        self.options = options
        self._width = width = len(columns.headers)
        self._max_cell_bytes = options.limits.max_cell_bytes
        self._phones = PhoneCells(columns, options)
        self._zones = RowZones(columns, options)
        self._variables = RowVariables(columns, options)
        says_consent = any(one in columns.fields for one in CONSENT_FIELDS)
        self.consent = RowConsent(columns, options) if says_consent else None
        # Every row gets one empty cell more, where a field without a column finds its nothing.
        self._own = itemgetter(
            *(
                columns.fields.get(one, width)
                for one in (
                    LeadField.DO_NOT_CALL,
                    LeadField.NAME,
                    LeadField.FIRST_NAME,
                    LeadField.LAST_NAME,
                    LeadField.EMAIL,
                    LeadField.COMPANY,
                    LeadField.EXTERNAL_REF,
                    LeadField.NOT_BEFORE,
                )
            )
        )
        self._overrides = tuple(
            (place, meaning, columns.title(place)) for place, meaning in columns.overrides.items()
        )

    def read(self, record: Record) -> AcceptedRow | RejectedRow:
        """Make one lead of one row, or say why not."""
        row, raw, problem = record
        try:
            if problem is not None:
                raise UnusableRow(RejectReason.BAD_ROW, problem)
            whole = "".join(raw)
            cells = self._clean(raw, whole=whole)
            mark, name, first, last, email, company, external_ref, moment = self._own(cells)
            if mark and is_marked(mark):
                raise UnusableRow(
                    RejectReason.SUPPRESSED, "The file itself marks this person as do-not-call."
                )
            phone, country, alt_phones = self._phones.read(cells, raw=raw)
            name = name or _joined(first, last)
            _, source, zones, region = self._zones.read(phone, cells, country=country)
            moment = self._moment(moment, zones=zones) if moment else None
            variables = self._variables.read(cells, name=name, characters=len(whole))
            consent = None
            if self.consent is not None:
                consent = self.consent.read(cells, zones=zones, variables=variables)
            fields = (
                row,
                phone,
                country,
                alt_phones,
                name,
                first,
                last,
                email,
                company,
                zones,
                source,
                external_ref,
                moment,
                variables,
                self._call_overrides(cells) if self._overrides else None,
                region,
                consent,
            )
            return _as_lead(AcceptedRow, fields)
        except UnusableRow as unusable:
            return RejectedRow(row, raw, unusable.reason, unusable.message)

    def missing_in(self, lead: AcceptedRow) -> list[str]:
        """Give the variables the agent's prompt needs and the lead does not fill."""
        return self._variables.missing_in(lead.variables)

    def _clean(self, raw: list[str], *, whole: str) -> list[str]:
        """Give the row's cells cleaned, as many as the header has and one empty one.

        `whole` are all of them in one text: most rows hold nothing that is hard to clean.
        """
        if len(whole) * _WIDEST_CHARACTER > self._max_cell_bytes:
            self._check_lengths(raw)
        if whole.isprintable() and "'" not in whole and "=" not in whole:
            cells = [
                cell if cell.strip() is cell and cell not in NULL_LIKE else clean_cell(cell)
                for cell in raw
            ]
        else:
            cells = [clean_cell(cell) for cell in raw]
        width = self._width
        if len(cells) != width:
            if any(cells[width:]):
                raise UnusableRow(
                    RejectReason.BAD_ROW,
                    f"The row has {len(cells)} cells, the header {width}. Put quotation marks "
                    "around a text that holds the separator.",
                )
            cells = cells[:width] + [""] * (width - len(cells))
        cells.append("")
        return cells

    def _check_lengths(self, raw: list[str]) -> None:
        most = self._max_cell_bytes
        for place, cell in enumerate(raw):
            if len(cell) * _WIDEST_CHARACTER > most and len(cell.encode(errors="replace")) > most:
                raise UnusableRow(
                    RejectReason.FIELD_TOO_LONG,
                    f'"{self.columns.title(place)}" holds more than {most:,} bytes. Shorten it, '
                    "or look for a quotation mark that is never closed.",
                )

    def _moment(self, text: str, *, zones: str) -> datetime:
        try:
            return parse_moment(text, zones=zones)
        except UnreadableMoment as problem:
            title = self.columns.title(self.columns.fields[LeadField.NOT_BEFORE])
            raise UnusableRow(RejectReason.BAD_ROW, f'In "{title}", {problem}') from problem

    def _call_overrides(self, cells: list[str]) -> dict[str, Any] | None:
        try:
            return read_overrides(cells, places=self._overrides)
        except BadOverride as problem:
            raise UnusableRow(RejectReason.BAD_ROW, str(problem)) from problem


def _joined(first: str, last: str) -> str:
    """Give the whole name; "Ann Lee" beside "Lee" is whole already."""
    if not (first and last):
        return first or last
    return first if first.endswith(f" {last}") else f"{first} {last}"
