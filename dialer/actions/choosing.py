"""Choosing: the due leads of a campaign that every gate lets pass, and their attempts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.actions.aside import put_aside
from dialer.actions.facts import facts_of
from dialer.actions.world import World
from dialer.domain.dispositions import Disposition
from dialer.domain.gates import why_not_dial
from dialer.domain.hold import Hold
from dialer.domain.lines import GateState
from dialer.domain.numbers import Callee, Chosen, Pool
from dialer.domain.patience import INTENT_REMINDER
from dialer.domain.states import Analysis, AttemptStatus
from dialer.errors import RowsMoved
from dialer.store import attempts, campaigns, leads, person_calls, suppressions
from dialer.store.database import Connection
from dialer.store.tables import Campaign, Lead

ANOTHER_NUMBER_AFTER = (Disposition.DIAL_FAILED, Disposition.BLOCKED)
"""What may lie at the number we called from."""

Picked = tuple[Lead, Chosen]
"""A lead to be called, the number it is called from, and when."""


def choose(
    tx: Connection,
    campaign: Campaign,
    state: GateState,
    pool: Pool,
    *,
    share: int,
    phones: set[str],
    now: datetime,
) -> list[Picked]:
    """Take up to `share` due leads that every gate lets pass, and put aside those it does not.

    The last gate is the campaign's `pool`: a lead for which it has no number stays due.
    """
    due = leads.take_due(tx, campaign.id, now=now, most=share, without=phones) if share else []
    if not due:
        return []
    suppressed = suppressions.suppressed_among(
        tx, [lead.phone for lead in due], campaign_id=campaign.id, now=now
    )
    calls = person_calls.among(tx, [lead.phone for lead in due], now=now)
    spec = campaigns.spec_of(campaign)
    failed = _failed_from(tx, due, pool)
    chosen: list[Picked] = []
    refused: list[tuple[Lead, Hold]] = []
    for lead in due:
        facts = facts_of(
            lead,
            status=campaign.status,
            spec=spec,
            suppressed=lead.phone in suppressed,
            calls=calls.get(lead.phone, ()),
            promised=lead.callback_at is not None,
            state=state,
        )
        picked = why_not_dial(facts, now=now) or pool.choose(_callee(lead, failed))
        if isinstance(picked, Hold):
            refused.append((lead, picked))
        else:
            chosen.append((lead, picked))
            phones.add(lead.phone)
    put_aside(tx, campaign, refused, now=now)
    if leads.take_off(tx, [lead.id for lead, _ in chosen]) != len(chosen):
        raise RowsMoved("a lead left while it was being claimed")
    return chosen


def _failed_from(tx: Connection, due: Sequence[Lead], pool: Pool) -> Mapping[int, str]:
    """Give the number of the last attempt at those leads that another number may reach."""
    if len(pool.from_numbers) == 1:
        return {}
    again = [lead.id for lead in due if lead.disposition in ANOTHER_NUMBER_AFTER]
    return attempts.last_numbers(tx, again, ANOTHER_NUMBER_AFTER) if again else {}


def _callee(lead: Lead, failed: Mapping[int, str]) -> Callee:
    return Callee(lead.phone, lead.region, lead.id + lead.tries, failed.get(lead.id))


def attempts_for(
    campaign: Campaign, chosen: Sequence[Picked], *, world: World, now: datetime
) -> list[dict[str, Any]]:
    """Write the attempts at the chosen leads; the caller adds lines."""
    return [
        {
            "id": world.new_id(),
            "lead_id": lead.id,
            "campaign_id": campaign.id,
            "phone": lead.phone,
            "n": lead.tries + 1,
            "from_number": number,
            "send_at": send_at,
            "status": AttemptStatus.INTENT,
            "analysis": Analysis.NONE,
            "created_at": now,
            "promised_at": lead.callback_at,
            "check_at": now + INTENT_REMINDER,
            "late": False,
            "look_ups": 0,
            "absent_answers": 0,
            "replays": 0,
        }
        for lead, (number, send_at) in chosen
    ]
