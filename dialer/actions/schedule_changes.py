"""Schedule changes: give a schedule other settings, or take it away."""

from functools import partial

from dialer.actions.noting import leave_out
from dialer.actions.schedule import find, first_run_at, make_folder, refuse_deleted, refuse_twin
from dialer.actions.world import World
from dialer.domain.schedule_spec import Recipe
from dialer.errors import RefusedByRule
from dialer.store import schedule_runs, schedules
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Schedule


def edit(world: World, schedule_id: int, recipe: Recipe, *, actor: str) -> None:
    """Give a schedule other settings; campaigns it made keep theirs.

    Raises:
        NotFound: there is no such schedule.
        RefusedByRule: a run is under way, another one has this name, or its moment is past.
    """
    now = world.clock.now()
    next_run_at = first_run_at(recipe.schedule, now=now)
    make_folder(recipe.schedule)

    def body(tx: Connection) -> None:
        find(tx, schedule_id)
        row = schedules.lock(tx, schedule_id)
        refuse_deleted(row)
        _refuse_under_way(tx, row)
        if row.enabled and row.name != recipe.schedule.name:
            refuse_twin(tx, recipe.schedule.name)
        leave_out(tx, row, because="edited", now=now)
        schedules.change(
            tx,
            schedule_id,
            name=recipe.schedule.name,
            spec=recipe.as_json(),
            next_run_at=next_run_at if row.enabled else None,
        )
        subject = f"schedule:{schedule_id}"
        before = _told(schedules.recipe_of(row))
        after = _told(recipe)
        log_action(
            tx, actor=actor, action="edit", subject=subject, now=now, before=before, after=after
        )

    world.db.transact(body)


def delete(world: World, schedule_id: int, *, actor: str) -> None:
    """Let a schedule make no campaign any more and be shown no more. May be called twice.

    Its runs stay, and so do the campaigns they made.

    Raises:
        NotFound: there is no such schedule.
        RefusedByRule: a run is under way, and would start a campaign all the same.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        find(tx, schedule_id)
        row = schedules.lock(tx, schedule_id)
        if row.deleted_at is not None:
            return
        _refuse_under_way(tx, row)
        leave_out(tx, row, because="deleted", now=now)
        values = {"enabled": False, "next_run_at": None, "deleted_at": now}
        schedules.change(tx, schedule_id, **values)
        subject = f"schedule:{schedule_id}"
        log = partial(log_action, tx, actor=actor, action="delete", subject=subject, now=now)
        log(before=_told(schedules.recipe_of(row)))

    world.db.transact(body)


def _refuse_under_way(tx: Connection, row: Schedule) -> None:
    """Keep the list of a run from being another one in its middle."""
    if schedule_runs.has_open(tx, row.id):
        raise RefusedByRule(
            f'a run of schedule {row.id} "{row.name}" is under way',
            why="what it has begun goes by the settings of now",
            fix="wait until it is over, which its page shows",
        )


def _told(recipe: Recipe) -> dict[str, object]:
    spec = recipe.schedule
    return {
        "name": spec.name,
        "when": spec.when,
        "leads": spec.leads.value,
        "missed": spec.missed.value,
        "lead_file": recipe.lead_file,
        "campaign": recipe.campaign.name,
    }
