"""Exit codes, and the errors that only a command line has."""

from enum import IntEnum

from dialer.errors import KeyRefused, NotFound, RefusedByRule, Unreachable, UserError


class ExitCode(IntEnum):
    """What scripts read; part of the interface."""

    DONE = 0
    FAILED = 1  # or declined
    USAGE = 2  # wrong options, or a question that nobody can answer
    NOT_FOUND = 3
    KEY = 4  # missing or refused
    REFUSED = 5  # by a rule: do-not-call, hours, cap, state
    UNREACHABLE = 6  # database, broker or Retell
    REJECTED_ROWS = 7  # done, but some rows were rejected
    INTERRUPTED = 130


class WrongUsage(UserError):
    """The command cannot be run as it was typed."""


class Declined(UserError):
    """The person said no."""


class KeyMissing(KeyRefused):
    """The key is missing."""


_CODES: tuple[tuple[type[UserError], ExitCode], ...] = (
    (WrongUsage, ExitCode.USAGE),
    (NotFound, ExitCode.NOT_FOUND),
    (KeyRefused, ExitCode.KEY),
    (RefusedByRule, ExitCode.REFUSED),
    (Unreachable, ExitCode.UNREACHABLE),
)


def exit_code_of(error: UserError) -> ExitCode:
    """Give the exit code of an error that is shown to a person."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.FAILED)
