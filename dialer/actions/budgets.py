"""Budgets: what a campaign, and everything together, may still use of today.

A claim reads what was left at the last count, and subtracts what it claims; once in a while it
counts anew, which gives back what was claimed and never sent. All under the gate's lock, so no
budget is ever passed by number; money follows what calls turn out to cost.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.day_budget import (
    Allowance,
    DayLimits,
    DayUse,
    calls_left,
    terms_of,
    why_used_up,
)
from dialer.domain.hold import Hold
from dialer.domain.lines import GateState
from dialer.domain.local_time import last_midnight
from dialer.store import allowances, campaigns, day_use
from dialer.store.database import Connection
from dialer.store.tables import Campaign

EVERYTHING = "everything"


def left_for_everything(
    tx: Connection, state: GateState, *, unsent: int, now: datetime
) -> int | None:
    """Give how many calls more may be claimed today; None where no limit is set.

    `unsent` attempts were claimed, and most of them not counted as sent yet.
    """
    limits = _of_everything(state)

    def count() -> int:
        left = calls_left(limits, _used_by_everything(tx, limits, now=now)) or 0
        return max(0, left - unsent)

    return _left(tx, EVERYTHING, limits, count, now=now)


def left_for_campaign(tx: Connection, row: Campaign, *, now: datetime) -> int | None:
    """Give how many calls more a campaign may claim today; None where it sets no limit."""
    limits = _of_campaign(campaigns.spec_of(row))

    def count() -> int:
        return calls_left(limits, _used_by_campaign(tx, row.id, limits, now=now)) or 0

    return _left(tx, _subject(row.id), limits, count, now=now)


def _left(
    tx: Connection, subject: str, limits: DayLimits, count: Callable[[], int], *, now: datetime
) -> int | None:
    if not limits.are_set:
        return None
    known = allowances.find(tx, subject)
    if known is None or not known.is_trusted(limits, now=now):
        known = Allowance(terms_of(limits, now=now), count(), counted_at=now)
        allowances.put(tx, subject, known)
    return known.left


def spend(
    tx: Connection, state: GateState, running: Sequence[Campaign], claimed: Sequence[int]
) -> None:
    """Subtract what was claimed; `claimed` has the campaign of each attempt."""
    spent = {
        _subject(row.id): claimed.count(row.id)
        for row in running
        if _of_campaign(campaigns.spec_of(row)).are_set
    }
    if _of_everything(state).are_set:
        spent[EVERYTHING] = len(claimed)
    allowances.spend(tx, spent)


def why_no_budget(
    tx: Connection,
    campaign: Campaign,
    state: GateState,
    *,
    claimed_at: datetime | None = None,
    now: datetime,
) -> Hold | None:
    """Say which of today's budgets is used up, the campaign's own first; None when none is.

    Counts anew. An attempt was counted when it was claimed, at `claimed_at`; it does not stand in
    its own way.
    """
    limits = _of_campaign(campaigns.spec_of(campaign))
    if limits.are_set:
        use = _used_by_campaign(tx, campaign.id, limits, now=now)
        if claimed_at is not None and claimed_at >= last_midnight(limits.zone, before=now):
            use = replace(use, calls=use.calls - 1, unknown_costs=max(0, use.unknown_costs - 1))
        if hold := why_used_up(limits, use, now=now):
            return hold
    limits = _of_everything(state)
    if not limits.are_set:
        return None
    return why_used_up(limits, _used_by_everything(tx, limits, now=now), now=now)


def _subject(campaign_id: int) -> str:
    return f"campaign:{campaign_id}"


def _of_campaign(spec: CampaignSpec) -> DayLimits:
    limits = spec.limits
    return DayLimits(
        limits.calls_per_day, limits.dollars_per_day, spec.day_zone, whose="this campaign"
    )


def _of_everything(state: GateState) -> DayLimits:
    return DayLimits(
        state.calls_per_day, state.dollars_per_day, state.day_zone, whose="everything together"
    )


def _used_by_campaign(
    tx: Connection, campaign_id: int, limits: DayLimits, *, now: datetime
) -> DayUse:
    since = last_midnight(limits.zone, before=now)
    return day_use.of_campaign(tx, campaign_id, since=since, costs=limits.dollars is not None)


def _used_by_everything(tx: Connection, limits: DayLimits, *, now: datetime) -> DayUse:
    since = last_midnight(limits.zone, before=now)
    return day_use.of_everything(tx, since=since, costs=limits.dollars is not None)
