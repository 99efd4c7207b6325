"""The variables of one row: what the agent may say of a lead."""

from collections.abc import Sequence
from operator import itemgetter

from dialer.leads.column_map import ColumnMap
from dialer.leads.header_words import LeadField
from dialer.leads.options import ImportOptions, MissingPolicy
from dialer.leads.problems import RejectReason, UnusableRow

_SPOKEN = (LeadField.FIRST_NAME, LeadField.LAST_NAME, LeadField.EMAIL, LeadField.COMPANY)
_NAMES = frozenset({LeadField.NAME, LeadField.FIRST_NAME, LeadField.LAST_NAME})
_WIDEST_CHARACTER = 4  # bytes in UTF-8


class RowVariables:
    """Gives every column under its own header.

    The names and the company stand also under the dialer's own words, because prompts say
    `{{first_name}}` where a spreadsheet says "First Name".
    """

    def __init__(self, columns: ColumnMap, options: ImportOptions) -> None:
        consent = columns.consent_names()
        names = {at: name for at, name in columns.variables.items() if at not in consent}
        spoken = [
            (one.value, columns.fields[one])
            for one in _SPOKEN
            if one in columns.fields and one.value not in names.values()
        ]
        self._names = (*names.values(), *(name for name, _ in spoken))
        # Two places more than names: of a single one, itemgetter would give no tuple.
        places = [*names, *(place for _, place in spoken)]
        self._pick = itemgetter(*places, -1, -1)
        self._unnamed = [name for place, name in names.items() if not columns.headers[place]]
        self._says_name = bool(_NAMES & columns.fields.keys()) and "name" not in self._names
        self._required = tuple(sorted(options.required_variables))
        self._missing = options.missing_variable
        self._max_bytes = options.max_variables_bytes
        given = [f"{name}{self._missing.text}" for name in self._required]
        others = (*self._names, *given)  # at most: the names, and what is given where one lacks
        self._other_bytes = sum(len(text.encode(errors="replace")) for text in others)

    def read(self, cells: Sequence[str], *, name: str, characters: int) -> dict[str, str]:
        """Give the variables of a row; `characters` is the length of all its cells.

        Raises:
            UnusableRow: one that the agent needs is empty, or they are too long together.
        """
        variables = dict(zip(self._names, self._pick(cells), strict=False))
        if self._says_name:
            variables["name"] = name
        for unnamed in self._unnamed:
            if not variables[unnamed]:
                del variables[unnamed]
        if self._required:
            self._fill(variables)
        # A cell stands at most three times: itself, under our word, and in the full name.
        if self._other_bytes + 3 * _WIDEST_CHARACTER * characters > self._max_bytes:
            self._check_length(variables)
        return variables

    def missing_in(self, variables: dict[str, str]) -> list[str]:
        """Give the variables that are needed and empty."""
        return [name for name in self._required if not variables.get(name)]

    def _fill(self, variables: dict[str, str]) -> None:
        missing = self.missing_in(variables)
        if missing and self._missing.policy is MissingPolicy.REJECT:
            named = ", ".join(f"{{{{{name}}}}}" for name in missing[:5])
            raise UnusableRow(
                RejectReason.MISSING_VARIABLE,
                f"The agent's prompt needs {named}, which is empty here. Fill the column, or "
                "allow it to be empty.",
            )
        for name in missing:
            variables[name] = self._missing.text

    def _check_length(self, variables: dict[str, str]) -> None:
        size = sum(
            len(name.encode(errors="replace")) + len(value.encode(errors="replace"))
            for name, value in variables.items()
        )
        if size > self._max_bytes:
            raise UnusableRow(
                RejectReason.FIELD_TOO_LONG,
                f"The row holds {size:,} bytes of text; at most {self._max_bytes:,} go to the "
                "agent.",
            )
