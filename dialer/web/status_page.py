"""The campaigns: what runs, how far it is and why. The first page people see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from dialer.domain.dispositions import MEANING
from dialer.domain.lines import GateState, LinesInForce, lines_in_force
from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus, LeadState
from dialer.store import figures, gate
from dialer.store.database import Connection
from dialer.store.figures import Progress
from dialer.store.tables import Campaign
from dialer.web.access import requires
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


@router.get("/")
def status_page(request: Request) -> Response:
    """Show the newest campaigns and the lines."""
    world = site_of(request).world()
    now = world.clock.now()
    view = world.db.read(lambda tx: _view(tx, now=now))
    states = [(state.value, count) for state, count in COUNTED_IN.items()]
    return page(request, "status.html", view=view, states=states, now=now)


def _view(tx: Connection, *, now: datetime) -> StatusView:
    state = gate.peek(tx)
    in_use = gate.count_open(tx).total
    rows = figures.newest_campaigns(tx, most=MOST_CAMPAIGNS)
    ids = [row.id for row in rows]
    progress = figures.progress(tx, ids)
    dispositions = figures.dispositions(tx, ids)
    return StatusView(
        lines_in_use=in_use,
        lines=lines_in_force(state, now=now),
        notices=notices(state, now=now),
        campaigns=[
            CampaignView(
                id=row.id,
                name=row.name,
                status=row.status.value,
                reason=reason(row, progress[row.id], now=now),
                progress=progress[row.id],
                dispositions=[
                    (word.value, MEANING[word].sentence, count)
                    for word, count in dispositions[row.id]
                ],
            )
            for row in rows
        ],
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
