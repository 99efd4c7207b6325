"""Dead letters: webhooks that could not be settled, and what a person does about them."""

from dialer.actions.world import World
from dialer.errors import NotFound, RefusedByRule
from dialer.log import get_logger
from dialer.store import webhooks
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import WebhookEvent

log = get_logger(__name__)


def replay(world: World, event_id: int, *, actor: str) -> None:
    """Settle a dead letter again, such as with a release that can read it.

    Raises:
        NotFound: there is no such webhook.
        RefusedByRule: it is no dead letter.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        read_dead(tx, event_id)
        webhooks.revive_one(tx, event_id)
        log_action(tx, actor=actor, action="replay", subject=f"webhook:{event_id}", now=now)

    world.db.transact(body)
    log.info("dead_letter_revived", event_id=event_id)
    world.queue.settle(event_id)


def acknowledge(world: World, event_id: int, *, actor: str, note: str) -> None:
    """Say that a dead letter was seen; it stays as it is, and nobody is told of it any more.

    Raises:
        NotFound: there is no such webhook.
        RefusedByRule: it is no dead letter, or was acknowledged before.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        read_dead(tx, event_id)
        if not webhooks.acknowledge(tx, event_id, now=now):
            raise RefusedByRule(f"webhook {event_id} is acknowledged already")
        log_action(
            tx,
            actor=actor,
            action="acknowledge",
            subject=f"webhook:{event_id}",
            now=now,
            after={"note": note},
        )

    world.db.transact(body)


def read_dead(tx: Connection, event_id: int) -> WebhookEvent:
    """Read a dead letter.

    Raises:
        NotFound: there is no such webhook.
        RefusedByRule: it is no dead letter.
    """
    row = webhooks.get(tx, event_id)
    if row is None:
        raise NotFound(f"there is no webhook {event_id}", fix="dialer webhooks dead")
    if row.status != webhooks.DEAD:
        raise RefusedByRule(
            f"webhook {event_id} is no dead letter",
            why=f"it is {row.status}",
            fix="dialer webhooks dead",
        )
    return row
