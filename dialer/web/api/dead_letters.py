"""Dead letters: webhooks of Retell that nobody could settle, and what is done about them."""

from datetime import datetime

from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import dead_letters
from dialer.domain.roles import Scope
from dialer.store import webhooks
from dialer.store.database import Connection
from dialer.store.tables import WebhookEvent
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import Id, Note

listing = asks(Scope.HEALTH_READ, tag="dead letters")
showing = asks(Scope.CALLS_READ, tag="dead letters")
writing = asks(Scope.HEALTH_WRITE, tag="dead letters")


class DeadLetter(BaseModel):
    """A webhook that could not be settled; every try is used up."""

    id: int = Field(examples=[31])
    event_id: str
    received_at: datetime
    tries: int
    error: str | None


class DeadLetterShown(DeadLetter):
    """A webhook with its body, as it came."""

    raw: str


class Changed(BaseModel):
    """What becomes of a dead letter now."""

    id: int
    result: str = Field(examples=["replayed", "acknowledged"])


@listing.get("/webhooks/dead")
def list_dead_letters(request: Request) -> list[DeadLetter]:
    """List the dead letters nobody has acknowledged, a hundred at most, the oldest first."""
    rows = world_of(request).db.read(webhooks.dead)
    return [_told(row) for row in rows]


@showing.get("/webhooks/dead/{webhook_id}")
def show_dead_letter(request: Request, webhook_id: Id) -> DeadLetterShown:
    """Show one dead letter with its body, in which there may be telephone numbers and talk."""

    def body(tx: Connection) -> DeadLetterShown:
        row = dead_letters.read_dead(tx, webhook_id)
        return DeadLetterShown(**_told(row).model_dump(), raw=row.raw)

    return world_of(request).db.read(body)


@writing.post("/webhooks/dead/{webhook_id}/replay")
def replay_dead_letter(request: Request, webhook_id: Id) -> Changed:
    """Settle a dead letter again."""
    dead_letters.replay(world_of(request), webhook_id, actor=actor_of(request))
    return Changed(id=webhook_id, result="replayed")


@writing.post("/webhooks/dead/{webhook_id}/acknowledge")
def acknowledge_dead_letter(request: Request, webhook_id: Id, given: Note) -> Changed:
    """Say that a dead letter was seen and is to stay as it is."""
    world, actor = world_of(request), actor_of(request)
    dead_letters.acknowledge(world, webhook_id, actor=actor, note=given.note)
    return Changed(id=webhook_id, result="acknowledged")


def _told(row: WebhookEvent) -> DeadLetter:
    return DeadLetter(**{name: getattr(row, name) for name in DeadLetter.model_fields})
