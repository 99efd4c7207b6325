"""Invariants: what holds at every instant, whatever dies, repeats, comes late or never comes.

Each is a question whose answer must be empty. The same questions are asked in tests, after every
simulated crash, and in production (`actions/audit`). They only read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from dialer.store import history, present
from dialer.store.called_enough import sent_too_often
from dialer.store.outside_window import outside_window
from dialer.store.scope import Question, Scope, first_event_since

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant, and the ids of the rows that break it."""

    name: str
    sentence: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise about the rows; `broken` gives the ids of the rows that break it."""

    name: str
    sentence: str
    broken: Question
    heals: bool = False  # what breaks it is late, not wrong; asked whole each time
    by_lead: bool = True  # can be asked of some leads and their attempts


def violations(tx: Connection, *, now: datetime, since: datetime = ALWAYS) -> list[Violation]:
    """Ask every invariant and give those that are broken.

    `since` leaves attempts out to which nothing happened from then on, where a question is about
    history.
    """
    first_event = None if since == ALWAYS else first_event_since(tx, since)
    return ask_all(tx, Scope(now, first_event=first_event))


def ask_all(tx: Connection, scope: Scope) -> list[Violation]:
    """Ask every invariant about a part of history and give those that are broken."""
    asked = (ask(tx, one, scope) for one in INVARIANTS)
    return [found for found in asked if found is not None]


def ask(tx: Connection, invariant: Invariant, scope: Scope) -> Violation | None:
    """Ask one invariant about a part of history; None when it holds."""
    ids = tuple(dict.fromkeys(str(one) for one in invariant.broken(tx, scope)))
    return Violation(invariant.name, invariant.sentence, ids) if ids else None


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I1",
        "A lead is in flight exactly when it has exactly one open attempt.",
        present.one_attempt_in_flight,
        by_lead=False,
    ),
    Invariant(
        "I2",
        "No more attempts are open than the limit allows.",
        present.too_many_open,
        heals=True,
        by_lead=False,
    ),
    Invariant(
        "I3", "Everything unfinished has a time to be looked at.", present.nothing_to_wait_for
    ),
    Invariant(
        "I4",
        "Nothing is overdue by more than five minutes.",
        present.overdue,
        heals=True,
        by_lead=False,
    ),
    Invariant(
        "I5",
        "An attempt is sent once; repeated with its key at most four times, within 45 minutes.",
        history.sent_once,
    ),
    Invariant(
        "I6",
        "The history of an attempt is an unbroken chain.",
        history.unbroken_chain,
    ),
    Invariant(
        "I7",
        "Nothing is sent 10 s after an opt-out, a pause or a stop, after its lead was closed,"
        " or from its campaign's end on.",
        history.sent_in_spite,
    ),
    Invariant(
        "I8", "The cadence's wait lies after an attempt that may have rung.", history.too_early
    ),
    Invariant(
        "I9",
        "Nobody is called more often than the law and the campaign that calls allow.",
        sent_too_often,
    ),
    Invariant(
        "I10",
        "Every send lies inside the lead's window.",
        outside_window,
    ),
    Invariant(
        "I11", "A lead counts the ended attempts that may have rung.", present.miscounted_leads
    ),
    Invariant("I12", "A call belongs to one attempt.", history.shared_calls),
    Invariant("I13", "An attempt that was not sent has no call.", history.call_without_send),
    Invariant(
        "I14",
        "Every webhook is settled within a minute.",
        present.unsettled,
        heals=True,
        by_lead=False,
    ),
    Invariant("I15", "No dead letter waits for a person.", present.dead_letters, by_lead=False),
    Invariant("I16", "No incident is open.", present.open_incidents, by_lead=False),
    Invariant(
        "I17",
        "Each row of a file is imported, updated, a duplicate or rejected.",
        present.miscounted_lists,
        by_lead=False,
    ),
    Invariant(
        "I18", "No claim ever passed the limit in force.", history.over_the_limit, by_lead=False
    ),
    Invariant(
        "I20",
        "An absence was proven by three whole answers and a call that they do show.",
        history.absent_without_proof,
    ),
    Invariant("I21", "Every lead has its campaign and its list.", present.leads_of_nothing),
)
