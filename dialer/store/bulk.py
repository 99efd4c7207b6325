"""Storing the rows of a lead file, thousands in one statement.

Rows are plain tuples here, with JSON as text: what SQLAlchemy would do to each value costs more
than the insert itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, func, select, text

from dialer.domain.hold import HoldCode
from dialer.domain.states import OPEN_STATUSES, LeadStatus
from dialer.store.tables import Attempt, ImportReject, Lead, table
from dialer.store.types import UtcDateTime

attempt = table(Attempt)
import_reject = table(ImportReject)
lead = table(Lead)

_PHONES: Any = bindparam("phones", expanding=True)
_KNOWN_COLUMNS = (
    lead.c.phone,
    lead.c.external_ref,
    lead.c.id,
    lead.c.status,
    lead.c.list_id,
    lead.c.row,
    lead.c.updated_list_id,
    lead.c.updated_row,
)
_KNOWN = select(*_KNOWN_COLUMNS).where(lead.c.campaign_id == bindparam("campaign"))
_WITH_PHONE = _KNOWN.where(lead.c.phone.in_(_PHONES))
# One by one: before its first ANALYZE, PostgreSQL takes a list of numbers for half the table, and
# reads all of it for each batch of an import.
_WITH_EACH_PHONE = text(
    "SELECT known.* FROM unnest(CAST(:phones AS text[])) AS asked (phone) CROSS JOIN LATERAL"
    f" (SELECT {', '.join(map(str, _KNOWN_COLUMNS))} FROM lead"
    " WHERE lead.campaign_id = :campaign AND lead.phone = asked.phone LIMIT 1 FOR UPDATE) AS known"
).columns(*_KNOWN_COLUMNS)
# The rows come as one value: laying out thousands of them takes longer than the look-up.
_OF_OTHER_ROWS = text(
    f"SELECT {', '.join(map(str, _KNOWN_COLUMNS))} FROM json_each(:rows) AS new"
    " CROSS JOIN lead ON lead.campaign_id = :campaign AND lead.phone = new.key"
    " WHERE lead.list_id IS NOT :list OR lead.row IS NOT new.value"
).columns(*_KNOWN_COLUMNS)
_WITH_REF = _KNOWN.where(lead.c.external_ref.in_(bindparam("refs", expanding=True)))
_CALLED_SINCE = (
    select(attempt.c.phone, func.max(attempt.c.created_at))
    .where(
        attempt.c.phone.in_(_PHONES),
        attempt.c.created_at >= bindparam("since"),
        attempt.c.campaign_id != bindparam("campaign"),
        attempt.c.rang.is_(True) | attempt.c.status.in_(OPEN_STATUSES),
    )
    .group_by(attempt.c.phone)
)
_REJECTED_ROWS = select(import_reject.c.row).where(
    import_reject.c.list_id == bindparam("list"), import_reject.c.row > bindparam("after")
)


class NewLead(NamedTuple):
    """One row to store. Texts are as the database keeps them."""

    row: int
    phone: str
    alt_phones: str | None  # JSON
    name: str
    external_ref: str | None
    zones: str
    zone_source: str
    region: str | None
    variables: str  # JSON
    overrides: str | None  # JSON
    consent: str | None  # JSON
    status: LeadStatus
    due_at: datetime | None
    wanted_at: datetime | None  # None: the same
    held_reason: str | None


class Inserted(NamedTuple):
    """What became of leads to insert."""

    leads: int  # the new ones
    known: list[str] | None  # the phones that were there before; None where nobody can tell


class KnownLead(NamedTuple):
    """A lead that the campaign has already, as far as an import asks."""

    phone: str
    external_ref: str | None
    id: int
    status: LeadStatus
    list_id: int | None
    row: int | None
    updated_list_id: int | None
    updated_row: int | None


_UPDATE = text(
    "UPDATE lead SET phone = :phone, alt_phones = :alt_phones, name = :name,"
    " external_ref = :external_ref, zones = :zones, zone_source = :zone_source,"
    " region = coalesce(:region, region), variables = :variables, overrides = :overrides,"
    " consent = coalesce(:dated_consent, consent, :consent), updated_list_id = :list,"
    " updated_row = :row WHERE id = :which"
)
_RELEASE = text(
    "UPDATE lead SET status = :status, held_reason = :held_reason,"
    " due_at = CASE WHEN wanted_at > :due_at THEN wanted_at ELSE :due_at END,"
    " wanted_at = CASE WHEN wanted_at > :due_at THEN wanted_at ELSE :wanted_at END"
    f" WHERE id = :which AND status = '{LeadStatus.HELD}'"
    f" AND held_reason = '{HoldCode.NO_CONSENT}'"
).bindparams(bindparam("due_at", type_=UtcDateTime), bindparam("wanted_at", type_=UtcDateTime))
_HOLD_OTHER_IMPORTS = text(
    "SELECT pg_advisory_xact_lock(hashtext('dialer import'), CAST(:campaign AS int))"
)
_COLUMNS = ", ".join(NewLead._fields)
_CONSTANTS = "campaign_id, list_id, created_at, attempts, free_tries, tries"
_INSERT = f"INSERT INTO lead ({_CONSTANTS}, {_COLUMNS})"
_KEEP_THE_OLD = "ON CONFLICT (campaign_id, phone) DO NOTHING"


def hold_other_imports(tx: Connection, campaign_id: int) -> None:
    """Let nobody else begin an import into a campaign until the transaction ends."""
    if tx.dialect.name == "postgresql":  # a transaction of SQLite has the database to itself
        tx.execute(_HOLD_OTHER_IMPORTS, {"campaign": campaign_id})


def insert_leads(
    tx: Connection, rows: Sequence[NewLead], *, campaign_id: int, list_id: int, now: datetime
) -> Inserted:
    """Insert leads of different phones; a phone the campaign has is left as it is.

    Fast when `rows` are in the order of their phones: they then land side by side in the index.
    """
    if not rows:
        return Inserted(0, [])
    if tx.dialect.name == "sqlite":
        return _insert_one_by_one(tx, rows, campaign_id=campaign_id, list_id=list_id, now=now)
    return _copy(tx, rows, campaign_id=campaign_id, list_id=list_id, now=now)


def _insert_one_by_one(
    tx: Connection, rows: Sequence[NewLead], *, campaign_id: int, list_id: int, now: datetime
) -> Inserted:
    places = ", ".join("?" * len(NewLead._fields))
    # The driver takes a plain text in a tenth of the time of a member of an enum.
    kept = {
        end: (end[0].value, _sqlite_moment(end[1]), _sqlite_moment(end[2]), end[3])
        for end in {row[-4:] for row in rows}
    }
    result = tx.exec_driver_sql(
        f"{_INSERT} VALUES ({campaign_id:d}, {list_id:d}, '{_sqlite_moment(now)}', 0, 0, 0,"
        f" {places}) {_KEEP_THE_OLD}",
        [(*row[:-4], *kept[row[-4:]]) for row in rows],
    )
    return Inserted(int(result.rowcount), None)


def _copy(
    tx: Connection, rows: Sequence[NewLead], *, campaign_id: int, list_id: int, now: datetime
) -> Inserted:
    """Bring the rows over in one stream, then insert them from there.

    What was not inserted is told by the same statement: to look for it afterwards takes a quarter
    of the time of an import.
    """
    tx.exec_driver_sql(
        "CREATE TEMPORARY TABLE IF NOT EXISTS new_lead (row int, phone text, alt_phones json,"
        " name text, external_ref text, zones text, zone_source text, region text,"
        " variables json, overrides json, consent json, status text, due_at timestamptz,"
        " wanted_at timestamptz,"
        " held_reason text) ON COMMIT DELETE ROWS"
    )
    cursor: Any = tx.connection.cursor()
    with cursor.copy(f"COPY new_lead ({_COLUMNS}) FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)
    cursor.close()
    result = tx.exec_driver_sql(
        f"WITH new AS ({_INSERT} SELECT {campaign_id:d}, {list_id:d}, %(now)s, 0, 0, 0, {_COLUMNS}"
        f" FROM new_lead {_KEEP_THE_OLD} RETURNING phone)"
        " SELECT phone FROM new_lead EXCEPT SELECT phone FROM new",
        {"now": now},
    )
    known = list(result.scalars())
    return Inserted(len(rows) - len(known), known)


def _sqlite_moment(moment: datetime | None) -> str | None:
    """Write a moment as the column type does."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def known_by_phone(tx: Connection, campaign_id: int, phones: Sequence[str]) -> dict[str, KnownLead]:
    """Lock and give the campaign's leads that have one of these numbers."""
    found = {"campaign": campaign_id, "phones": list(phones)}
    rows = tx.execute(_WITH_PHONE if tx.dialect.name == "sqlite" else _WITH_EACH_PHONE, found)
    return {row.phone: KnownLead(*row) for row in rows}


def known_but_of(
    tx: Connection, campaign_id: int, rows: Mapping[str, int], *, list_id: int
) -> dict[str, KnownLead]:
    """Do what `known_by_phone` does, without the leads that these rows of a list became.

    `rows` has the row of each number. Where nobody can tell which numbers were known (SQLite) they
    are thousands that were just inserted, and this gives the few that were not.
    """
    if not rows:
        return {}
    if tx.dialect.name == "sqlite":
        found = {"campaign": campaign_id, "list": list_id, "rows": orjson.dumps(rows).decode()}
        leads = tx.execute(_OF_OTHER_ROWS, found)
        return {lead.phone: lead for lead in map(KnownLead._make, leads)}
    known = known_by_phone(tx, campaign_id, list(rows))
    return {
        phone: lead
        for phone, lead in known.items()
        if (lead.list_id, lead.row) != (list_id, rows[phone])
    }


def known_by_ref(tx: Connection, campaign_id: int, refs: Sequence[str]) -> dict[str, KnownLead]:
    """Lock and give the campaign's leads that have one of these external references."""
    if not refs:
        return {}
    found = {"campaign": campaign_id, "refs": list(refs)}
    rows = tx.execute(_WITH_REF.with_for_update(), found)
    return {row.external_ref: KnownLead(*row) for row in rows}


def called_since(
    tx: Connection, phones: Sequence[str], *, since: datetime, but_by: int
) -> dict[str, datetime]:
    """Give the numbers that other campaigns called since then, with the moment of the last call."""
    rows = tx.execute(_CALLED_SINCE, {"phones": list(phones), "campaign": but_by, "since": since})
    return {row[0]: row[1] for row in rows}


def update_leads(tx: Connection, rows: Iterable[tuple[int, NewLead]], *, list_id: int) -> None:
    """Change leads, by id, to what a newer file says of them; when they are called stays.

    What it does not say of a state or a consent stays, too, and a consent without a date replaces
    none.

    The caller holds their locks, and knows that nobody else in the campaign has their phones.
    """
    changes = [
        {
            "which": lead_id,
            "list": list_id,
            "dated_consent": row.consent if row.consent and '"at":"' in row.consent else None,
            **row._asdict(),
        }
        for lead_id, row in rows
    ]
    if changes:
        tx.execute(_UPDATE, changes)


def release_consenting(tx: Connection, rows: Iterable[tuple[int, NewLead]]) -> None:
    """Let leads that were held for want of a consent wait as if new, where a file brought one.

    None of them is called before it would have been without that.
    """
    released = [
        {
            "which": lead_id,
            "status": row.status,
            "due_at": row.due_at,
            "wanted_at": row.wanted_at,
            "held_reason": row.held_reason,
        }
        for lead_id, row in rows
        if row.consent is not None and row.held_reason != HoldCode.NO_CONSENT
    ]
    if released:
        tx.execute(_RELEASE, released)


def add_rejects(tx: Connection, list_id: int, rows: Iterable[tuple[int, str, str, str]]) -> None:
    """Keep rows that are no leads: their number, cells (JSON), reason and sentence."""
    found = list(rows)
    if not found:
        return
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql(
            "INSERT INTO import_reject (list_id, row, cells, reason, message)"
            f" VALUES ({list_id:d}, ?, ?, ?, ?)",
            found,
        )
        return
    cursor: Any = tx.connection.cursor()
    columns = "list_id, row, cells, reason, message"
    with cursor.copy(f"COPY import_reject ({columns}) FROM STDIN") as stream:
        for row in found:
            stream.write_row((list_id, *row))
    cursor.close()


def rejected_after(tx: Connection, list_id: int, row: int) -> set[int]:
    """Give the numbers of the rejected rows after this one."""
    return set(tx.execute(_REJECTED_ROWS, {"list": list_id, "after": row}).scalars())
