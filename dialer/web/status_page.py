"""The sentences that say what a campaign does, and why."""

from datetime import UTC, datetime

from dialer.domain.lines import GateState
from dialer.domain.states import CampaignStatus, LeadState
from dialer.store.figures import Progress
from dialer.store.tables import Campaign

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


EVERYTHING_PAUSED = "Everything is paused: no call is started until a person lets it go on."


def notices(state: GateState, *, now: datetime) -> list[str]:
    """Say what keeps everything from being dialed at this moment."""
    found = []
    if state.everything_paused:
        found.append(EVERYTHING_PAUSED)
    if state.backing_off_until is not None and state.backing_off_until > now:
        found.append(f"Retell asked for patience until {_clock_time(state.backing_off_until)}.")
    if state.breaker_until is not None and state.breaker_until > now:
        found.append(
            "Too many calls had an unknown outcome; "
            f"one is tried at {_clock_time(state.breaker_until)}."
        )
    return found


def reason(row: Campaign, progress: Progress, *, state: GateState, now: datetime) -> str:
    """Say why a campaign does what it does; `state` is what holds for all of them."""
    if row.status is CampaignStatus.HELD and row.held_text:
        return row.held_text
    if row.status is CampaignStatus.SCHEDULED and row.held_text:  # refused when its time came
        return row.held_text
    if row.status is CampaignStatus.DRAFT and row.pending_after is not None:
        return "Its leads are still being copied."
    if row.status is CampaignStatus.SCHEDULED and row.start_at is not None:
        return f"Starts by itself at {_clock_time(row.start_at)}."
    if row.status is CampaignStatus.RUNNING and state.everything_paused:
        return EVERYTHING_PAUSED
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
    return f"{at.astimezone(UTC):%a %d %b %Y, %H:%M:%S UTC}"
