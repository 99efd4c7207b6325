"""Deliver: tell other systems what waits to be told.

1. Claim: some messages per address, by a guarded UPDATE; bodies are written and kept (transaction).
2. POST each, signed, several at once (no transaction).
3. Record: delivered, later, dead, or the address is off (transaction, guarded by the try's number).

If the process dies between 1 and 3 the message is due again when its lease is over, with the same
id and body: receivers may see one twice, and none is lost. Runs in a queue of its own, so that
nothing of the calls waits for other people's servers.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from dialer.actions.result_bodies import body_of, message_id
from dialer.actions.world import World
from dialer.domain.results import GIVEN_UP_AFTER, Next, Step, after_try, rest_after
from dialer.log import get_logger
from dialer.results.sender import Answered
from dialer.store import incidents, result_delivery
from dialer.store.database import Connection
from dialer.store.results import DEAD, DELIVERED, WAITING
from dialer.store.tables import ResultAddress

log = get_logger(__name__)

RUN_WITHIN = timedelta(seconds=20)
"""A run claims nothing after this; the next tick goes on."""
AT_ONCE = 8
"""Messages claimed together: all are sent at once, so that none waits until its lease is over."""
UNDELIVERED = "results_undelivered"
"""The incident of dead letters; its subject is the campaign."""
GONE = "results_refused"
"""The incident of an address that wants no more; its subject is the campaign."""


class Sender(Protocol):
    """What sends one message; `dialer.results.sender.ResultSender` is one."""

    def post(
        self, address: str, *, secret: str, message_id: str, body: bytes, now: datetime
    ) -> Answered: ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process sends now, and its try's number."""

    id: int
    campaign_id: int
    tries: int
    webhook_id: str
    body: str
    address: str
    secret: str
    until: datetime  # somebody else may send it from then on


def deliver(world: World, sender: Sender) -> int:
    """Send what is due, and give how many messages were tried. Several at once are harmless."""
    until = world.clock.now() + RUN_WITHIN
    claimed, tried = claim(world), 0
    if not claimed:
        return 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="results") as threads:
        while claimed:
            list(threads.map(partial(send, world, sender), claimed))
            tried += len(claimed)
            claimed = claim(world) if world.clock.now() < until else []
    return tried


def claim(world: World) -> list[Claimed]:
    """Take messages that are due: as many as are sent at once, some of each address."""
    now = world.clock.now()
    due = world.db.read(partial(result_delivery.addresses_due, now=now, most=AT_ONCE))
    share = AT_ONCE // max(1, len(due))
    found: list[Claimed] = []
    for where in due:
        found += world.db.transact(partial(_claim, where=where, most=share, now=now))
    return found


def _claim(tx: Connection, *, where: ResultAddress, most: int, now: datetime) -> list[Claimed]:
    claimed = []
    for row in result_delivery.claim(tx, where, most=most, now=now):
        body = row.body
        if body is None:
            body = body_of(tx, row)
            result_delivery.keep_body(tx, row.id, body)
        webhook_id, tries = message_id(tx, row), row.tries + 1
        to = (where.address, where.secret, now + result_delivery.LEASE)
        claimed.append(Claimed(row.id, row.campaign_id, tries, webhook_id, body, *to))
    return claimed


def send(world: World, sender: Sender, claimed: Claimed) -> None:
    """Send one message and write down what came of it; nothing once its lease is over."""
    if world.clock.now() >= claimed.until:  # this process was asleep
        return
    answered = sender.post(
        claimed.address,
        secret=claimed.secret,
        message_id=claimed.webhook_id,
        body=claimed.body.encode(),
        now=world.clock.now(),
    )
    record(world, claimed, answered)


def record(world: World, claimed: Claimed, answered: Answered) -> Next:
    """Write down what came of a try. Changes nothing when another try went on meanwhile."""
    now = world.clock.now()
    following = after_try(
        claimed.tries,
        status=answered.status,
        retry_after=answered.retry_after,
        now=now,
        chance=random.random(),
    )
    body = partial(_record, claimed=claimed, answered=answered, following=following, now=now)
    if world.db.transact(body):
        _log(claimed, answered, following)
    return following


def _record(
    tx: Connection, *, claimed: Claimed, answered: Answered, following: Next, now: datetime
) -> bool:
    statuses = {Step.DELIVERED: DELIVERED, Step.DEAD: DEAD}
    error = None if following.step is Step.DELIVERED else _what_failed(answered)
    is_gone = following.step is Step.GONE
    values: dict[str, Any] = {"next_at": following.at} if following.at is not None else {}
    if is_gone:  # it waits, and keeps its tries, until a person switches the address on
        values = {"next_at": None, "tries": claimed.tries - 1}
    mine = result_delivery.settle(
        tx,
        claimed.id,
        of_try=claimed.tries,
        status=statuses.get(following.step, WAITING),
        now=now,
        answer=answered.status,
        error=error,
        **values,
    )
    current = result_delivery.address_of(tx, claimed.campaign_id)
    if current is not None and current.address == claimed.address:
        _judge_address(tx, current, answered, following, error=error, now=now)
    if mine and following.step is Step.DEAD:
        _open_incident(tx, claimed.campaign_id, now=now)
    return mine


def _judge_address(
    tx: Connection,
    where: ResultAddress,
    answered: Answered,
    following: Next,
    *,
    error: str | None,
    now: datetime,
) -> None:
    campaign_id = where.campaign_id
    if error is None:
        if where.failures or where.last_ok_at is None or now - where.last_ok_at > _SEEN_EVERY:
            result_delivery.worked(tx, campaign_id, now=now)
        return
    if following.step is Step.GONE:
        if result_delivery.switch_off(tx, campaign_id, now=now, error=error):
            _tell_gone(tx, where, now=now)
        return
    rest = rest_after(where.failures + 1, retry_after=answered.retry_after)
    result_delivery.failed(tx, campaign_id, now=now, until=now + rest, error=error)
    before = now - GIVEN_UP_AFTER
    if where.failing_since is None or where.failing_since > before:
        return
    if result_delivery.give_up_old(tx, campaign_id, before=before, now=now):
        _open_incident(tx, campaign_id, now=now)


_SEEN_EVERY = timedelta(seconds=10)
"""An address that works is noted so often: more would have its row written all the time."""


def _open_incident(tx: Connection, campaign_id: int, *, now: datetime) -> None:
    sentence = (
        f"Results of campaign {campaign_id} could not be delivered; every try is used up. "
        f"dialer results list --campaign {campaign_id} --state dead"
    )
    _open(tx, UNDELIVERED, campaign_id, sentence, now=now)


def _tell_gone(tx: Connection, where: ResultAddress, *, now: datetime) -> None:
    sentence = (
        f"The address of campaign {where.campaign_id} answered 410 and is sent nothing more. "
        f"When it is back: dialer results on {where.campaign_id}"
    )
    _open(tx, GONE, where.campaign_id, sentence, now=now)


def _open(tx: Connection, code: str, campaign_id: int, sentence: str, *, now: datetime) -> None:
    subject = f"campaign:{campaign_id}"
    if not incidents.open_incident(tx, code, subject=subject, sentence=sentence, now=now):
        incidents.open_again(tx, code, subject=subject, now=now)


def _what_failed(answered: Answered) -> str:
    if answered.error is not None:
        return answered.error[:500]
    return f"HTTP {answered.status}: {answered.text}"[:500]


def _log(claimed: Claimed, answered: Answered, following: Next) -> None:
    ids = {"message_id": claimed.id, "campaign_id": claimed.campaign_id, "tries": claimed.tries}
    if following.step is Step.DELIVERED:
        log.info("result_delivered", **ids)
    elif following.step is Step.LATER:
        log.warning("result_failed", **ids, status=answered.status, next_at=following.at)
    else:
        event = "result_dead" if following.step is Step.DEAD else "result_address_off"
        log.error(event, **ids, status=answered.status)
