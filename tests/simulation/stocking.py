"""Stocking: the limits, campaigns and leads that a run begins with."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from dialer.actions import control, schedule
from dialer.actions.world import World
from dialer.domain.schedule_spec import Recipe, ScheduleSpec
from dialer.domain.states import LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.store import gate, leads
from simulation.people import People
from simulation.scenario import Person, Scenario

INSTALL = text("UPDATE dial_gate SET install = 'simulated'")


def stock(world: World, scenario: Scenario, *, people: People, folder: Path) -> None:
    """Make what a scenario begins with, and start its campaigns."""
    world.db.transact(
        lambda tx: gate.ensure(
            tx,
            lines=scenario.lines,
            calls_per_second=scenario.calls_per_second,
            headroom=0,
        )
    )
    world.db.transact(lambda tx: tx.execute(INSTALL))
    for spec, called in zip(scenario.specs, scenario.people, strict=True):
        campaign_id = control.create(world, spec, actor="ann")
        if scenario.imported:
            path = folder / f"list-{campaign_id}.csv"
            people.import_file(campaign_id, _written(path, called))
        else:
            world.db.transact(lambda tx, c=campaign_id, p=called: _put_in(tx, world, c, p))  # type: ignore[misc]
        control.start(world, campaign_id, actor="ann")
    if scenario.scheduled:
        _schedule(world, scenario, folder=folder)


def _schedule(world: World, scenario: Scenario, *, folder: Path) -> None:
    """Let a schedule make one more campaign, of people who may be on the others, too."""
    path = _written(folder / "scheduled.csv", scenario.people[0][:5])
    at = world.clock.now() + timedelta(minutes=2)
    spec = scenario.specs[0].model_copy(update={"name": "Scheduled"})
    recipe = Recipe(
        schedule=ScheduleSpec(name="Once", at=at, late_by=timedelta(hours=5)),
        campaign=spec,
        lead_file=str(path),
    )
    schedule.create(world, recipe, actor="ann")


def _written(path: Path, people: tuple[Person, ...]) -> Path:
    rows = "\n".join(f"{one.phone},Ada" for one in people)
    path.write_text(f"phone,first_name\n{rows}\n")
    return path


def _put_in(tx: Connection, world: World, campaign_id: int, people: tuple[Person, ...]) -> None:
    now = world.clock.now()
    rows = [
        {
            "campaign_id": campaign_id,
            "phone": one.phone,
            "zones": one.zone,
            "zone_source": ZoneSource.NUMBER,
            "variables": {"first_name": "Ada"},
            "status": LeadStatus.READY,
            "due_at": now,
            "attempts": 0,
            "free_tries": 0,
            "tries": 0,
            "created_at": now,
        }
        for one in people
    ]
    leads.add(tx, rows)
