"""Control: what people do to campaigns.

A pause is effective for every send after its commit: claims and send gates hold the campaign's
row still, so the pause waits for those that have begun.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.actions.openings import shift_into_windows
from dialer.actions.preflight import Preflight, log_preflight, look_before_start
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import has_ended
from dialer.domain.legal_hours import legal_table
from dialer.domain.numbers import RestReason
from dialer.domain.states import CAMPAIGN_MOVES, NOT_BEGUN, CampaignStatus, ClosedAs
from dialer.errors import NotFound, RefusedByRule
from dialer.log import get_logger
from dialer.store import campaigns, gate, leads, numbers
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign, Lead

log = get_logger(__name__)

NOT_KEPT: dict[str, Any] = {"held_reason": None, "held_text": None}
"""The columns of a campaign that nothing keeps from running or starting."""
_INSTEAD = {
    CampaignStatus.RUNNING: "nothing: its leads are being called",
    CampaignStatus.PAUSED: "resume it",
    CampaignStatus.HELD: "resume it",
}
"""What to do where somebody wants to start one that has begun."""


@dataclass(frozen=True, slots=True)
class Started:
    """A campaign's new status, and what was found about it; None where nobody looked."""

    status: CampaignStatus
    found: Preflight | None


def create(world: World, spec: CampaignSpec, *, actor: str) -> int:
    """Make a campaign as a draft and give its id."""
    now = world.clock.now()
    return world.db.transact(lambda tx: draft(tx, spec, actor=actor, now=now))


def draft(tx: Connection, spec: CampaignSpec, *, actor: str, now: datetime) -> int:
    """Make a campaign as a draft in the caller's transaction and give its id."""
    campaign_id = campaigns.add(tx, spec, now=now)
    log_action(tx, actor=actor, action="create", subject=f"campaign:{campaign_id}", now=now)
    log_legal_override(tx, campaign_id, spec, actor=actor, now=now)
    return campaign_id


def start(
    world: World,
    campaign_id: int,
    *,
    actor: str,
    despite: str | None = None,
    first_only: bool = False,
) -> Started:
    """Start a draft now, or schedule it when its start lies ahead.

    With `first_only` one lead is called, and the others wait until `call_all`. `despite` is a
    person's reason to start it although a finding forbids that.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it cannot be started, or a finding forbids it.
    """
    now = world.clock.now()
    seen = world.db.read(lambda tx: find(tx, campaign_id))
    found = None
    if seen.status in NOT_BEGUN and not _lies_ahead(seen, now=now):
        found = look_before_start(world, seen, now=now, despite=despite)

    def body(tx: Connection) -> CampaignStatus:
        row = find(tx, campaign_id)
        if row.status not in NOT_BEGUN:
            raise RefusedByRule(
                f'campaign {row.id} "{row.name}" is {row.status} and cannot be started',
                fix=_INSTEAD.get(row.status, "make a new campaign"),
            )
        refuse_unready(row, now=now)
        if found is None or _lies_ahead(row, now=now):
            move(tx, row, CampaignStatus.SCHEDULED, actor=actor, now=now)
            return CampaignStatus.SCHEDULED
        if first_only:
            campaigns.change(tx, row.id, first_only=True)
        begin(tx, row, found=found, now=now, actor=actor)
        return CampaignStatus.RUNNING

    status = world.db.transact(body)
    world.queue.plan()
    return Started(status, found)


def _lies_ahead(row: Campaign, *, now: datetime) -> bool:
    """Tell whether a start only makes an appointment."""
    is_later = row.start_at is not None and row.start_at > now
    return is_later and row.status is CampaignStatus.DRAFT


def begin(tx: Connection, row: Campaign, *, found: Preflight, now: datetime, actor: str) -> None:
    """Set a campaign running; its leads become due when their windows open."""
    spec = campaigns.spec_of(row)
    numbers.wake(tx, spec.from_numbers, reason=RestReason.NOT_OURS)  # Retell may know them by now
    started = {"started_at": row.started_at or now, "resumed_at": now, "checked_at": None}
    move(tx, row, CampaignStatus.RUNNING, actor=actor, now=now, **started, **NOT_KEPT)
    log_legal_override(tx, row.id, spec, actor=actor, now=now)
    log_preflight(tx, row.id, found, actor=actor, now=now)
    shift_into_windows(tx, row.id, spec, now=now)


def pause(world: World, campaign_id: int, *, actor: str) -> None:
    """Begin no further call; calls in progress go on."""

    def body(tx: Connection) -> None:
        row = lock(tx, campaign_id)
        move(tx, row, CampaignStatus.PAUSED, actor=actor, now=world.clock.now())

    world.db.transact(body)


def resume(world: World, campaign_id: int, *, actor: str) -> None:
    """Go on after a pause or a hold."""
    now = world.clock.now()

    def body(tx: Connection) -> None:
        row = find(tx, campaign_id)
        if row.status not in (CampaignStatus.PAUSED, CampaignStatus.HELD):
            raise not_possible(row, CampaignStatus.RUNNING)
        refuse_unready(row, now=now)
        ours = campaigns.spec_of(row).from_numbers
        numbers.wake(tx, ours, reason=RestReason.NOT_OURS)  # somebody has mended it
        go_on(tx, row, actor=actor, now=now)

    world.db.transact(body)
    world.queue.plan()


def call_all(world: World, campaign_id: int, *, actor: str) -> None:
    """Let a campaign that was to call only its first lead call the others, too.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it does so already.
    """

    def body(tx: Connection) -> None:
        row = lock(tx, campaign_id)
        if not row.first_only:
            raise RefusedByRule(f"campaign {campaign_id} calls all its leads already")
        campaigns.change(tx, campaign_id, first_only=False)
        subject = f"campaign:{campaign_id}"
        log_action(tx, actor=actor, action="call_all", subject=subject, now=world.clock.now())

    world.db.transact(body)
    world.queue.plan()


def go_on(tx: Connection, row: Campaign, *, actor: str, now: datetime) -> None:
    """Set a paused or held campaign running again."""
    counted = {"checked_at": None, "rejections_in_a_row": 0, "resumed_at": now}
    move(tx, row, CampaignStatus.RUNNING, actor=actor, now=now, **NOT_KEPT, **counted)
    shift_into_windows(tx, row.id, campaigns.spec_of(row), now=now)


def stop(world: World, campaign_id: int, *, actor: str) -> int:
    """Stop for good. Gives the number of leads that will not be called."""

    def body(tx: Connection) -> int:
        row = lock(tx, campaign_id)
        return stop_in(tx, row, actor=actor, now=world.clock.now())

    return world.db.transact(body)


def stop_in(tx: Connection, row: Campaign, *, actor: str, now: datetime) -> int:
    """Stop a campaign that the caller's transaction keeps from changing."""
    move(tx, row, CampaignStatus.STOPPED, actor=actor, now=now, finished_at=now)
    return leads.close_waiting(tx, campaign_id=row.id, closed_as=ClosedAs.STOPPED, now=now)


def archive(world: World, campaign_id: int, *, actor: str) -> None:
    """Put a campaign that is over out of sight; nothing of it is lost."""
    now = world.clock.now()
    world.db.transact(
        lambda tx: move(tx, find(tx, campaign_id), CampaignStatus.ARCHIVED, actor=actor, now=now)
    )


def pause_everything(world: World, *, actor: str) -> None:
    """The emergency stop: nothing is sent until `resume_everything`."""
    _set_emergency_stop(world, paused=True, actor=actor)


def resume_everything(world: World, *, actor: str) -> None:
    """Release the emergency stop."""
    _set_emergency_stop(world, paused=False, actor=actor)
    world.queue.plan()


def _set_emergency_stop(world: World, *, paused: bool, actor: str) -> None:
    action = "pause_everything" if paused else "resume_everything"

    def body(tx: Connection) -> None:
        gate.set_everything_paused(tx, paused=paused)
        # Only now that the row is ours: a send that was let through meanwhile came before.
        log_action(tx, actor=actor, action=action, subject="gate", now=world.clock.now())

    world.db.transact(body)


def find(tx: Connection, campaign_id: int) -> Campaign:
    """Read a campaign.

    Raises:
        NotFound: there is none with this id.
    """
    row = campaigns.get(tx, campaign_id)
    if row is None:
        raise NotFound(
            f"there is no campaign {campaign_id}", fix="dialer campaigns list shows them all"
        )
    return row


def lock(tx: Connection, campaign_id: int) -> Campaign:
    """Lock and read a campaign, once every claim and send that has begun is over.

    Whoever dates what it does next by a clock read after this is later than those are.

    Raises:
        NotFound: there is none with this id.
    """
    find(tx, campaign_id)
    row = campaigns.lock(tx, campaign_id)
    assert row is not None  # campaigns are never deleted
    return row


def read_lead(tx: Connection, lead_id: int) -> Lead:
    """Read a lead.

    Raises:
        NotFound: there is none with this id.
    """
    row = leads.get(tx, lead_id)
    if row is None:
        raise NotFound(f"there is no lead {lead_id}", fix="dialer leads list --campaign ID")
    return row


def lock_lead(tx: Connection, lead_id: int) -> tuple[Campaign, Lead]:
    """Lock a lead, with its campaign held still: it does not finish while its lead is let go.

    Raises:
        NotFound: there is no lead with this id.
    """
    seen = read_lead(tx, lead_id)
    campaign = campaigns.hold_still(tx, [seen.campaign_id])[seen.campaign_id]
    return campaign, leads.lock(tx, lead_id)


def refuse_unready(row: Campaign, *, now: datetime) -> None:
    """Refuse to set a campaign running that is not complete yet, or whose end has passed.

    Raises:
        RefusedByRule: it is one of these.
    """
    if row.status is CampaignStatus.DRAFT and row.pending_after is not None:
        raise RefusedByRule(
            f'the leads of campaign {row.id} "{row.name}" are still being copied',
            fix="try again in a moment; the dialer goes on with it by itself",
        )
    if has_ended(row.ends_at, at=now):
        raise RefusedByRule(
            f'campaign {row.id} "{row.name}" ended at {row.ends_at:%Y-%m-%d %H:%M} UTC',
            why="nobody is called after that",
            fix=f"dialer campaigns edit {row.id} --unset ends_at",
        )


def move(
    tx: Connection,
    row: Campaign,
    target: CampaignStatus,
    *,
    actor: str,
    now: datetime,
    **values: Any,
) -> None:
    """Move a campaign as it was read, and write down who did it.

    Raises:
        RefusedByRule: it cannot become that from what it is, or it changed in the meantime.
    """
    if target not in CAMPAIGN_MOVES[row.status]:
        raise not_possible(row, target)
    if not campaigns.move(tx, row.id, current=row.status, target=target, **values):
        raise RefusedByRule(
            f"campaign {row.id} changed in the meantime", fix="look at it and try again"
        )
    log_action(
        tx,
        actor=actor,
        action=target,
        subject=f"campaign:{row.id}",
        now=now,
        before={"status": row.status},
        after={"status": target},
    )
    log.info("campaign_moved", campaign_id=row.id, before=row.status, after=target)


def log_legal_override(
    tx: Connection, campaign_id: int, spec: CampaignSpec, *, actor: str, now: datetime
) -> None:
    """Write down that a campaign calls outside the legal hours, why, and who wanted it."""
    if spec.window.legal_override is None:
        return
    reason, version = spec.window.legal_override, legal_table().version
    log_action(
        tx,
        actor=actor,
        action="legal_override",
        subject=f"campaign:{campaign_id}",
        now=now,
        after={"reason": reason, "legal_hours": version},
    )
    log.info("legal_override", campaign_id=campaign_id, legal_hours=version)


def not_possible(row: Campaign, target: CampaignStatus) -> RefusedByRule:
    """Say that a campaign cannot become something, and what it can become."""
    possible = ", ".join(sorted(CAMPAIGN_MOVES[row.status])) or "nothing else"
    return RefusedByRule(
        f'campaign {row.id} "{row.name}" is {row.status} and cannot become {target}',
        why=f"from {row.status} it can become: {possible}",
    )
