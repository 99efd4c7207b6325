"""Importing a lead file for the commands that do: paths, options, and what is said meanwhile."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.output import confirm, say
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.actions.drafting import FirstRows
    from dialer.actions.load import Loaded, Order, Progress
    from dialer.config import Settings

MOST_PROCESSES = 2
"""By default: one reads and stores, the other works the rows out; more only wait for the first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person typed about an import."""

    changed: dict[str, Any]
    known: str
    not_called_within: timedelta | None
    processes: int

    @classmethod
    def of(
        cls,
        *,
        country: str | None = None,
        allow: Iterable[str] | None = None,
        columns: Iterable[str] | None = None,
        missing_variable: str | None = None,
        known: str = "skip",
        not_called_within: str | None = None,
        processes: int | None = None,
        **table: Any,
    ) -> Self:
        """Read the flags.

        Raises:
            WrongUsage: a flag is not understood.
        """
        changed: dict[str, Any] = {
            name: value for name, value in table.items() if value is not None
        }
        if country is not None:
            changed["country"] = _country(country, option="--country")
        allowed = [part for text in allow or () for part in text.split(",") if part.strip()]
        if allowed:
            changed["allowed_countries"] = frozenset(
                _country(part, option="--allow-country") for part in allowed
            )
        if columns:
            changed["overrides"] = _overrides(columns)
        if missing_variable is not None:
            changed["missing_variable"] = _missing(missing_variable)
        if known not in ("skip", "update"):
            raise WrongUsage(f"--known {known} is neither skip nor update", fix="--known update")
        return cls(
            changed,
            known,
            _duration(not_called_within),
            processes or min(MOST_PROCESSES, os.cpu_count() or 1),
        )

    def order(
        self,
        tell: "Callable[[Progress], None]" = lambda progress: None,
        doubt: "Callable[[FirstRows], None]" = lambda first: None,
    ) -> "Order":
        """Give what the importer is told; `tell` hears how far it is, `doubt` of a bad file."""
        from dialer.actions.load import Order
        from dialer.actions.storing import Known

        return Order(
            changed=self.changed,
            known=Known(self.known),
            not_called_within=self.not_called_within,
            processes=self.processes,
            tell=tell,
            doubt=doubt,
        )


def asking(file: Path, *, yes: bool) -> "Callable[[FirstRows], None]":
    """Give what asks whether a file is imported of which most of the first rows are no leads."""

    def ask(first: "FirstRows") -> None:
        confirm(
            f"{first.rejected:,} of the first {first.rows:,} rows of {file.name} are no leads: the "
            "wrong file, or a column taken for another? Import the others all the same?",
            yes=yes,
            declined="nothing was imported; --dry-run shows what is wrong with the rows",
        )

    return ask


def rejects_path(settings: "Settings", *, lead_file: Path, campaign_id: int) -> Path:
    """Name a new file for the rejected rows of an import."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    directory = settings.create_home() / "rejects"
    directory.mkdir(exist_ok=True)
    return directory / f"{lead_file.stem}-campaign{campaign_id}-{moment}.csv"


@contextmanager
def progress_shown(file: Path) -> "Iterator[Callable[[Progress], None]]":
    """Show how far an import is: a bar on a terminal, a line every tenth otherwise."""
    began = monotonic()
    if not sys.stderr.isatty():
        told = [0]

        def tell_lines(progress: "Progress") -> None:
            tenth = int((progress.fraction or 0) * 10)
            at_once = tenth == 10 and told[0] == 0
            if tenth > told[0] and not at_once:
                told[0] = tenth
                say(f"{file.name}: {tenth * 10} %, row {progress.rows:,}, {_rate(progress, began)}")

        yield tell_lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    shown = bar.add_task(file.name, total=1.0, rate="")

    def tell(progress: "Progress") -> None:
        bar.start()  # not before the first rows are stored: until then somebody may be asked
        rate = f"row {progress.rows:,}, {_rate(progress, began)}"
        bar.update(shown, completed=progress.fraction, rate=rate)

    try:
        yield tell
    finally:
        bar.stop()


def _rate(progress: "Progress", began: float) -> str:
    return f"{progress.rows / max(monotonic() - began, 0.001):,.0f} rows/s"


def say_loaded(loaded: "Loaded") -> ExitCode:
    """Say what became of the rows; give the exit code that tells the same."""
    for warning in loaded.warnings:
        say(f"warning: {warning['message']}")
    if loaded.already:
        say(f"this file is list {loaded.list_id} of the campaign already; nothing was stored")
    else:
        updated = f"updated {loaded.updated:,}; " if loaded.updated else ""
        say(
            f"imported {how_many(loaded.imported, 'lead')}; {updated}"
            f"{loaded.duplicates:,} repeated, {loaded.rejected:,} rejected, {loaded.blank:,} blank"
        )
    if loaded.rejects is not None:
        say(f"rows to correct and import again: {loaded.rejects}")
    return ExitCode.REJECTED_ROWS if loaded.rejected else ExitCode.DONE


def _country(text: str, *, option: str) -> str:
    from dialer.domain.places import parse_country

    code = parse_country(text.strip())
    if code is None:
        raise WrongUsage(f"{option} {text} is not a country", fix=f"{option} US")
    return code


def _duration(text: str | None) -> timedelta | None:
    from dialer.domain.durations import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise WrongUsage(str(error), fix="--not-called-within 30d") from error


def _missing(text: str) -> Any:
    from dialer.leads.options import MissingVariable

    try:
        return MissingVariable.parse(text)
    except ValueError as error:
        raise WrongUsage(str(error), fix='--missing-variable "default=there"') from error


def _overrides(columns: Iterable[str]) -> dict[Any, Any]:
    """Give the columns of each field; a field that is named twice has several."""
    chosen: dict[Any, list[str]] = {}
    for text in columns:
        name, header = _override(text)
        chosen.setdefault(name, []).append(header)
    return {
        name: headers[0] if len(headers) == 1 else tuple(headers)
        for name, headers in chosen.items()
    }


def _override(text: str) -> tuple[Any, str]:
    """Read "phone=Mobile"; "company=" means that no column is the company."""
    from dialer.leads.header_words import LeadField

    name, mark, header = (part.strip() for part in text.partition("="))
    names = [field.value for field in LeadField]
    if not mark or (name == LeadField.PHONE and not header):
        raise WrongUsage(f"--map {text} names no column", fix='--map "phone=Mobile"')
    if name not in names:
        raise WrongUsage(f'--map knows no field "{name}"', why=f"fields: {', '.join(names)}")
    return LeadField(name), header
