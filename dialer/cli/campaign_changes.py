"""`dialer campaigns edit`, `redial`, `duplicate`, `archive` and `unschedule`."""

import json
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.creating import start_campaign
from dialer.cli.exits import WrongUsage
from dialer.cli.findings import say_before_start
from dialer.cli.output import (
    AsJson,
    Yes,
    confirm,
    print_fields,
    print_json,
    print_rows,
    say,
    say_mode,
)
from dialer.cli.worlds import actor, load_settings, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.actions.copying import Copied
    from dialer.actions.editing import Edited

CampaignId = Annotated[int, typer.Argument(metavar="ID", help="The campaign.", min=1)]
Name = Annotated[str | None, typer.Option(help="Its name, instead of one made of the old one.")]


class Include(StrEnum):
    """Who is redialed beside those who were not reached."""

    STOPPED = "stopped"


def edit(
    campaign_id: CampaignId,
    *,
    file: Annotated[
        Path | None, typer.Option(help="Campaign file (TOML); its settings are taken over.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Such as limits.lines=5; may be repeated."),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Go back to what holds where nothing is set."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show before and after; change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change settings of a campaign, also while it runs. Calls in progress go on."""
    from dialer.actions import editing

    if file is None and not set_ and not unset:
        raise WrongUsage(
            "nothing is to be changed",
            fix=f"dialer campaigns edit {campaign_id} --set limits.lines=5, or --file FILE",
        )
    settings = load_settings()
    with opened_world(settings) as world:
        changes = _from_file(world.db, campaign_id, file) if file is not None else {}
        changes |= _typed(set_ or []) | dict.fromkeys(unset or [], editing.DEFAULT)
        source = "--set" if file is None else str(file)
        if dry_run:
            edited = editing.preview(world, campaign_id, changes, source=source)
        else:
            edited = editing.edit(world, campaign_id, changes, actor=actor(), source=source)
    _show(campaign_id, edited, as_json=as_json, dry_run=dry_run)


def _typed(pairs: list[str]) -> dict[str, Any]:
    """Read KEY=VALUE, where VALUE is as in TOML; a word without quotes is a text.

    Raises:
        WrongUsage: there is no key, or no value.
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not (key.strip() and equals and text.strip()):
            raise WrongUsage(
                f"--set {pair} names no key and value", fix="write for example --set limits.lines=5"
            )
        found[key.strip()] = _value(text.strip())
    return found


def _value(text: str) -> Any:
    """Read a value as in TOML. Moments and times of day stay as they are typed."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, bool | int | float | str | list | dict) else text


def _from_file(database: Any, campaign_id: int, file: Path) -> dict[str, Any]:
    """Give what a campaign file sets, as far as it may be changed now; tell what is left."""
    from dialer.actions.campaign_file import read_campaign_file
    from dialer.actions.control import find
    from dialer.actions.editing import ALWAYS
    from dialer.domain.states import CampaignStatus
    from dialer.store import campaigns

    spec = read_campaign_file(file)
    row = database.read(lambda tx: find(tx, campaign_id))
    given = spec.model_dump(mode="json")
    taken = {name for name in spec.model_fields_set if name != "leads"}
    if row.status is not CampaignStatus.DRAFT:
        old = campaigns.spec_of(row)
        left = sorted(
            name for name in taken - {*ALWAYS} if getattr(spec, name) != getattr(old, name)
        )
        taken &= {*ALWAYS}
        if left:
            say(f"not taken over, because the campaign is no draft: {', '.join(left)}")
    return {name: given[name] for name in taken}


def _show(campaign_id: int, edited: "Edited", *, as_json: bool, dry_run: bool) -> None:
    rows = [
        {"setting": key, "before": _shown(edited.before[key]), "after": _shown(edited.after[key])}
        for key in edited.after
    ]
    if as_json:
        print_json({"campaign_id": campaign_id, "before": edited.before, "after": edited.after})
    else:
        print_rows(("setting", "before", "after"), rows)
    if not rows:
        say("nothing changes: the campaign has these settings already")
        return
    if any(key.startswith(("cadence.", "callback.")) for key in edited.after):
        say("cadence and callback count from the next attempt on; who waits now waits as before")
    done = "would be changed; nothing was stored" if dry_run else "changed; calls in progress go on"
    say(f"campaign {campaign_id}: {len(rows)} setting{'s' if len(rows) > 1 else ''} {done}")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def redial(
    campaign_id: CampaignId,
    *,
    name: Name = None,
    include: Annotated[
        Include | None, typer.Option(help="Also call the leads that a stop left uncalled.")
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Start it at once.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make a child campaign of those who were not reached. It is a draft until started."""
    from dialer.actions import copying
    from dialer.domain.selection import Selection

    settings = load_settings()
    say_mode(settings)
    selection = Selection.NOT_REACHED if include is None else Selection.NOT_REACHED_OR_STOPPED
    with opened_world(settings) as world:
        copied = copying.redial(world, campaign_id, actor=actor(), name=name, selection=selection)
        fields = _copied_fields(copied, "draft")
        if start:
            phones = "real phones" if settings.mode == "live" else "simulator, no phone rings"
            say_before_start(world, copied.campaign_id)
            confirm(
                f"Start campaign {copied.campaign_id}: "
                f"call {how_many(copied.leads, 'lead')} ({phones})?",
                yes=yes,
                declined=f"campaign {copied.campaign_id} stays a draft",
            )
            fields["status"] = start_campaign(world, settings, copied.campaign_id)
    (print_json if as_json else print_fields)(fields)
    if not start:
        _say_draft(copied)


def duplicate(
    campaign_id: CampaignId,
    *,
    name: Name = None,
    with_leads: Annotated[
        bool, typer.Option("--with-leads", help="Take its leads over, as new ones.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a draft with the same settings."""
    from dialer.actions import copying

    with opened_world(load_settings()) as world:
        copy = copying.duplicate
        copied = copy(world, campaign_id, actor=actor(), name=name, with_leads=with_leads)
    (print_json if as_json else print_fields)(_copied_fields(copied, "draft"))
    if with_leads:
        _say_draft(copied)
    else:
        say(f"no leads yet: dialer lists import FILE --campaign {copied.campaign_id}")


def _copied_fields(copied: "Copied", status: str) -> dict[str, Any]:
    return {
        "campaign_id": copied.campaign_id,
        "status": status,
        "leads": copied.leads,
        "left_out": copied.left_out,
    }


def _say_draft(copied: "Copied") -> None:
    if copied.left_out:
        say(f"left out: {how_many(copied.left_out, 'lead')} not to be called any more")
    number = copied.campaign_id
    say(f"campaign {number} is a draft: dialer campaigns start {number}")


def archive(campaign_id: CampaignId) -> None:
    """Put a campaign that is over out of sight; `list --all` shows it."""
    from dialer.actions import control

    with opened_world(load_settings()) as world:
        control.archive(world, campaign_id, actor=actor())
    say(f"campaign {campaign_id} is archived")


def unschedule(campaign_id: CampaignId) -> None:
    """Make a scheduled campaign a draft again."""
    from dialer.actions import appointment

    with opened_world(load_settings()) as world:
        appointment.unschedule(world, campaign_id, actor=actor())
    say(f"campaign {campaign_id} is a draft again: dialer campaigns start {campaign_id}")
