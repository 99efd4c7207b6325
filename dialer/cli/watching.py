"""`dialer campaigns watch`: progress while it happens."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dialer.cli.output import print_json_line, say
from dialer.cli.views import sight_fields, sight_line

if TYPE_CHECKING:
    from dialer.actions.watch import Sight


def follow_as_json(sights: Iterable["Sight"]) -> "Sight | None":
    """Print one JSON object a line; give the last sight."""
    last = None
    for last in sights:
        print_json_line(sight_fields(last))
    return last


def follow_in_lines(sights: Iterable["Sight"]) -> "Sight | None":
    """Say a line for every 10 % and for every change of the campaign's status."""
    last, shown = None, None
    for last in sights:
        tenth = 10 * last.progress.closed // max(last.progress.leads, 1)
        if (last.status, tenth) != shown:
            shown = (last.status, tenth)
            say(sight_line(last))
    return last


def follow_on_terminal(sights: Iterable["Sight"]) -> "Sight | None":
    """Draw a table that changes in place."""
    from rich.console import Console
    from rich.live import Live

    last = None
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        for last in sights:
            live.update(_picture(last), refresh=True)
    return last


def _picture(sight: "Sight") -> Any:
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    progress = sight.progress
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in (
        ("leads", _listed(progress.by_status)),
        ("closed as", _listed(progress.by_closed_as)),
        ("dispositions", _listed(progress.dispositions)),
        ("calls open", f"{progress.open_attempts:,}"),
        ("attempts", f"{progress.attempts:,}"),
    ):
        table.add_row(name, Text(value))
    return Group(
        Text(f"{sight.name}: {sight_line(sight)}", style="bold"),
        ProgressBar(total=max(progress.leads, 1), completed=progress.closed, width=60),
        table,
        Text("Ctrl-C ends the watching, not the campaign", style="dim"),
    )


def _listed(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered) or "–"
