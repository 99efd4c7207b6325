"""Campaigns: listed, shown, checked, before they start and while they run."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions import campaign_live
from dialer.actions.control import find
from dialer.actions.lead_source import source_told
from dialer.actions.preflight import findings_of, findings_without_leads
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.preflight import Finding
from dialer.domain.roles import Scope
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.store import campaigns
from dialer.store.tables import Campaign
from dialer.web.api.access import asks, world_of
from dialer.web.api.cursors import Cursor, Limit, Page, page_by_id, read_id
from dialer.web.api.kinds import Id, LeadsFrom
from dialer.web.site import site_of

reading = asks(Scope.CAMPAIGNS_READ, tag="campaigns")


class CampaignRow(BaseModel):
    """A campaign in a list."""

    id: int = Field(examples=[7])
    name: str = Field(examples=["Spring renewal"])
    status: CampaignStatus
    held_reason: str | None
    held_text: str | None
    leads: int
    closed: int
    in_flight: int
    start_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class FindingShown(BaseModel):
    """Something found about a campaign before it starts."""

    code: str = Field(examples=["no_consent"])
    forbids: bool = Field(description="A start needs `despite`, a reason that is written down.")
    sentence: str
    fix: str


class Step(BaseModel):
    """One step of the funnel."""

    step: str = Field(examples=["reached"])
    count: int


class CampaignShown(BaseModel):
    """All about a campaign."""

    id: int
    name: str
    status: CampaignStatus
    held_reason: str | None
    held_text: str | None
    goes_on: str | None = Field(description="How a held campaign goes on.")
    leads: int
    pending: int
    in_flight: int
    retry_later: int
    completed: int
    closed: int
    held: int
    closed_as: dict[str, int]
    held_for: dict[str, int]
    dispositions: dict[str, int]
    funnel: list[Step]
    next_due_at: datetime | None
    open_attempts: int
    lines: int = Field(description="Lines in force now, for all campaigns.")
    calls_per_minute: float
    time_left_s: float | None
    why_this_fast: list[str] = Field(description="Why it runs at the speed it runs.")
    counted_at: datetime
    first_only: bool
    parent_id: int | None
    leads_from: LeadsFrom | None = Field(description="Whose leads it took over.")
    schedule_id: int | None
    start_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    ends_at: datetime | None
    edited_at: datetime | None
    finished_at: datetime | None
    summary: dict[str, Any] | None
    spec: dict[str, Any] = Field(description="Its settings, as a campaign file has them.")


class Checked(BaseModel):
    """What is found about settings of which no campaign was made."""

    name: str
    findings: list[FindingShown]


@reading.get("/campaigns")
def list_campaigns(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: CampaignStatus | None = None,
    archived: Annotated[bool, Query(description="Archived ones, too.")] = False,
) -> Page[CampaignRow]:
    """List the campaigns, the newest first."""
    question = ("campaigns", status, archived)
    before = read_id(question, cursor)
    world = world_of(request)
    rows = world.db.read(
        lambda tx: campaigns.page(
            tx, before=before, most=limit + 1, status=status, archived=archived
        )
    )
    rows, next_cursor = page_by_id(question, rows, limit=limit)
    return Page(items=[_row(request, row) for row in rows], next_cursor=next_cursor)


@reading.get("/campaigns/{campaign_id}")
def show_campaign(request: Request, campaign_id: Id) -> CampaignShown:
    """Show a campaign: its figures, its funnel, why it runs at its speed, its settings."""
    world = world_of(request)
    now = world.clock.now()
    standing = campaign_live.standing(world.db, campaign_id, now=now)
    kept = site_of(request).figures.get(
        ("campaign", campaign_id),
        lambda: campaign_live.counted(world.db, campaign_id, now=now),
        now=now,
    )
    source = world.db.read(lambda tx: source_told(tx, standing.campaign))
    return _shown(standing, kept.value, source, counted_at=kept.as_of, now=now)


@reading.post("/campaigns/check")
def check_campaign(request: Request, spec: CampaignSpec) -> Checked:
    """Check settings, and tell what is found before a start; nothing is stored."""
    world = world_of(request)
    found = findings_without_leads(world, spec, now=world.clock.now())
    return Checked(name=spec.name, findings=told(found))


@reading.get("/campaigns/{campaign_id}/findings")
def list_findings(request: Request, campaign_id: Id) -> list[FindingShown]:
    """Tell what is found about a campaign before it starts, its leads included."""
    world = world_of(request)
    row = world.db.read(lambda tx: find(tx, campaign_id))
    return told(findings_of(world, row, now=world.clock.now()))


def told(findings: Iterable[Finding]) -> list[FindingShown]:
    """Give findings as programs read them."""
    return [
        FindingShown(code=one.code.value, forbids=one.forbids, sentence=one.sentence, fix=one.fix)
        for one in findings
    ]


def _row(request: Request, row: Campaign) -> CampaignRow:
    world, now = world_of(request), world_of(request).clock.now()
    kept = site_of(request).figures.get(
        ("lead counts", row.id),
        lambda: world.db.read(lambda tx: campaigns.counts(tx, row.id)),
        now=now,
    )
    counts = kept.value
    return CampaignRow(
        id=row.id,
        name=row.name,
        status=row.status,
        held_reason=row.held_reason,
        held_text=row.held_text,
        leads=sum(counts.values()),
        closed=counts.get(LeadStatus.CLOSED, 0),
        in_flight=counts.get(LeadStatus.IN_FLIGHT, 0),
        start_at=row.start_at,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def _shown(
    standing: campaign_live.Standing,
    of: campaign_live.Counted,
    source: Mapping[str, Any] | None,
    *,
    counted_at: datetime,
    now: datetime,
) -> CampaignShown:
    row, done = standing.campaign, of.progress
    left = of.time_left(now=now) if row.status is CampaignStatus.RUNNING else None
    called = done.leads - done.pending - done.held
    return CampaignShown(
        **{name: getattr(row, name) for name in _OF_ROW},
        goes_on=standing.goes_on,
        leads_from=None if source is None else LeadsFrom(**source),
        **{name: getattr(done, name) for name in _OF_PROGRESS},
        closed_as={str(word): count for word, count in done.closed_as.items()},
        held_for=dict(of.held),
        dispositions={word.value: count for word, count in of.dispositions},
        funnel=[
            Step(step="leads", count=done.leads),
            Step(step="called_or_over", count=called),
            Step(step="finished", count=done.finished),
            Step(step="reached", count=done.completed),
        ],
        open_attempts=standing.ours,
        lines=standing.lines.lines,
        calls_per_minute=round(of.calls_per_minute, 1),
        time_left_s=None if left is None else left.total_seconds(),
        why_this_fast=campaign_live.speed_of(standing, of, now=now),
        counted_at=counted_at,
        spec=campaigns.spec_of(row).model_dump(mode="json", exclude_none=True),
    )


_OF_ROW = (
    *("id", "name", "status", "held_reason", "held_text", "first_only", "parent_id"),
    *("schedule_id", "start_at", "created_at", "started_at", "ends_at", "edited_at"),
    *("finished_at", "summary"),
)
_OF_PROGRESS = (
    *("leads", "pending", "in_flight", "retry_later", "completed", "closed", "held"),
    "next_due_at",
)
