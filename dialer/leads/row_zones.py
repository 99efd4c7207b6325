"""The time zones of one row."""

from collections.abc import Sequence

from dialer.domain.zones import LeadZones, zones_for
from dialer.leads.cells import shown
from dialer.leads.column_map import ColumnMap
from dialer.leads.header_words import LeadField
from dialer.leads.options import ImportOptions
from dialer.leads.phone_cells import read_country
from dialer.leads.problems import RejectReason, UnusableRow

_PLACES = (LeadField.TIME_ZONE, LeadField.STATE, LeadField.POSTAL_CODE, LeadField.COUNTRY)


class RowZones:
    """Gives the zones a lead may be in."""

    def __init__(self, columns: ColumnMap, options: ImportOptions) -> None:
        width = len(columns.headers)
        self._given, self._state, self._postal_code, self._country = (
            columns.fields.get(one, width) for one in _PLACES
        )
        self._is_plain = not any(one in columns.fields for one in _PLACES[:-1])
        self._list_country = options.country
        self._default = options.default_zone

    def read(self, phone: str, cells: Sequence[str], *, country: str) -> LeadZones:
        """Give the zones joined by ",", where they come from, and the region the row names.

        `country` is the number's; a state is looked for there, unless the row names a country.

        Raises:
            UnusableRow: the row names a zone that nobody knows.
        """
        if self._is_plain:
            found = zones_for(phone, country=country, default=self._default)
        else:
            found = self._look_up(phone, cells, country=country)
        if found is None:
            raise UnusableRow(
                RejectReason.BAD_ROW,
                f'"{shown(cells[self._given])}" is not a time zone. Write for example '
                "America/Chicago, or leave it empty.",
            )
        return found

    def _look_up(self, phone: str, cells: Sequence[str], *, country: str) -> LeadZones | None:
        named = cells[self._country]
        return zones_for(
            phone,
            given=cells[self._given],
            state=cells[self._state],
            postal_code=cells[self._postal_code],
            country=(named and read_country(named, self._list_country)) or country,
            default=self._default,
        )
