"""The campaigns: what runs, how far it is and why. The first page people see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.health import Health, health
from dialer.domain.dispositions import MEANING, Disposition
from dialer.domain.lines import GateState, LinesInForce, lines_in_force
from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus, LeadState
from dialer.store import figures, gate
from dialer.store.database import Connection
from dialer.store.figures import Progress
from dialer.store.tables import Campaign
from dialer.web.access import requires
from dialer.web.kept_figures import Kept
from dialer.web.pages import page
from dialer.web.site import site_of

router = requires(Role.VIEWER)

MOST_CAMPAIGNS = 20

COUNTED_IN = {
    LeadState.PENDING: "pending",
    LeadState.IN_FLIGHT: "in_flight",
    LeadState.RETRY_LATER: "retry_later",
    LeadState.HELD: "held",
    LeadState.COMPLETED: "completed",
    LeadState.CLOSED: "closed",
}
"""The figure of `Progress` that counts the leads in a state."""

SENTENCES: dict[CampaignStatus, str] = {
    CampaignStatus.DRAFT: "Not started yet.",
    CampaignStatus.SCHEDULED: "Starts by itself.",
    CampaignStatus.RUNNING: "Its due leads are called.",
    CampaignStatus.PAUSED: "Paused by a person; calls in progress go on.",
    CampaignStatus.HELD: "Held; a person should look.",
    CampaignStatus.FINISHED: "Every lead is closed.",
    CampaignStatus.STOPPED: "Stopped by a person, for good.",
    CampaignStatus.ARCHIVED: "Put away.",
}


@dataclass(frozen=True, slots=True)
class CampaignView:
    """One campaign as the page shows it."""

    id: int
    name: str
    status: str
    reason: str
    progress: Progress
    dispositions: Sequence[tuple[str, str, int]]  # word, sentence, attempts


@dataclass(frozen=True, slots=True)
class StatusView:
    """Everything on the page."""

    lines_in_use: int
    lines: LinesInForce
    notices: Sequence[str]
    campaigns: Sequence[CampaignView]
    health: Health
    counted_at: datetime | None  # None: they are being counted


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted of some campaigns, by their ids."""

    progress: Mapping[int, Progress]
    dispositions: Mapping[int, Sequence[tuple[Disposition, int]]]


_NOTHING = Counts({}, {})


@router.get("/")
def status_page(request: Request) -> Response:
    """Show the newest campaigns and the lines."""
    world = site_of(request).world()
    now = world.clock.now()
    rows = world.db.read(lambda tx: figures.newest_campaigns(tx, most=MOST_CAMPAIGNS))
    counted = counts_of(request, [row.id for row in rows], now=now)
    counts = _NOTHING if counted is None else counted.value
    campaigns = [_campaign(row, counts, now=now) for row in rows]
    as_of = None if counted is None else counted.as_of
    view = world.db.read(lambda tx: _view(tx, campaigns, as_of, now=now))
    states = [(state.value, count) for state, count in COUNTED_IN.items()]
    return page(request, "status.html", view=view, states=states, now=now)


def counts_of(
    request: Request, campaign_ids: Sequence[int], *, now: datetime
) -> Kept[Counts] | None:
    """Count leads and attempts of some campaigns, or give what was counted a moment ago.

    None when nothing was counted yet, and counting takes its time.
    """
    site = site_of(request)

    def count(tx: Connection) -> Counts:
        progress = figures.progress(tx, campaign_ids)
        return Counts(progress, figures.dispositions(tx, campaign_ids))

    ask = lambda: site.world().db.read(count)  # noqa: E731
    return site.figures.soon(("counts", *campaign_ids), ask, now=now)


def _campaign(row: Campaign, counts: Counts, *, now: datetime) -> CampaignView:
    progress = counts.progress.get(row.id, Progress())
    return CampaignView(
        id=row.id,
        name=row.name,
        status=row.status.value,
        reason=reason(row, progress, now=now),
        progress=progress,
        dispositions=[
            (word.value, MEANING[word].sentence, count)
            for word, count in counts.dispositions.get(row.id, ())
        ],
    )


def _view(
    tx: Connection, campaigns: Sequence[CampaignView], counted_at: datetime | None, *, now: datetime
) -> StatusView:
    state = gate.peek(tx)
    return StatusView(
        lines_in_use=gate.count_open(tx).total,
        lines=lines_in_force(state, now=now),
        notices=notices(state, now=now),
        health=health(tx, now=now),
        campaigns=campaigns,
        counted_at=counted_at,
    )


def notices(state: GateState, *, now: datetime) -> list[str]:
    """Say what keeps everything from being dialed at this moment."""
    found = []
    if state.everything_paused:
        found.append("Everything is paused: no call is started until a person resumes.")
    if state.backing_off_until is not None and state.backing_off_until > now:
        found.append(f"Retell asked for patience until {_clock_time(state.backing_off_until)}.")
    if state.breaker_until is not None and state.breaker_until > now:
        found.append(
            "Too many calls had an unknown outcome; "
            f"one is tried at {_clock_time(state.breaker_until)}."
        )
    return found


def reason(row: Campaign, progress: Progress, *, now: datetime) -> str:
    """Say why a campaign does what it does."""
    if row.status is CampaignStatus.HELD and row.held_text:
        return row.held_text
    if row.status is CampaignStatus.SCHEDULED and row.start_at is not None:
        return f"Starts by itself at {_clock_time(row.start_at)}."
    if row.status is CampaignStatus.RUNNING and row.first_only:
        return "Only its first lead is called; the others wait until somebody wants them called."
    if row.status is CampaignStatus.RUNNING:
        return _what_it_waits_for(progress, now=now) or SENTENCES[row.status]
    return SENTENCES[row.status]


def _what_it_waits_for(progress: Progress, *, now: datetime) -> str | None:
    if progress.in_flight:
        return None
    if progress.next_due_at is not None and progress.next_due_at > now:
        return f"Waiting: the next lead is due at {_clock_time(progress.next_due_at)}."
    if progress.next_due_at is None and progress.held:
        return "Waiting: what is left is held for a person."
    return None


def _clock_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
