"""A state machine over the single steps of schedules: no moment is forgotten, and none comes twice.

Beats come late, twice, or die between two transactions; somebody else acts right before one. The
schedules are edited, disabled and run by hand, their list changes, clocks are set, campaigns end.
"""

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
from databases import Killed, interrupted_by, killed_after
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.actions import schedule, schedule_changes
from dialer.actions.dial import dial
from dialer.actions.plan import plan
from dialer.actions.receive import receive
from dialer.actions.reconcile import reconcile
from dialer.actions.settle import settle
from dialer.actions.undo import undo
from dialer.actions.world import World
from dialer.domain.schedule_spec import RunStatus
from dialer.errors import UserError
from dialer.store import lists, schedule_runs
from simulation.machine_engine import AS_IF_ASLEEP
from simulation.machine_import import BAD, GOOD, HEADER
from simulation.machine_people import ACTOR, People, pick
from simulation.machine_promises import Promises
from simulation.machine_stage import open_stage
from simulation.machine_wishes import BEGINNINGS, WISHES, Wish

DURATIONS = (
    *(timedelta(minutes=minutes) for minutes in (0, 1, 4, 16, 45)),
    *(timedelta(hours=hours) for hours in (1, 3, 9)),
    *(timedelta(days=days) for days in (1, 2)),
)
HELD_OUT = timedelta(minutes=4)
"""After so long a run is anybody's whose process is gone."""
MOST_SCHEDULES = 3
WHICH = st.integers(0, 99)
MEDDLING = ("tick", "tick_later", "tick_and_die", "disable", "pause", "stop", "undo")
FATE = st.tuples(st.sampled_from(["lives", "lives", "dies", "dies", *MEDDLING]), st.integers(0, 12))
"""What becomes of a process, and before which of its transactions."""
WHIMS = ("disable", "enable", "enable", "delete", "pause", "resume", "stop", "undo", "skip")
OUTCOMES = ("user_hangup", "dial_no_answer", "voicemail_reached")
ROW = st.tuples(st.sampled_from([*GOOD, *GOOD, *BAD]), st.sampled_from(["Ann", "Bob"]))


class ScheduleMachine(RuleBasedStateMachine):
    """Steps of beats, people and clocks, in any order."""

    @initialize(start_at=st.sampled_from(BEGINNINGS), wish=WISHES)
    def begin(self, start_at: datetime, wish: Wish) -> None:
        self.stage = open_stage(start_at=start_at, lines=2)
        self.folder = Path(self.stage.folder.name)
        self.file = self.folder / "leads.csv"
        self.promises = Promises(self.stage)
        self.asleep = False
        self._write([(phone, "Ann") for phone in GOOD[:3]])
        self.create(wish)

    # -- beats and workers

    @rule(duration=st.sampled_from(DURATIONS), fate=FATE)
    def beat(self, duration: timedelta, fate: tuple[str, int]) -> None:
        self._pass_time(duration)
        self._tick(fate)

    @rule(fate=FATE)
    def second_beat(self, fate: tuple[str, int]) -> None:
        """It comes at the very moment of the last step."""
        self._tick(fate)

    def _tick(self, fate: tuple[str, int] = ("lives", 0)) -> None:
        self.promises.readings = [self.stage.now]
        with suppress(Killed):
            schedule.run_due(self._fated(fate), rejects_in=self.folder)
        self.promises.look(is_whole=fate[0] == "lives")

    def _fated(self, fate: tuple[str, int]) -> World:
        """Give a world for a process that lives, dies, or is meddled with."""
        kind, before = fate
        if kind == "lives":
            return self.stage.world
        if kind == "dies":
            return killed_after(self.stage.world, before)
        return interrupted_by(self.stage.world, lambda: self._meddle(kind, before), before=before)

    def _meddle(self, whim: str, which: int) -> None:
        self.promises.look()
        before = self.promises.readings
        if whim in ("tick_later", "tick_and_die"):
            self._pass_time(HELD_OUT)
        if whim.startswith("tick"):
            self._tick(("dies", which) if whim == "tick_and_die" else ("lives", 0))
        else:
            self._act(whim, which)
        # Whoever was meddled with has read the clock for one schedule, and will for the next.
        self.promises.readings = [*before, self.stage.now]

    @rule(duration=st.sampled_from(DURATIONS))
    def wait(self, duration: timedelta) -> None:
        """No beat comes for a while."""
        self._pass_time(duration)

    def _pass_time(self, duration: timedelta) -> None:
        self.stage.clock.moment += duration
        self.asleep = True

    @rule()
    def look(self) -> None:
        reconcile(self.stage.world)
        self.asleep = False

    @precondition(lambda self: self.stage.somebody_is_due())
    @rule(outcome=st.sampled_from(OUTCOMES))
    def call(self, outcome: str) -> None:
        """Call those who are due, up to the ends of their calls."""
        plan(self.stage.world)
        for attempt_id in self.stage.queue.dialed:
            dial(self.stage.world, attempt_id)
        self.stage.queue.dialed.clear()
        for call in self.stage.wire.calls.values():
            if call["call_status"] != "ended":
                body = self.stage.wire.end(call["metadata"]["attempt_id"], outcome)
                row = receive(self.stage.world, body, now=self.stage.now)
                assert row is not None
                settle(self.stage.world, row)

    # -- people

    @precondition(lambda self: len(self.promises.by_id) < MOST_SCHEDULES)
    @rule(wish=WISHES)
    def create(self, wish: Wish) -> None:
        now = self.stage.now
        with suppress(UserError):  # one of this name runs
            recipe = wish.recipe(self.file, now=now)
            schedule_id = schedule.create(self.stage.world, recipe, actor=ACTOR)
            self.promises.by_id[schedule_id] = wish.promise(now=now)

    @rule(which=WHICH, wish=WISHES)
    def edit(self, which: int, wish: Wish) -> None:
        schedule_id, now = self._schedule(which), self.stage.now
        with suppress(UserError):  # a run is under way, it was deleted, or one of this name runs
            recipe = wish.recipe(self.file, now=now)
            schedule_changes.edit(self.stage.world, schedule_id, recipe, actor=ACTOR)
            self.promises.leave_out(schedule_id)
            is_enabled = self.promises.by_id[schedule_id].since is not None
            told = self.promises.by_id[schedule_id] = wish.promise(now=now)
            told.since = now if is_enabled else None

    @rule(which=WHICH, fate=FATE)
    def run_now(self, which: int, fate: tuple[str, int]) -> None:
        self.promises.readings = [self.stage.now]
        with suppress(Killed, UserError):  # it was deleted
            world = self._fated(fate)
            schedule.run_now(world, self._schedule(which), actor=ACTOR, rejects_in=self.folder)
        self.promises.look()

    @rule(which=WHICH)
    def ask_run(self, which: int) -> None:
        self.promises.readings = [self.stage.now]
        with suppress(UserError):  # it was deleted
            schedule.ask_run(self.stage.world, self._schedule(which), actor=ACTOR)
        self.promises.look()

    @rule(rows=st.lists(ROW, max_size=5))
    def change_the_list(self, rows: list[tuple[str, str]]) -> None:
        """Another file takes its place, or none."""
        if rows:
            self._write(rows)
        else:
            self.file.unlink(missing_ok=True)

    def _write(self, rows: list[tuple[str, str]]) -> None:
        with self.file.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([HEADER[:2], *rows])
        self.promises.lists.append(frozenset(phone for phone, _ in rows) & set(GOOD))

    @rule(whim=st.sampled_from(WHIMS), which=WHICH)
    def change_a_mind(self, whim: str, which: int) -> None:
        self._act(whim, which)

    def _act(self, whim: str, which: int) -> None:
        """Let somebody do something to a schedule, a list, a campaign or a lead."""
        before = {row.id: row.status for row in self.stage.campaign_rows()}
        self.stage.campaign_ids = list(before)
        with suppress(UserError):  # not allowed
            if hasattr(self, f"_{whim}"):
                getattr(self, f"_{whim}")(which)
            elif self.stage.lead_rows():
                getattr(People(self.stage), whim)(which, None)
        after = self.stage.campaign_rows()
        self.promises.touched |= {row.id for row in after if row.status is not before[row.id]}

    def _enable(self, which: int) -> None:
        schedule_id = self._schedule(which)
        schedule.enable(self.stage.world, schedule_id, actor=ACTOR)
        promise = self.promises.by_id[schedule_id]
        promise.since = promise.since or self.stage.now

    def _disable(self, which: int) -> None:
        self._leave(schedule.disable, which)

    def _delete(self, which: int) -> None:
        self._leave(schedule_changes.delete, which)

    def _leave(self, act: Callable[..., None], which: int) -> None:
        schedule_id = self._schedule(which)
        act(self.stage.world, schedule_id, actor=ACTOR)
        self.promises.leave_out(schedule_id)
        self.promises.by_id[schedule_id].since = None

    def _undo(self, which: int) -> None:
        row = pick(self.stage.rows(lists.lead_list), which)
        if row is not None:
            undo(self.stage.world, row.id, actor=ACTOR)

    def _schedule(self, which: int) -> int:
        return sorted(self.promises.by_id)[which % len(self.promises.by_id)]

    # -- what holds

    @invariant()
    def nothing_is_broken(self) -> None:
        if hasattr(self, "stage"):
            excused = AS_IF_ASLEEP if self.asleep else frozenset()
            assert self.stage.broken(excused=excused) + self.promises.wrong == []

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            return
        try:
            self._run_out()
        finally:
            self.stage.close()

    def _run_out(self) -> None:
        """Let every run come to its end, each time by a process that lives."""
        run = schedule_runs.run
        while self.stage.rows(run, run.c.status == RunStatus.OPEN):
            self._pass_time(HELD_OUT)
            self._tick()
        self.look()
        self.nothing_is_broken()
