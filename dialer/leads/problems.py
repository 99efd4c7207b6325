"""What can be wrong with a file of leads, and with one of its rows."""

from enum import StrEnum

from dialer.domain.phones import PhoneReason
from dialer.errors import DialerError, UserError


class FileProblemCode(StrEnum):
    """Why a file is not imported at all. Stable words: scripts read them."""

    EMPTY_FILE = "empty_file"  # not one filled cell
    NO_DATA_ROWS = "no_data_rows"  # a header and nothing under it
    NO_PHONE_COLUMN = "no_phone_column"  # nobody to call
    NOT_TEXT = "not_text"  # a picture, a PDF, an archive
    UNSUPPORTED_FORMAT = "unsupported_format"  # a table, but not one that can be read here
    FILE_TOO_LARGE = "file_too_large"  # over a limit on bytes, rows or columns
    UNKNOWN_COLUMN = "unknown_column"  # the mapping names a column the file lacks
    UNKNOWN_ENCODING = "unknown_encoding"  # the one asked for does not exist
    UNKNOWN_DELIMITER = "unknown_delimiter"  # the one asked for cannot be one
    UNKNOWN_SHEET = "unknown_sheet"  # the workbook has no such sheet


class FileProblem(UserError):
    """The file as a whole cannot be imported; nothing of it was."""

    def __init__(
        self,
        what: str,
        *,
        code: FileProblemCode,
        why: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.code = code


class RejectReason(StrEnum):
    """Why one row is not imported. Stable words: they stand in the reject file."""

    MISSING_PHONE = PhoneReason.MISSING.value
    UNPARSEABLE_PHONE = PhoneReason.UNPARSEABLE.value
    INVALID_PHONE = PhoneReason.INVALID.value
    DAMAGED_PHONE = PhoneReason.DAMAGED.value
    SHORT_OR_EMERGENCY = PhoneReason.SHORT_OR_EMERGENCY.value
    PREMIUM_RATE = PhoneReason.PREMIUM_RATE.value
    FICTIONAL_NUMBER = PhoneReason.FICTIONAL.value
    COUNTRY_NOT_ALLOWED = PhoneReason.COUNTRY_NOT_ALLOWED.value
    DUPLICATE_IN_FILE = "duplicate_in_file"  # an earlier row of this file has the number
    ALREADY_IN_CAMPAIGN = "already_in_campaign"  # the campaign has the number
    RECENTLY_CALLED = "recently_called"  # another campaign called it lately
    SUPPRESSED = "suppressed"  # on the do-not-call list, or marked so in the file
    MISSING_VARIABLE = "missing_variable"  # the agent's prompt needs a value that is empty
    FIELD_TOO_LONG = "field_too_long"  # never cut short in silence
    BAD_ROW = "bad_row"  # cells do not match the header, or cannot be understood


class UnusableRow(DialerError):
    """A row is no lead; the reader of rows makes a rejected row of it."""

    def __init__(self, reason: RejectReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
