"""Deliberate bugs, to see that chaos finds them: `make chaos ARGS="--sabotage redial"`."""

import sys
import uuid
from datetime import timedelta
from typing import Any


def redial() -> None:
    """Send again what died while it was sent, as a queue with retries does."""
    if "worker" not in sys.orig_argv:
        return
    from dialer.actions import reconcile, record
    from dialer.domain.states import AttemptStatus

    def send_again(world: Any, row: Any) -> bool:
        body = {**row.request, "idempotency_key": str(uuid.uuid4())}
        created = world.provider.create_phone_call(body)
        world.db.transact(lambda tx: record.record_placed(tx, world, row.id, created))
        return False

    reconcile._LOOKS[AttemptStatus.SENDING] = send_again


def overrun() -> None:
    """Claim two more than there are lines."""
    from dialer.domain import lines

    plain = lines.claimable
    lines.claimable = lambda *given, **named: plain(*given, **named) + 2


def forget() -> None:
    """Do not look again at what was claimed and never sent."""
    from dialer.domain import patience

    patience.INTENT_REMINDER = patience.INTENT_LIFE = timedelta(hours=1)


SABOTAGES = {one.__name__: one for one in (redial, overrun, forget)}
