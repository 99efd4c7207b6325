"""Lead lists: uploaded files, and the rows of them that are no leads."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, delete, func, insert, select, update

from dialer.domain.states import CampaignStatus, LeadStatus, ListStatus
from dialer.store.rows import many, one
from dialer.store.tables import Campaign, ColumnMapping, ImportReject, Lead, LeadList, table

campaign = table(Campaign)
column_mapping = table(ColumnMapping)
import_reject = table(ImportReject)
lead = table(Lead)
lead_list = table(LeadList)

COUNTS = ("rows", "imported", "updated", "duplicates", "rejected", "blank", "undone")
PUSHED = "push:"
"""How the fingerprint of a list begins that somebody sent over the API, often of one lead."""
TO_BE_CALLED = (LeadStatus.READY, LeadStatus.IN_FLIGHT)
LATEST_LISTS = 500
"""So many lists are looked through for those with rejected rows."""
_LAST_LEAD = select(func.coalesce(func.max(lead.c.id), 0)).scalar_subquery()


def add(tx: Connection, *, now: datetime, **values: Any) -> int:
    """Add an empty list whose import begins, and give its id."""
    start: dict[str, Any] = {**dict.fromkeys(COUNTS, 0), "stored_row": 0, "created_at": now}
    start["status"] = ListStatus.IMPORTING
    added = insert(lead_list).values(**start, **values)
    return int(tx.execute(added.returning(lead_list.c.id)).scalar_one())


def begin(tx: Connection, list_id: int) -> None:
    """Say that the first leads of a list come now: they and all later ones get higher ids.

    Not sooner: where the last leads there are were deleted meanwhile, SQLite gives their ids again.
    """
    change(tx, list_id, after_lead=_LAST_LEAD)


def reach_last(tx: Connection, list_id: int) -> None:
    """Say that the last lead there is may be of a list, too."""
    known = lead_list.c.id == list_id, lead_list.c.until_lead.is_not(None)
    tx.execute(update(lead_list).where(*known).values(until_lead=_LAST_LEAD))


def close(tx: Connection, list_id: int, *, now: datetime, **values: Any) -> None:
    """Say that a list is imported: no lead of it is still to come."""
    done = {"status": ListStatus.DONE, "finished_at": now, "until_lead": _LAST_LEAD}
    change(tx, list_id, **done, **values)


def get(tx: Connection, list_id: int) -> LeadList | None:
    """Read one list."""
    return one(tx, LeadList, select(lead_list).where(lead_list.c.id == list_id))


def lock(tx: Connection, list_id: int) -> LeadList:
    """Lock and read one list, so that its import and its undoing do not meet."""
    row = one(tx, LeadList, select(lead_list).where(lead_list.c.id == list_id).with_for_update())
    if row is None:
        raise LookupError(f"list {list_id} is gone")
    return row


def of_file(tx: Connection, campaign_id: int, sha256: str) -> list[LeadList]:
    """Read the lists that one file made in a campaign, without those undone; the newest first."""
    return many(
        tx,
        LeadList,
        select(lead_list)
        .where(
            lead_list.c.campaign_id == campaign_id,
            lead_list.c.sha256 == sha256,
            lead_list.c.status != ListStatus.UNDONE,
        )
        .order_by(lead_list.c.id.desc()),
    )


def change(tx: Connection, list_id: int, **values: Any) -> None:
    """Change columns of a list."""
    tx.execute(update(lead_list).where(lead_list.c.id == list_id).values(**values))


def count(tx: Connection, list_id: int, **more: int) -> None:
    """Add to a list's counts; its rows are the sum of all but the blank and the undone ones."""
    columns = lead_list.c
    rows = sum(more.get(name, 0) for name in ("imported", "updated", "duplicates", "rejected"))
    values = {name: columns[name] + number for name, number in more.items()}
    tx.execute(
        update(lead_list).where(columns.id == list_id).values(rows=columns.rows + rows, **values)
    )


def every(tx: Connection, *, campaign_id: int | None = None) -> list[LeadList]:
    """Read all lists, or those of a campaign, the newest first."""
    statement = select(lead_list).order_by(lead_list.c.id.desc())
    if campaign_id is not None:
        statement = statement.where(lead_list.c.campaign_id == campaign_id)
    return many(tx, LeadList, statement)


def page(
    tx: Connection, *, before: int | None, most: int, campaign_id: int | None = None
) -> list[LeadList]:
    """Read lists made before one, the newest first."""
    chosen = select(lead_list)
    if before is not None:
        chosen = chosen.where(lead_list.c.id < before)
    if campaign_id is not None:
        chosen = chosen.where(lead_list.c.campaign_id == campaign_id)
    return many(tx, LeadList, chosen.order_by(lead_list.c.id.desc()).limit(most))


def latest_with_leads(tx: Connection, *, most: int) -> list[LeadList]:
    """Read the files that are imported and have leads, the newest first; without pushed leads."""
    has_leads = lead_list.c.status == ListStatus.DONE, lead_list.c.imported > lead_list.c.undone
    is_file = lead_list.c.fingerprint.not_like(f"{PUSHED}%")
    chosen = select(lead_list).where(*has_leads, is_file)
    return many(tx, LeadList, chosen.order_by(lead_list.c.id.desc()).limit(most))


def lately_rejecting(
    tx: Connection, statuses: Collection[CampaignStatus], *, since: datetime, most: int
) -> list[tuple[LeadList, str]]:
    """Read the latest lists that have rejected rows still, each with its campaign's name.

    Looks only among the newest lists, and at campaigns in some statuses.
    """
    newest = select(func.coalesce(func.max(lead_list.c.id), 0)).scalar_subquery()
    rows = tx.execute(
        select(lead_list, campaign.c.name)
        .join(campaign, campaign.c.id == lead_list.c.campaign_id)
        .where(
            lead_list.c.id > newest - LATEST_LISTS,
            lead_list.c.created_at >= since,
            lead_list.c.rejected > 0,
            lead_list.c.purged_at.is_(None),
            campaign.c.status.in_(statuses),
        )
        .order_by(lead_list.c.id.desc())
        .limit(most)
    )
    return [(cast("LeadList", row), row.name) for row in rows]


def first_of(tx: Connection, campaign_ids: Collection[int]) -> dict[int, int]:
    """Give the first list of each campaign, where it has one."""
    mine = lead_list.c.campaign_id.in_(campaign_ids)
    chosen = select(lead_list.c.campaign_id, func.min(lead_list.c.id)).where(mine)
    rows = tx.execute(chosen.group_by(lead_list.c.campaign_id))
    return {int(campaign_id): int(list_id) for campaign_id, list_id in rows}


def names(tx: Connection, list_ids: Collection[int]) -> dict[int, str]:
    """Give the file names of lists by their ids."""
    chosen = select(lead_list.c.id, lead_list.c.file_name).where(lead_list.c.id.in_(list_ids))
    return {row[0]: row[1] for row in tx.execute(chosen)}


def callable_leads(tx: Connection, rows: Collection[LeadList]) -> dict[int, int]:
    """Count the leads of each list that wait for a call or are in one; each has an entry.

    Reads the open leads of the lists' campaigns, so it takes its time in long ones.
    """
    counts = {row.id: 0 for row in rows}
    counted = (
        select(lead.c.list_id, func.count())
        .where(
            lead.c.campaign_id.in_({row.campaign_id for row in rows}),
            lead.c.status.in_(TO_BE_CALLED),
            lead.c.list_id.in_(list(counts)),
        )
        .group_by(lead.c.list_id)
    )
    return counts | {int(list_id): int(count) for list_id, count in tx.execute(counted)}


def take_out(tx: Connection, row: LeadList, *, after: int, most: int) -> tuple[int, int]:
    """Delete the next leads of a list that were never dialed.

    Gives how many went, and the id after which to go on; 0 when there are no more.
    """
    ids = list(
        tx.execute(
            select(lead.c.id)
            .where(
                lead.c.id > after, lead.c.campaign_id == row.campaign_id, lead.c.list_id == row.id
            )
            .order_by(lead.c.id)
            .limit(most)
        ).scalars()
    )
    if not ids:
        return 0, 0
    # Asked again here: a lead may have been claimed since it was read.
    gone = tx.execute(
        delete(lead).where(
            lead.c.id.in_(ids), lead.c.tries == 0, lead.c.status != LeadStatus.IN_FLIGHT
        )
    )
    return int(gone.rowcount), ids[-1]


def leads_of(tx: Connection, row: LeadList, *, most: int) -> list[Lead]:
    """Read leads that a list brought and that are still there, in the order of the file."""
    return many(
        tx,
        Lead,
        select(lead)
        .where(lead.c.campaign_id == row.campaign_id, lead.c.list_id == row.id)
        .order_by(lead.c.row)
        .limit(most),
    )


def remembered_mapping(tx: Connection, headers_key: str) -> dict[str, Any]:
    """Give what a person once said about a set of headers: field to header."""
    chosen = select(column_mapping.c.mapping).where(column_mapping.c.headers_key == headers_key)
    return dict(tx.execute(chosen).scalar() or {})


def remember_mapping(
    tx: Connection, headers_key: str, mapping: Mapping[str, Any], *, now: datetime
) -> None:
    """Keep what a person said about a set of headers, in place of what was said before."""
    values = {"mapping": dict(mapping), "updated_at": now}
    known = update(column_mapping).where(column_mapping.c.headers_key == headers_key)
    if not tx.execute(known.values(values)).rowcount:
        tx.execute(insert(column_mapping).values(headers_key=headers_key, **values))


def reject_reasons(tx: Connection, list_id: int) -> list[tuple[str, int]]:
    """Count the rejected rows of a list by reason, the most frequent first."""
    often = func.count().label("often")
    chosen = select(import_reject.c.reason, often).where(import_reject.c.list_id == list_id)
    rows = tx.execute(chosen.group_by(import_reject.c.reason).order_by(often.desc()))
    return [(reason, count) for reason, count in rows]


def with_old_rejects(tx: Connection, *, before: datetime) -> list[int]:
    """Give the lists that were finished before a moment and still have rejected rows."""
    has_rows = select(import_reject.c.id).where(import_reject.c.list_id == lead_list.c.id).exists()
    old = lead_list.c.finished_at < before
    rows = tx.execute(select(lead_list.c.id).where(old, has_rows).order_by(lead_list.c.id))
    return list(rows.scalars())


def delete_rejects(tx: Connection, list_id: int, *, most: int, now: datetime) -> int:
    """Delete the next rejected rows of a list, and give how many; its counts stay.

    The list says from the first of them on that they are gone.
    """
    change(tx, list_id, purged_at=now)
    rows = select(import_reject.c.id).where(import_reject.c.list_id == list_id)
    chosen = delete(import_reject).where(
        import_reject.c.id.in_(rows.order_by(import_reject.c.row).limit(most))
    )
    return int(tx.execute(chosen).rowcount)
