"""The stage of the state machines: the production engine on a database of its own, made at once."""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from factories import NOW, FrozenClock, RecordingQueue, make_lead, make_spec, set_gate
from scripted_retell import open_client

from dialer.actions import control
from dialer.actions.world import World
from dialer.domain.states import LeadStatus
from dialer.store import attempts, campaigns, leads, migrate
from dialer.store.invariants import violations
from dialer.store.scratch import ScratchDatabase
from simulation.machine_wire import Wire

NEW_YORK, LOS_ANGELES = "America/New_York", "America/Los_Angeles"
PHONES = {
    "+12122000001": NEW_YORK,
    "+12122000002": NEW_YORK,
    "+13102000001": LOS_ANGELES,
    "+13102000002": LOS_ANGELES,
}
STARTS = (
    NOW,
    datetime(2026, 3, 7, 20, 0, tzinfo=UTC),  # the clocks go forward the next night
    datetime(2026, 10, 31, 23, 30, tzinfo=UTC),  # and back
    datetime(2026, 12, 31, 7, 0, tzinfo=UTC),  # it is night, and a holiday follows
)
QUICK = {
    "cadence": {
        "max_attempts": 3,
        "delays": {"no_answer": "2m", "busy": "0s", "voicemail": "10m", "declined": "1h"},
    },
}
USUAL: dict[str, Any] = {
    "window": {},
    "person": {"calls_per_day": 2, "gap": "10m"},
    "cadence": {"max_attempts": 3},
    "weight": 2.0,
}


@lru_cache
def _template() -> Path:
    """Make the tables once for this process, by the migrations."""
    folder = tempfile.TemporaryDirectory(prefix="dialer-machines-")
    _folders.append(folder)
    path = Path(folder.name) / "template.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


_folders: list[tempfile.TemporaryDirectory[str]] = []  # kept until the process ends


@dataclass
class Stage:
    """A world in which one person decides what happens next."""

    world: World
    clock: FrozenClock
    queue: RecordingQueue
    wire: Wire
    folder: "tempfile.TemporaryDirectory[str]"
    campaign_ids: list[int] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def broken(self, *, excused: frozenset[str] = frozenset()) -> list[str]:
        """Give what is wrong at this moment, in the rows or out there."""
        found = self.world.db.read(lambda tx: violations(tx, now=self.now))
        told = [f"{one.name}: {one.sentence} {one.ids}" for one in found if one.name not in excused]
        return told + self.wire.wrong

    def rows(self, table: Any, *conditions: Any) -> list[Any]:
        """Read rows of a table in the order of their ids."""
        chosen = table.select().where(*conditions).order_by(table.c.id)
        return self.world.db.read(lambda tx: list(tx.execute(chosen)))

    def lead_rows(self) -> list[Any]:
        return self.rows(leads.lead)

    def attempt_rows(self) -> list[Any]:
        return self.rows(attempts.attempt)

    def campaign_rows(self) -> list[Any]:
        return self.rows(campaigns.campaign)

    def unfinished(self) -> list[str]:
        """Tell of the leads that are neither closed nor held with a reason, and of open calls."""
        waiting = [
            f"lead {row.id} is {row.status}, due at {row.due_at}"
            for row in self.lead_rows()
            if row.status is not LeadStatus.CLOSED
            and not (row.status is LeadStatus.HELD and row.held_reason)
        ]
        return waiting + [
            f"attempt {row.id} is {row.status}"
            for row in self.attempt_rows()
            if row.closed_at is None or row.check_at is not None
        ]

    def somebody_is_due(self) -> bool:
        return self.world.db.read(lambda tx: leads.any_due(tx, now=self.now))

    def next_moment(self) -> datetime | None:
        """Give the next moment at which something is due."""
        moments = [row.due_at for row in self.lead_rows()]
        moments += [row.check_at for row in self.attempt_rows()]
        ahead = [moment for moment in moments if moment is not None and moment > self.now]
        return min(ahead, default=None)

    def close(self) -> None:
        self.world.provider.close()
        self.world.db.close()
        self.folder.cleanup()


def open_stage(*, start_at: datetime = NOW, lines: int = 2, first_id: int = 1) -> Stage:
    """Open an empty world with the tables of production, in which it is `start_at`."""
    folder = tempfile.TemporaryDirectory(prefix="dialer-machine-")
    path = Path(folder.name) / "machine.db"
    shutil.copy(_template(), path)
    database = ScratchDatabase(path)
    set_gate(database, lines=lines)
    clock, queue = FrozenClock(start_at), RecordingQueue()
    wire = Wire(clock)
    numbers = iter(range(first_id, 1_000_000))
    world = World(
        db=database,
        provider=open_client(wire, clock=clock),
        queue=queue,
        clock=clock,
        new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012}",  # the same in each run
    )
    return Stage(world, clock, queue, wire, folder)


def add_campaign(stage: Stage, *phones: str, **spec: Any) -> int:
    """Add a running campaign with these people."""
    campaign_id = control.create(stage.world, make_spec(**spec), actor="machine")
    for phone in phones:
        values = {"phone": phone, "zones": PHONES[phone]}
        stage.world.db.transact(
            lambda tx, given=values: make_lead(tx, campaign_id, now=stage.now, **given)  # type: ignore[misc]
        )
    control.start(stage.world, campaign_id, actor="machine")
    stage.campaign_ids.append(campaign_id)
    return campaign_id
