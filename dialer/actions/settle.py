"""Settle: apply a kept webhook to its attempt and lead, then refill the freed line.

One transaction moves attempt and lead and marks the event; if the process dies before it
commits, the event stays NEW and `reconcile` settles it.
"""

from dataclasses import dataclass

from pydantic import ValidationError

from dialer.actions.doubting import doubt
from dialer.actions.evidence import apply_evidence
from dialer.actions.inbound import settle_inbound
from dialer.actions.plan import refill
from dialer.actions.talks import INBOUND, is_test
from dialer.actions.wishes import heed_without_lead
from dialer.actions.world import World
from dialer.clock import Clock
from dialer.domain.evidence import CallEvidence
from dialer.log import get_logger
from dialer.retell.mapping import evidence_of
from dialer.retell.models import Call
from dialer.retell.models import WebhookEvent as Webhook
from dialer.retell.transfers import TRANSFERS, told_of_transfer
from dialer.store import attempts, gate, incidents, other_calls, webhooks
from dialer.store.database import Connection
from dialer.store.tables import Attempt, WebhookEvent

log = get_logger(__name__)

UNKNOWN_ATTEMPT = "unknown_attempt"
"""The incident of a call that is ours, of an attempt that is not known."""
TEST_CALL = "It is a test call: no lead, attempt or figure hears of it."
APPLIED = ("call_started", "call_ended", "call_analyzed", *TRANSFERS)


@dataclass(frozen=True, slots=True)
class Understood:
    """What an event says of a call."""

    call: Call
    evidence: CallEvidence
    transfer: str | None = None  # a sentence for the history


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling an event changed."""

    status: str
    freed: bool = False
    error: str | None = None


def settle(world: World, event_row: int) -> None:
    """Settle one event. May be called any number of times."""
    event = world.db.read(lambda tx: webhooks.get(tx, event_row))
    if event is None or event.status != webhooks.NEW:
        return
    understood = understand(event)
    settled = world.db.transact(lambda tx: _settle(tx, event, understood, clock=world.clock))
    if settled.status == webhooks.DEAD:
        log.error("dead_letter", event_id=event.event_id, error=settled.error)
    if settled.freed:
        refill(world, freed_at=event.received_at)


def understand(event: WebhookEvent) -> Understood | Settled:
    """Read an event's body: what it says of a call, or why it changes nothing."""
    try:
        webhook = Webhook.model_validate_json(event.raw)
    except ValidationError as error:
        wrong = ".".join(str(part) for part in error.errors()[0]["loc"]) or "all of it"
        return Settled(webhooks.DEAD, error=f"The body cannot be read, first of all: {wrong}.")
    if webhook.event not in APPLIED or webhook.call is None:
        return Settled(webhooks.IGNORED, error=f'Events "{webhook.event}" change nothing here.')
    transfer = told_of_transfer(webhook) if webhook.event in TRANSFERS else None
    return Understood(webhook.call, evidence_of(webhook.event, webhook.call), transfer)


def _settle(
    tx: Connection, event: WebhookEvent, understood: Understood | Settled, *, clock: Clock
) -> Settled:
    settled = understood
    if isinstance(settled, Understood):
        settled = _apply(tx, settled, source=event.event_id.partition(":")[0], clock=clock)
    webhooks.finish(tx, event.id, status=settled.status, now=clock.now(), error=settled.error)
    return settled


def _apply(tx: Connection, understood: Understood, *, source: str, clock: Clock) -> Settled:
    evidence, now = understood.evidence, clock.now()
    seen = _attempt_of(tx, evidence)
    if seen is None and is_test(understood.call):
        return Settled(webhooks.IGNORED, error=TEST_CALL)
    if seen is None and understood.call.direction == INBOUND:
        error = settle_inbound(tx, understood.call, evidence, now=now)
        return Settled(webhooks.IGNORED if error else webhooks.DONE, error=error)
    if seen is None:
        return _nobodys(tx, evidence, clock=clock)
    freed = apply_evidence(
        tx, evidence, seen=seen, by="settle", source=f"webhook {source}", now=now
    )
    if understood.transfer is not None:
        status = attempts.lock(tx, seen.id).status
        sentence = understood.transfer
        attempts.note(
            tx, seen.id, current=status, target=status, now=now, by="settle", evidence=sentence
        )
    return Settled(webhooks.DONE, freed=freed)


def _attempt_of(tx: Connection, evidence: CallEvidence) -> Attempt | None:
    named = attempts.get(tx, evidence.attempt_id) if evidence.attempt_id is not None else None
    return named or attempts.by_call(tx, evidence.call_id)


def _nobodys(tx: Connection, evidence: CallEvidence, *, clock: Clock) -> Settled:
    """A call that is not ours is none of our business.

    One that says it is ours means that the database has forgotten its attempt, or that somebody
    calls with a copy of it: nobody is called until Retell's calls were compared.
    """
    if evidence.attempt_id is None or evidence.install != gate.install(tx):
        return Settled(webhooks.IGNORED, error="The call is not one of ours.")
    now = clock.now()
    if other_calls.knows(tx, evidence.call_id):
        heed_without_lead(tx, evidence, by="settle", now=now)
        return Settled(webhooks.IGNORED, error="The call is known to have no lead here any more.")
    sentence = f"Call {evidence.call_id} names attempt {evidence.attempt_id}, which is not known."
    incidents.open_incident(
        tx, UNKNOWN_ATTEMPT, subject=evidence.call_id, sentence=sentence, now=now
    )
    doubt(tx, sentence, clock=clock, actor="system")
    return Settled(webhooks.DEAD, error=sentence)
