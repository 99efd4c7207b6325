"""Tallies: the rows of lead lists counted stretch by stretch, so that nobody waits for it."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from dialer.store.tables import ImportReject, Lead, LeadList, table

import_reject = table(ImportReject)
lead = table(Lead)
lead_list = table(LeadList)


class Counts(NamedTuple):
    """What a list says of its rows."""

    imported: int
    undone: int
    duplicates: int
    rejected: int
    purged: bool


def of_lists(tx: Connection) -> dict[int, Counts]:
    """Read what each list says."""
    columns = (lead_list.c.imported, lead_list.c.undone, lead_list.c.duplicates)
    rows = tx.execute(select(lead_list.c.id, *columns, lead_list.c.rejected, lead_list.c.purged_at))
    return {row[0]: Counts(*row[1:5], row[5] is not None) for row in rows}


def leads_between(tx: Connection, first: int, last: int) -> Counter[int]:
    """Count leads by list, those with ids of a stretch."""
    return _by_list(tx, lead.c.list_id, lead.c.id, first, last)


def rejects_between(tx: Connection, first: int, last: int) -> Counter[int]:
    """Count rejected rows by list, those with ids of a stretch."""
    return _by_list(tx, import_reject.c.list_id, import_reject.c.id, first, last)


def _by_list(
    tx: Connection, list_id: object, row_id: object, first: int, last: int
) -> Counter[int]:
    rows = tx.execute(
        select(list_id, func.count())  # type: ignore[call-overload]
        .where(row_id.between(first, last))  # type: ignore[attr-defined]
        .group_by(list_id)
    )
    return Counter({row[0]: row[1] for row in rows if row[0] is not None})


def lead_ids(tx: Connection) -> tuple[int, int]:
    """Give the first and the last id of all leads; (1, 0) without any."""
    first, last = tx.execute(select(func.min(lead.c.id), func.max(lead.c.id))).one()
    return (first, last) if first is not None else (1, 0)


def reject_ids(tx: Connection) -> tuple[int, int]:
    """Give the first and the last id of all rejected rows; (1, 0) without any."""
    ids = import_reject.c.id
    first, last = tx.execute(select(func.min(ids), func.max(ids))).one()
    return (first, last) if first is not None else (1, 0)


def disagreeing(
    before: dict[int, Counts],
    after: dict[int, Counts],
    *,
    leads: Counter[int],
    rejects: Counter[int],
) -> Iterable[int]:
    """Give the lists whose rows are not as many as they say; one that changed proves nothing."""
    for list_id, counts in before.items():
        if after.get(list_id) != counts:
            continue
        kept = counts.purged or counts.duplicates + counts.rejected == rejects[list_id]
        if counts.imported - counts.undone != leads[list_id] or not kept:
            yield list_id
