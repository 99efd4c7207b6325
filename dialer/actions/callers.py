"""Callers: what is known of the numbers that running campaigns call from."""

from collections.abc import Sequence
from datetime import datetime

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.hold import Hold
from dialer.domain.lines import GateState, send_times
from dialer.domain.numbers import Numbers, NumberUse, Pool
from dialer.store import campaigns, gate, numbers
from dialer.store.database import Connection
from dialer.store.tables import Campaign


def numbers_of(
    tx: Connection, specs: Sequence[CampaignSpec], state: GateState, *, now: datetime
) -> Numbers:
    """Read what one claim must know of the numbers of these campaigns; the gate is locked.

    Only where a campaign limits its numbers are their calls counted, in one statement for all.
    """
    return Numbers(
        moments=send_times(state, now=now),
        resting=numbers.resting(tx, now=now),
        paths=numbers.paths(tx) if state.path_calls_per_second else {},
        uses=_uses(tx, [spec for spec in specs if spec.caller_id.is_limited], now=now),
    )


def _uses(
    tx: Connection, limited: Sequence[CampaignSpec], *, now: datetime
) -> dict[str, NumberUse]:
    if not limited:
        return {}
    return numbers.uses(
        tx,
        [number for spec in limited for number in spec.from_numbers],
        most=max(spec.caller_id.most_per_day for spec in limited),
        spacing=max(spec.caller_id.spacing for spec in limited),
        now=now,
    )


def pool_of(spec: CampaignSpec, known: Numbers) -> Pool:
    """Give the numbers of one campaign."""
    return Pool(spec.caller_id, spec.from_numbers, known)


def why_no_number(tx: Connection, campaign: Campaign, *, now: datetime) -> Hold | None:
    """Say why no lead of a campaign may be called from any of its numbers; None when one may."""
    spec = campaigns.spec_of(campaign)
    return pool_of(spec, numbers_of(tx, [spec], gate.peek(tx), now=now)).why_none()
