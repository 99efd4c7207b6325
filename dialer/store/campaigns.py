"""Campaigns."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, update

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.states import (
    CAMPAIGN_MOVES,
    CampaignStatus,
    LeadStatus,
    ListStatus,
    check_move,
)
from dialer.store.rows import many, one
from dialer.store.tables import Campaign, Lead, LeadList, table

campaign = table(Campaign)
lead = table(Lead)
lead_list = table(LeadList)

_GET = select(campaign).where(campaign.c.id == bindparam("which"))
_HOLD_STILL = (
    select(campaign)
    .where(campaign.c.id.in_(bindparam("which", expanding=True)))
    .order_by(campaign.c.id)
    .with_for_update(read=True)
)
_HOLD_RUNNING = (
    select(campaign)
    .where(campaign.c.status == CampaignStatus.RUNNING)
    .order_by(campaign.c.id)
    .with_for_update(read=True)
)
_CLEAR_REJECTIONS = (
    update(campaign)
    .where(campaign.c.id == bindparam("which"), campaign.c.rejections_in_a_row > 0)
    .values(rejections_in_a_row=0)
)


def add(tx: Connection, spec: CampaignSpec, *, now: datetime) -> int:
    """Add a draft and give its id."""
    result = tx.execute(
        insert(campaign)
        .values(
            name=spec.name,
            status=CampaignStatus.DRAFT,
            spec=spec.model_dump(mode="json"),
            weight=spec.weight,
            lines=spec.limits.lines,
            rejections_in_a_row=0,
            start_at=spec.start_at,
            ends_at=spec.ends_at,
            created_at=now,
        )
        .returning(campaign.c.id)
    )
    return int(result.scalar_one())


def get(tx: Connection, campaign_id: int) -> Campaign | None:
    """Read one campaign."""
    return one(tx, Campaign, _GET, which=campaign_id)


def every(tx: Connection) -> list[Campaign]:
    """Read all campaigns, the newest first."""
    return many(tx, Campaign, select(campaign).order_by(campaign.c.id.desc()))


def in_status(tx: Connection, status: CampaignStatus) -> list[Campaign]:
    """Read the campaigns in one status."""
    return many(tx, Campaign, select(campaign).where(campaign.c.status == status))


def hold_still(tx: Connection, campaign_ids: Sequence[int]) -> dict[int, Campaign]:
    """Read campaigns and keep their rows from changing until the transaction ends.

    A pause therefore waits for the claims and sends that have begun, and none begins after it.
    """
    return {row.id: row for row in many(tx, Campaign, _HOLD_STILL, which=list(campaign_ids))}


def hold_running_still(tx: Connection) -> list[Campaign]:
    """Read the running campaigns and keep them so until the transaction ends."""
    return many(tx, Campaign, _HOLD_RUNNING)


def spec_of(row: Campaign) -> CampaignSpec:
    """Read the settings of a campaign's row."""
    return _spec(orjson.dumps(row.spec))


@lru_cache(maxsize=256)
def _spec(text: bytes) -> CampaignSpec:
    return CampaignSpec.model_validate(orjson.loads(text))


def settings_of(tx: Connection, campaign_id: int) -> CampaignSpec:
    """Read the settings of a campaign that exists."""
    row = get(tx, campaign_id)
    if row is None:
        raise LookupError(f"campaign {campaign_id} is gone")
    return spec_of(row)


def move(
    tx: Connection,
    campaign_id: int,
    *,
    current: CampaignStatus,
    target: CampaignStatus,
    **values: Any,
) -> bool:
    """Move a campaign from `current` to `target` if it still is `current`.

    Raises:
        IllegalMove: the transition table forbids this move.
    """
    check_move(CAMPAIGN_MOVES, current, target)
    result = tx.execute(
        update(campaign)
        .where(campaign.c.id == campaign_id, campaign.c.status == current)
        .values(status=target, **values)
    )
    return bool(result.rowcount)


def hold(tx: Connection, campaign_id: int, *, reason: str, sentence: str) -> bool:
    """Hold a running campaign with a reason. False when it was not running."""
    return move(
        tx,
        campaign_id,
        current=CampaignStatus.RUNNING,
        target=CampaignStatus.HELD,
        held_reason=reason,
        held_text=sentence,
    )


def count_rejection(tx: Connection, campaign_id: int) -> int:
    """Count one more refused number in a row and give the count."""
    result = tx.execute(
        update(campaign)
        .where(campaign.c.id == campaign_id)
        .values(rejections_in_a_row=campaign.c.rejections_in_a_row + 1)
        .returning(campaign.c.rejections_in_a_row)
    )
    return int(result.scalar_one())


def clear_rejections(tx: Connection, campaign_id: int) -> None:
    """A number was accepted; writes nothing when none was refused before."""
    tx.execute(_CLEAR_REJECTIONS, {"which": campaign_id})


def without_open_leads(tx: Connection) -> list[int]:
    """Give the running campaigns in which every lead is closed, and no list is being imported."""
    importing = (
        select(lead_list.c.id)
        .where(
            lead_list.c.campaign_id == campaign.c.id,
            lead_list.c.status == ListStatus.IMPORTING,
        )
        .exists()
    )
    waiting = (
        select(lead.c.id)
        .where(
            lead.c.campaign_id == campaign.c.id,
            lead.c.status.in_([LeadStatus.READY, LeadStatus.IN_FLIGHT, LeadStatus.HELD]),
        )
        .exists()
    )
    rows = tx.execute(
        select(campaign.c.id).where(
            campaign.c.status == CampaignStatus.RUNNING, ~waiting, ~importing
        )
    )
    return [row[0] for row in rows]


def counts(tx: Connection, campaign_id: int) -> dict[LeadStatus, int]:
    """Count a campaign's leads by status."""
    rows = tx.execute(
        select(lead.c.status, func.count())
        .where(lead.c.campaign_id == campaign_id)
        .group_by(lead.c.status)
    )
    return {row[0]: row[1] for row in rows}
