"""Limits over everything: changed while the dialer runs, or brought back to its settings."""

from dataclasses import asdict, dataclass
from math import isfinite

from dialer.actions.world import World
from dialer.config import MOST_LINES, MOST_PER_DAY, MOST_PER_SECOND
from dialer.errors import UserError
from dialer.log import get_logger
from dialer.store import gate
from dialer.store.database import Connection
from dialer.store.ledger import log_action

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be changed while running; the rest needs another start."""

    lines: int
    calls_per_second: float
    headroom: int
    calls_per_day: int | None  # None: no limit
    dollars_per_day: float | None

    def refuse_unfit(self) -> None:
        """Refuse what the settings would refuse, too.

        Raises:
            UserError: says which, and what it may be.
        """
        _check("lines", self.lines, least=1, most=MOST_LINES)
        _check("calls per second", self.calls_per_second, least=0.001, most=MOST_PER_SECOND)
        _check("reserved lines", self.headroom, least=0, most=MOST_LINES)
        if self.calls_per_day is not None:
            _check("calls per day", self.calls_per_day, least=1, most=MOST_PER_DAY)
        if self.dollars_per_day is not None:
            _check("dollars per day", self.dollars_per_day, least=0.01, most=MOST_PER_DAY)


def _check(name: str, value: float, *, least: float, most: float) -> None:
    if not isfinite(value) or not least <= value <= most:
        raise UserError(f"{name} must be from {least:,g} to {most:,g}", fix="correct the number")


def change(world: World, limits: Limits, *, actor: str) -> None:
    """Have other limits hold from the next claim on; calls in progress go on.

    They hold until somebody changes them again, or starts the dialer with other settings.

    Raises:
        UserError: one of them is not fit.
    """
    limits.refuse_unfit()
    _write(world, asdict(limits), action="change_limits", actor=actor)


def bring_back(world: World, *, actor: str) -> None:
    """Have the limits hold that the settings name."""
    settings = world.db.read(gate.configured)
    names = Limits.__dataclass_fields__
    values = {name: settings[name] for name in names if name in settings}
    _write(world, values, action="bring_back_limits", actor=actor)


def _write(world: World, values: dict[str, object], *, action: str, actor: str) -> None:
    now = world.clock.now()

    def body(tx: Connection) -> None:
        held = gate.lock(tx)
        before: dict[str, object] = {name: getattr(held, name) for name in values}
        if before == values:
            return
        gate.set_limits(tx, **values)
        log_action(
            tx, actor=actor, action=action, subject="limits", now=now, before=before, after=values
        )
        log.info(action, **values)

    world.db.transact(body)
    world.queue.plan()
