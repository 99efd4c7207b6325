"""The time zones of one row."""

from collections.abc import Sequence

from dialer.domain.zones import ZoneSource, parse_zone, zones_of
from dialer.leads.cells import shown
from dialer.leads.column_map import ColumnMap
from dialer.leads.header_words import LeadField
from dialer.leads.options import ImportOptions
from dialer.leads.problems import RejectReason, UnusableRow

_PLACES = (LeadField.TIME_ZONE, LeadField.STATE, LeadField.POSTAL_CODE)
_AREA = 5  # characters of "+1415": a North American area decides the zones of its numbers
_MOST_REMEMBERED = 50_000


class RowZones:
    """Gives the zones a lead may be in, and remembers them by area."""

    def __init__(self, columns: ColumnMap, options: ImportOptions) -> None:
        width = len(columns.headers)
        self._given, self._state, self._postal_code = (
            columns.fields.get(one, width) for one in _PLACES
        )
        self._is_plain = not any(one in columns.fields for one in _PLACES)
        self._default = options.default_zone
        self._known: dict[object, tuple[str, ZoneSource]] = {}

    def read(self, phone: str, cells: Sequence[str], *, country: str) -> tuple[str, ZoneSource]:
        """Give the zones joined by ",", and where they come from.

        Raises:
            UnusableRow: the row names a zone that nobody knows.
        """
        area = phone[:_AREA] if phone.startswith("+1") else phone
        key: object = area
        if not self._is_plain:
            key = area, cells[self._given], cells[self._state], cells[self._postal_code]
        found = self._known.get(key)
        if found is None:
            found = self._look_up(phone, cells, country=country)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = found
        return found

    def _look_up(self, phone: str, cells: Sequence[str], *, country: str) -> tuple[str, ZoneSource]:
        given = cells[self._given]
        of_number = zones_of(phone)
        if given:
            zone = parse_zone(given)
            if zone is None:
                raise UnusableRow(
                    RejectReason.BAD_ROW,
                    f'"{shown(given)}" is not a time zone. Write for example America/Chicago, or '
                    "leave it empty.",
                )
            return ",".join(sorted({zone, *of_number})), ZoneSource.GIVEN
        if of_number:
            return ",".join(of_number), ZoneSource.NUMBER
        if self._default is not None:
            return self._default, ZoneSource.LIST_DEFAULT
        return "", ZoneSource.NONE
