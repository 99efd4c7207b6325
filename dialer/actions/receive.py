"""Receive: keep a signed webhook once, before anything is made of it.

https://docs.retellai.com/features/webhook-overview
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import orjson
from pydantic import ValidationError

from dialer.actions.world import World
from dialer.log import get_logger
from dialer.retell.mapping import storable
from dialer.retell.models import WebhookEvent
from dialer.retell.transfers import TRANSFERS
from dialer.store import attempts, webhooks

log = get_logger(__name__)

TRANSCRIPT = "transcript_updated"


@dataclass(frozen=True, slots=True)
class Letter:
    """What can be told of a webhook body without understanding it."""

    event_id: str
    call_id: str | None
    error: str | None = None  # set: a dead letter


def receive(world: World, body: bytes, *, now: datetime) -> int | None:
    """Keep a webhook whose signature was checked. Gives its row, None when it is not news.

    A body that cannot be read is kept as a dead letter, so that a person can look at it; there
    is nothing to settle then.
    """
    letter = open_letter(body)
    if letter.event_id.startswith(f"{TRANSCRIPT}:"):
        keep_transcript(world, body)
        return None
    status = webhooks.DEAD if letter.error else webhooks.NEW
    # PostgreSQL stores no NUL in text.
    raw = body.decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    row = world.db.transact(
        lambda tx: webhooks.receive(
            tx,
            letter.event_id,
            call_id=letter.call_id,
            raw=raw,
            now=now,
            status=status,
            error=letter.error,
        )
    )
    if letter.error:
        log.error("dead_letter", event_id=letter.event_id, error=letter.error)
        return None
    return row


def keep_transcript(world: World, body: bytes) -> None:
    """Keep what was said so far in a call that goes on; the last one to come counts.

    Nothing is kept unless the settings want it: it comes after each sentence, and the whole of it
    comes with the end of the call. It is no news for anybody, so nothing is settled.
    """
    if not world.live_transcripts:
        return
    try:
        webhook = WebhookEvent.model_validate_json(body)
    except ValidationError:
        return
    call = webhook.call
    said = storable(call.transcript) if call is not None else None
    if call is None or not isinstance(said, str) or not said:
        return
    call_id = call.call_id
    world.db.transact(lambda tx: attempts.keep_live_transcript(tx, call_id, said))


def open_letter(body: bytes) -> Letter:
    """Read event name and call id, which together are the event's id."""
    digest = hashlib.sha256(body).hexdigest()[:32]
    try:
        content = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        return Letter(f"broken:{digest}", None, "The body is not JSON.")
    event = content.get("event") if isinstance(content, dict) else None
    if not isinstance(event, str) or not event or "\x00" in event or len(event) > 100:
        return Letter(f"broken:{digest}", None, "The body names no event.")
    call = content.get("call")
    call_id = call.get("call_id") if isinstance(call, dict) else None
    if call_id is None and event.startswith("call_") and event != "call_inbound":
        return Letter(f"broken:{digest}", None, "The body has no call.call_id.")
    if call_id is None:
        return Letter(f"{event}:{digest}", None)
    if not isinstance(call_id, str) or not call_id.isprintable() or not 0 < len(call_id) <= 200:
        return Letter(f"broken:{digest}", None, "call.call_id is not an id.")
    # Transfers may happen more than once in a call; their own fields tell them apart.
    suffix = f":{digest}" if event in TRANSFERS else ""
    return Letter(f"{event}:{call_id}{suffix}", call_id)
