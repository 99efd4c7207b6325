"""The ticks of beat, of which only those take place that would find something to do."""

from dialer.actions.plan import plan
from dialer.actions.reconcile import reconcile
from dialer.actions.world import World
from dialer.forecast.virtual_clock import from_ms, to_ms
from dialer.store import endings, outlook
from dialer.store.database import Connection

PLAN_EVERY_MS = 500
RECONCILE_EVERY_MS = 2_000
"""As beat sends them."""
LONGEST_PATIENCE_MS = 60_000
"""Leads that are due while lines are free, and still are not claimed, are tried this seldom."""
LOOK_AFTER_MS = 60_000
"""No message is lost here, so the first thing to be asked after is a call without news for three
minutes; looking once a minute finds it in time."""
HELD_EVERY_MS = 300_000
"""A held campaign may go on by itself, and is asked this often whether it does."""


class PlanTick:
    """Claims what is due: when the next lead is, on beat's grid, and line by line after that.

    While every line is busy there is no tick: the end of a call claims for its own line.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._at_ms: int | None = None
        self._patience_ms = PLAN_EVERY_MS
        self._stale = True

    def stir(self) -> None:
        """Take note that something happened, so that other leads may be due now."""
        self._stale = True
        self._patience_ms = PLAN_EVERY_MS

    def next_moment_ms(self, *, now_ms: int) -> int | None:
        """Say when to tick next, given that a line is free; None when no lead waits."""
        if self._stale:
            self._stale = False
            self._at_ms = self._next_due_ms(now_ms)
        return self._at_ms

    def tick(self, now_ms: int) -> bool:
        """Claim, when it is time. True when something was claimed."""
        if self._at_ms is None or self._at_ms > now_ms:
            return False
        claimed = plan(self._world) > 0
        self._stale = True
        self._patience_ms = (
            PLAN_EVERY_MS if claimed else min(2 * self._patience_ms, LONGEST_PATIENCE_MS)
        )
        return claimed

    def _next_due_ms(self, now_ms: int) -> int | None:
        due_at = self._world.db.read(outlook.next_due)
        if due_at is None:
            return None
        if (due_ms := to_ms(due_at)) <= now_ms:
            return now_ms + self._patience_ms
        return -(-due_ms // PLAN_EVERY_MS) * PLAN_EVERY_MS


class ReconcileTick:
    """Looks at attempts and campaigns whose time has come."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._looked_ms = 0
        self.at_ms: int | None = 0

    def stir(self, now_ms: int) -> None:
        """Take note that something happened, so that there may be something to look at soon."""
        soon_ms = now_ms + LOOK_AFTER_MS
        self.at_ms = soon_ms if self.at_ms is None else min(self.at_ms, soon_ms)

    def tick(self, now_ms: int) -> bool:
        """Look, when it is time. True when there was something to do."""
        if self.at_ms is None or self.at_ms > now_ms:
            return False
        found = self._world.db.read(lambda tx: self._is_needed(tx, now_ms))
        if found:
            reconcile(self._world)
        self._looked_ms = now_ms
        self.at_ms = self._world.db.read(lambda tx: self._next_ms(tx, now_ms))
        return found

    def _is_needed(self, tx: Connection, now_ms: int) -> bool:
        moment = outlook.next_look(tx, since=from_ms(self._looked_ms))
        is_ripe = moment is not None and to_ms(moment) <= now_ms
        now = from_ms(now_ms)
        is_over = endings.ended(tx, now=now) or endings.without_open_leads(tx, now=now)
        return bool(is_ripe or is_over or outlook.is_held(tx) or endings.to_summarize(tx, most=1))

    def _next_ms(self, tx: Connection, now_ms: int) -> int | None:
        if outlook.is_held(tx):
            return now_ms + HELD_EVERY_MS
        moment = outlook.next_look(tx, since=from_ms(now_ms))
        return None if moment is None else max(to_ms(moment), now_ms + RECONCILE_EVERY_MS)
