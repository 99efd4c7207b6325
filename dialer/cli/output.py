"""What commands print: data to stdout (a table for people, TSV for pipes), talk to stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import Declined, WrongUsage

if TYPE_CHECKING:
    from dialer.config import Settings

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def say(line: str) -> None:
    """Tell a person something on stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def say_mode(settings: "Settings") -> None:
    """Tell which phones ring, before a command that has to do with calls."""
    if settings.mode == "live":
        say(f"mode: LIVE, real phones ring ({settings.retell_base_url})")
    else:
        say(f"mode: simulator, no phone rings ({settings.retell_base_url})")


def print_json(value: object) -> None:
    """Print one JSON document, indented."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=plain) + "\n")


def print_json_line(value: object) -> None:
    """Print one JSON document on one line, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=plain) + "\n")
    sys.stdout.flush()


def print_rows(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Print rows under their column names."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    if sys.stdout.isatty():
        _print_table(cells, columns=columns)
    else:
        _print_tsv([list(columns), *cells])


def print_fields(fields: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    cells = [[name, _cell(value)] for name, value in fields.items()]
    if sys.stdout.isatty():
        _print_table(cells, columns=None)
    else:
        _print_tsv(cells)


def confirm(question: str, *, yes: bool, declined: str) -> None:
    """Ask, unless `yes` has answered already.

    Raises:
        Declined: the answer was not yes.
        WrongUsage: there is no terminal to ask at.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUsage(
            "this needs a yes, and there is no terminal to ask at",
            why=question,
            fix="add --yes",
        )
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined(declined)


def plain(value: object) -> object:
    """Give what JSON knows no word for as a text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _cell(value: object) -> str:
    """Write a value for people; None is empty, and nothing breaks a line or a column."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_cell(one)}" for name, one in value.items() if one is not None)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_cell(one) for one in value)
    return " ".join(str(value).split())


def _print_tsv(lines: Iterable[Sequence[str]]) -> None:
    for cells in lines:
        sys.stdout.write("\t".join(cells) + "\n")


def _print_table(rows: Iterable[Sequence[str]], *, columns: Sequence[str] | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table: Any = Table(box=box.SIMPLE_HEAD if columns else None, show_header=columns is not None)
    for column in columns or ("", ""):
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # never read as markup
    Console(file=sys.stdout).print(table)
