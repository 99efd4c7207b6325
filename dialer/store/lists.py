"""Lead lists: uploaded files, and the rows of them that are no leads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dialer.store.rows import many
from dialer.store.tables import ImportReject, Lead, LeadList, table

lead = table(Lead)
lead_list = table(LeadList)
import_reject = table(ImportReject)


def add(
    tx: Connection,
    *,
    campaign_id: int,
    file_name: str,
    sha256: str,
    mapping: dict[str, Any],
    now: datetime,
) -> int:
    """Add an empty list and give its id."""
    result = tx.execute(
        insert(lead_list)
        .values(
            campaign_id=campaign_id,
            file_name=file_name,
            sha256=sha256,
            mapping=mapping,
            rows=0,
            imported=0,
            updated=0,
            duplicates=0,
            rejected=0,
            blank=0,
            created_at=now,
        )
        .returning(lead_list.c.id)
    )
    return int(result.scalar_one())


def count(
    tx: Connection,
    list_id: int,
    *,
    imported: int = 0,
    duplicates: int = 0,
    rejected: int = 0,
    blank: int = 0,
) -> None:
    """Add to a list's counts; its rows are the sum of all but the blank ones."""
    columns = lead_list.c
    tx.execute(
        update(lead_list)
        .where(columns.id == list_id)
        .values(
            rows=columns.rows + imported + duplicates + rejected,
            imported=columns.imported + imported,
            duplicates=columns.duplicates + duplicates,
            rejected=columns.rejected + rejected,
            blank=columns.blank + blank,
        )
    )


def add_rejects(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep rejected rows as they were."""
    if rows:
        tx.execute(insert(import_reject), list(rows))


def known_phones(tx: Connection, campaign_id: int, phones: Sequence[str]) -> set[str]:
    """Give those of the numbers that the campaign has already."""
    rows = tx.execute(
        select(lead.c.phone).where(lead.c.campaign_id == campaign_id, lead.c.phone.in_(phones))
    )
    return {row[0] for row in rows}


def of_campaign(tx: Connection, campaign_id: int) -> list[LeadList]:
    """Read the lists imported into a campaign."""
    return many(
        tx,
        LeadList,
        select(lead_list).where(lead_list.c.campaign_id == campaign_id).order_by(lead_list.c.id),
    )
