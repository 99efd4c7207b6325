"""Lead control: what people do to single leads, beside promising them a call."""

from dataclasses import replace
from datetime import datetime

from dialer.actions.aside import cancel_intent
from dialer.actions.callbacks import keep
from dialer.actions.control import lock_lead, read_lead
from dialer.actions.deciding import Outcome, within_end, zone_of
from dialer.actions.facts import known_facts
from dialer.actions.openings import opening_for
from dialer.actions.world import World
from dialer.domain.callbacks import read_asked
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import why_not_dial
from dialer.domain.hold import FOR_A_PERSON, Hold, HoldCode
from dialer.domain.next_call import SKIPPED
from dialer.domain.states import OVER, ClosedAs, LeadStatus
from dialer.errors import RefusedByRule, UserError
from dialer.log import get_logger
from dialer.store import campaigns, gate, leads, suppressions
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign, Lead

log = get_logger(__name__)

LONGEST_NOTE = 2_000
_MAY_OPEN = (ClosedAs.EXHAUSTED, ClosedAs.STOPPED)
_NOT_TO_BE_CALLED = (HoldCode.SUPPRESSED, *FOR_A_PERSON)
_SKIPPED = Hold(HoldCode.LEAD_CLOSED, "A person skipped the lead.")


def skip(world: World, lead_id: int, *, reason: str, actor: str) -> None:
    """Close a lead without a further call. A call that was claimed and not sent is given up.

    Raises:
        NotFound: there is no such lead.
        RefusedByRule: it is closed already, or in a call.
    """
    now = world.clock.now()
    world.db.transact(lambda tx: skip_in(tx, lead_id, reason=reason, actor=actor, now=now))
    log.info("lead_skipped", lead_id=lead_id)
    world.queue.plan()


def skip_in(tx: Connection, lead_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """Do so in the caller's transaction; what is refused has changed nothing."""
    _, lead = lock_lead(tx, lead_id)
    if lead.status is LeadStatus.CLOSED:
        raise RefusedByRule(f"lead {lead_id} is closed already, as {lead.closed_as}")
    if lead.status is LeadStatus.IN_FLIGHT:
        lead = _give_up_call(tx, lead, now=now)
    if lead.status is not LeadStatus.CLOSED:  # its campaign was over
        leads.close(tx, lead, closed_as=ClosedAs.STOPPED, now=now, held_reason=SKIPPED)
    subject = f"lead:{lead_id}"
    log_action(tx, actor=actor, action="skip", subject=subject, now=now, after={"reason": reason})


def note(world: World, lead_id: int, text: str, *, actor: str) -> None:
    """Keep a note with a lead, for whoever looks at it next; nothing else is changed.

    Raises:
        NotFound: there is no such lead.
        UserError: there is nothing to keep.
    """
    if not text.strip():
        raise UserError("the note is empty", fix="write what is to be kept")
    subject = f"lead:{lead_id}"
    after: dict[str, object] = {"note": text.strip()[:LONGEST_NOTE]}
    now = world.clock.now()

    def body(tx: Connection) -> None:
        read_lead(tx, lead_id)
        log_action(tx, actor=actor, action="note", subject=subject, now=now, after=after)

    world.db.transact(body)


def retry(world: World, lead_id: int, *, at: str | None, actor: str) -> datetime:
    """Let a lead be called as soon as it may be, or at a time by the clock where it is.

    Gives when it is due: law and window may be later than what was asked for.

    Raises:
        NotFound: there is no such lead.
        UserError: the text is no time ahead.
        RefusedByRule: the lead is not to be called any more, or is in a call.
    """
    now = world.clock.now()
    due_at = world.db.transact(lambda tx: retry_in(tx, lead_id, at=at, actor=actor, now=now))
    log.info("lead_retried", lead_id=lead_id, due_at=due_at)
    world.queue.plan()
    return due_at


def retry_in(
    tx: Connection, lead_id: int, *, at: str | None, actor: str, now: datetime
) -> datetime:
    """Do so in the caller's transaction; what is refused has changed nothing."""
    campaign, lead = lock_lead(tx, lead_id)
    spec = campaigns.spec_of(campaign)
    _check_callable(tx, lead, campaign, spec=spec, now=now)
    outcome = _outcome_of_retry(campaign, spec, lead, at=at, now=now)
    assert outcome.due_at is not None
    keep(tx, lead, outcome)
    log_action(
        tx,
        actor=actor,
        action="retry",
        subject=f"lead:{lead_id}",
        now=now,
        before={"status": lead.status, "due_at": lead.due_at and lead.due_at.isoformat()},
        after={"due_at": outcome.due_at.isoformat()},
    )
    return outcome.due_at


def _outcome_of_retry(
    campaign: Campaign, spec: CampaignSpec, lead: Lead, *, at: str | None, now: datetime
) -> Outcome:
    wanted_at = now if at is None else _read(spec, lead, at, now=now)
    due_at = opening_for(spec, lead, after=wanted_at)
    if due_at is None:
        raise RefusedByRule(
            f"no call may start to lead {lead.id}",
            why="its zone is not known, or window and law leave no hour",
            fix="give it a zone, or the campaign another window",
        )
    outcome = Outcome(due_at=due_at, wanted_at=wanted_at)
    if within_end(spec, outcome).closed_as is not None:
        raise RefusedByRule(
            f"campaign {campaign.id} ends before lead {lead.id} could be called",
            fix=f"dialer campaigns edit {campaign.id} --set ends_at=…, or name an earlier time",
        )
    return outcome


def _give_up_call(tx: Connection, lead: Lead, *, now: datetime) -> Lead:
    attempt = suppressions.unsent_of(tx, lead.id)
    if attempt is None or not cancel_intent(tx, attempt, lead, _SKIPPED, now=now, by="control"):
        raise RefusedByRule(f"lead {lead.id} is in a call", fix="skip it when the call is over")
    return leads.lock(tx, lead.id)


def _check_callable(
    tx: Connection, lead: Lead, campaign: Campaign, *, spec: CampaignSpec, now: datetime
) -> None:
    if lead.status is LeadStatus.IN_FLIGHT:
        raise RefusedByRule(f"lead {lead.id} is being called right now")
    if campaign.status in OVER:
        raise RefusedByRule(
            f'campaign {campaign.id} "{campaign.name}" is {campaign.status}',
            fix="import the lead into a campaign that is running",
        )
    if lead.status is LeadStatus.CLOSED and lead.closed_as not in _MAY_OPEN:
        raise RefusedByRule(
            f"lead {lead.id} is closed as {lead.closed_as}",
            why="only leads that were given up or stopped are called again",
        )
    facts = known_facts(tx, lead, status=campaign.status, spec=spec, state=gate.find(tx), now=now)
    hold = why_not_dial(replace(facts, lead_status=LeadStatus.READY), now=now)
    if hold is not None and hold.code in _NOT_TO_BE_CALLED:
        raise RefusedByRule(f"lead {lead.id} may not be called", why=hold.sentence)


def _read(spec: CampaignSpec, lead: Lead, text: str, *, now: datetime) -> datetime:
    moment = read_asked(spec.callback, text, zone_name=zone_of(lead), said_at=now)
    if moment is None:
        raise UserError(
            f"{text!r} is not a time ahead",
            why=f"it is read by the clock in {zone_of(lead)}",
            fix='write for example "2026-12-01 15:00" or "tomorrow at 3 pm"',
        )
    return moment
