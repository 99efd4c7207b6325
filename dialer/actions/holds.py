"""Holds: a campaign that the dialer held goes on once a check tells that its reason is gone.

1. Once a minute, one process wins the right to ask about a campaign.
2. It asks Retell, outside any transaction, and never for a call.
3. Where the answer is good it resumes the campaign, unless somebody was there first.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from dialer.actions.control import go_on
from dialer.actions.readable import readable
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import has_ended
from dialer.domain.hold_checks import CHECK_EVERY, RESUMED_LATELY, Check, check_for
from dialer.domain.states import CampaignStatus
from dialer.errors import AccountProblem, LookUpFailed
from dialer.log import get_logger
from dialer.store import campaigns, ledger, numbers
from dialer.store.database import Connection
from dialer.store.tables import Campaign

log = get_logger(__name__)

ACTOR = "system"
MOST = 5
"""So many campaigns are asked about in one run; Retell may take its time."""
WITHIN = timedelta(seconds=5)


def check_holds(world: World) -> None:
    """Ask about the held campaigns whose minute is over. May be called by anybody."""
    held = world.db.read(lambda tx: campaigns.in_status(tx, CampaignStatus.HELD))
    asked = 0
    for row in readable(held):
        check = check_for(row.held_reason, campaigns.spec_of(row).hold)
        if check is None or asked == MOST or not _win(world, row):
            continue
        asked += 1
        if _passes(world, row, check) and world.db.transact(partial(_resume, world=world, row=row)):
            log.info("campaign_resumed", campaign_id=row.id, check=check)
            world.queue.plan()


def _win(world: World, row: Campaign) -> bool:
    """Win the right to ask about a campaign now. The first look only begins the minute."""
    now = world.clock.now()
    if row.checked_at is not None and now - row.checked_at < CHECK_EVERY:
        return False
    claimed = world.db.transact(lambda tx: campaigns.claim_check(tx, row, now=now))
    if row.checked_at is None or not claimed:
        return False
    return not world.db.read(partial(_resumed_lately, row=row, now=now))


def _resumed_lately(tx: Connection, *, row: Campaign, now: datetime) -> bool:
    """Tell whether a check has resumed the campaign not long ago, in vain."""
    entries = ledger.entries_since(tx, f"campaign:{row.id}", since=now - RESUMED_LATELY)
    return any(
        one.actor == ACTOR
        and one.action == CampaignStatus.RUNNING
        and (one.before or {}).get("status") == CampaignStatus.HELD
        for one in entries
    )


def _passes(world: World, row: Campaign, check: Check) -> bool:
    """Ask. Whatever is not a clear answer is none."""
    try:
        return _ASK[check](world, campaigns.spec_of(row))
    except (AccountProblem, LookUpFailed) as error:
        log.info("hold_goes_on", campaign_id=row.id, check=check, code=error.code)
        return False


def _key_is_accepted(world: World, spec: CampaignSpec) -> bool:
    world.provider.get_concurrency()
    return True


def _agent_is_known(world: World, spec: CampaignSpec) -> bool:
    """Ask for the agent of the campaign, or for those that its numbers have."""
    reader = world.provider.agents(within=WITHIN)
    if spec.agent_id is not None:
        reader.agent(spec.agent_id, version=spec.agent_version)
        return True
    for number in spec.from_numbers:
        bound = reader.phone_number(number).callers
        if not bound:
            return False
        for one in bound:
            reader.agent(one.agent_id or "", version=one.agent_version)
    return True


def _a_number_has_rested(world: World, spec: CampaignSpec) -> bool:
    resting = world.db.read(partial(numbers.resting, now=world.clock.now()))
    return bool(set(spec.from_numbers) - resting.keys())


_ASK: dict[Check, Callable[[World, CampaignSpec], bool]] = {
    Check.KEY: _key_is_accepted,
    Check.AGENT: _agent_is_known,
    Check.NUMBER: _a_number_has_rested,
}


def _resume(tx: Connection, *, world: World, row: Campaign) -> bool:
    """Resume a campaign that is still held for the reason that was asked about."""
    current = campaigns.lock(tx, row.id)
    now = world.clock.now()
    if current is None or current.status is not CampaignStatus.HELD:
        return False
    if current.held_reason != row.held_reason or has_ended(current.ends_at, at=now):
        return False
    go_on(tx, current, actor=ACTOR, now=now)
    return True
