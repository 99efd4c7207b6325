"""Health: the audit, incidents, and the activity log."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import audit, own_webhook
from dialer.actions.findings import acknowledge
from dialer.actions.health import health
from dialer.domain.incident_words import what_to_do
from dialer.domain.roles import Scope
from dialer.store import incidents, ledger, migrate
from dialer.store.database import Connection
from dialer.store.tables import AuditLog, Incident
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.cursors import Cursor, Limit, Page, page_by_id, read_id
from dialer.web.api.kinds import Id, Note
from dialer.web.masking import masked, masked_text
from dialer.web.site import site_of

reading = asks(Scope.HEALTH_READ, tag="health")
writing = asks(Scope.HEALTH_WRITE, tag="health")


class HealthShown(BaseModel):
    """Is everything as it must be?"""

    ok: bool
    mode: str = Field(examples=["simulator"])
    revision: str | None
    doubt: str | None = Field(description="Why nobody is called, where the database is doubted.")
    open_incidents: int
    dead_letters: int
    late_audits: list[str]
    broken: dict[str, list[str]] = Field(description="Invariants that are broken, with ids.")


class IncidentShown(BaseModel):
    """Something that must not happen did."""

    id: int = Field(examples=[5])
    code: str
    subject: str
    sentence: str = Field(description="With telephone numbers masked.")
    what_to_do: str
    opened_at: datetime
    times: int
    closed_at: datetime | None
    closed_by: str | None
    note: str | None


class WebhookTested(BaseModel):
    """What became of a test webhook."""

    address: str
    status: int | None = Field(description="null: no answer came.")
    kept: bool = Field(description="It came to us, and its signature was good.")
    sentence: str


class AuditedNow(BaseModel):
    """What an audit found."""

    broken: dict[str, list[str]] = Field(description="Invariants that are broken, with ids.")


class Activity(BaseModel):
    """Who did what to what; telephone numbers are masked."""

    id: int
    at: datetime
    actor: str = Field(examples=["token:crm"])
    action: str
    subject: str = Field(examples=["campaign:7"])
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@reading.get("/health")
def show_health(request: Request) -> HealthShown:
    """Tell how the audit, incidents and webhooks stand."""
    world = world_of(request)
    now = world.clock.now()
    state, revision = world.db.read(lambda tx: (health(tx, now=now), migrate.revision_of(tx)))
    wrong = (state.doubt, state.open_incidents, state.dead_letters, state.late, state.broken)
    return HealthShown(
        ok=not any(wrong),
        mode=site_of(request).settings.mode,
        revision=revision,
        doubt=state.doubt,
        open_incidents=state.open_incidents,
        dead_letters=state.dead_letters,
        late_audits=[kind.value for kind in state.late],
        broken=state.broken,
    )


@reading.get("/incidents")
def list_incidents(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    closed: Annotated[bool, Query(description="Closed ones, too.")] = False,
) -> Page[IncidentShown]:
    """List the incidents, the newest first."""
    question = ("incidents", closed)
    before = read_id(question, cursor)
    rows = world_of(request).db.read(
        lambda tx: incidents.page(tx, before=before, most=limit + 1, closed=closed)
    )
    rows, next_cursor = page_by_id(question, rows, limit=limit)
    return Page(items=[_incident(row) for row in rows], next_cursor=next_cursor)


@writing.post("/incidents/{incident_id}/acknowledge")
def acknowledge_incident(request: Request, incident_id: Id, given: Note) -> IncidentShown:
    """Close an incident that somebody has looked at."""
    world = world_of(request)
    acknowledge(world, incident_id, actor=actor_of(request), note=given.note)
    row = world.db.read(lambda tx: incidents.get(tx, incident_id))
    assert row is not None  # incidents are never deleted
    return _incident(row)


@writing.post("/webhooks/test")
def send_test_webhook(request: Request) -> WebhookTested:
    """Send a test webhook to our own address, signed as Retell signs, and look whether it came."""
    site = site_of(request)
    echo = own_webhook.send_to_ourselves(
        site.world(),
        address=site.settings.webhook_url,
        keys=site.webhook_keys,
        actor=actor_of(request),
    )
    return WebhookTested(
        address=echo.address, status=echo.status, kept=echo.kept, sentence=echo.sentence
    )


@writing.post("/audit")
def run_audit(request: Request) -> AuditedNow:
    """Run the audit of what is open now; what it finds becomes an incident."""
    found = audit.ask_now(world_of(request), actor=actor_of(request))
    return AuditedNow(broken={one.name: list(one.ids) for one in found})


@reading.get("/activity")
def list_activity(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    subject: Annotated[str | None, Query(max_length=100, examples=["campaign:7"])] = None,
    actor: Annotated[str | None, Query(max_length=100, examples=["token:crm"])] = None,
) -> Page[Activity]:
    """List who did what, the latest first: to one thing, by one person or program, or all of it."""
    question = ("activity", subject, actor)
    before = read_id(question, cursor)

    def body(tx: Connection) -> list[AuditLog]:
        return ledger.page(tx, before=before, most=limit + 1, subject=subject, actor=actor)

    rows, next_cursor = page_by_id(question, world_of(request).db.read(body), limit=limit)
    return Page(items=[_activity(row) for row in rows], next_cursor=next_cursor)


def _incident(row: Incident) -> IncidentShown:
    own = ("id", "code", "subject", "opened_at", "times", "closed_at", "closed_by", "note")
    return IncidentShown(
        **{name: getattr(row, name) for name in own},
        sentence=masked_text(row.sentence),
        what_to_do=what_to_do(row.code),
    )


def _activity(row: AuditLog) -> Activity:
    return Activity(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=masked_text(row.subject),
        before=masked(row.before),
        after=masked(row.after),
    )
