"""Budgets: what a campaign, and everything together, may still use of today."""

from dataclasses import replace
from datetime import datetime

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.day_budget import DayLimits, DayUse, calls_left, why_used_up
from dialer.domain.hold import Hold
from dialer.domain.lines import GateState
from dialer.domain.local_time import last_midnight
from dialer.store import day_use
from dialer.store.database import Connection

EVERYTHING = "everything together"


def left_for_everything(
    tx: Connection, state: GateState, *, unsent: int, now: datetime
) -> int | None:
    """Give how many calls more may be claimed today; None where no limit is set.

    `unsent` attempts were claimed, and most of them not counted as sent yet.
    """
    limits = _of_everything(state)
    if not limits.are_set:
        return None
    left = calls_left(limits, _used_by_everything(tx, limits, now=now))
    return None if left is None else max(0, left - unsent)


def left_for_campaign(
    tx: Connection, campaign_id: int, spec: CampaignSpec, *, now: datetime
) -> int | None:
    """Give how many calls more a campaign may claim today; None where it sets no limit."""
    limits = _of_campaign(spec)
    if not limits.are_set:
        return None
    return calls_left(limits, _used_by_campaign(tx, campaign_id, limits, now=now))


def why_no_budget(
    tx: Connection,
    campaign_id: int,
    spec: CampaignSpec,
    state: GateState,
    *,
    claimed_at: datetime | None = None,
    now: datetime,
) -> Hold | None:
    """Say which of today's budgets is used up, the campaign's own first; None when none is.

    At the send gate an attempt was counted when it was claimed, at `claimed_at`; it does not
    stand in its own way.
    """
    limits = _of_campaign(spec)
    if limits.are_set:
        use = _used_by_campaign(tx, campaign_id, limits, now=now)
        if claimed_at is not None and claimed_at >= last_midnight(limits.zone, before=now):
            use = replace(use, calls=use.calls - 1, unknown_costs=max(0, use.unknown_costs - 1))
        if hold := why_used_up(limits, use, now=now):
            return hold
    limits = _of_everything(state)
    if not limits.are_set:
        return None
    return why_used_up(limits, _used_by_everything(tx, limits, now=now), now=now)


def _of_campaign(spec: CampaignSpec) -> DayLimits:
    limits = spec.limits
    return DayLimits(
        limits.calls_per_day, limits.dollars_per_day, spec.day_zone, whose="this campaign"
    )


def _of_everything(state: GateState) -> DayLimits:
    return DayLimits(state.calls_per_day, state.dollars_per_day, state.day_zone, whose=EVERYTHING)


def _used_by_campaign(
    tx: Connection, campaign_id: int, limits: DayLimits, *, now: datetime
) -> DayUse:
    since = last_midnight(limits.zone, before=now)
    return day_use.of_campaign(tx, campaign_id, since=since, costs=limits.dollars is not None)


def _used_by_everything(tx: Connection, limits: DayLimits, *, now: datetime) -> DayUse:
    since = last_midnight(limits.zone, before=now)
    return day_use.of_everything(tx, since=since, costs=limits.dollars is not None)
