"""The consent of one row: when, where and to which words somebody agreed to be called."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from dialer.domain.consent import kept_consent
from dialer.leads.cells import shown
from dialer.leads.column_map import CONSENT_FIELDS, ColumnMap
from dialer.leads.header_words import LeadField
from dialer.leads.moments import UnreadableMoment, parse_moment
from dialer.leads.options import ImportOptions
from dialer.leads.problems import RejectReason, UnusableRow


class RowConsent:
    """Gives what a file says of a consent; use only for a file that has such columns.

    A consent whose moment cannot be read, or lies ahead, is none. Where the campaign needs one,
    the row is rejected, to be corrected; otherwise its cells stay as ordinary variables.
    """

    def __init__(self, columns: ColumnMap, options: ImportOptions) -> None:
        width = len(columns.headers)
        self._pick = itemgetter(*(columns.fields.get(one, width) for one in CONSENT_FIELDS))
        self._names = columns.consent_names()
        moment = columns.fields.get(LeadField.CONSENT_AT)
        self.title = columns.title(moment) if moment is not None else ""
        self._moment_name = self._names.get(moment) if moment is not None else None
        self._is_required = options.require_consent
        self._read_at = options.read_at

    def read(
        self, cells: Sequence[str], *, zones: str, variables: dict[str, str]
    ) -> dict[str, str | None] | None:
        """Give a consent as it is stored; None when there is none, or none that can be read.

        The cells of one that cannot be read are added to `variables`.

        Raises:
            UnusableRow: it cannot be read, and the campaign needs one.
        """
        moment, source, text = self._pick(cells)
        try:
            at = self._read_moment(moment, zones=zones) if moment else None
        except UnreadableMoment as problem:
            if self._is_required:
                sentence = f'In "{self.title}", {problem}'
                raise UnusableRow(RejectReason.BAD_ROW, sentence) from problem
            variables.update((name, cells[place]) for place, name in self._names.items())
            return None
        return kept_consent(at=at, source=source, text=text)

    def is_unread(self, variables: dict[str, str]) -> bool:
        """Tell whether a row's consent could not be read, by the variables of its lead."""
        return self._moment_name in variables

    def _read_moment(self, text: str, *, zones: str) -> datetime:
        at = parse_moment(text, zones=zones)
        if self._read_at is not None and at > self._read_at:
            raise UnreadableMoment(f'"{shown(text)}" has not come yet.')
        return at
