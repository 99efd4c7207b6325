"""`dialer campaigns check`: tell all that is wrong with campaign files and schedule files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import ExitCode
from dialer.cli.findings import finding_fields, finding_line, findings_of_file
from dialer.cli.output import AsJson, print_json, say
from dialer.errors import UserError

if TYPE_CHECKING:
    from dialer.actions.schedule_file import Checked


def check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Campaign or schedule files (TOML).")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Check campaign and schedule files; exit code 1 when something is wrong with one.

    Tells what would be found before a start, too, but for what depends on the leads.
    """
    found = [_fields(file) for file in files]
    if as_json:
        print_json(found if len(found) > 1 else found[0])
    else:
        for one in found:
            _say(one)
    if not all(one["valid"] for one in found):
        raise typer.Exit(ExitCode.FAILED)


def _fields(file: Path) -> dict[str, Any]:
    """Give what is wrong with one file; one that cannot be read has a single problem."""
    from dialer.actions.schedule_file import check_file

    try:
        return _checked(file, check_file(file))
    except UserError as error:
        problem = {"file": str(file), "what": error.what, "why": error.why, "fix": error.fix}
        return {
            "file": str(file),
            "kind": None,
            "valid": False,
            "problems": [problem],
            "findings": [],
        }


def _checked(file: Path, checked: "Checked") -> dict[str, Any]:
    return {
        "file": str(file),
        "kind": checked.kind,
        "valid": not checked.problems,
        "problems": [
            {
                "file": str(one.file),
                "what": one.what,
                "why": one.why,
                "fix": f"{one.fix} in {one.file}",
            }
            for one in checked.problems
        ],
        "findings": finding_fields(findings_of_file(checked.campaign)) if checked.campaign else [],
    }


def _say(found: dict[str, Any]) -> None:
    if found["valid"]:
        say(f"{found['file']} is a valid {found['kind']} file")
    for one in found["findings"]:
        say(finding_line(one))
    for problem in found["problems"]:
        named = "" if problem["file"] in problem["what"] else f"{problem['file']}: "
        say(f"error: {named}{problem['what']}")
        for word in ("why", "fix"):
            if problem[word]:
                say(f"{word}: {problem[word]}")
