"""Stamping: make the campaign of one run, import its list, and start it.

1. Take the run: one process holds it at a time, and keeps telling that it is alive.
2. Make the campaign, as a draft, in the transaction that writes its id into the run.
3. Import the list; an import that died goes on from where it was.
4. Pass over the leads that the schedule does not want again.
5. Start the campaign in the transaction that finishes the run.

A process that dies leaves the run held for a while; then the next look goes on at the step that
is not done, which the rows tell.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from dialer.actions import control
from dialer.actions.load import Progress, options_of
from dialer.actions.preflight import Preflight, look_before_start
from dialer.actions.run_hold import HELD_FOR, Stamp, TakenOver
from dialer.actions.run_list import import_list, pass_over
from dialer.actions.world import World
from dialer.domain.counts import how_many
from dialer.domain.gates import has_ended
from dialer.domain.schedule_spec import RunStatus
from dialer.domain.states import OVER, CampaignStatus
from dialer.errors import UserError
from dialer.leads.rows import read_leads
from dialer.log import get_logger
from dialer.store import campaigns, schedule_runs, schedules
from dialer.store.database import Connection, is_outage
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign, ScheduleRun

log = get_logger(__name__)

MOST_TRIES = 5
"""A run that ends in an error nobody foresaw so often has failed."""

LONGEST_NAME = 200


def work_on(
    world: World,
    run_id: int,
    *,
    rejects_in: Path,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> bool:
    """Take a run as far as it goes. False when it is not for us to work on now.

    May be called at any moment by anybody: one process works on a run, and a step that is done
    is not done again.
    """
    holder = world.new_id()
    now = world.clock.now()
    run = world.db.transact(
        lambda tx: schedule_runs.take(tx, run_id, holder=holder, until=now + HELD_FOR, now=now)
    )
    if run is None:
        return False
    if run.tries > MOST_TRIES:
        _fail(world, run, holder, f"It was begun {MOST_TRIES} times, and nobody came to an end.")
        return True
    try:
        schedule = world.db.read(lambda tx: schedules.get(tx, run.schedule_id))
        assert schedule is not None
        recipe = schedules.recipe_of(schedule)
        stamp = Stamp(world, run, recipe, holder, rejects_in, tell)
        _go_on(stamp)
    except TakenOver:
        log.warning("run_taken_over", run_id=run_id)
    except UserError as error:
        _fail(world, run, holder, ". ".join(part for part in (error.what, error.why) if part))
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("run_failed", run_id=run_id)
        if run.tries >= MOST_TRIES:
            _fail(world, run, holder, f"{run.tries} tries ended in {type(error).__name__}: {error}")
    return True


def _go_on(stamp: Stamp) -> None:
    """Do the steps that are not done yet.

    Raises:
        UserError: the list cannot be imported, or something forbids the start.
    """
    world, run = stamp.world, stamp.run
    campaign_id = run.campaign_id
    if campaign_id is None:
        campaign_id = _make_campaign(stamp)
        if campaign_id is None:
            return
    campaign = world.db.read(partial(control.find, campaign_id=campaign_id))
    found = Preflight(())
    if campaign.status is CampaignStatus.DRAFT:
        import_list(stamp, campaign_id)
        pass_over(stamp, campaign_id)
        found = look_before_start(world, campaign, now=world.clock.now())
    if world.db.transact(partial(_start, stamp=stamp, campaign_id=campaign_id, found=found)):
        log.info("run_started", run_id=run.id, campaign_id=campaign_id)
        world.queue.plan()


def _make_campaign(stamp: Stamp) -> int | None:
    """Make the draft. None when the schedule was disabled in the meantime.

    Raises:
        UserError: the lead file cannot be imported, or nobody would be called by now, so that no
            campaign is made for it.
    """
    world, run, recipe = stamp.world, stamp.run, stamp.recipe
    ends_at = recipe.campaign.ends_at
    if has_ended(ends_at, at=world.clock.now()):
        raise UserError(
            f"campaigns of this schedule ended at {ends_at:%Y-%m-%d %H:%M} UTC",
            why="nobody is called after ends_at",
            fix="make a schedule with a later one, and disable this one",
        )
    read_leads(stamp.lead_file, options=options_of(recipe.campaign)).close()
    now = world.clock.now()
    spec = recipe.campaign.model_copy(update={"name": _name_of(stamp)})

    def body(tx: Connection) -> int | None:
        if _is_unwanted(tx, stamp):
            return None
        campaign_id = campaigns.add(tx, spec, now=now)
        schedule_runs.mark_campaign(tx, campaign_id, schedule_id=run.schedule_id)
        stamp.keep(tx, campaign_id=campaign_id)
        log_action(tx, actor=run.actor, action="create", subject=f"campaign:{campaign_id}", now=now)
        return campaign_id

    return world.db.transact(body)


def _is_unwanted(tx: Connection, stamp: Stamp) -> bool:
    """Finish a run whose schedule was disabled, unless a person asked for the run itself."""
    if schedules.lock(tx, stamp.run.schedule_id).enabled or not stamp.run.actor.startswith(
        "schedule:"
    ):
        return False
    schedule_runs.finish(
        tx,
        stamp.run.id,
        holder=stamp.holder,
        status=RunStatus.SKIPPED,
        sentence="The schedule was disabled before this run was started.",
        now=stamp.world.clock.now(),
    )
    return True


def _name_of(stamp: Stamp) -> str:
    """Name the campaign after its file, or after the local time of its occurrence."""
    spec = stamp.recipe.schedule
    if stamp.run.file is not None:
        told = Path(stamp.run.file).name
    else:
        told = f"{spec.local(stamp.run.due_at):%Y-%m-%d %H:%M}"
    return f"{stamp.recipe.campaign.name[: LONGEST_NAME - len(told) - 2]}, {told}"[:LONGEST_NAME]


def _start(tx: Connection, *, stamp: Stamp, campaign_id: int, found: Preflight) -> bool:
    """Start the campaign, or stop it, and finish the run. False when nothing was started now.

    Raises:
        TakenOver: somebody else holds the run.
    """
    now = stamp.world.clock.now()
    schedules.lock(tx, stamp.run.schedule_id)
    stamp.keep(tx)
    campaign = campaigns.hold_still(tx, [campaign_id])[campaign_id]
    is_draft = campaign.status is CampaignStatus.DRAFT
    if is_draft and _is_unwanted(tx, stamp):
        control.stop_in(tx, campaign, actor=stamp.run.actor, now=now)
        return False
    if is_draft:
        control.begin(tx, campaign, found=found, now=now, actor=stamp.run.actor)
    counts = schedule_runs.list_counts(tx, campaign_id)
    passed = schedule_runs.passed_over(tx, campaign_id)
    schedule_runs.finish(
        tx,
        stamp.run.id,
        holder=stamp.holder,
        status=RunStatus.SKIPPED if _was_given_up(campaign) else RunStatus.STARTED,
        sentence=_told(campaign, counts, passed),
        now=now,
        **counts,
        passed_over=sum(passed.values()),
    )
    return is_draft


def _was_given_up(campaign: Campaign) -> bool:
    """Tell whether somebody ended a campaign before it called anybody."""
    return campaign.started_at is None and campaign.status in OVER


def _told(campaign: Campaign, counts: dict[str, int], passed: dict[str, int]) -> str:
    """Say what a run did."""
    if campaign.status is not CampaignStatus.DRAFT:
        return f"Campaign {campaign.id} was {campaign.status} by somebody else already."
    parts = [f"{how_many(counts['imported'] - sum(passed.values()), 'lead')} to call"]
    parts += [f"{count:,} passed over ({reason})" for reason, count in passed.items()]
    if counts["duplicates"]:
        parts.append(f"{how_many(counts['duplicates'], 'row')} repeated")
    if counts["rejected"]:
        parts.append(f"{how_many(counts['rejected'], 'row')} rejected")
    return f"Campaign {campaign.id} was started: {', '.join(parts)}."


def _fail(world: World, run: ScheduleRun, holder: str, sentence: str) -> None:
    """Give a run up, and stop the draft it may have made: nobody would know it was half done."""

    def body(tx: Connection) -> bool:
        now = world.clock.now()
        row = schedule_runs.get(tx, run.id)
        assert row is not None
        campaign_id = row.campaign_id
        counts = {} if campaign_id is None else schedule_runs.list_counts(tx, campaign_id)
        is_ours = schedule_runs.finish(
            tx,
            run.id,
            holder=holder,
            status=RunStatus.FAILED,
            sentence=sentence,
            now=now,
            **counts,
        )
        # Whoever has taken the run over goes on with its draft.
        if is_ours and campaign_id is not None:
            _stop_draft(tx, campaign_id, actor=run.actor, now=now)
        return is_ours

    if world.db.transact(body):
        log.error("run_given_up", run_id=run.id, schedule_id=run.schedule_id)


def _stop_draft(tx: Connection, campaign_id: int, *, actor: str, now: datetime) -> None:
    campaign = control.lock(tx, campaign_id)
    if campaign.status is CampaignStatus.DRAFT:
        control.stop_in(tx, campaign, actor=actor, now=now)
