"""Campaigns."""

from collections.abc import Collection, Sequence
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
    check_move,
)
from dialer.store import results
from dialer.store.ledger import SYSTEM, log_action
from dialer.store.rows import many, one
from dialer.store.tables import Campaign, Lead, table

campaign = table(Campaign)
lead = table(Lead)

_GET = select(campaign).where(campaign.c.id == bindparam("which"))
_LOCK = _GET.with_for_update(key_share=True)
_HOLD_STILL = (
    select(campaign)
    .where(campaign.c.id.in_(bindparam("which", expanding=True)))
    .order_by(campaign.c.id)
    .with_for_update(read=True)
)
_HOLD_RUNNING = (
    select(campaign)
    .where(
        campaign.c.status == CampaignStatus.RUNNING,
        campaign.c.ends_at.is_(None) | (campaign.c.ends_at > bindparam("now")),
    )
    .order_by(campaign.c.id)
    .with_for_update(read=True)
)
_CLEAR_REJECTIONS = (
    update(campaign)
    .where(campaign.c.id == bindparam("which"), campaign.c.rejections_in_a_row > 0)
    .values(rejections_in_a_row=0)
)


_IN_STATUS = select(campaign).where(campaign.c.status == bindparam("status"))
_ANY_RUNNING = select(campaign.c.id).where(campaign.c.status == CampaignStatus.RUNNING).limit(1)


def add(tx: Connection, spec: CampaignSpec, *, now: datetime, **values: Any) -> int:
    """Add a draft and give its id."""
    campaign_id = tx.execute(
        insert(campaign)
        .values(
            status=CampaignStatus.DRAFT,
            rejections_in_a_row=0,
            created_at=now,
            **_settings(spec),
            **values,
        )
        .returning(campaign.c.id)
    ).scalar_one()
    results.set_address(tx, campaign_id, spec.results)
    return int(campaign_id)


def _settings(spec: CampaignSpec) -> dict[str, Any]:
    """Give the columns that follow from a campaign's settings."""
    return {
        "name": spec.name,
        "spec": spec.model_dump(mode="json"),
        "weight": spec.weight,
        "lines": spec.limits.lines,
        "start_at": spec.start_at,
        "ends_at": spec.ends_at,
    }


def set_spec(tx: Connection, campaign_id: int, spec: CampaignSpec, **values: Any) -> None:
    """Give a campaign, whose row is locked, other settings."""
    change(tx, campaign_id, **_settings(spec), **values)
    results.set_address(tx, campaign_id, spec.results)


def change(tx: Connection, campaign_id: int, **values: Any) -> None:
    """Change columns other than the status."""
    tx.execute(update(campaign).where(campaign.c.id == campaign_id).values(**values))


def get(tx: Connection, campaign_id: int) -> Campaign | None:
    """Read one campaign."""
    return one(tx, Campaign, _GET, which=campaign_id)


def names(tx: Connection, campaign_ids: Collection[int]) -> dict[int, str]:
    """Give the names of campaigns by their ids."""
    chosen = select(campaign.c.id, campaign.c.name).where(campaign.c.id.in_(campaign_ids))
    return {row[0]: row[1] for row in tx.execute(chosen)}


def lock(tx: Connection, campaign_id: int) -> Campaign | None:
    """Lock and read one campaign, once every claim and send that holds it still has ended."""
    return one(tx, Campaign, _LOCK, which=campaign_id)


def every(tx: Connection) -> list[Campaign]:
    """Read all campaigns but test calls, the newest first."""
    listed = select(campaign).where(campaign.c.test_of.is_(None))
    return many(tx, Campaign, listed.order_by(campaign.c.id.desc()))


def page(
    tx: Connection,
    *,
    before: int | None,
    most: int,
    status: CampaignStatus | None,
    archived: bool,
) -> list[Campaign]:
    """Read campaigns made before one, the newest first: in one status, or in any."""
    chosen = select(campaign)
    if before is not None:
        chosen = chosen.where(campaign.c.id < before)
    if status is not None:
        chosen = chosen.where(campaign.c.status == status)
    elif not archived:
        chosen = chosen.where(campaign.c.status != CampaignStatus.ARCHIVED)
    return many(tx, Campaign, chosen.order_by(campaign.c.id.desc()).limit(most))


def children(tx: Connection, campaign_id: int) -> list[Campaign]:
    """Read the campaigns that redial those whom this one did not reach."""
    return many(tx, Campaign, select(campaign).where(campaign.c.parent_id == campaign_id))


def in_status(tx: Connection, status: CampaignStatus) -> list[Campaign]:
    """Read the campaigns in one status."""
    return many(tx, Campaign, _IN_STATUS, status=status)


def any_running(tx: Connection) -> bool:
    """Tell whether a campaign is running."""
    return tx.execute(_ANY_RUNNING).first() is not None


def hold_still(tx: Connection, campaign_ids: Sequence[int]) -> dict[int, Campaign]:
    """Read campaigns and keep their rows from changing until the transaction ends.

    A pause therefore waits for the claims and sends that have begun, and none begins after it.
    """
    return {row.id: row for row in many(tx, Campaign, _HOLD_STILL, which=list(campaign_ids))}


def hold_running_still(tx: Connection, *, now: datetime) -> list[Campaign]:
    """Read the campaigns that may call now and keep them so until the transaction ends."""
    return many(tx, Campaign, _HOLD_RUNNING, now=now)


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


def hold(tx: Connection, campaign_id: int, *, reason: str, sentence: str, now: datetime) -> bool:
    """Hold a running campaign with a reason, and write it down. False when it was not running."""
    current, target = CampaignStatus.RUNNING, CampaignStatus.HELD
    why = {"held_reason": reason, "held_text": sentence}
    if not move(tx, campaign_id, current=current, target=target, **why):
        return False
    log_action(
        tx,
        actor=SYSTEM,
        action=target,
        subject=f"campaign:{campaign_id}",
        now=now,
        before={"status": current},
        after={"status": target, "held_reason": reason},
    )
    return True


def keep_waiting(tx: Connection, campaign_id: int, *, reason: str, sentence: str) -> bool:
    """Say why a scheduled campaign does not start yet. False when that is said already."""
    changed = (
        update(campaign)
        .where(
            campaign.c.id == campaign_id,
            campaign.c.status == CampaignStatus.SCHEDULED,
            campaign.c.held_text.is_distinct_from(sentence),
        )
        .values(held_reason=reason, held_text=sentence)
    )
    return int(tx.execute(changed).rowcount) == 1


def claim_check(tx: Connection, row: Campaign, *, now: datetime) -> bool:
    """Win the right to ask about a campaign; False when somebody else does, or it moved."""
    result = tx.execute(
        update(campaign)
        .where(
            campaign.c.id == row.id,
            campaign.c.status == row.status,
            campaign.c.checked_at.is_not_distinct_from(row.checked_at),
        )
        .values(checked_at=now)
    )
    return bool(result.rowcount)


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


def counts(tx: Connection, campaign_id: int) -> dict[LeadStatus, int]:
    """Count a campaign's leads by status."""
    rows = tx.execute(
        select(lead.c.status, func.count())
        .where(lead.c.campaign_id == campaign_id)
        .group_by(lead.c.status)
    )
    return {row[0]: row[1] for row in rows}
