"""A test webhook: sent to our own public address, and looked for among what was kept.

It shows what a person wants to know before the first call: the address leads here, the key
is the one we verify with, and the database takes it. It is of no call, so nothing is settled.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import orjson

from dialer.actions.receive import open_letter
from dialer.actions.world import World
from dialer.errors import UserError
from dialer.log import get_logger
from dialer.retell.models import epoch_ms
from dialer.retell.own_webhook import post_signed
from dialer.store import webhooks
from dialer.store.ledger import log_action

log = get_logger(__name__)

EVENT = "webhook_test"


@dataclass(frozen=True, slots=True)
class Echo:
    """What became of a test webhook."""

    address: str
    status: int | None
    error: str | None
    took: timedelta
    kept: bool  # it is in our database: it came to us, and to nobody else

    @property
    def sentence(self) -> str:
        """Say it in words."""
        if self.kept:
            return f"It arrived and was kept, after {self.took / timedelta(milliseconds=1):.0f} ms."
        if self.status is None:
            return f"Nothing answers at {self.address}: {self.error}."
        if self.status == 401:
            return f"{self.address} refuses the signature: it verifies with other keys."
        if self.status // 100 == 2:
            return f"{self.address} answered {self.status}, and it is not in our database."
        return f"{self.address} answered {self.status}."


def send_to_ourselves(world: World, *, address: str, keys: tuple[str, ...], actor: str) -> Echo:
    """Send a test webhook to an address, signed with the first key, and look where it went.

    Raises:
        UserError: there is no key.
    """
    if not keys:
        raise UserError(
            "no webhook key is set, so every webhook is refused",
            fix="set DIALER_WEBHOOK_KEYS to the key that signs webhooks",
        )
    began_at = world.clock.now()
    body = orjson.dumps({"event": EVENT, "call": {"call_id": f"test_{uuid4().hex}"}})
    posted = post_signed(address, body, key=keys[0], at_ms=epoch_ms(began_at))
    took = world.clock.now() - began_at
    event_id = open_letter(body).event_id
    kept = world.db.read(lambda tx: webhooks.is_kept(tx, event_id))
    echo = Echo(address, posted.status, posted.error, took, kept)
    world.db.transact(
        lambda tx: log_action(
            tx,
            actor=actor,
            action="test_webhook",
            subject="webhooks",
            now=began_at,
            after={"address": address, "status": posted.status, "kept": kept},
        )
    )
    log.info("webhook_tested", status=posted.status, kept=kept)
    return echo
