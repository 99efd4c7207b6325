"""Dial: send one attempt, once.

1. Wait for the attempt's moment, if it is early.
2. Send gate: ask every gate again and move INTENT to SENDING, in one transaction.
3. POST, outside any transaction, unless more than ten seconds have passed.
4. Record what the answer means.

Running it twice for one attempt is harmless: only one run moves INTENT to SENDING.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dialer.actions.aside import cancel_intent
from dialer.actions.budgets import why_no_budget
from dialer.actions.facts import known_facts, whereabouts_of
from dialer.actions.plan import plan
from dialer.actions.record import record_failure, record_placed
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.checked import what_was_checked
from dialer.domain.gates import DialFacts, Hold, HoldCode, why_not_dial
from dialer.domain.lines import GateState
from dialer.domain.local_time import local_times
from dialer.domain.patience import INTENT_LIFE, SEND_DEADLINE, SENDING_LIFE
from dialer.domain.states import AttemptStatus
from dialer.domain.trials import MARK, Trial, trial_of
from dialer.errors import AccountProblem, CallError
from dialer.log import get_logger
from dialer.retell.mapping import WEBHOOK_EVENTS
from dialer.retell.models import CreatePhoneCall
from dialer.store import attempts, campaigns, gate, leads, numbers
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Campaign, Lead

log = get_logger(__name__)

LONGEST_WAIT = timedelta(seconds=5)
"""A claim looks one second ahead; more than this is a clock that was set."""


@dataclass(frozen=True, slots=True)
class Sending:
    """An attempt that passed the send gate: this worker, and no other, may POST it."""

    attempt_id: str
    campaign_id: int
    body: dict[str, Any]
    started_at: datetime
    install: str


@dataclass(frozen=True, slots=True)
class Early:
    """An attempt whose moment has not come; nothing was changed."""

    wait: timedelta


def dial(world: World, attempt_id: str) -> None:
    """Send one attempt and record the outcome. May be called any number of times."""
    ask = partial(pass_gate, world=world, attempt_id=attempt_id)
    try:
        while isinstance(sending := world.db.transact(ask), Early):
            world.clock.sleep(sending.wait)
    except AccountProblem as problem:
        refuse = partial(_refuse_request, world=world, attempt_id=attempt_id, problem=problem)
        world.db.transact(refuse)
        return
    if sending is None:
        return
    # Before the request leaves, so that no send is known to nobody but a database.
    world.witness.note(sending.install, attempt_id, at=sending.started_at)
    try:
        created = world.provider.create_phone_call(
            sending.body, send_by=sending.started_at + SEND_DEADLINE
        )
    except CallError as error:
        record = partial(record_failure, world=world, attempt_id=attempt_id, error=error)
        if world.db.transact(record):
            plan(world)
        return
    world.db.transact(lambda tx: record_placed(tx, world, sending.attempt_id, created))


def pass_gate(tx: Connection, world: World, attempt_id: str) -> Sending | Early | None:
    """Move an attempt from INTENT to SENDING if every gate still lets it pass.

    Returns None when it was refused (and its lead given back) or another worker has it.

    Raises:
        AccountProblem: the settings make no valid request; nothing was changed.
    """
    seen = attempts.get(tx, attempt_id)
    if seen is None or seen.status is not AttemptStatus.INTENT:
        return None
    early = seen.send_at - world.clock.now()
    if timedelta(0) < early <= LONGEST_WAIT:
        return Early(early)
    campaign = campaigns.hold_still(tx, [seen.campaign_id])[seen.campaign_id]
    lead = leads.lock(tx, seen.lead_id)
    attempt = attempts.lock(tx, attempt_id)
    if attempt.status is not AttemptStatus.INTENT:
        return None
    now = world.clock.now()  # under the locks: waiting for them may have taken a whole pause
    spec = campaigns.spec_of(campaign)
    state = gate.peek(tx)
    facts = known_facts(
        tx, lead, status=campaign.status, spec=spec, state=state, attempt=attempt, now=now
    )
    hold = _why_not_send(tx, attempt, facts, campaign=campaign, state=state, now=now)
    if hold is not None:
        cancel_intent(tx, attempt, lead, hold, now=now, by="dial")
        log.info("send_refused", attempt_id=attempt_id, lead_id=lead.id, reason=hold.code)
        return None
    trial = trial_of(test_of=campaign.test_of, first_only=campaign.first_only)
    return _let_through(tx, world, attempt, lead, facts, spec=spec, trial=trial, now=now)


def _let_through(
    tx: Connection,
    world: World,
    attempt: Attempt,
    lead: Lead,
    facts: DialFacts,
    *,
    spec: CampaignSpec,
    trial: Trial | None,
    now: datetime,
) -> Sending | None:
    """Move an attempt to SENDING, with what it sends and what was checked.

    Returns None when another worker moved it first.
    """
    install = gate.install(tx)
    told_at = world.webhook_url
    body = request_body(
        spec, lead, attempt, install=install, webhook_url=told_at, trial=trial, now=now
    )
    where = whereabouts_of(lead)
    sent_local = local_times(where.zones, now=now)
    moved = attempts.move(
        tx,
        attempt.id,
        current=AttemptStatus.INTENT,
        target=AttemptStatus.SENDING,
        now=now,
        by="dial",
        evidence=what_was_checked(
            spec.window,
            sent_local=sent_local,
            regions=where.regions,
            consent=lead.consent,
            consent_needed=spec.require_consent,
            calls=facts.person.calls,
            now=now,
            from_number=attempt.from_number,
        ),
        send_started_at=now,
        check_at=now + SENDING_LIFE,
        request=body,
        sent_local=sent_local,
    )
    return Sending(attempt.id, attempt.campaign_id, body, now, install) if moved else None


def _refuse_request(tx: Connection, world: World, attempt_id: str, problem: AccountProblem) -> None:
    """Hold a campaign whose settings make no valid request, and give the lead back."""
    now = world.clock.now()
    attempt = attempts.get(tx, attempt_id)
    if attempt is None:
        return
    campaigns.hold(tx, attempt.campaign_id, reason=problem.code, sentence=problem.message, now=now)
    lead = leads.lock(tx, attempt.lead_id)
    hold = Hold(HoldCode.NOT_RUNNING, problem.message)
    cancel_intent(tx, attempt, lead, hold, now=now, by="dial")
    log.error("campaign_held", campaign_id=attempt.campaign_id, reason=problem.code)


def _why_not_send(
    tx: Connection,
    attempt: Attempt,
    facts: DialFacts,
    *,
    campaign: Campaign,
    state: GateState,
    now: datetime,
) -> Hold | None:
    if now - attempt.created_at > INTENT_LIFE:
        return Hold(HoldCode.TOO_LATE, "Claimed more than a minute ago.")
    hold = why_not_dial(facts, now=now)
    if hold is None and campaign.edited_at is not None and campaign.edited_at > attempt.created_at:
        # Today's budgets were counted for the claim; a smaller one counts from its edit on.
        hold = why_no_budget(tx, campaign, state, claimed_at=attempt.created_at, now=now)
    if hold is None and numbers.is_resting(tx, attempt.from_number, now=now):
        return Hold(HoldCode.NO_NUMBER, "The number it was to be called from rests by now.")
    return hold


def agent_override_of(spec: CampaignSpec, *, webhook_url: str | None) -> dict[str, Any] | None:
    """Give what a campaign changes of its agent, and where to tell of its calls."""
    if webhook_url is None:
        return spec.agent_override
    override = {**(spec.agent_override or {})}
    told = {"webhook_url": webhook_url, "webhook_events": list(WEBHOOK_EVENTS)}
    override["agent"] = {**told, **override.get("agent", {})}
    return override


def request_body(
    spec: CampaignSpec,
    lead: Lead,
    attempt: Attempt,
    *,
    install: str,
    webhook_url: str | None,
    trial: Trial | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Write the request for one attempt; the same for every repetition of it.

    Its metadata says all that `bring_back` needs should the database forget the attempt.

    Raises:
        AccountProblem: the settings make a request that Retell would refuse.
    """
    try:
        own = lead.overrides or {}  # what the lead's file says of this call alone
        override = agent_override_of(spec, webhook_url=webhook_url)
        return CreatePhoneCall(
            from_number=attempt.from_number,
            to_number=lead.phone,
            override_agent_id=own.get("agent_id", spec.agent_id),
            override_agent_version=own.get(
                "agent_version", None if "agent_id" in own else spec.agent_version
            ),
            agent_override=override,
            retell_llm_dynamic_variables={**spec.variables, **lead.variables},
            metadata={
                **{key: one for key, one in own.get("metadata", {}).items() if key != MARK},
                "attempt_id": attempt.id,
                "campaign_id": str(lead.campaign_id),
                "lead_id": str(lead.id),
                "attempt_n": str(attempt.n),
                "attempt_sent_at": now.isoformat(),
                "install": install,
                **({} if trial is None else {MARK: trial.value}),
            },
            custom_sip_headers={**(spec.custom_sip_headers or {}), **own.get("sip_headers", {})}
            or None,
            ignore_e164_validation=own.get("ignore_e164"),
            idempotency_key=attempt.id,
            honor_internal_dnc=spec.honor_internal_dnc or None,
        ).body()
    except (TypeError, ValueError) as error:
        raise AccountProblem(f"The request is not valid: {error}", code="bad_request") from error
