"""What the demo shows: progress while it runs, and the table at its end."""

import sys
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from dialer.store.report import Progress as Standing


class Ticker:
    """Shows a bar on a terminal, and elsewhere a line every 10 %."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._bar = Progress(
            TextColumn("calling"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._task = self._bar.add_task("", total=None)
        self._shown = -1

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def show(self, standing: Standing, *, lines: int, elapsed_s: float) -> None:
        """Show where the campaign stands."""
        text = f"{standing.open_attempts}/{lines} lines, {standing.attempts} attempts"
        if self._console.is_terminal:
            self._bar.update(
                self._task, completed=standing.closed, total=standing.leads, description=text
            )
            return
        tenth = 10 * standing.closed // max(standing.leads, 1)
        if tenth > self._shown:
            self._shown = tenth
            self._console.print(
                f"{elapsed_s:5.1f} s  {standing.closed}/{standing.leads} leads closed, {text}"
            )


def show(figures: dict[str, Any]) -> None:
    """Print the table on stdout."""
    table = Table(title="What happened", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for name, value in _rows(figures):
        table.add_row(name, value)
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100)
    console.print(table)
    for violation in figures["violations"]:
        console.print(f"[red]invariant broken[/red] {violation}")


def _rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    refill = figures["refill_ms"]
    rows = [
        ("leads", f"{figures['leads']}, of them closed {figures['closed']}"),
        ("closed as", _list(figures["closed_as"])),
        ("dispositions", _list(figures["dispositions"])),
        ("attempts", f"{figures['attempts']} that rang"),
        ("calls placed", f"{figures['calls_placed']}, counted by the simulator"),
        ("double dials", f"{figures['double_dials']}, counted by the simulator"),
        ("most lines used", f"{figures['most_lines_used']} of {figures['limit']}"),
        ("calls per second", f"{figures['calls_per_second']} over {figures['seconds']} s"),
        ("refill of a line", f"p50 {refill['p50']} ms, p95 {refill['p95']} ms"),
        ("rejected rows", f"{figures['rejected_rows']}, see {figures['rejects_file']}"),
        ("invariants", f"{len(figures['violations'])} broken"),
        ("broker", str(figures["broker"])),
    ]
    if figures["home"] is not None:
        rows.append(("kept in", f"{figures['home']}; look at it: {figures['look']}"))
    return rows


def _list(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {count}" for name, count in ordered)
