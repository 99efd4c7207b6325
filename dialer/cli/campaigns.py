"""`dialer campaigns`: make them, run them, watch them, take their results home."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.checking import check
from dialer.cli.creating import create, say_consent, say_running, start_campaign
from dialer.cli.exits import ExitCode
from dialer.cli.exporting import export_campaign
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
from dialer.cli.views import LIST_COLUMNS, campaign_fields, sight_fields
from dialer.cli.watching import follow_as_json, follow_in_lines, follow_on_terminal
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.errors import UserError

if TYPE_CHECKING:
    from dialer.actions.watch import Sight
    from dialer.actions.world import World
    from dialer.config import Settings
    from dialer.store.database import Database

app = typer.Typer(no_args_is_help=True, help="Make, run and watch campaigns.")

app.command()(create)
app.command()(check)
app.command("export")(export_campaign)

CampaignId = Annotated[int, typer.Argument(metavar="ID", help="The campaign.", min=1)]


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List all campaigns, the newest first."""
    from dialer.store import campaigns

    with opened_database(load_settings()) as database:
        found = database.read(
            lambda tx: [
                campaign_fields(row, campaigns.counts(tx, row.id)) for row in campaigns.every(tx)
            ]
        )
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
    if as_json:
        print_json({**fields, "spec": spec})
        return
    print_fields({**fields, **{f"spec.{name}": value for name, value in spec.items()}})


def _described(database: "Database", campaign_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
    from dialer.actions.control import find
    from dialer.actions.watch import look
    from dialer.store import campaigns, lists

    sight = look(database, campaign_id)
    row = database.read(lambda tx: find(tx, campaign_id))
    files = database.read(lambda tx: lists.every(tx, campaign_id=campaign_id))
    fields = {
        **sight_fields(sight),
        "held_reason": row.held_reason,
        "start_at": row.start_at,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "lists": [file.file_name for file in files],
    }
    return fields, campaigns.spec_of(row).model_dump(mode="json", exclude_none=True)


@app.command()
def start(campaign_id: CampaignId, *, yes: Yes = False) -> None:
    """Start a campaign, after a question that names the number of calls."""
    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        question = _starting_question(world, settings, campaign_id)
        if question is not None:
            confirm(question, yes=yes, declined=f"campaign {campaign_id} was not started")
        start_campaign(world, settings, campaign_id)


def _starting_question(world: "World", settings: "Settings", campaign_id: int) -> str | None:
    """Give what to ask, or None where the start will be refused anyway."""
    from dialer.actions.control import find
    from dialer.domain.states import CAMPAIGN_MOVES, CampaignStatus, LeadStatus
    from dialer.store import campaigns

    row = world.db.read(lambda tx: find(tx, campaign_id))
    if CampaignStatus.RUNNING not in CAMPAIGN_MOVES[row.status]:
        return None
    counts = world.db.read(lambda tx: campaigns.counts(tx, campaign_id))
    if not sum(counts.values()):
        raise UserError(
            f'campaign {campaign_id} "{row.name}" has no leads',
            fix=f"dialer lists import FILE --campaign {campaign_id}",
        )
    phones = "real phones will ring" if settings.mode == "live" else "simulator, no phone rings"
    agreed = say_consent(world, campaign_id)
    leads = counts.get(LeadStatus.READY, 0) if agreed is None else agreed
    return f'Start campaign {campaign_id} "{row.name}": call {leads:,} leads ({phones})?'


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
            f"{waiting:,} leads will not be called?",
            yes=yes,
            declined=f"campaign {campaign_id} was not stopped",
        )
        closed = control.stop(world, campaign_id, actor=actor())
    say(f"campaign {campaign_id} is stopped; {closed:,} leads will not be called")


@app.command()
def watch(campaign_id: CampaignId, *, as_json: AsJson = False) -> None:
    """Show progress until the campaign is over. Exit code 1 when it was stopped."""
    from dialer.actions import watch as watching
    from dialer.clock import SystemClock
    from dialer.domain.states import CampaignStatus

    settings = load_settings()
    say_mode(settings)
    with opened_database(settings) as database:
        sights = watching.watch(database, campaign_id, clock=SystemClock())
        last = _follow(sights, as_json=as_json)
    if last is None:
        return
    if not as_json:
        print_fields(sight_fields(last))
    if last.status is CampaignStatus.STOPPED:
        raise typer.Exit(ExitCode.FAILED)


def _follow(sights: Any, *, as_json: bool) -> "Sight | None":
    if as_json:
        return follow_as_json(sights)
    return follow_on_terminal(sights) if sys.stderr.isatty() else follow_in_lines(sights)
