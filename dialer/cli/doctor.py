"""`dialer doctor`: is everything there that calls need?"""

import sys
from collections.abc import Iterable

import typer

from dialer.cli.checks import Finding, Verdict, every_finding
from dialer.cli.exits import ExitCode
from dialer.cli.output import AsJson, print_json, say, say_mode
from dialer.cli.worlds import load_settings

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


def doctor(*, as_json: AsJson = False) -> None:
    """Look at everything calls need, and say how to mend what is missing.

    Exit code 1 when something failed.
    """
    settings = load_settings()
    say_mode(settings)
    findings = every_finding(settings)
    if as_json:
        found = list(findings)
        print_json({"ok": not _failed(found), "checks": [_fields(one) for one in found]})
    else:
        found = [_shown(one) for one in findings]
    failed = _failed(found)
    if failed:
        say(f"{failed} of {len(found)} checks failed")
        raise typer.Exit(ExitCode.FAILED)


def _failed(findings: Iterable[Finding]) -> int:
    return sum(finding.verdict is Verdict.FAIL for finding in findings)


def _fields(finding: Finding) -> dict[str, str | None]:
    return {
        "name": finding.name,
        "status": finding.verdict.value,
        "sentence": finding.sentence,
        "fix": finding.fix,
    }


def _shown(finding: Finding) -> Finding:
    """Print a finding as soon as it is there."""
    if not sys.stdout.isatty():
        cells = (finding.verdict.value, finding.name, finding.sentence, finding.fix or "")
        sys.stdout.write("\t".join(cells) + "\n")
        return finding
    from rich.console import Console
    from rich.text import Text

    line = Text()
    line.append(f"{finding.verdict.value:<5}", style=_STYLES[finding.verdict])
    line.append(f"{finding.name}: {finding.sentence}")
    if finding.fix:
        line.append(f"\n     fix: {finding.fix}")
    Console(file=sys.stdout).print(line, soft_wrap=True)
    return finding
