"""`dialer campaigns start` and `call-all`: who is called from now on."""

from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.campaign_changes import CampaignId
from dialer.cli.creating import say_running, start_campaign
from dialer.cli.exits import WrongUsage
from dialer.cli.findings import check_reason, say_before_start
from dialer.cli.output import Yes, confirm, say, say_mode
from dialer.cli.worlds import actor, load_settings, opened_world
from dialer.domain.counts import how_many
from dialer.errors import UserError

if TYPE_CHECKING:
    from datetime import datetime

    from dialer.actions.world import World
    from dialer.config import Settings


def start(
    campaign_id: CampaignId,
    *,
    at: Annotated[
        str | None,
        typer.Option(help='Start by itself then, such as "2026-12-01 09:00 America/Chicago".'),
    ] = None,
    despite: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Start although a check forbids it; written down."),
    ] = None,
    first_only: Annotated[
        bool,
        typer.Option("--first-only", help="Call only the first lead; the others wait for you."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Start a campaign now or at a time, after a question that names the number of calls.

    Tells what was found about it first. Exit code 5 when that forbids the start.
    """
    from dialer.actions import appointment

    check_reason(despite, at=at)
    if first_only and at is not None:
        raise WrongUsage("one call is made now, or none", fix="leave out --at, or --first-only")
    moment = _moment(at) if at is not None else None
    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        question = _starting_question(
            world, settings, campaign_id, at=at, despite=despite, first_only=first_only
        )
        if question is not None:
            confirm(question, yes=yes, declined=f"campaign {campaign_id} was not started")
        if moment is None:
            start_campaign(world, settings, campaign_id, despite=despite, first_only=first_only)
            if first_only:
                say(f"one lead is called; the others, too: dialer campaigns call-all {campaign_id}")
            return
        appointment.start_at(world, campaign_id, moment, actor=actor())
        say(f"it starts at {moment:%Y-%m-%d %H:%M} UTC")
        say_running(settings, campaign_id, "scheduled")


def _moment(text: str) -> "datetime":
    from dialer.domain.written_moments import read_moment

    try:
        return read_moment(text)
    except ValueError as error:
        raise WrongUsage("--at is not a moment", why=str(error), fix="correct --at") from error


def call_all(campaign_id: CampaignId, *, yes: Yes = False) -> None:
    """Call the other leads, too, of a campaign that was started with --first-only."""
    from dialer.actions import control
    from dialer.domain.states import LeadStatus
    from dialer.store import campaigns

    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        row = world.db.read(lambda tx: control.find(tx, campaign_id))
        waiting = world.db.read(lambda tx: campaigns.counts(tx, campaign_id))
        leads = waiting.get(LeadStatus.READY, 0)
        confirm(
            f"Call the other {how_many(leads, 'lead')} of campaign {campaign_id}"
            f' "{row.name}", too?',
            yes=yes,
            declined=f"the others of campaign {campaign_id} wait",
        )
        control.call_all(world, campaign_id, actor=actor())
    say_running(settings, campaign_id, row.status.value)


def _starting_question(
    world: "World",
    settings: "Settings",
    campaign_id: int,
    *,
    at: str | None,
    despite: str | None,
    first_only: bool,
) -> str | None:
    """Give what to ask, or None where the start will be refused anyway.

    Raises:
        UserError: the campaign has no leads.
        RefusedByRule: something forbids a start now.
    """
    from dialer.actions.control import find
    from dialer.actions.preflight import refuse_forbidden
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
    found, agreed = say_before_start(world, campaign_id)
    if at is None:
        refuse_forbidden(row, found, despite=despite)
    leads = counts.get(LeadStatus.READY, 0) if agreed is None else agreed
    when = f" at {at}" if at is not None else ""
    whom = f"only the first of {how_many(leads, 'lead')}" if first_only else how_many(leads, "lead")
    return f'Start campaign {campaign_id} "{row.name}"{when}: call {whom} ({phones})?'
