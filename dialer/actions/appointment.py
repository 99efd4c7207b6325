"""Appointments: a campaign starts by itself at a time, or, after all, does not."""

from datetime import datetime

from pydantic import ValidationError

from dialer.actions.control import NOT_KEPT, find, move, not_possible, refuse_unready
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.states import NOT_BEGUN, CampaignStatus
from dialer.errors import RefusedByRule, UserError, sentence_of
from dialer.store import campaigns
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign


def start_at(world: World, campaign_id: int, moment: datetime, *, actor: str) -> None:
    """Let a draft start by itself at `moment`, or a scheduled campaign at another one.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it has begun or is over, or the moment is past.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        find(tx, campaign_id)
        row = campaigns.lock(tx, campaign_id)
        assert row is not None
        if row.status not in NOT_BEGUN:
            raise not_possible(row, CampaignStatus.SCHEDULED)
        refuse_unready(row, now=now)
        if moment <= now:
            raise RefusedByRule(
                f"{moment:%Y-%m-%d %H:%M} UTC is past",
                fix=f"name a later moment, or start it now: dialer campaigns start {row.id}",
            )
        campaigns.set_spec(tx, row.id, _spec_with(row, moment))
        if row.status is CampaignStatus.DRAFT:
            move(tx, row, CampaignStatus.SCHEDULED, actor=actor, now=now)
        _log(tx, row, moment, actor=actor, now=now)

    world.db.transact(body)


def unschedule(world: World, campaign_id: int, *, actor: str) -> None:
    """Make a scheduled campaign a draft again, which starts only when it is told to.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it is not scheduled.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        find(tx, campaign_id)
        row = campaigns.lock(tx, campaign_id)
        assert row is not None
        if row.status is not CampaignStatus.SCHEDULED:
            raise not_possible(row, CampaignStatus.DRAFT)
        move(tx, row, CampaignStatus.DRAFT, actor=actor, now=now, **NOT_KEPT)
        campaigns.set_spec(tx, row.id, _spec_with(row, None))
        _log(tx, row, None, actor=actor, now=now)

    world.db.transact(body)


def _spec_with(row: Campaign, moment: datetime | None) -> CampaignSpec:
    given = {**campaigns.spec_of(row).model_dump(mode="json"), "start_at": moment}
    try:
        return CampaignSpec.model_validate(given)
    except ValidationError as error:
        raise UserError(
            f'campaign {row.id} "{row.name}" cannot start then',
            why=sentence_of(error.errors()[0]),
            fix=f"dialer campaigns edit {row.id} --unset ends_at",
        ) from error


def _log(
    tx: Connection, row: Campaign, moment: datetime | None, *, actor: str, now: datetime
) -> None:
    log_action(
        tx,
        actor=actor,
        action="start_at",
        subject=f"campaign:{row.id}",
        now=now,
        before={"start_at": row.start_at.isoformat() if row.start_at else None},
        after={"start_at": moment.isoformat() if moment else None},
    )
