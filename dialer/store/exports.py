"""What is exported, in short reads: first where everything is, then a few hundred rows at a time.

No read asks for more than a stretch of ids, so that nobody who writes waits for an export. The
`+ 0` keeps both databases from walking through a whole campaign's index for each stretch.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from dialer.store.rows import many
from dialer.store.tables import Attempt, ImportReject, Lead, table

attempt = table(Attempt)
import_reject = table(ImportReject)
lead = table(Lead)

RESULT_COLUMNS = (
    "lead_id",
    "row",
    "phone",
    "name",
    "external_ref",
    "status",
    "closed_as",
    "disposition",
    "attempts",
    "due_at",
    "closed_at",
    "call_id",
    "started_at",
    "duration_ms",
    "cost_cents",
    "summary",
    "sentiment",
    "recording_url",
)
LEAD_COLUMNS = (
    "lead_id",
    "list_id",
    "row",
    "phone",
    "alt_phones",
    "name",
    "external_ref",
    "zones",
    "zone_source",
    "region",
    "status",
    "held_reason",
    "due_at",
    "attempts",
    "closed_as",
    "disposition",
    "overrides",
    "consent",
)

_OF_LEAD = (
    "lead_id",
    "phone",
    "name",
    "external_ref",
    "region",
    "status",
    "closed_as",
    "closed_at",
    "disposition",
    "attempts",
    "due_at",
    "callback_at",
    "variables",
)
_OF_CALL = (
    "call_id",
    "from_number",
    "started_at",
    "ended_at",
    "duration_ms",
    "cost_cents",
    "summary",
    "sentiment",
    "recording_url",
    "in_voicemail",
    "call_successful",
    "custom_analysis",
)
PROFILE_COLUMNS = (*_OF_LEAD, *_OF_CALL)

_OF_ATTEMPT = (
    *("n", "phone", "from_number", "status", "disposition", "send_started_at", "started_at"),
    *("ended_at", "duration_ms", "cost_cents", "call_id", "agent_id", "agent_version"),
    *("summary", "sentiment", "recording_url"),
)
ATTEMPT_COLUMNS = ("lead_id", *_OF_ATTEMPT)

_CAMPAIGN: Any = bindparam("campaign")
_STRETCH = (lead.c.id > bindparam("after"), lead.c.id <= bindparam("until"))
_MINE = (lead.c.campaign_id + 0 == _CAMPAIGN, *_STRETCH)
_BOUNDS = select(func.min(lead.c.id), func.max(lead.c.id)).where(lead.c.campaign_id == _CAMPAIGN)
_PLACES = (
    select(func.coalesce(lead.c.list_id, 0), func.coalesce(lead.c.row, 0), lead.c.id)
    .where(*_MINE)
    .order_by(lead.c.id)
)
_ANALYSES = select(attempt.c.custom_analysis).where(
    attempt.c.campaign_id + 0 == _CAMPAIGN,
    attempt.c.lead_id > bindparam("after"),
    attempt.c.lead_id <= bindparam("until"),
    attempt.c.custom_analysis.is_not(None),
)
_VARIABLES = select(lead.c.variables).where(*_MINE).order_by(lead.c.id)
_IDS: Any = bindparam("ids", expanding=True)
_LATEST = (
    select(func.max(attempt.c.n))
    .where(attempt.c.lead_id == lead.c.id)
    .correlate(lead)
    .scalar_subquery()
)
_RESULTS = (
    select(
        *(lead.c.id if name == "lead_id" else lead.c[name] for name in RESULT_COLUMNS[:11]),
        *(attempt.c[name] for name in RESULT_COLUMNS[11:]),
        attempt.c.custom_analysis,
    )
    .select_from(lead)
    .outerjoin(attempt, (attempt.c.lead_id == lead.c.id) & (attempt.c.n == _LATEST))
    .where(lead.c.id.in_(_IDS))
)
_PROFILE_ROWS = (
    select(
        *(lead.c.id if name == "lead_id" else lead.c[name] for name in _OF_LEAD),
        *(attempt.c[name] for name in _OF_CALL),
    )
    .select_from(lead)
    .outerjoin(attempt, (attempt.c.lead_id == lead.c.id) & (attempt.c.n == _LATEST))
    .where(lead.c.id.in_(_IDS))
)
_LEADS = select(
    *(lead.c.id if name == "lead_id" else lead.c[name] for name in LEAD_COLUMNS), lead.c.variables
).where(lead.c.id.in_(_IDS))
_ATTEMPTS = (
    select(attempt.c.lead_id, *(attempt.c[name] for name in _OF_ATTEMPT))
    .where(attempt.c.lead_id.in_(_IDS))
    .order_by(attempt.c.lead_id, attempt.c.n)
)
_REJECTS = (
    select(
        import_reject.c.row, import_reject.c.cells, import_reject.c.reason, import_reject.c.message
    )
    .where(import_reject.c.list_id == bindparam("list"), import_reject.c.row > bindparam("after"))
    .order_by(import_reject.c.row)
    .limit(bindparam("most"))
)


def lead_ids_between(tx: Connection, campaign_id: int) -> tuple[int, int] | None:
    """Give a campaign's lowest and highest lead id; None without leads."""
    first, last = tx.execute(_BOUNDS, {"campaign": campaign_id}).one()
    return None if first is None else (first, last)


def places(
    tx: Connection, campaign_id: int, *, after: int, until: int, list_id: int | None
) -> list[tuple[int, int, int]]:
    """Give list, row and id of the leads in a stretch of ids; 0 for what a lead has not."""
    found = {"campaign": campaign_id, "after": after, "until": until}
    rows = tx.execute(_of_list(_PLACES, list_id), found)
    return [(of_list, row, lead_id) for of_list, row, lead_id in rows]


def variables(
    tx: Connection, campaign_id: int, *, after: int, until: int, list_id: int | None
) -> list[dict[str, Any]]:
    """Give the variables of the leads in a stretch of ids."""
    found = {"campaign": campaign_id, "after": after, "until": until}
    return list(tx.execute(_of_list(_VARIABLES, list_id), found).scalars())


def analyses(
    tx: Connection, campaign_id: int, *, after: int, until: int
) -> list[dict[str, Any] | None]:
    """Give what Retell found in the calls of the leads in a stretch of ids."""
    found = {"campaign": campaign_id, "after": after, "until": until}
    return list(tx.execute(_ANALYSES, found).scalars())


def results(tx: Connection, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """Give the leads with these ids and their latest attempts, and its analysis, in any order."""
    return [tuple(row) for row in tx.execute(_RESULTS, {"ids": ids})]


def leads(tx: Connection, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """Give the leads with these ids, and their variables, in any order."""
    return [tuple(row) for row in tx.execute(_LEADS, {"ids": ids})]


def attempts(tx: Connection, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """Give all attempts at the leads with these ids, those of each in order."""
    return [tuple(row) for row in tx.execute(_ATTEMPTS, {"ids": ids})]


def profile_rows(tx: Connection, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """Give the leads with these ids and their latest attempts, for exports to other systems."""
    return [tuple(row) for row in tx.execute(_PROFILE_ROWS, {"ids": ids})]


def whole_leads(tx: Connection, ids: Sequence[int]) -> list[Lead]:
    """Read the leads with these ids, in any order."""
    return many(tx, Lead, select(lead).where(lead.c.id.in_(list(ids))))


def rejects(
    tx: Connection, list_id: int, *, after_row: int, most: int
) -> list[tuple[int, list[str], str, str]]:
    """Give the next rejected rows of a list: row, cells, reason and message."""
    found = tx.execute(_REJECTS, {"list": list_id, "after": after_row, "most": most})
    return [(row, cells, reason, message) for row, cells, reason, message in found]


def rejects_but(
    tx: Connection, *, list_id: int, after_row: int, most: int, reasons: Collection[str]
) -> list[tuple[int, list[str], str, str]]:
    """Give the next rejected rows of a list, all but those of some reasons."""
    columns = import_reject.c
    chosen = select(columns.row, columns.cells, columns.reason, columns.message).where(
        columns.list_id == list_id, columns.row > after_row, columns.reason.not_in(reasons)
    )
    rows = tx.execute(chosen.order_by(columns.row).limit(most))
    return [(row, cells, reason, message) for row, cells, reason, message in rows]


def rejects_for(
    tx: Connection, *, list_id: int, after_row: int, most: int, reason: str
) -> list[tuple[int, list[str], str, str]]:
    """Give the next rows of a list that were rejected for one reason."""
    columns = import_reject.c
    chosen = select(columns.row, columns.cells, columns.reason, columns.message).where(
        columns.list_id == list_id, columns.row > after_row, columns.reason == reason
    )
    rows = tx.execute(chosen.order_by(columns.row).limit(most))
    return [(row, cells, why, message) for row, cells, why, message in rows]


def _of_list(statement: Any, list_id: int | None) -> Any:
    return statement if list_id is None else statement.where(lead.c.list_id == list_id)
