"""What a person should know about a file that was read all the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

SHOWN_ROWS = 5
SHOWN_MESSAGES = 5
MANY_REJECTED = 0.2  # of the rows
MOST_REJECTED = 0.5  # so many that nothing is stored before somebody says so
FEW_ROWS = 20  # so few that a share of them says nothing


class WarningCode(StrEnum):
    """What was odd. Stable words: scripts read them."""

    NO_HEADER = "no_header"  # the first row is already a lead
    TITLE_ROWS_SKIPPED = "title_rows_skipped"  # lines above the header
    DUPLICATE_HEADER = "duplicate_header"  # two columns of one name
    RENAMED_VARIABLE = "renamed_variable"  # a column's name is one of Retell's own
    MISSING_VARIABLE = "missing_variable"  # the agent's prompt asks for what leads lack
    AGENT_NOT_CHECKED = "agent_not_checked"  # nobody could tell what the prompt asks for
    UNREADABLE_CONSENT = "unreadable_consent"  # nobody can tell when it was given
    MANY_REJECTED = "many_rejected"  # so many that the file may be the wrong one
    MIXED_ENCODING = "mixed_encoding"  # UTF-8 and Windows-1252 in one file
    UNDECODABLE = "undecodable_characters"  # lost already, or no encoding explains them
    SUSPICIOUS_ENCODING = "suspicious_encoding"  # encoded twice: "JosÃ©"
    CONTROL_CHARS_REMOVED = "control_chars_removed"
    UNCLOSED_QUOTE = "unclosed_quote"
    MULTIPLE_SHEETS = "multiple_sheets"  # only one of them was read


@dataclass(slots=True)
class _Notice:
    messages: list[str] = field(default_factory=list)
    rows_count: int = 0
    rows: list[int] = field(default_factory=list)
    last_row: int = 0


class Notices:
    """The warnings about one file, in the order in which they first came.

    Several of one code are one warning: its different messages, how many rows, and the first
    few of them. A file may be read several times with the same notices; a row counts once.
    """

    def __init__(self) -> None:
        self._notices: dict[WarningCode, _Notice] = {}

    def add(self, code: WarningCode, message: str, row: int | None = None) -> None:
        """Take one warning; rows of one code come in the order of the file."""
        notice = self._noted(code, message)
        if row is None or row <= notice.last_row:
            return
        notice.last_row = row
        notice.rows_count += 1
        if len(notice.rows) < SHOWN_ROWS:
            notice.rows.append(row)

    def count_rows(
        self, code: WarningCode, message: str, *, rows_count: int, rows: Sequence[int]
    ) -> None:
        """Take what one whole reading found; the reading that got furthest stands."""
        notice = self._noted(code, message)
        if rows_count > notice.rows_count:
            notice.rows_count = rows_count
            notice.rows = list(rows[:SHOWN_ROWS])

    def judge(self, *, rows: int, rejected: int) -> None:
        """Warn when so many rows were rejected that something may be wrong with all of them."""
        if rows >= FEW_ROWS and rejected >= rows * MANY_REJECTED:
            self._noted(
                WarningCode.MANY_REJECTED,
                f"{rejected:,} of {rows:,} rows were rejected. Is this the right file, and is "
                "each column what it was taken for?",
            )

    def take_over(self, others: "Notices") -> None:
        """Be what these are: those of a copy of the file that another process read."""
        self._notices = others._notices

    def codes(self) -> list[str]:
        """Give the codes alone."""
        return [code.value for code in self._notices]

    def details(self) -> list[dict[str, object]]:
        """Give each warning as code, message, rows_count and the first rows."""
        return [
            {
                "code": code.value,
                "message": " ".join(notice.messages),
                "rows_count": notice.rows_count,
                "rows": list(notice.rows),
            }
            for code, notice in self._notices.items()
        ]

    def _noted(self, code: WarningCode, message: str) -> _Notice:
        notice = self._notices.setdefault(code, _Notice())
        if message not in notice.messages and len(notice.messages) < SHOWN_MESSAGES:
            notice.messages.append(message)
        return notice
