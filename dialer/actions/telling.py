"""Telling: what people do about results that go to other systems."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import uuid4

from dialer.actions.control import find
from dialer.actions.deliver import GONE, UNDELIVERED, Sender
from dialer.actions.result_bodies import SAMPLE, written
from dialer.actions.world import World
from dialer.domain.result_events import ResultEvent
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.results.sender import Answered
from dialer.store import campaigns, incidents, result_delivery
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.result_tables import ResultMessage

AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test sent, and what came back."""

    address: str
    body: str
    answered: Answered
    took: timedelta

    @property
    def is_taken(self) -> bool:
        """Tell whether the other side took it."""
        status = self.answered.status
        return status is not None and status // 100 == 2


def read_message(tx: Connection, message_id: int) -> ResultMessage:
    """Read one message.

    Raises:
        NotFound: there is none with this id.
    """
    row = result_delivery.get(tx, message_id)
    if row is None:
        raise NotFound(f"there is no result {message_id}", fix="dialer results list")
    return row


def test(world: World, campaign_id: int, sender: Sender, *, event: ResultEvent) -> Tested:
    """Send a sample to a campaign's address, also while that is off, and change nothing.

    Raises:
        NotFound: there is no such campaign.
        UserError: it has no address.
    """
    row = world.db.read(partial(find, campaign_id=campaign_id))
    spec = campaigns.spec_of(row).results
    if spec.address is None or spec.secret is None:
        raise UserError(
            f'campaign {campaign_id} "{row.name}" tells nobody its results',
            fix=f"dialer campaigns edit {campaign_id} --set results.address=https://…"
            " --set results.secret=NAME",
        )
    began_at = world.clock.now()
    body = written(event, sequence=0, told_at=began_at, told=SAMPLE)
    answered = sender.post(
        spec.address,
        secret=spec.secret,
        message_id=f"test_{uuid4()}",
        body=body.encode(),
        now=began_at,
    )
    return Tested(spec.address, body, answered, world.clock.now() - began_at)


def replay(world: World, message_id: int, *, actor: str) -> None:
    """Send one result again, whatever became of it: same body, same id, all its tries anew.

    Raises:
        NotFound: there is no such result.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        read_message(tx, message_id)
        result_delivery.send_again(tx, [message_id])
        log_action(tx, actor=actor, action="replay", subject=f"result:{message_id}", now=now)

    world.db.transact(body)


def replay_dead(world: World, campaign_id: int, *, actor: str) -> int:
    """Send all dead letters of a campaign again that nobody has acknowledged; give how many.

    Raises:
        NotFound: there is no such campaign.
    """
    now = world.clock.now()

    def body(tx: Connection) -> int:
        find(tx, campaign_id)
        ids = result_delivery.dead_ids(tx, campaign_id=campaign_id, most=AT_ONCE)
        count = result_delivery.send_again(tx, ids)
        if count < AT_ONCE:
            _close(tx, UNDELIVERED, campaign_id, actor=actor, note="sent again", world=world)
        subject = f"campaign:{campaign_id}"
        log_action(
            tx, actor=actor, action="replay_results", subject=subject, now=now, after={"n": count}
        )
        return count

    return _in_parts(world, body)


def acknowledge(world: World, campaign_id: int, *, actor: str, note: str) -> int:
    """Say that the dead letters of a campaign were seen and are not sent any more; count them.

    Raises:
        NotFound: there is no such campaign.
    """
    now = world.clock.now()

    def body(tx: Connection) -> int:
        find(tx, campaign_id)
        ids = result_delivery.dead_ids(tx, campaign_id=campaign_id, most=AT_ONCE)
        count = result_delivery.acknowledge(tx, ids, now=now)
        if count < AT_ONCE:
            _close(tx, UNDELIVERED, campaign_id, actor=actor, note=note, world=world)
        log_action(
            tx,
            actor=actor,
            action="acknowledge_results",
            subject=f"campaign:{campaign_id}",
            now=now,
            after={"n": count, "note": note},
        )
        return count

    return _in_parts(world, body)


def switch_on(world: World, campaign_id: int, *, actor: str) -> None:
    """Let a campaign's address be sent to again, at once.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it has no address.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        find(tx, campaign_id)
        if not result_delivery.switch_on(tx, campaign_id):
            raise RefusedByRule(f"campaign {campaign_id} has no address for results")
        _close(tx, GONE, campaign_id, actor=actor, note="switched on again", world=world)
        subject = f"campaign:{campaign_id}"
        log_action(tx, actor=actor, action="results_on", subject=subject, now=now)

    world.db.transact(body)


def _in_parts(world: World, body: Callable[[Connection], int]) -> int:
    """Do up to `AT_ONCE` of something in each transaction until that is all; give how many."""
    total = 0
    while some := world.db.transact(body):
        total += some
        if some < AT_ONCE:
            break
    return total


def _close(
    tx: Connection, code: str, campaign_id: int, *, actor: str, note: str, world: World
) -> None:
    subject, now = f"campaign:{campaign_id}", world.clock.now()
    incidents.close(tx, code, subject=subject, by=actor, now=now, note=note)
