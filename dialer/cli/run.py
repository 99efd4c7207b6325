"""Running a command: whatever happens becomes an exit code and at most three lines on stderr."""

import io
import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import typer

from dialer.cli.exits import ExitCode, KeyMissing, exit_code_of
from dialer.errors import (
    AccountProblem,
    DialerError,
    ProviderUnavailable,
    Unreachable,
    UserError,
)


def main_of_process() -> int:
    """Run the arguments of this process; the output is UTF-8 whatever the terminal claims."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough. Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; raises nothing."""
    try:
        result = all_commands().main(
            args=list(arguments), prog_name="dialer", standalone_mode=False
        )
    except typer.TyperException as error:
        return _tell_usage(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001  # the outermost edge
        return _tell(error)
    return result if isinstance(result, int) else ExitCode.DONE


@cache
def all_commands() -> Any:
    """Give the commands of the command line, which take a while to be put together."""
    from dialer.cli.app import app

    return typer.main.get_command(app)


def _tell(error: Exception) -> ExitCode:
    shown = _as_user_error(error)
    _log_traceback(error)
    lines = [f"error: {shown.what}"]
    lines += [f"why: {shown.why}"] if shown.why else []
    lines += [f"fix: {shown.fix}"] if shown.fix else []
    sys.stderr.write("".join(f"{line.replace(chr(10), chr(10) + '     ')}\n" for line in lines))
    return exit_code_of(shown)


def _tell_usage(error: typer.TyperException) -> int:
    if not error.format_message():  # a group without a command has shown its help
        return error.exit_code
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "dialer"
    message = error.format_message().rstrip(".")
    sys.stderr.write(f"error: {message[:1].lower()}{message[1:]}\nfix: {path} --help\n")
    return error.exit_code


def _as_user_error(error: Exception) -> UserError:
    from dialer.log import mask_phones

    if isinstance(error, UserError):
        return error
    text = mask_phones(str(getattr(error, "orig", None) or error).strip())
    first_line = text.partition("\n")[0]
    if _is_outage(error):
        return Unreachable("the database does not answer", why=first_line, fix="dialer doctor")
    if isinstance(error, AccountProblem) and error.status in (401, 403):
        return KeyMissing(f"Retell refuses the key: {first_line}", fix="set RETELL_API_KEY")
    if isinstance(error, ProviderUnavailable):
        return Unreachable("Retell does not answer", why=first_line, fix="dialer doctor")
    if isinstance(error, DialerError):
        return UserError(first_line)
    if isinstance(error, OSError) and error.filename is not None:
        return UserError(f"{error.filename}: {error.strerror}")
    return UserError(
        "the command stopped on something nobody expected",
        why=f"{type(error).__name__}: {first_line}",
        fix="run it again with DIALER_LOG_LEVEL=debug and report what it logs",
    )


def _is_outage(error: Exception) -> bool:
    """Ask the store, unless it was never loaded: then it cannot have failed."""
    store = sys.modules.get("dialer.store.database")
    return store is not None and bool(store.is_outage(error))


def _log_traceback(error: Exception) -> None:
    if os.environ.get("DIALER_LOG_LEVEL", "").lower() != "debug":
        return
    from dialer import log

    log.configure("debug", "console")
    log.get_logger(__name__).debug("command_failed", exc_info=error)
