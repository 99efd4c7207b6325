"""Questions about the rows as they are now: each gives the ids of what breaks an invariant."""

from datetime import timedelta

from sqlalchemy import Connection, text

from dialer.domain.priority import Priority
from dialer.store.scope import Question, Scope, any_of, ids_of
from dialer.store.tables import IS_OPEN

OVERDUE_AFTER = timedelta(minutes=5)
EVENT_NEW_FOR = timedelta(seconds=60)

_OPEN_OF_A = IS_OPEN.replace("status", "a.status")
_PRIORITIES = ", ".join(str(int(one)) for one in Priority)

# CROSS JOIN keeps SQLite from going through all leads: it would begin with the larger table.
one_attempt_in_flight = any_of(
    ids_of(
        "SELECT lead.id FROM campaign CROSS JOIN lead"
        " WHERE lead.campaign_id = campaign.id AND lead.status = 'IN_FLIGHT'"
        f" AND 1 <> (SELECT count(*) FROM attempt a WHERE a.lead_id = lead.id AND {_OPEN_OF_A})"
    ),
    ids_of(
        f"SELECT lead.id FROM attempt a JOIN lead ON lead.id = a.lead_id WHERE {_OPEN_OF_A}"
        " AND lead.status <> 'IN_FLIGHT'"
    ),
)

nothing_to_wait_for = any_of(
    ids_of(f"SELECT a.id FROM attempt a WHERE {_OPEN_OF_A} AND a.check_at IS NULL"),
    # Each priority by name, so that the index on due leads answers for a list of any size.
    ids_of(
        "SELECT lead.id FROM campaign CROSS JOIN lead WHERE lead.campaign_id = campaign.id"
        f" AND lead.status = 'READY' AND lead.priority IN ({_PRIORITIES}) AND lead.due_at IS NULL"
    ),
    ids_of(
        "SELECT lead.id FROM lead"
        " WHERE @lead(lead) AND lead.status = 'READY' AND lead.due_at IS NULL"
    ),
    ids_of(
        "SELECT a.id FROM attempt a"
        " WHERE @attempt(a) AND a.analysis = 'pending' AND a.check_at IS NULL"
    ),
)

_overdue_attempts = ids_of(
    "SELECT id FROM attempt WHERE check_at < :overdue",
    overdue=lambda scope: scope.now - OVERDUE_AFTER,
)
_overdue_campaigns = ids_of(
    "SELECT id FROM campaign WHERE status = 'scheduled' AND start_at < :overdue",
    overdue=lambda scope: scope.now - OVERDUE_AFTER,
)
_overdue_leads = ids_of(
    "SELECT lead.id FROM campaign CROSS JOIN lead WHERE lead.campaign_id = campaign.id"
    " AND lead.status IN ('READY', 'HELD')"
    " AND ((campaign.status IN ('stopped', 'finished') AND campaign.finished_at < :overdue)"
    " OR (campaign.status IN ('running', 'paused', 'held') AND campaign.ends_at < :overdue))",
    overdue=lambda scope: scope.now - OVERDUE_AFTER,
)
overdue = any_of(_overdue_attempts, _overdue_campaigns, _overdue_leads)


def too_many_open(tx: Connection, scope: Scope) -> list[object]:
    """Lowering the limit ends no call, so the limit is the one at the claim of an open attempt."""
    newest_first = text(
        f"SELECT id, lines_limit FROM attempt WHERE {IS_OPEN} AND NOT late"
        " ORDER BY created_at DESC, lines_open DESC"
    )
    rows = tx.execute(newest_first).all()
    limit = max((row.lines_limit for row in rows), default=0)
    return [row.id for row in rows[: max(0, len(rows) - limit)]]


miscounted_leads = ids_of(
    "SELECT lead.id FROM lead WHERE @lead(lead)"
    " AND lead.attempts <> (SELECT count(*) FROM attempt a"
    " WHERE a.lead_id = lead.id AND a.status = 'ENDED' AND a.rang)"
)
unsettled = ids_of(
    "SELECT id FROM webhook_event WHERE status = 'NEW' AND received_at < :too_new",
    too_new=lambda scope: scope.now - EVENT_NEW_FOR,
)
dead_letters = ids_of(
    "SELECT id FROM webhook_event WHERE status = 'DEAD' AND acknowledged_at IS NULL"
)
open_incidents = ids_of("SELECT id FROM incident WHERE closed_at IS NULL")
leads_of_nothing = ids_of(
    "SELECT lead.id FROM lead WHERE @lead(lead)"
    " AND (lead.campaign_id NOT IN (SELECT id FROM campaign)"
    " OR lead.list_id IS NOT NULL AND lead.list_id NOT IN (SELECT id FROM lead_list))"
)

_unbalanced_lists = ids_of(
    "SELECT l.id FROM lead_list l"
    " WHERE l.rows <> l.imported + l.updated + l.duplicates + l.rejected"
)
_lists_without_their_rows = ids_of(
    "SELECT l.id FROM lead_list l"
    " LEFT JOIN (SELECT list_id, count(*) AS leads FROM lead GROUP BY list_id) AS stored"
    " ON stored.list_id = l.id"
    " LEFT JOIN (SELECT list_id, count(*) AS rejects FROM import_reject GROUP BY list_id) AS kept"
    " ON kept.list_id = l.id"
    " WHERE l.imported - l.undone <> COALESCE(stored.leads, 0)"
    " OR l.purged_at IS NULL AND l.duplicates + l.rejected <> COALESCE(kept.rejects, 0)"
)


def miscounted_lists(tx: Connection, scope: Scope) -> list[object]:
    """Give the lists whose counts do not agree; their rows are counted where all is looked at.

    A stretch of leads cannot tell: `store/tallies` counts stretch by stretch.
    """
    questions: tuple[Question, ...] = (_unbalanced_lists,)
    if scope.kind == "all":
        questions = (_unbalanced_lists, _lists_without_their_rows)
    return [found for ask in questions for found in ask(tx, scope)]
