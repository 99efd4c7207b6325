"""Callbacks by hand: promise a lead a call at a time."""

from datetime import datetime

from dialer.actions.control import lock_lead
from dialer.actions.deciding import Outcome, promised, within_end, zone_of
from dialer.actions.refining import reopen
from dialer.actions.world import World
from dialer.domain.callbacks import read_asked
from dialer.domain.consent import why_no_consent
from dialer.domain.states import OVER, ClosedAs, LeadStatus
from dialer.errors import RefusedByRule, UserError
from dialer.store import attempts, campaigns, leads, results, suppressions
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign, Lead

_MAY_OPEN = (ClosedAs.REACHED, ClosedAs.EXHAUSTED)


def promise_callback(world: World, lead_id: int, text: str, *, actor: str) -> datetime | None:
    """Promise a lead a call at a time, by the clock where it is; gives when it is due.

    Returns None for a lead that is in a call: the promise waits for its end.

    Raises:
        NotFound: there is no such lead.
        UserError: the text is no time ahead.
        RefusedByRule: the lead is not to be called any more.
    """
    now = world.clock.now()
    due_at = world.db.transact(lambda tx: _promise(tx, lead_id, text, actor=actor, now=now))
    world.queue.plan()
    return due_at


def _promise(
    tx: Connection, lead_id: int, text: str, *, actor: str, now: datetime
) -> datetime | None:
    campaign, lead = lock_lead(tx, lead_id)
    spec = campaigns.spec_of(campaign)
    asked_at = read_asked(spec.callback, text, zone_name=zone_of(lead), said_at=now)
    if asked_at is None:
        _check_callable(tx, lead, campaign, now=now)
        raise UserError(
            f"{text!r} is not a time ahead",
            why=f"it is read by the clock in {zone_of(lead)}, and may be at most"
            f" {spec.callback.furthest.days} days away",
            fix='write for example "2026-12-01 15:00" or "tomorrow at 3 pm"',
        )
    outcome = promise_at(tx, campaign, lead, asked_at, actor=actor, now=now)
    return None if lead.status is LeadStatus.IN_FLIGHT else outcome.due_at


def promise_at(
    tx: Connection,
    campaign: Campaign,
    lead: Lead,
    asked_at: datetime,
    *,
    actor: str,
    now: datetime,
) -> Outcome:
    """Promise a lead a call at a moment; both rows are locked. A call it is in ends first.

    Raises:
        RefusedByRule: the lead is not to be called any more, or not then.
    """
    _check_callable(tx, lead, campaign, now=now)
    spec = campaigns.spec_of(campaign)
    outcome = promised(spec, lead, asked_at, now=now)
    if lead.status is not LeadStatus.IN_FLIGHT and outcome.due_at is None:
        raise RefusedByRule(
            f"no call may start to lead {lead.id}: its zone is not known, or never open",
            fix="give it a zone, or the campaign another window",
        )
    if within_end(spec, outcome).closed_as is not None:
        raise RefusedByRule(
            f"campaign {campaign.id} ends before that call could be made",
            fix=f"dialer campaigns edit {campaign.id} --set ends_at=…, or promise an earlier one",
        )
    keep(tx, lead, outcome)
    results.tell_promised(tx, lead.id, now=now)
    subject = f"lead:{lead.id}"
    log_action(
        tx,
        actor=actor,
        action="callback",
        subject=subject,
        now=now,
        after={"callback_at": asked_at.isoformat()},
    )
    return outcome


def _check_callable(tx: Connection, lead: Lead, campaign: Campaign, *, now: datetime) -> None:
    if suppressions.is_suppressed(tx, lead.phone, campaign_id=lead.campaign_id, now=now):
        raise RefusedByRule(
            f"lead {lead.id} is on the do-not-call list", fix="take its number off the list first"
        )
    if lead.status is LeadStatus.CLOSED and lead.closed_as not in _MAY_OPEN:
        raise RefusedByRule(
            f"lead {lead.id} is closed as {lead.closed_as}", fix="call another number"
        )
    if campaign.status in OVER:
        raise RefusedByRule(
            f'campaign {campaign.id} "{campaign.name}" is {campaign.status}',
            fix="promise the call in a campaign that is running",
        )
    if campaigns.spec_of(campaign).require_consent:
        hold = why_no_consent(lead.consent, now=now)
        if hold is not None:
            raise RefusedByRule(f"lead {lead.id} may not be called", why=hold.sentence)


def keep(tx: Connection, lead: Lead, outcome: Outcome) -> None:
    """Let the lead wait for what a person set; the wait after its last call is over with it."""
    if lead.status is LeadStatus.IN_FLIGHT:
        leads.change(tx, lead.id, callback_at=outcome.callback_at)
        return
    if lead.status is LeadStatus.CLOSED:
        reopen(tx, lead, outcome)
    elif lead.status is LeadStatus.HELD:
        leads.move(
            tx, lead.id, current=LeadStatus.HELD, target=LeadStatus.READY, **outcome.values()
        )
    else:
        leads.change(tx, lead.id, **outcome.values())
    latest = attempts.of_lead(tx, lead.id)[-1:]
    for attempt in latest:
        attempts.change(tx, attempt.id, retry_at=outcome.retry_at)
