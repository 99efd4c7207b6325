"""The states of attempts, leads and campaigns, and the moves between them.

Every change of state goes through `check_move` with one of the three tables below; a move that
is not listed is a bug and raises.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from dialer.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)


class AttemptStatus(StrEnum):
    """One try to reach a lead."""

    INTENT = "INTENT"  # claimed, nothing sent
    SENDING = "SENDING"  # a worker is about to POST, or did
    UNKNOWN = "UNKNOWN"  # the POST had no clear answer; a phone may be ringing
    PLACED = "PLACED"  # Retell gave a call id
    ONGOING = "ONGOING"  # somebody or something picked up
    ENDED = "ENDED"  # the call is over
    NOT_PLACED = "NOT_PLACED"  # surely no call
    CANCELLED = "CANCELLED"  # given up before anything was sent


OPEN_STATUSES: tuple[AttemptStatus, ...] = (
    AttemptStatus.INTENT,
    AttemptStatus.SENDING,
    AttemptStatus.UNKNOWN,
    AttemptStatus.PLACED,
    AttemptStatus.ONGOING,
)
"""An attempt in one of these holds a slot."""

RANK: Mapping[AttemptStatus, int] = {
    AttemptStatus.INTENT: 0,
    AttemptStatus.SENDING: 1,
    AttemptStatus.UNKNOWN: 2,
    AttemptStatus.PLACED: 3,
    AttemptStatus.ONGOING: 4,
    AttemptStatus.ENDED: 5,
    # Given up: any evidence of a call outranks it, and is then marked late.
    AttemptStatus.NOT_PLACED: -1,
    AttemptStatus.CANCELLED: -1,
}
"""Evidence from webhooks and look-ups may only raise the rank."""

ATTEMPT_MOVES: Mapping[AttemptStatus, frozenset[AttemptStatus]] = {
    AttemptStatus.INTENT: frozenset({AttemptStatus.SENDING, AttemptStatus.CANCELLED}),
    AttemptStatus.SENDING: frozenset(
        {
            AttemptStatus.PLACED,
            AttemptStatus.ONGOING,
            AttemptStatus.ENDED,
            AttemptStatus.NOT_PLACED,
            AttemptStatus.UNKNOWN,
        }
    ),
    AttemptStatus.UNKNOWN: frozenset(
        {
            AttemptStatus.PLACED,
            AttemptStatus.ONGOING,
            AttemptStatus.ENDED,
            AttemptStatus.NOT_PLACED,
        }
    ),
    AttemptStatus.PLACED: frozenset({AttemptStatus.ONGOING, AttemptStatus.ENDED}),
    AttemptStatus.ONGOING: frozenset({AttemptStatus.ENDED}),
    AttemptStatus.ENDED: frozenset(),
    # Late evidence: the call we gave up on exists after all.
    AttemptStatus.NOT_PLACED: frozenset(
        {AttemptStatus.PLACED, AttemptStatus.ONGOING, AttemptStatus.ENDED}
    ),
    AttemptStatus.CANCELLED: frozenset(
        {AttemptStatus.PLACED, AttemptStatus.ONGOING, AttemptStatus.ENDED}
    ),
}


class Analysis(StrEnum):
    """Retell's analysis of a call; a field of the attempt, never a status."""

    NONE = "none"  # the call is not over
    PENDING = "pending"  # over, analysis expected
    DONE = "done"  # stored
    TIMED_OUT = "timed_out"  # never came


class ListStatus(StrEnum):
    """Where the import of a lead list stands."""

    IMPORTING = "importing"  # or interrupted; the same import goes on from where it was
    DONE = "done"
    UNDONE = "undone"  # its leads were taken out again, as far as nobody had been called


class LeadStatus(StrEnum):
    """One person and number in one campaign."""

    READY = "READY"  # to be called at due_at
    IN_FLIGHT = "IN_FLIGHT"  # has exactly one open attempt
    HELD = "HELD"  # waits for a person, with a reason
    CLOSED = "CLOSED"  # finished, see ClosedAs


LEAD_MOVES: Mapping[LeadStatus, frozenset[LeadStatus]] = {
    LeadStatus.READY: frozenset({LeadStatus.IN_FLIGHT, LeadStatus.HELD, LeadStatus.CLOSED}),
    LeadStatus.IN_FLIGHT: frozenset({LeadStatus.READY, LeadStatus.HELD, LeadStatus.CLOSED}),
    LeadStatus.HELD: frozenset({LeadStatus.READY, LeadStatus.CLOSED}),
    # Taken for a conversation and heard to be a voicemail, or asked for a call at a time.
    LeadStatus.CLOSED: frozenset({LeadStatus.READY}),
}


class ClosedAs(StrEnum):
    """How a lead closed."""

    REACHED = "reached"  # somebody talked with the agent
    EXHAUSTED = "exhausted"  # no attempt is left
    SUPPRESSED = "suppressed"  # is not to be called
    INVALID_NUMBER = "invalid_number"  # the number cannot be called
    STOPPED = "stopped"  # the campaign was stopped
    PASSED_OVER = "passed_over"  # never called: its schedule leaves out whom earlier runs had


class LeadState(StrEnum):
    """Where a lead stands, in the words of people."""

    PENDING = "pending"  # not tried yet
    IN_FLIGHT = "in flight"  # being called
    RETRY_LATER = "retry later"  # tried, and waits for its next call
    COMPLETED = "completed"  # reached
    CLOSED = "closed"  # otherwise finished
    HELD = "held"  # waits for a person


def state_of(status: LeadStatus, *, tries: int, closed_as: ClosedAs | None) -> LeadState:
    """Give the words for a lead's status."""
    match status:
        case LeadStatus.READY:
            return LeadState.RETRY_LATER if tries else LeadState.PENDING
        case LeadStatus.IN_FLIGHT:
            return LeadState.IN_FLIGHT
        case LeadStatus.HELD:
            return LeadState.HELD
        case LeadStatus.CLOSED:
            reached = closed_as is ClosedAs.REACHED
            return LeadState.COMPLETED if reached else LeadState.CLOSED


def status_of(state: LeadState) -> LeadStatus:
    """Give the status of leads in a state."""
    match state:
        case LeadState.PENDING | LeadState.RETRY_LATER:
            return LeadStatus.READY
        case LeadState.IN_FLIGHT:
            return LeadStatus.IN_FLIGHT
        case LeadState.HELD:
            return LeadStatus.HELD
        case LeadState.COMPLETED | LeadState.CLOSED:
            return LeadStatus.CLOSED


class CampaignStatus(StrEnum):
    """One run over one set of leads."""

    DRAFT = "draft"  # may still be changed freely
    SCHEDULED = "scheduled"  # starts by itself at start_at
    RUNNING = "running"  # its due leads are called
    PAUSED = "paused"  # by a person
    HELD = "held"  # by the system, with a reason
    FINISHED = "finished"  # every lead is closed, or its end date has come
    STOPPED = "stopped"  # by a person, for good
    ARCHIVED = "archived"  # out of sight


NOT_BEGUN: tuple[CampaignStatus, ...] = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)
"""Nobody was called yet."""
OVER: tuple[CampaignStatus, ...] = (
    CampaignStatus.FINISHED,
    CampaignStatus.STOPPED,
    CampaignStatus.ARCHIVED,
)
"""Nobody is called any more."""

CAMPAIGN_MOVES: Mapping[CampaignStatus, frozenset[CampaignStatus]] = {
    CampaignStatus.DRAFT: frozenset(
        {CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.STOPPED}
    ),
    CampaignStatus.SCHEDULED: frozenset(
        {CampaignStatus.DRAFT, CampaignStatus.RUNNING, CampaignStatus.STOPPED}
    ),
    CampaignStatus.RUNNING: frozenset(
        {
            CampaignStatus.PAUSED,
            CampaignStatus.HELD,
            CampaignStatus.FINISHED,
            CampaignStatus.STOPPED,
        }
    ),
    # What is paused or held finishes where its end date comes first.
    CampaignStatus.PAUSED: frozenset(
        {CampaignStatus.RUNNING, CampaignStatus.FINISHED, CampaignStatus.STOPPED}
    ),
    CampaignStatus.HELD: frozenset(
        {
            CampaignStatus.RUNNING,
            CampaignStatus.PAUSED,
            CampaignStatus.FINISHED,
            CampaignStatus.STOPPED,
        }
    ),
    CampaignStatus.FINISHED: frozenset({CampaignStatus.ARCHIVED}),
    CampaignStatus.STOPPED: frozenset({CampaignStatus.ARCHIVED}),
    CampaignStatus.ARCHIVED: frozenset(),
}


def check_move(table: Mapping[S, frozenset[S]], current: S, target: S) -> None:
    """Refuse a move that `table` does not list.

    Raises:
        IllegalMove: the move is not in the table; the caller has a bug.
    """
    if target not in table[current]:
        raise IllegalMove(f"{type(current).__name__}: {current} may not become {target}")
