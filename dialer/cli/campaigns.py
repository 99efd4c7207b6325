"""`dialer campaigns`: make them, run them, watch them, take their results home."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.campaign_changes import (
    CampaignId,
    archive,
    duplicate,
    edit,
    redial,
    unschedule,
)
from dialer.cli.checking import check
from dialer.cli.creating import create, say_running
from dialer.cli.exits import ExitCode
from dialer.cli.exporting import export_campaign, learn_batch
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
from dialer.cli.simulating import simulate
from dialer.cli.starting import call_all, start
from dialer.cli.views import LIST_COLUMNS, campaign_fields, sight_fields, summary_fields
from dialer.cli.watching import follow_as_json, follow_in_lines, follow_on_terminal
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.actions.watch import Sight
    from dialer.store.database import Database

app = typer.Typer(no_args_is_help=True, help="Make, run and watch campaigns.")

app.command()(create)
app.command()(check)
app.command("export")(export_campaign)
app.command("learn-batch")(learn_batch)
app.command()(simulate)
app.command()(edit)
app.command()(redial)
app.command()(duplicate)
app.command()(archive)
app.command()(unschedule)
app.command()(start)
app.command("call-all")(call_all)


@app.command("list")
def list_(
    *,
    every: Annotated[bool, typer.Option("--all", help="Archived ones, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the campaigns, the newest first."""
    from dialer.domain.states import CampaignStatus
    from dialer.store import campaigns

    with opened_database(load_settings()) as database:
        found = database.read(
            lambda tx: [
                campaign_fields(row, campaigns.counts(tx, row.id))
                for row in campaigns.every(tx)
                if every or row.status is not CampaignStatus.ARCHIVED
            ]
        )
        _say_if_everything_is_paused(database)
    if as_json:
        print_json(found)
        return
    print_rows(LIST_COLUMNS, found)
    if not found:
        say("no campaign yet: dialer campaigns create campaigns/demo.toml")


@app.command()
def show(campaign_id: CampaignId, *, as_json: AsJson = False) -> None:
    """Show one campaign: where it stands, its lists and its settings."""
    with opened_database(load_settings()) as database:
        fields, spec = _described(database, campaign_id)
        _say_if_everything_is_paused(database)
    if as_json:
        print_json({**fields, "spec": spec})
        return
    summary = fields.pop("summary") or {}
    settings = {f"spec.{name}": value for name, value in spec.items()}
    print_fields({**fields, **summary_fields(summary), **settings})


def _say_if_everything_is_paused(database: "Database") -> None:
    from dialer.store import gate

    state = database.read(gate.find)
    if state is not None and state.everything_paused:
        say("everything is paused: no call is started until a person lets it go on, on the pages")


def _described(database: "Database", campaign_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    from dialer.actions.control import find
    from dialer.actions.lead_source import source_told
    from dialer.actions.watch import look
    from dialer.domain.hold_checks import how_it_goes_on
    from dialer.domain.states import OVER, CampaignStatus
    from dialer.store import campaigns, lists
    from dialer.store.summary import summary_of

    sight = look(database, campaign_id)
    row = database.read(lambda tx: find(tx, campaign_id))
    spec = campaigns.spec_of(row)
    is_held = row.status is CampaignStatus.HELD
    summary = None
    if row.status in OVER:  # counted anew: Retell may have told costs since it was written down
        summary = database.read(lambda tx: summary_of(tx, campaign_id=campaign_id))
    files = database.read(lambda tx: lists.every(tx, campaign_id=campaign_id))
    fields = {
        **sight_fields(sight),
        "held_reason": row.held_reason,
        "goes_on": how_it_goes_on(row.held_reason, spec.hold) if is_held else None,
        "parent_id": row.parent_id,
        "leads_from": database.read(lambda tx: source_told(tx, row)),
        "start_at": row.start_at,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "ends_at": row.ends_at,
        "edited_at": row.edited_at,
        "finished_at": row.finished_at,
        "summary": summary,
        "lists": [file.file_name for file in files],
    }
    return fields, spec.model_dump(mode="json", exclude_none=True)


@app.command()
def pause(campaign_id: CampaignId) -> None:
    """Begin no further call; calls in progress go on."""
    from dialer.actions import control

    with opened_world(load_settings()) as world:
        control.pause(world, campaign_id, actor=actor())
    say(f"campaign {campaign_id} is paused; go on: dialer campaigns resume {campaign_id}")


@app.command()
def resume(campaign_id: CampaignId) -> None:
    """Go on after a pause or a hold."""
    from dialer.actions import control

    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        control.resume(world, campaign_id, actor=actor())
    say_running(settings, campaign_id, "running")


@app.command()
def stop(campaign_id: CampaignId, *, yes: Yes = False) -> None:
    """Stop a campaign for good; leads that still wait will not be called."""
    from dialer.actions import control
    from dialer.domain.states import LeadStatus
    from dialer.store import campaigns

    with opened_world(load_settings()) as world:
        row = world.db.read(lambda tx: control.find(tx, campaign_id))
        counts = world.db.read(lambda tx: campaigns.counts(tx, campaign_id))
        waiting = counts.get(LeadStatus.READY, 0) + counts.get(LeadStatus.HELD, 0)
        confirm(
            f'Stop campaign {campaign_id} "{row.name}" for good: '
            f"{how_many(waiting, 'lead')} will not be called?",
            yes=yes,
            declined=f"campaign {campaign_id} was not stopped",
        )
        closed = control.stop(world, campaign_id, actor=actor())
    say(f"campaign {campaign_id} is stopped; {how_many(closed, 'lead')} will not be called")


@app.command()
def watch(campaign_id: CampaignId, *, as_json: AsJson = False) -> None:
    """Show progress until the campaign is over. Exit code 1 when it was stopped."""
    from dialer.actions import watch as watching
    from dialer.clock import SystemClock
    from dialer.domain.states import CampaignStatus
    from dialer.store.summary import summary_of

    settings = load_settings()
    say_mode(settings)
    with opened_database(settings) as database:
        sights = watching.watch(database, campaign_id, clock=SystemClock())
        last = _follow(sights, as_json=as_json)
        summary = database.read(lambda tx: summary_of(tx, campaign_id=campaign_id))
    if last is None:
        return
    if not as_json:
        print_fields({**sight_fields(last), **summary_fields(summary)})
    if last.status is CampaignStatus.STOPPED:
        raise typer.Exit(ExitCode.FAILED)


def _follow(sights: Any, *, as_json: bool) -> "Sight | None":
    if as_json:
        return follow_as_json(sights)
    return follow_on_terminal(sights) if sys.stderr.isatty() else follow_in_lines(sights)
