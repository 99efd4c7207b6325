"""Choosing: the due leads of a campaign that every gate lets pass, and their attempts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dialer.actions.aside import put_aside
from dialer.actions.facts import facts_of
from dialer.actions.world import World
from dialer.domain.gates import why_not_dial
from dialer.domain.lines import GateState
from dialer.domain.patience import INTENT_REMINDER
from dialer.domain.states import Analysis, AttemptStatus
from dialer.store import campaigns, leads, numbers, person_calls, suppressions
from dialer.store.database import Connection
from dialer.store.tables import Campaign, Lead


def choose(
    tx: Connection,
    campaign: Campaign,
    state: GateState,
    *,
    share: int,
    phones: set[str],
    now: datetime,
) -> list[Lead]:
    """Take up to `share` due leads that every gate lets pass, and put aside those it does not."""
    if share == 0:
        return []
    due = leads.take_due(tx, campaign.id, now=now, most=share, without=phones)
    suppressed = suppressions.suppressed_among(
        tx, [lead.phone for lead in due], campaign_id=campaign.id, now=now
    )
    calls = person_calls.among(tx, [lead.phone for lead in due], now=now)
    spec = campaigns.spec_of(campaign)
    chosen, refused = [], []
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
        hold = why_not_dial(facts, now=now)
        if hold is None:
            chosen.append(lead)
            phones.add(lead.phone)
        else:
            refused.append((lead, hold))
    put_aside(tx, campaign, refused, now=now)
    leads.take_off(tx, [lead.id for lead in chosen])
    return chosen


def attempts_for(
    tx: Connection, campaign: Campaign, chosen: Sequence[Lead], *, world: World, now: datetime
) -> list[dict[str, Any]]:
    """Write the attempts at the chosen leads; the caller adds moments and lines."""
    if not chosen:
        return []
    spec = campaigns.spec_of(campaign)
    resting = numbers.resting(tx, now=now)
    # The next try calls from another number where there are several.
    ours = [number for number in spec.from_numbers if number not in resting] or spec.from_numbers
    return [
        {
            "id": world.new_id(),
            "lead_id": lead.id,
            "campaign_id": campaign.id,
            "phone": lead.phone,
            "n": lead.tries + 1,
            "from_number": ours[(lead.id + lead.tries) % len(ours)],
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
        for lead in chosen
    ]
