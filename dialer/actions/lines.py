"""Lines: ask Retell how many calls the workspace may have, and how many others are having."""

from datetime import timedelta

from dialer.actions.world import World
from dialer.errors import AccountProblem, LookUpFailed
from dialer.log import get_logger
from dialer.store import campaigns, gate

log = get_logger(__name__)

ASK_EVERY = timedelta(seconds=10)


def ask_concurrency(world: World) -> None:
    """Bring the gate up to date with Retell's limit and foreign calls, at most every 10 s.

    Others' calls are what Retell counts beyond ours; ours are counted before and after, and the
    larger number is believed, so that a call that just ended is not taken for somebody else's.
    """
    now = world.clock.now()
    if not world.db.read(campaigns.any_running):
        return
    if not world.db.transact(lambda tx: gate.claim_asking(tx, now=now, not_after=now - ASK_EVERY)):
        return
    before = world.db.read(gate.count_open).total
    try:
        concurrency = world.provider.get_concurrency()
    except (LookUpFailed, AccountProblem) as error:
        log.warning("concurrency_unknown", code=error.code)
        return
    after = world.db.read(gate.count_open).total
    current = concurrency.current_concurrency or 0
    world.db.transact(
        lambda tx: gate.set_provider(
            tx,
            lines=concurrency.outbound_ceiling,
            foreign_calls=max(0, current - max(before, after)),
            now=world.clock.now(),
        )
    )
