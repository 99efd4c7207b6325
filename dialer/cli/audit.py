"""`dialer audit`: is everything as it must be? `dialer restored`: a backup was put back."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import ExitCode
from dialer.cli.output import AsJson, print_json, print_rows, say
from dialer.cli.worlds import actor, load_settings, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.actions.provider_audit import Compared
    from dialer.store.invariants import Violation

IDS_SHOWN = 20
_COLUMNS = ("name", "status", "sentence", "ids")


def audit(
    *,
    provider: Annotated[
        bool,
        typer.Option(
            "--provider", help="Compare with the calls that Retell knows, and bring back the rest."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask every invariant of all leads and attempts, and name what breaks it.

    Exit code 1 when one is broken.
    """
    from dialer.actions.audit import finish_comparison, look
    from dialer.actions.provider_audit import compare

    with opened_world(load_settings()) as world:
        compared = None
        if provider:
            began = world.clock.now()
            compared = compare(world)
            finish_comparison(world, compared, started_at=began)
        rows = _rows(look(world), compared)
    broken = [row for row in rows if row["status"] != "ok"]
    if as_json:
        print_json({"ok": not broken, "invariants": rows, "provider": _told(compared)})
    else:
        print_rows(_COLUMNS, [{**row, "ids": _shown(row["ids"])} for row in rows])
        if compared is not None:
            _say(compared)
    if broken:
        say(f"{len(broken)} of {len(rows)} invariants are broken")
        raise typer.Exit(ExitCode.FAILED)


def restored(
    *,
    why: Annotated[
        str, typer.Option("--why", help="What was put back, for the activity log.")
    ] = "A person put the database back.",
    call_anyway: Annotated[
        str | None,
        typer.Option(
            "--call-anyway",
            metavar="REASON",
            help="Call without the comparison, as Retell cannot be asked any more. People may be"
            " called twice.",
        ),
    ] = None,
) -> None:
    """Say that the database was put back: nobody is called until Retell's calls were compared.

    The dialer sees most restores by itself. Type this after one to another machine.
    """
    from dialer.actions import doubting

    with opened_world(load_settings()) as world:
        if call_anyway is not None:
            doubting.call_anyway(world, actor=actor(), reason=call_anyway)
            say("calling goes on")
        elif doubting.restored(world, actor=actor(), reason=why):
            say("nobody is called until Retell's calls were compared; that begins within a minute")
        else:
            say("that is known already: `dialer doctor` says how it stands")


def _rows(found: "list[Violation]", compared: "Compared | None") -> list[dict[str, Any]]:
    from dialer.actions.provider_audit import NAME, SENTENCE
    from dialer.store.invariants import INVARIANTS

    ids = {one.name: list(one.ids) for one in found}
    rows = [_row(one.name, one.sentence, ids.get(one.name, [])) for one in INVARIANTS]
    if compared is not None:
        rows.append(_row(NAME, SENTENCE, compared.subjects))
    return rows


def _row(name: str, sentence: str, ids: list[str]) -> dict[str, Any]:
    return {"name": name, "status": "broken" if ids else "ok", "sentence": sentence, "ids": ids}


def _shown(ids: list[str]) -> str:
    more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
    return " ".join(ids[:IDS_SHOWN]) + more


def _told(compared: "Compared | None") -> dict[str, Any] | None:
    if compared is None:
        return None
    return {
        "since": compared.since,
        "calls": len(compared.shown),
        "complete": compared.complete,
        "brought_back": compared.brought_back,
        "without_lead": compared.without_lead,
        "trusted": compared.trusted,
        "differences": [
            {"subject": one.subject, "sentence": one.sentence, "mended": one.mended}
            for one in compared.differences
        ],
    }


def _say(compared: "Compared") -> None:
    for one in compared.differences[:IDS_SHOWN]:
        say(one.sentence)
    whole = "all of them" if compared.complete else "not all of them yet"
    say(
        f"Retell showed {how_many(len(compared.shown), 'call')} of ours since"
        f" {compared.since:%Y-%m-%d %H:%M:%S} UTC, {whole};"
        f" {compared.brought_back} brought back"
    )
    if compared.trusted:
        say("the database is trusted again: calling goes on")
