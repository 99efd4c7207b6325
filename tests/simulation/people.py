"""People, and the weather: what they do while a campaign runs, and what fails around them."""

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from dialer.actions import control, copying, do_not_call, editing, lead_control
from dialer.actions.load import Order, load
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.errors import UserError
from dialer.simulator.engine import Exchange
from dialer.simulator.faults import Faults
from dialer.store import gate
from dialer.store.database import is_outage
from simulation.hub import Clock, Hub
from simulation.perils import Perils
from simulation.plant import Plant
from simulation.points import Fault
from simulation.scenario import Scenario, draw_list

WINDOWS = ({"opens": "00:00", "closes": "24:00"}, {"opens": "08:00", "closes": "21:00"})


class People:
    """Does something now and then until `calm`, and puts everything right afterwards."""

    def __init__(
        self,
        hub: Hub,
        perils: Perils,
        plant: Plant,
        world: World,
        exchange: Exchange,
        clock: Clock,
        *,
        scenario: Scenario,
        folder: Path,
        dice: random.Random,
    ) -> None:
        self.flushes = 0
        self.unfinished_imports: list[Callable[[], object]] = []
        self.clock_was_set = False
        self.clock_stays = False  # a doubt is settled by the clock; nobody may set it meanwhile
        self._hub, self._perils, self._plant = hub, perils, plant
        self._world, self._exchange, self._clock = world, exchange, clock
        self._scenario, self._folder, self._dice = scenario, folder, dice
        self._calm = False
        self._deeds: tuple[tuple[int, Callable[[], None]], ...] = (
            (3, self._flush),
            (2, self._broker_down),
            (2, self._database_down),
            (6, self._kill),
            (3, self._restart),
            (2, self._stick),
            (1, self._set_clock),
            (4, self._pause),
            (2, self._pause_all),
            (1, self._stop),
            (4, self._opt_out),
            (3, self._limit),
            (2, self._provider_limit),
            (2, self._edit),
            (3, self._let_go),
            (2, self._redial),
            (1, self.bring_list),
            (1, self._purge),
        )

    def begin(self) -> None:
        """Plan the first deed."""
        self._hub.after(self._wait_ms(), self._act)

    def _wait_ms(self) -> float:
        return self._dice.expovariate(self._perils.dangers.incidents_per_hour / 3_600_000)

    def _act(self) -> None:
        if self._calm:
            return
        weights, deeds = zip(*self._deeds, strict=True)
        self._dice.choices(deeds, weights)[0]()
        self._hub.after(self._wait_ms(), self._act)

    def calm(self) -> None:
        """From now on nothing goes wrong, and what was wrong is put right."""
        self._calm, self._perils.rule, self._perils.database_down = True, False, False
        self._clock.ahead_ms = 0
        self._plant.broker.down = False
        for process in self._plant.processes:
            process.frozen_until_ms = 0
            if process.stuck:  # somebody notices
                self._hub.kill(process)
        self._exchange.set_faults(Faults())
        self._exchange.set_limit(self._scenario.provider_lines)
        self._put_right()

    def _put_right(self) -> None:
        """Let go on what people have paused and what the system has held."""
        asked = text("SELECT id FROM campaign WHERE status IN ('paused', 'held')")
        for (campaign_id,) in self._world.db.look(lambda tx: tx.execute(asked).all()):  # type: ignore[attr-defined]
            self._do(
                "resume", lambda one=campaign_id: control.resume(self._world, one, actor="ann")
            )
        if self._world.db.look(gate.peek).everything_paused:  # type: ignore[attr-defined]
            self._do("resume all", lambda: control.resume_everything(self._world, actor="ann"))
        for again in self.unfinished_imports[:]:
            self._do("import", again)
        self._hub.after(600_000, self._put_right)

    # What fails

    def _flush(self) -> None:
        self._perils.hits[Fault.QUEUE_FLUSHED] += 1
        self.flushes += 1
        self._hub.note("FLUSHALL")
        self._plant.broker.flush()

    def _broker_down(self) -> None:
        self._perils.hits[Fault.QUEUE_DOWN] += 1
        broker = self._plant.broker
        broker.down = True
        if self._dice.random() < 0.5:
            broker.flush()
        self._hub.note("broker down")
        self._hub.after(self._dice.randrange(5_000, 300_000), self._broker_up)

    def _broker_up(self) -> None:
        self._plant.broker.down = False
        self._plant.broker.hand_out()

    def _database_down(self) -> None:
        self._perils.database_down = True
        self._hub.note("database down")
        self._hub.after(self._dice.randrange(2_000, 300_000), self._database_up)

    def _database_up(self) -> None:
        self._perils.database_down = False

    def _kill(self) -> None:
        process = self._dice.choice([*self._plant.processes, self._plant.desk])
        if process.alive:
            self._perils.count_kill(process, None)
            self._hub.kill(process)

    def _restart(self) -> None:
        self._perils.hits[Fault.RESTARTED] += 1
        process = self._dice.choice(self._plant.processes)
        process.stopping = True
        self._hub.end_if_done(process)

    def _stick(self) -> None:
        self._perils.hits[Fault.STUCK] += 1
        process = self._dice.choice(self._plant.broker.workers)
        process.stuck = True
        self._hub.after(self._dice.randrange(60_000, 600_000), lambda: self._hub.kill(process))

    def _set_clock(self) -> None:
        if self.clock_stays:
            return
        self._perils.hits[Fault.CLOCK_SET] += 1
        self.clock_was_set = True
        self._clock.ahead_ms = self._dice.choice((-300_000, -30_000, 30_000, 300_000))
        self._hub.note(f"clock set by {self._clock.ahead_ms} ms")
        self._hub.after(self._dice.randrange(30_000, 600_000), self._mend_clock)

    def _mend_clock(self) -> None:
        self._clock.ahead_ms = 0

    def _provider_limit(self) -> None:
        self._perils.hits[Fault.LIMIT_CHANGED] += 1
        self._exchange.set_limit(max(1, self._scenario.lines + self._dice.randrange(-3, 4)))

    # What people do

    def _do(self, name: str, deed: Callable[[], object], fault: Fault | None = None) -> None:
        """Let somebody type a command; refusals and outages are told to that person."""
        if fault is not None:
            self._perils.hits[fault] += 1

        def body() -> None:
            try:
                deed()
            except UserError as refused:
                self._hub.note(f"{name} refused: {refused}")
            except Exception as error:
                if not is_outage(error):
                    raise

        if self._plant.desk.alive:
            self._hub.note(name)
            self._hub.begin(self._plant.desk, name, body, done=lambda _: None)

    def _campaign(self) -> int:
        asked = text("SELECT id FROM campaign ORDER BY id")
        ids = self._world.db.look(lambda tx: tx.execute(asked).scalars().all())  # type: ignore[attr-defined]
        return int(self._dice.choice(ids))

    def _lead(self) -> tuple[int, str]:
        """Choose a lead; there may be none yet, as nobody checks before typing a number."""
        asked = text("SELECT id, phone FROM lead ORDER BY id")
        rows = self._world.db.look(lambda tx: tx.execute(asked).all())  # type: ignore[attr-defined]
        if not rows:
            return 1, "+12125552368"
        row = self._dice.choice(rows)
        return int(row.id), str(row.phone)

    def spite(self, campaign_id: int, phone: str) -> None:
        """Perhaps forbid, right after a claim, just what was claimed."""
        if self._perils.strikes(self._perils.dangers.spite):
            said = OptOut("asked", OptOutSource.HAND, actor="ann")
            self._dice.choice(
                (
                    lambda: self._pause(campaign_id),
                    self._pause_all,
                    lambda: self._set_lines(1),
                    lambda: self._do(
                        "opt-out",
                        lambda: do_not_call.add(self._world, phone, said),
                        Fault.OPTED_OUT,
                    ),
                )
            )()

    def _pause(self, campaign_id: int | None = None) -> None:
        one = self._campaign() if campaign_id is None else campaign_id
        self._do("pause", lambda: control.pause(self._world, one, actor="ann"), Fault.PAUSED)
        self._hub.after(
            self._dice.randrange(1_000, 400_000),
            lambda: self._do("resume", lambda: control.resume(self._world, one, actor="ann")),
        )

    def _pause_all(self) -> None:
        pause = lambda: control.pause_everything(self._world, actor="ann")  # noqa: E731
        self._do("pause all", pause, Fault.PAUSED_ALL)
        self._hub.after(
            self._dice.randrange(1_000, 300_000),
            lambda: self._do("go on", lambda: control.resume_everything(self._world, actor="ann")),
        )

    def _stop(self) -> None:
        if self._dice.random() < 0.5:
            one = self._campaign()
            self._do("stop", lambda: control.stop(self._world, one, actor="ann"), Fault.STOPPED)

    def _opt_out(self) -> None:
        _, phone = self._lead()
        said = OptOut("asked", OptOutSource.HAND, actor="ann")
        self._do("opt-out", lambda: do_not_call.add(self._world, phone, said), Fault.OPTED_OUT)

    def _limit(self) -> None:
        self._set_lines(max(1, self._scenario.lines + self._dice.randrange(-4, 5)))

    def _set_lines(self, lines: int) -> None:
        def deed() -> None:
            self._world.db.transact(lambda tx: gate.set_limits(tx, lines=lines))

        self._do(f"lines {lines}", deed, Fault.LIMIT_CHANGED)

    def _edit(self) -> None:
        one = self._campaign()
        changes: dict[str, object] = {"cadence.max_attempts": self._dice.choice((1, 2, 4))}
        if self._scenario.by_night:
            window = self._dice.choice(WINDOWS)
            changes = {f"window.{name}": value for name, value in window.items()}
        self._do("edit", lambda: editing.edit(self._world, one, changes, actor="ann"), Fault.EDITED)

    def _let_go(self) -> None:
        lead_id, _ = self._lead()
        if self._dice.random() < 0.5:
            deed = lambda: lead_control.skip(self._world, lead_id, reason="asked", actor="ann")  # noqa: E731
        else:
            deed = lambda: lead_control.retry(self._world, lead_id, at=None, actor="ann")  # noqa: E731
        self._do("skip or retry", deed, Fault.SKIPPED)

    def _redial(self) -> None:
        one = self._campaign()

        def deed() -> None:
            copied = copying.redial(self._world, one, actor="ann")
            control.start(self._world, copied.campaign_id, actor="ann")

        self._do("redial", deed, Fault.REDIALED)

    def _purge(self) -> None:
        self._plant.broker.tick("purge", within_ms=600_000)

    def bring_list(self) -> None:
        """Import a new list into some campaign."""
        path = self._folder / f"more-{self._hub.now_ms}.csv"
        self._perils.hits[Fault.POISON_ROWS] += 1
        path.write_text(draw_list(self._dice))
        self.import_file(self._campaign(), path)

    def import_file(self, campaign_id: int, path: Path) -> None:
        """Import a list, and again when that did not come to its end."""

        def deed() -> None:
            order = Order(check_agent=False)
            rejects = path.with_suffix(".rejects.csv")
            with suppress(UserError):  # an answer, too: nothing is left to be done
                load(self._world, campaign_id, path, actor="ann", rejects_to=rejects, order=order)
            if deed in self.unfinished_imports:  # somebody may have been faster
                self.unfinished_imports.remove(deed)

        self.unfinished_imports.append(deed)
        self._do("import", deed, Fault.IMPORTED)
