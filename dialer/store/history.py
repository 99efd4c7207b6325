"""Questions about the history of attempts: each gives the ids of what breaks an invariant."""

from dataclasses import replace

from sqlalchemy import Connection

from dialer.domain.patience import (
    ABSENCE_AGE,
    ABSENCE_ANSWERS,
    REPLAY_LAST,
    REPLAYS,
    SEND_DEADLINE,
)
from dialer.store.scope import Scope, any_of, ids_of, remembered, rows_of
from dialer.store.tables import IS_OPEN

_OPEN_OF_A = IS_OPEN.replace("status", "a.status")
_FROM_OPEN = IS_OPEN.replace("status", "from_status")
_TO_OPEN = IS_OPEN.replace("status", "to_status")

_sent_twice = ids_of(
    "SELECT e.attempt_id FROM attempt a JOIN attempt_event e ON e.attempt_id = a.id"
    " WHERE @attempt(a) AND e.to_status = 'SENDING'"
    " GROUP BY e.attempt_id HAVING count(*) > 1"
)
_replays = rows_of(
    "SELECT a.id, a.send_started_at, e.at FROM attempt a"
    " JOIN attempt_event e ON e.attempt_id = a.id"
    " WHERE @attempt(a) AND e.from_status = 'UNKNOWN' AND e.to_status = 'UNKNOWN'"
    " AND e.evidence LIKE 'replay %'",
    "send_started_at",
    "at",
)


def _replayed_too_often(tx: Connection, scope: Scope) -> list[object]:
    counted: dict[object, int] = {}
    late = []
    for attempt_id, started_at, at in _replays(tx, scope):
        counted[attempt_id] = counted.get(attempt_id, 0) + 1
        if started_at is None or at - started_at > REPLAY_LAST:
            late.append(attempt_id)
    return late + [one for one, times in counted.items() if times > len(REPLAYS)]


sent_once = any_of(_sent_twice, _replayed_too_often)

_broken_chain = ids_of(
    "SELECT attempt_id FROM (SELECT e.attempt_id, e.from_status,"
    " LAG(e.to_status) OVER (PARTITION BY e.attempt_id ORDER BY e.id) AS before,"
    " ROW_NUMBER() OVER (PARTITION BY e.attempt_id ORDER BY e.id) AS place"
    " FROM attempt a JOIN attempt_event e ON e.attempt_id = a.id WHERE @attempt(a)"
    ") AS chain WHERE (place = 1 AND from_status IS NOT NULL)"
    " OR (place > 1 AND (from_status IS NULL OR from_status <> before))"
)
_chain_ends_elsewhere = ids_of(
    "SELECT a.id FROM attempt a LEFT JOIN attempt_event e ON e.id ="
    " (SELECT max(last.id) FROM attempt_event last WHERE last.attempt_id = a.id)"
    " WHERE @attempt(a) AND (e.id IS NULL OR e.to_status <> a.status)"
)
unbroken_chain = any_of(_broken_chain, _chain_ends_elsewhere)

_sent_against_opt_out = rows_of(
    "SELECT a.id, COALESCE(a.sent_at, a.send_started_at) AS sent_at, s.created_at AS said_at"
    " FROM attempt a CROSS JOIN do_not_call s WHERE @attempt(a) AND s.phone = a.phone"
    " AND (s.campaign_id IS NULL OR s.campaign_id = a.campaign_id)"
    " AND COALESCE(a.sent_at, a.send_started_at) > s.created_at"
    " AND (s.expires_at IS NULL OR COALESCE(a.sent_at, a.send_started_at) < s.expires_at)"
    f" AND {remembered('a')}",
    "sent_at",
    "said_at",
)
# CROSS JOIN keeps SQLite from beginning with the whole activity log.
_sent_against_pause = rows_of(
    "SELECT a.id, COALESCE(a.sent_at, a.send_started_at) AS sent_at, l.at AS said_at"
    " FROM attempt a CROSS JOIN audit_log l WHERE @attempt(a) AND a.send_started_at IS NOT NULL"
    " AND l.subject IN ('gate', 'database', 'campaign:' || a.campaign_id)"
    " AND l.at < COALESCE(a.sent_at, a.send_started_at)"
    " AND l.action IN ('paused', 'stopped', 'pause_everything', 'doubt')"
    " AND NOT EXISTS (SELECT 1 FROM audit_log r WHERE r.subject = l.subject AND r.id > l.id"
    " AND r.action IN ('running', 'resume_everything', 'trust')"
    " AND r.at <= COALESCE(a.sent_at, a.send_started_at))"
    f" AND {remembered('a')}",
    "sent_at",
    "said_at",
)
_sent_after_the_end = ids_of(
    "SELECT a.id FROM attempt a JOIN lead ON lead.id = a.lead_id"
    f" WHERE @attempt(a) AND a.send_started_at > lead.closed_at AND {remembered('a')}"
)
_sent_after_the_campaign = ids_of(
    "SELECT a.id FROM attempt a JOIN campaign ON campaign.id = a.campaign_id"
    f" WHERE @attempt(a) AND a.send_started_at >= campaign.ends_at AND {remembered('a')}"
)


def _sent_in_spite(tx: Connection, scope: Scope) -> list[object]:
    asked = [*_sent_against_opt_out(tx, scope), *_sent_against_pause(tx, scope)]
    return [row.id for row in asked if row.sent_at - row.said_at > SEND_DEADLINE]


sent_in_spite = any_of(_sent_in_spite, _sent_after_the_end, _sent_after_the_campaign)

# What the cadence asked for, not the opening that the lead waited for: an edit may open sooner.
# A lead's attempts follow each other, so one that was closed before it was made shows that the
# clock was set back meanwhile: what lies before and after it cannot be compared.
too_early = ids_of(
    "SELECT later.id FROM attempt later JOIN attempt earlier"
    " ON earlier.lead_id = later.lead_id AND earlier.n < later.n"
    " AND later.created_at < earlier.retry_at"
    " WHERE @attempt(later) AND earlier.rang AND NOT earlier.late AND NOT later.late"
    " AND NOT EXISTS (SELECT 1 FROM attempt reset WHERE reset.lead_id = later.lead_id"
    " AND reset.n >= earlier.n AND reset.n < later.n AND reset.closed_at < reset.created_at)"
)
shared_calls = ids_of(
    "SELECT a.call_id FROM attempt a JOIN attempt other ON other.call_id = a.call_id"
    " AND other.id <> a.id WHERE @attempt(a) AND a.call_id IS NOT NULL"
)
call_without_send = ids_of(
    "SELECT a.id FROM attempt a WHERE @attempt(a) AND a.call_id IS NOT NULL AND NOT a.late"
    " AND (a.send_started_at IS NULL OR a.status IN ('INTENT', 'CANCELLED', 'NOT_PLACED'))"
)

# The order of events is the order in which lines were taken under the gate's lock, and a line is
# given back before that shows, so this sum is never too high. An attempt that was given up and
# reopened by late evidence counts until it was given up; one that was brought back took no line.
_over_the_limit = ids_of(
    "WITH claims AS (SELECT id, attempt_id FROM attempt_event"
    " WHERE id >= :first_event AND from_status IS NULL AND to_status = 'INTENT'),"
    " closings AS (SELECT min(id) AS id, attempt_id FROM attempt_event"
    f" WHERE id >= :first_event AND {_FROM_OPEN} AND NOT {_TO_OPEN} GROUP BY attempt_id),"
    " steps AS (SELECT id, attempt_id, 1 AS step FROM claims"
    " UNION ALL SELECT id, attempt_id, -1 FROM closings),"
    " held AS (SELECT a.id FROM attempt a WHERE NOT a.late"
    f" AND {_OPEN_OF_A} UNION SELECT a.id FROM closings JOIN attempt a"
    " ON a.id = closings.attempt_id WHERE NOT a.late),"
    " earlier AS (SELECT count(*) AS in_use FROM held"
    " WHERE id NOT IN (SELECT attempt_id FROM claims)),"
    " sums AS (SELECT attempt_id, step, SUM(step) OVER (ORDER BY id) AS in_use FROM steps)"
    " SELECT a.id FROM sums JOIN attempt a ON a.id = sums.attempt_id CROSS JOIN earlier"
    " WHERE sums.step = 1 AND sums.in_use + earlier.in_use > a.lines_limit",
)


def over_the_limit(tx: Connection, scope: Scope) -> list[object]:
    """Give the claims that took a line too many; leads alone cannot tell, events in order can."""
    if scope.kind == "leads":
        return []
    return list(_over_the_limit(tx, replace(scope, first_event=scope.first_event or 0)))


_absences = rows_of(
    "SELECT a.id, e.at, a.send_started_at, a.absent_answers, e.evidence"
    " FROM attempt a JOIN attempt_event e ON e.attempt_id = a.id"
    " WHERE @attempt(a) AND e.from_status = 'UNKNOWN' AND e.to_status = 'NOT_PLACED'",
    "at",
    "send_started_at",
)


def absent_without_proof(tx: Connection, scope: Scope) -> list[object]:
    """Give the attempts that were given up as absent without all of the proof."""
    return [
        row[0]
        for row in _absences(tx, scope)
        if row[2] is None
        or row[1] - row[2] < ABSENCE_AGE
        or row[3] < ABSENCE_ANSWERS
        or "that show a" not in (row[4] or "")
    ]
