"""Paths: ask Retell over which telephony path each number of ours calls."""

from datetime import timedelta

from dialer.actions.world import World
from dialer.domain.states import CampaignStatus
from dialer.errors import AccountProblem, LookUpFailed
from dialer.log import get_logger
from dialer.store import campaigns, gate, numbers
from dialer.store.database import Connection

log = get_logger(__name__)

ASK_EVERY = timedelta(minutes=10)


def ask_paths(world: World) -> None:
    """Learn the paths of those numbers of running campaigns whose path is not known yet.

    Asks at most every ten minutes. Until Retell has answered, such a number is paced by the pace
    over everything alone.
    """
    now = world.clock.now()
    unknown = world.db.read(_without_path)
    if not unknown or not world.db.transact(
        lambda tx: gate.claim_asking_numbers(tx, now=now, not_after=now - ASK_EVERY)
    ):
        return
    try:
        listed = world.provider.phone_numbers()
    except (LookUpFailed, AccountProblem) as error:
        log.warning("paths_unknown", code=error.code)
        return
    found = {
        one.phone_number: path
        for one in listed
        if one.phone_number in unknown and (path := one.phone_number_type) and path.isprintable()
    }
    world.db.transact(lambda tx: numbers.set_paths(tx, found))
    log.info("paths_learned", numbers=len(found), unknown=len(unknown) - len(found))


def _without_path(tx: Connection) -> set[str]:
    running = campaigns.in_status(tx, CampaignStatus.RUNNING)
    ours = {number for row in running for number in row.spec.get("from_numbers", ())}
    return ours - numbers.paths(tx).keys()
