"""Invariants: what holds at every instant, whatever dies, repeats, comes late or never comes.

Each is a question whose answer must be empty. The same questions are asked in tests, after every
simulated crash, and in production. They only read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, column, text

from dialer.domain.patience import (
    ABSENCE_AGE,
    ABSENCE_ANSWERS,
    REPLAY_LAST,
    REPLAYS,
    SEND_DEADLINE,
)
from dialer.store.called_enough import sent_too_often
from dialer.store.outside_window import outside_window
from dialer.store.tables import IS_OPEN
from dialer.store.types import UtcDateTime

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
OVERDUE_AFTER = timedelta(minutes=5)
EVENT_NEW_FOR = timedelta(seconds=60)

_OPEN_OF_A = IS_OPEN.replace("status", "a.status")
_FROM_OPEN = IS_OPEN.replace("status", "from_status")
_TO_OPEN = IS_OPEN.replace("status", "to_status")


@dataclass(frozen=True, slots=True)
class Span:
    """The moment of asking, and how far back history is looked at."""

    now: datetime
    since: datetime


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
    broken: Callable[[Connection, Span], Iterable[object]]


def violations(tx: Connection, *, now: datetime, since: datetime = ALWAYS) -> list[Violation]:
    """Ask every invariant and give those that are broken.

    `since` leaves older attempts out where a question is about history, which makes it cheap
    enough to be asked every minute.
    """
    span = Span(now, since)
    found = []
    for invariant in INVARIANTS:
        ids = tuple(dict.fromkeys(str(one) for one in invariant.broken(tx, span)))
        if ids:
            found.append(Violation(invariant.name, invariant.sentence, ids))
    return found


def _rows(statement: str, *moments: str) -> Callable[[Connection, Span], list[Any]]:
    """Make a question of a statement; `moments` name the columns it gives as moments."""
    asked = {
        name: name for name in ("now", "since", "overdue", "too_new") if f":{name}" in statement
    }
    compiled = text(statement).bindparams(*(bindparam(name, type_=UtcDateTime) for name in asked))
    typed = compiled.columns(column("id"), *(column(name, UtcDateTime) for name in moments))

    def ask(tx: Connection, span: Span) -> list[Any]:
        values = {
            "now": span.now,
            "since": span.since,
            "overdue": span.now - OVERDUE_AFTER,
            "too_new": span.now - EVENT_NEW_FOR,
        }
        return list(tx.execute(typed, {name: values[name] for name in asked}))

    return ask


def _ids(statement: str) -> Callable[[Connection, Span], Iterable[object]]:
    """Make a question whose answer is one column of ids."""
    ask = _rows(statement)
    return lambda tx, span: [row[0] for row in ask(tx, span)]


def _any(
    *questions: Callable[[Connection, Span], Iterable[object]],
) -> Callable[[Connection, Span], Iterable[object]]:
    """Join questions into one."""
    return lambda tx, span: [found for ask in questions for found in ask(tx, span)]


_in_flight_without_one_attempt = _ids(
    "SELECT lead.id FROM campaign JOIN lead"
    " ON lead.campaign_id = campaign.id AND lead.status = 'IN_FLIGHT'"
    f" WHERE 1 <> (SELECT count(*) FROM attempt a WHERE a.lead_id = lead.id AND {_OPEN_OF_A})"
)
_attempt_without_lead_in_flight = _ids(
    f"SELECT lead.id FROM attempt a JOIN lead ON lead.id = a.lead_id WHERE {_OPEN_OF_A}"
    " AND lead.status <> 'IN_FLIGHT'"
)

_nothing_to_wait_for = _any(
    _ids(f"SELECT a.id FROM attempt a WHERE {_OPEN_OF_A} AND a.check_at IS NULL"),
    _ids(
        "SELECT lead.id FROM campaign JOIN lead ON lead.campaign_id = campaign.id"
        " AND lead.status = 'READY' AND lead.due_at IS NULL"
    ),
    _ids("SELECT id FROM attempt WHERE analysis = 'pending' AND check_at IS NULL"),
)

_overdue = _any(
    _ids("SELECT id FROM attempt WHERE check_at < :overdue"),
    _ids("SELECT id FROM campaign WHERE status = 'scheduled' AND start_at < :overdue"),
    _ids(
        "SELECT lead.id FROM campaign JOIN lead ON lead.campaign_id = campaign.id"
        " AND lead.status IN ('READY', 'HELD')"
        " WHERE (campaign.status IN ('stopped', 'finished') AND campaign.finished_at < :overdue)"
        " OR (campaign.status IN ('running', 'paused', 'held') AND campaign.ends_at < :overdue)"
    ),
)


def _too_many_open(tx: Connection, span: Span) -> list[object]:
    """Lowering the limit ends no call, so the limit is the one at the claim of an open attempt."""
    newest_first = text(
        f"SELECT id, lines_limit FROM attempt WHERE {IS_OPEN} AND NOT late"
        " ORDER BY created_at DESC, lines_open DESC"
    )
    rows = tx.execute(newest_first).all()
    limit = max((row.lines_limit for row in rows), default=0)
    return [row.id for row in rows[: max(0, len(rows) - limit)]]


_sent_twice = _ids(
    "SELECT e.attempt_id FROM attempt_event e JOIN attempt a ON a.id = e.attempt_id"
    " WHERE e.to_status = 'SENDING' AND a.created_at >= :since"
    " GROUP BY e.attempt_id HAVING count(*) > 1"
)
_replays = _rows(
    "SELECT a.id, a.send_started_at, e.at FROM attempt_event e"
    " JOIN attempt a ON a.id = e.attempt_id"
    " WHERE e.from_status = 'UNKNOWN' AND e.to_status = 'UNKNOWN'"
    " AND e.evidence LIKE 'replay %' AND a.created_at >= :since",
    "send_started_at",
    "at",
)


def _replayed_too_often(tx: Connection, span: Span) -> list[object]:
    counted: dict[object, int] = {}
    late = []
    for attempt_id, started_at, at in _replays(tx, span):
        counted[attempt_id] = counted.get(attempt_id, 0) + 1
        if started_at is None or at - started_at > REPLAY_LAST:
            late.append(attempt_id)
    return late + [one for one, times in counted.items() if times > len(REPLAYS)]


_broken_chain = _ids(
    "SELECT attempt_id FROM (SELECT e.attempt_id, e.from_status,"
    " LAG(e.to_status) OVER (PARTITION BY e.attempt_id ORDER BY e.id) AS before,"
    " ROW_NUMBER() OVER (PARTITION BY e.attempt_id ORDER BY e.id) AS place"
    " FROM attempt_event e JOIN attempt a ON a.id = e.attempt_id WHERE a.created_at >= :since"
    ") AS chain WHERE (place = 1 AND from_status IS NOT NULL)"
    " OR (place > 1 AND (from_status IS NULL OR from_status <> before))"
)
_chain_ends_elsewhere = _ids(
    "SELECT a.id FROM attempt a LEFT JOIN attempt_event e ON e.id ="
    " (SELECT max(last.id) FROM attempt_event last WHERE last.attempt_id = a.id)"
    " WHERE a.created_at >= :since AND (e.id IS NULL OR e.to_status <> a.status)"
)

_sent_against_opt_out = _rows(
    "SELECT a.id, COALESCE(a.sent_at, a.send_started_at) AS sent_at, s.created_at AS said_at"
    " FROM attempt a JOIN do_not_call s ON s.phone = a.phone"
    " AND (s.campaign_id IS NULL OR s.campaign_id = a.campaign_id)"
    " WHERE a.send_started_at >= :since AND COALESCE(a.sent_at, a.send_started_at) > s.created_at"
    " AND (s.expires_at IS NULL OR COALESCE(a.sent_at, a.send_started_at) < s.expires_at)",
    "sent_at",
    "said_at",
)
_sent_against_pause = _rows(
    "SELECT a.id, COALESCE(a.sent_at, a.send_started_at) AS sent_at, l.at AS said_at"
    " FROM audit_log l JOIN attempt a ON l.subject IN ('gate', 'campaign:' || a.campaign_id)"
    " AND l.at < COALESCE(a.sent_at, a.send_started_at)"
    " WHERE l.action IN ('paused', 'stopped', 'pause_everything') AND a.send_started_at >= :since"
    " AND NOT EXISTS (SELECT 1 FROM audit_log r WHERE r.subject = l.subject AND r.id > l.id"
    " AND r.action IN ('running', 'resume_everything')"
    " AND r.at <= COALESCE(a.sent_at, a.send_started_at))",
    "sent_at",
    "said_at",
)
_sent_after_the_end = _ids(
    "SELECT a.id FROM attempt a JOIN lead ON lead.id = a.lead_id"
    " WHERE a.send_started_at >= :since AND a.send_started_at > lead.closed_at"
)
_sent_after_the_campaign = _ids(
    "SELECT a.id FROM attempt a JOIN campaign ON campaign.id = a.campaign_id"
    " WHERE a.send_started_at >= :since AND a.send_started_at >= campaign.ends_at"
)


def _sent_in_spite(tx: Connection, span: Span) -> list[object]:
    asked = [*_sent_against_opt_out(tx, span), *_sent_against_pause(tx, span)]
    return [row.id for row in asked if row.sent_at - row.said_at > SEND_DEADLINE]


# What the cadence asked for, not the opening that the lead waited for: an edit may open sooner.
_too_early = _ids(
    "SELECT later.id FROM attempt earlier JOIN attempt later"
    " ON later.lead_id = earlier.lead_id AND later.n > earlier.n"
    " AND later.created_at < earlier.retry_at"
    " WHERE earlier.rang AND NOT earlier.late AND later.created_at >= :since"
)


_miscounted_leads = _ids(
    "SELECT lead.id FROM lead WHERE (lead.created_at >= :since"
    " OR lead.id IN (SELECT lead_id FROM attempt WHERE created_at >= :since))"
    " AND lead.attempts <> (SELECT count(*) FROM attempt a"
    " WHERE a.lead_id = lead.id AND a.status = 'ENDED' AND a.rang)"
)
_shared_calls = _ids(
    "SELECT call_id FROM attempt WHERE call_id IS NOT NULL GROUP BY call_id HAVING count(*) > 1"
)
_call_without_send = _ids(
    "SELECT id FROM attempt WHERE call_id IS NOT NULL AND NOT late"
    " AND (send_started_at IS NULL OR status IN ('INTENT', 'CANCELLED', 'NOT_PLACED'))"
)
_unsettled = _ids("SELECT id FROM webhook_event WHERE status = 'NEW' AND received_at < :too_new")
_dead_letters = _ids(
    "SELECT id FROM webhook_event WHERE status = 'DEAD' AND acknowledged_at IS NULL"
)
_open_incidents = _ids("SELECT id FROM incident WHERE closed_at IS NULL")
_miscounted_lists = _ids(
    "SELECT l.id FROM lead_list l"
    " WHERE l.rows <> l.imported + l.updated + l.duplicates + l.rejected"
    " OR l.imported - l.undone <> (SELECT count(*) FROM lead WHERE lead.list_id = l.id)"
    " OR l.purged_at IS NULL AND l.duplicates + l.rejected <>"
    " (SELECT count(*) FROM import_reject r WHERE r.list_id = l.id)"
)

# The order of events is the order in which lines were taken under the gate's lock, and a line is
# given back before that shows, so this sum is never too high. An attempt that was given up and
# reopened by late evidence counts until it was given up.
_over_the_limit = _ids(
    "WITH claims AS (SELECT id, attempt_id FROM attempt_event WHERE from_status IS NULL AND id >= "
    "(SELECT min(e.id) FROM attempt_event e JOIN attempt a ON a.id = e.attempt_id"
    " WHERE e.from_status IS NULL AND a.created_at >= :since)),"
    " closings AS (SELECT min(id) AS id, attempt_id FROM attempt_event"
    f" WHERE {_FROM_OPEN} AND NOT {_TO_OPEN} AND id >= (SELECT min(id) FROM claims)"
    " GROUP BY attempt_id),"
    " steps AS (SELECT id, attempt_id, 1 AS step FROM claims"
    " UNION ALL SELECT id, attempt_id, -1 FROM closings),"
    " earlier AS (SELECT count(*) AS in_use FROM attempt a WHERE NOT a.late"
    " AND a.id NOT IN (SELECT attempt_id FROM claims)"
    f" AND ({_OPEN_OF_A} OR a.id IN (SELECT attempt_id FROM closings))),"
    " sums AS (SELECT attempt_id, step, SUM(step) OVER (ORDER BY id) AS in_use FROM steps)"
    " SELECT a.id FROM sums JOIN attempt a ON a.id = sums.attempt_id CROSS JOIN earlier"
    " WHERE sums.step = 1 AND sums.in_use + earlier.in_use > a.lines_limit"
)

_absences = _rows(
    "SELECT a.id, e.at, a.send_started_at, a.absent_answers, e.evidence"
    " FROM attempt_event e JOIN attempt a ON a.id = e.attempt_id"
    " WHERE e.from_status = 'UNKNOWN' AND e.to_status = 'NOT_PLACED' AND a.created_at >= :since",
    "at",
    "send_started_at",
)


def _absent_without_proof(tx: Connection, span: Span) -> list[object]:
    return [
        row[0]
        for row in _absences(tx, span)
        if row[2] is None
        or row[1] - row[2] < ABSENCE_AGE
        or row[3] < ABSENCE_ANSWERS
        or "that show a" not in (row[4] or "")
    ]


_leads_of_nothing = _ids(
    "SELECT id FROM lead WHERE campaign_id NOT IN (SELECT id FROM campaign)"
    " OR list_id IS NOT NULL AND list_id NOT IN (SELECT id FROM lead_list)"
)

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I1",
        "A lead is in flight exactly when it has exactly one open attempt.",
        _any(_in_flight_without_one_attempt, _attempt_without_lead_in_flight),
    ),
    Invariant("I2", "No more attempts are open than the limit allows.", _too_many_open),
    Invariant("I3", "Everything unfinished has a time to be looked at.", _nothing_to_wait_for),
    Invariant("I4", "Nothing is overdue by more than five minutes.", _overdue),
    Invariant(
        "I5",
        "An attempt is sent once; repeated with its key at most four times, within 45 minutes.",
        _any(_sent_twice, _replayed_too_often),
    ),
    Invariant(
        "I6",
        "The history of an attempt is an unbroken chain.",
        _any(_broken_chain, _chain_ends_elsewhere),
    ),
    Invariant(
        "I7",
        "Nothing is sent 10 s after an opt-out, a pause or a stop, after its lead was closed,"
        " or from its campaign's end on.",
        _any(_sent_in_spite, _sent_after_the_end, _sent_after_the_campaign),
    ),
    Invariant("I8", "The cadence's wait lies after an attempt that may have rung.", _too_early),
    Invariant(
        "I9",
        "Nobody is called more often than the law and the campaign that calls allow.",
        lambda tx, span: sent_too_often(tx, since=span.since),
    ),
    Invariant(
        "I10",
        "Every send lies inside the lead's window.",
        lambda tx, span: outside_window(tx, since=span.since),
    ),
    Invariant("I11", "A lead counts the ended attempts that may have rung.", _miscounted_leads),
    Invariant("I12", "A call belongs to one attempt.", _shared_calls),
    Invariant("I13", "An attempt that was not sent has no call.", _call_without_send),
    Invariant("I14", "Every webhook is settled within a minute.", _unsettled),
    Invariant("I15", "No dead letter waits for a person.", _dead_letters),
    Invariant("I16", "No incident is open.", _open_incidents),
    Invariant(
        "I17",
        "Each row of a file is imported, updated, a duplicate or rejected.",
        _miscounted_lists,
    ),
    Invariant("I18", "No claim ever passed the limit in force.", _over_the_limit),
    Invariant(
        "I20",
        "An absence was proven by three whole answers and a call that they do show.",
        _absent_without_proof,
    ),
    Invariant("I21", "Every lead has its campaign and its list.", _leads_of_nothing),
)
