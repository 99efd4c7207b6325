"""Numbers not to be called: our own list, and the registries of others beside it.

Statements take many numbers at once: an import asks about thousands, a claim about a few, and the
send gate about one.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ARRAY, Connection, Text, bindparam, case, delete, func, select, text, true
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.do_not_call import OptOut
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.store import results
from dialer.store.rows import many, one
from dialer.store.tables import Attempt, Lead, Suppression, table
from dialer.store.types import UtcDateTime

attempt = table(Attempt)
lead = table(Lead)
suppression = table(Suppression)

_ANY_CAMPAIGN = -1
_NOW: Any = bindparam("now", type_=UtcDateTime)
_HOLDS = "(d.expires_at IS NULL OR d.expires_at > :now)"
_HERE = f"(d.campaign_id IS NULL OR d.campaign_id = :campaign) AND {_HOLDS}"
_PHONES = {
    "sqlite": "IN (SELECT value FROM json_each(:phones))",
    "postgresql": "= ANY(CAST(:phones AS text[]))",
}
# SQLite would rather read our whole list than look for each number; a CROSS JOIN keeps its order.
_AMONG_IN = {
    "sqlite": text(
        "SELECT d.phone FROM json_each(:phones) asked CROSS JOIN do_not_call d"
        f" ON d.phone = asked.value AND {_HERE}"
        " UNION ALL SELECT '+' || r.number FROM json_each(:phones) asked CROSS JOIN"
        " registry_number r ON r.number = CAST(substr(asked.value, 2) AS INTEGER)"
    ).bindparams(_NOW),
    "postgresql": text(
        f"SELECT d.phone FROM do_not_call d WHERE d.phone {_PHONES['postgresql']} AND {_HERE}"
        " UNION ALL SELECT '+' || r.number FROM registry_number r"
        " WHERE r.number = ANY(CAST(:numbers AS bigint[]))"
    ).bindparams(_NOW),
}
# By equality: PostgreSQL then keeps one plan for any number, where arrays are planned each time. No
# EXISTS and no LIMIT: to find the first of many it may read the table from its beginning.
_IS_LISTED = text(
    f"SELECT 1 FROM do_not_call d WHERE d.phone = :phone AND {_HERE}"
    " UNION ALL SELECT 1 FROM registry_number r WHERE r.number = :number"
).bindparams(_NOW)
_WAITING = (LeadStatus.READY, LeadStatus.HELD)
_CLOSE = (
    f"UPDATE lead SET status = '{LeadStatus.CLOSED}', closed_as = '{ClosedAs.SUPPRESSED}',"
    " closed_at = :now, due_at = NULL WHERE lead.status IN ({})"
).format(", ".join(f"'{status}'" for status in _WAITING))
_CLOSE_IN = {
    name: text(
        f"{_CLOSE} AND lead.phone {phones} AND :campaign IN ({_ANY_CAMPAIGN}, lead.campaign_id)"
    ).bindparams(_NOW)
    for name, phones in _PHONES.items()
}
_SCRUB = text(
    f"{_CLOSE} AND lead.id > :after AND lead.id <= :until AND ("
    " EXISTS (SELECT 1 FROM do_not_call d WHERE d.phone = lead.phone"
    f" AND (d.campaign_id IS NULL OR d.campaign_id = lead.campaign_id) AND {_HOLDS})"
    " OR EXISTS (SELECT 1 FROM registry_number r"
    " WHERE r.number = CAST(substr(lead.phone, 2) AS bigint)))"
).bindparams(_NOW)
_BOUNDS = select(func.min(lead.c.id), func.max(lead.c.id))
_LOCK_PERSON = (
    select(lead)
    .where(lead.c.phone == bindparam("phone"), lead.c.status != LeadStatus.CLOSED)
    .order_by(lead.c.id)
    .with_for_update()
)
_UNSENT = (
    select(attempt)
    .where(attempt.c.lead_id == bindparam("lead"), attempt.c.status == AttemptStatus.INTENT)
    .with_for_update()
)
_ENTRIES = select(suppression).order_by(suppression.c.phone, suppression.c.id)
_OF_PHONE = _ENTRIES.where(suppression.c.phone == bindparam("phone"))
_PAGE = (
    select(suppression)
    .where(suppression.c.id > bindparam("after"))
    .order_by(suppression.c.id)
    .limit(bindparam("most"))
)
_LATEST = select(suppression).order_by(suppression.c.id.desc()).limit(bindparam("most"))


def suppressed_among(
    tx: Connection,
    phones: Iterable[str],
    *,
    campaign_id: int,
    now: datetime,
) -> set[str]:
    """Give those of the numbers that are not to be called by this campaign now."""
    asked = list(phones)
    if not asked:
        return set()
    found: dict[str, Any] = {"campaign": campaign_id, "now": now}
    if tx.dialect.name == "sqlite":
        found["phones"] = orjson.dumps(asked).decode()
    else:
        found |= {"phones": asked, "numbers": [int(phone[1:]) for phone in asked]}
    return set(tx.execute(_AMONG_IN[tx.dialect.name], found).scalars())


def is_suppressed(tx: Connection, phone: str, *, campaign_id: int, now: datetime) -> bool:
    """Tell whether a number is not to be called by this campaign now."""
    asked = {"phone": phone, "number": int(phone[1:]), "campaign": campaign_id, "now": now}
    return tx.execute(_IS_LISTED, asked).first() is not None


def add(tx: Connection, phones: Collection[str], opt_out: OptOut, *, now: datetime) -> int:
    """Put numbers on our list, and give how many entries are new, begin anew or last longer now.

    An entry never becomes weaker: one that lasts longer than `opt_out` stays as it is. One that
    has expired begins anew.
    """
    if not phones:
        return 0
    distinct = sorted(set(phones))  # in one order, so that two imports do not lock crosswise
    is_sqlite = tx.dialect.name == "sqlite"
    values = {
        "phones": orjson.dumps(distinct).decode() if is_sqlite else distinct,
        "campaign_id": opt_out.campaign_id,
        "reason": opt_out.reason,
        "source": opt_out.source,
        "note": opt_out.note,
        "call_id": opt_out.call_id,
        "actor": opt_out.actor,
        "created_at": now,
        "expires_at": opt_out.expires_at,
    }
    statement = _addition(is_sqlite=is_sqlite, is_everywhere=opt_out.campaign_id is None)
    changed = int(tx.execute(statement, values).rowcount)
    results.tell_opted_out(tx, distinct, now=now)
    return changed


@cache
def _addition(*, is_sqlite: bool, is_everywhere: bool) -> Any:
    names = [one.name for one in suppression.c if one.name not in ("id", "phone")]
    if is_sqlite:
        phones: Any = func.json_each(bindparam("phones")).table_valued("value").c.value
    else:
        phones = func.unnest(bindparam("phones", type_=ARRAY(Text))).column_valued("listed")
    values = [bindparam(name, type_=suppression.c[name].type) for name in names]
    # Without a condition SQLite would take ON CONFLICT for the one of a join.
    rows = select(phones, *values).where(true())
    insertion = (sqlite if is_sqlite else postgresql).insert(suppression)
    held, new = suppression.c, insertion.excluded
    renewed = {name: new[name] for name in names if name not in ("campaign_id", "created_at")}
    renewed["created_at"] = case(
        (held.expires_at <= new.created_at, new.created_at), else_=held.created_at
    )
    everywhere = held.campaign_id.is_(None)
    return (
        insertion.from_select(["phone", *names], rows)
        .on_conflict_do_update(
            index_elements=["phone"] if is_everywhere else ["phone", "campaign_id"],
            index_where=everywhere if is_everywhere else ~everywhere,
            set_=renewed,
            where=held.expires_at.is_not(None)
            & (new.expires_at.is_(None) | (new.expires_at > held.expires_at)),
        )
        .execution_options(preserve_rowcount=True)
    )


def remove(tx: Connection, phone: str, *, campaign_id: int | None) -> Suppression | None:
    """Take one entry of our list away and give it as it was; None when there is none."""
    chosen = delete(suppression).where(
        suppression.c.phone == phone, suppression.c.campaign_id.is_not_distinct_from(campaign_id)
    )
    return one(tx, Suppression, chosen.returning(suppression))


def entries_of(tx: Connection, phone: str) -> list[Suppression]:
    """Give the entries of a number, expired ones too, the one for everywhere first."""
    rows = many(tx, Suppression, _OF_PHONE, phone=phone)
    return sorted(rows, key=lambda row: row.campaign_id or 0)


def page(tx: Connection, *, after: int, most: int) -> list[Suppression]:
    """Give the entries that follow this one, in the order they were made."""
    return many(tx, Suppression, _PAGE, after=after, most=most)


def latest(tx: Connection, *, most: int) -> list[Suppression]:
    """Give the newest entries."""
    return many(tx, Suppression, _LATEST, most=most)


def page_before(tx: Connection, *, before: int | None, most: int) -> list[Suppression]:
    """Give the entries made before this one, the newest first."""
    chosen = select(suppression)
    if before is not None:
        chosen = chosen.where(suppression.c.id < before)
    return many(tx, Suppression, chosen.order_by(suppression.c.id.desc()).limit(most))


def count(tx: Connection) -> int:
    """Give how many entries our list has."""
    return int(tx.execute(select(func.count()).select_from(suppression)).scalar_one())


def lock_person(tx: Connection, phone: str) -> list[Lead]:
    """Lock and give the leads with a number that are not closed, in all campaigns.

    Whoever holds them knows that no send gate is between its look at the list and its commit.
    """
    return many(tx, Lead, _LOCK_PERSON, phone=phone)


def unsent_of(tx: Connection, lead_id: int) -> Attempt | None:
    """Lock and give the attempt of a lead that was claimed and not sent."""
    return one(tx, Attempt, _UNSENT, lead=lead_id)


def lead_ids_between(tx: Connection) -> tuple[int, int] | None:
    """Give the lowest and the highest id of all leads; None without leads."""
    first, last = tx.execute(_BOUNDS).one()
    return None if first is None else (first, last)


def close_suppressed(tx: Connection, *, after: int, until: int, now: datetime) -> int:
    """Close the waiting leads of a stretch of ids that are not to be called; give how many."""
    closed = int(tx.execute(_SCRUB, {"after": after, "until": until, "now": now}).rowcount)
    if closed:
        stretch = (lead.c.id > after, lead.c.id <= until)
        results.tell_all_closed(tx, *stretch, now=now)
    return closed


def close_waiting_among(
    tx: Connection, phones: Collection[str], *, campaign_id: int | None, now: datetime
) -> int:
    """Close the waiting leads with these numbers, in one campaign or in all; give how many."""
    if not phones:
        return 0
    is_sqlite = tx.dialect.name == "sqlite"
    found = {
        "phones": orjson.dumps(list(phones)).decode() if is_sqlite else list(phones),
        "campaign": _ANY_CAMPAIGN if campaign_id is None else campaign_id,
        "now": now,
    }
    closed = int(tx.execute(_CLOSE_IN[tx.dialect.name], found).rowcount)
    if closed:
        results.tell_phones_closed(tx, phones, now=now)
    return closed
