"""A state machine of imports: files come, break off, come again and are taken back.

Between any two transactions the process may die; people are called, opt out and are added by other
files meanwhile. At every moment each row of a file is imported, updated, a duplicate or rejected.
"""

import csv
from contextlib import suppress
from pathlib import Path

import hypothesis.strategies as st
from databases import Killed, killed_after
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dialer.actions import control, do_not_call
from dialer.actions.dial import dial
from dialer.actions.load import Loaded, Order, load
from dialer.actions.plan import plan
from dialer.actions.storing import Known
from dialer.actions.undo import undo
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.states import ListStatus
from dialer.errors import UserError
from dialer.store import leads, lists, suppressions
from simulation.machine_people import ACTOR, pick
from simulation.machine_stage import QUICK, add_campaign, open_stage

HEADER = ("Phone", "Name", "Product")
GOOD = tuple(f"+1212{2_000_000 + number}" for number in range(1, 9))
BAD = ("911", "", "not a number", "+1212")
ROW = st.tuples(st.sampled_from([*GOOD, *GOOD, *BAD]), st.sampled_from(["Ann", "Bob", ""]))
LIVES = st.sampled_from([None, None, 0, 1, 2, 3, 4])
"""How many transactions a process lives for; None: for all of them."""
WHICH = st.integers(0, 99)


class ImportMachine(RuleBasedStateMachine):
    """Files, processes that die over them, and people who meddle."""

    @initialize(running=st.booleans())
    def begin(self, running: bool) -> None:
        self.stage = open_stage(lines=2)
        self.folder = Path(self.stage.folder.name)
        self.campaign_id = add_campaign(self.stage, **QUICK)
        if not running:
            control.pause(self.stage.world, self.campaign_id, actor=ACTOR)
        self.files: list[Path] = []

    @rule(rows=st.lists(ROW, min_size=1, max_size=6))
    def write_a_file(self, rows: list[tuple[str, str]]) -> None:
        path = self.folder / f"leads {len(self.files)}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(HEADER)
            writer.writerows((phone, name, "Solar") for phone, name in rows)
        self.files.append(path)

    @precondition(lambda self: self.files)
    @rule(which=WHICH, lives=LIVES, known=st.sampled_from(Known))
    def load(self, which: int, lives: int | None, known: Known) -> None:
        path = pick(self.files, which)
        assert path is not None
        with suppress(Killed, UserError):
            self._check(self._load(path, lives=lives, known=known), path)

    def _load(self, path: Path, *, lives: int | None, known: Known) -> Loaded:
        world = self.stage.world
        return load(
            world if lives is None else killed_after(world, lives),
            self.campaign_id,
            path,
            actor=ACTOR,
            rejects_to=self.folder / "rejects.csv",
            order=Order(check_agent=False, known=known),
        )

    def _check(self, loaded: Loaded, path: Path) -> None:
        """Compare an import that is done with its file."""
        with path.open(newline="", encoding="utf-8") as stream:
            phones = [row["Phone"] for row in csv.DictReader(stream)]
        stored = loaded.imported + loaded.updated + loaded.duplicates + loaded.rejected
        assert stored == loaded.rows
        assert loaded.rows + loaded.blank == len(phones)
        if loaded.already:
            return
        known = {row.phone for row in self.stage.lead_rows()}
        missing = {phone for phone in phones if phone in GOOD} - known - self._opted_out()
        assert missing == set()

    def _opted_out(self) -> set[str]:
        rows = self.stage.world.db.read(lambda tx: suppressions.page(tx, after=0, most=100))
        return {row.phone for row in rows}

    @precondition(lambda self: self._lists())
    @rule(which=WHICH, lives=LIVES)
    def undo(self, which: int, lives: int | None) -> None:
        row = pick(self._lists(), which)
        assert row is not None
        world = self.stage.world
        called = {one.lead_id for one in self.stage.attempt_rows()}
        with suppress(Killed):
            undone = undo(
                world if lives is None else killed_after(world, lives), row.id, actor=ACTOR
            )
            left = self.stage.rows(leads.lead, leads.lead.c.list_id == row.id)
            assert {one.id for one in left} <= called
            assert undone.kept == len(left)

    def _lists(self) -> list[object]:
        return self.stage.rows(lists.lead_list)

    @precondition(lambda self: self.stage.somebody_is_due())
    @rule()
    def call(self) -> None:
        plan(self.stage.world)
        for attempt_id in self.stage.queue.dialed:
            dial(self.stage.world, attempt_id)
        self.stage.queue.dialed.clear()

    @precondition(lambda self: self.stage.somebody_is_due())
    @rule()
    def claim(self) -> None:
        plan(self.stage.world)

    @rule(which=WHICH)
    def opt_out(self, which: int) -> None:
        phone = pick(GOOD, which)
        assert phone is not None
        wish = OptOut("asked", OptOutSource.HAND, actor=ACTOR)
        do_not_call.add(self.stage.world, phone, wish)
        self.stage.wire.forbidden.opted_out.setdefault(phone, self.stage.now)

    @invariant()
    def nothing_is_broken(self) -> None:
        if hasattr(self, "stage"):
            assert self.stage.broken() == []

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            return
        try:
            for path in self.files:
                with suppress(UserError):  # begun under other settings, and not finished
                    self._check(self._load(path, lives=None, known=Known.SKIP), path)
            begun = [row for row in self._lists() if row.status is ListStatus.IMPORTING]
            for row in begun:
                undo(self.stage.world, row.id, actor=ACTOR)
            assert self.stage.broken() == []
        finally:
            self.stage.close()
