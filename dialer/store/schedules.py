"""Schedules, and the files seen in the folders they watch."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.schedule_spec import Recipe
from dialer.store.rows import many, one
from dialer.store.tables import InboxFile, Schedule, table

inbox_file = table(InboxFile)
schedule = table(Schedule)


def add(tx: Connection, recipe: Recipe, *, next_run_at: datetime | None, now: datetime) -> int:
    """Add an enabled schedule and give its id."""
    result = tx.execute(
        insert(schedule)
        .values(
            name=recipe.schedule.name,
            spec=recipe.as_json(),
            enabled=True,
            next_run_at=next_run_at,
            created_at=now,
        )
        .returning(schedule.c.id)
    )
    return int(result.scalar_one())


def get(tx: Connection, schedule_id: int) -> Schedule | None:
    """Read one schedule."""
    return one(tx, Schedule, select(schedule).where(schedule.c.id == schedule_id))


def lock(tx: Connection, schedule_id: int) -> Schedule:
    """Lock and read one schedule, so that nobody disables it until the transaction ends."""
    chosen = select(schedule).where(schedule.c.id == schedule_id).with_for_update()
    row = one(tx, Schedule, chosen)
    if row is None:
        raise LookupError(f"schedule {schedule_id} is gone")
    return row


def every(tx: Connection) -> list[Schedule]:
    """Read all schedules that were not deleted, the newest first."""
    kept = select(schedule).where(schedule.c.deleted_at.is_(None))
    return many(tx, Schedule, kept.order_by(schedule.c.id.desc()))


def names(tx: Connection, schedule_ids: Collection[int]) -> dict[int, str]:
    """Give the names of schedules by their ids, of those that were deleted, too."""
    chosen = select(schedule.c.id, schedule.c.name).where(schedule.c.id.in_(schedule_ids))
    return {row[0]: row[1] for row in tx.execute(chosen)}


def page(tx: Connection, *, before: int | None, most: int) -> list[Schedule]:
    """Read schedules made before one, the newest first."""
    chosen = select(schedule)
    if before is not None:
        chosen = chosen.where(schedule.c.id < before)
    return many(tx, Schedule, chosen.order_by(schedule.c.id.desc()).limit(most))


def enabled(tx: Connection) -> list[Schedule]:
    """Read the schedules that run, the oldest first."""
    return many(tx, Schedule, select(schedule).where(schedule.c.enabled).order_by(schedule.c.id))


def enabled_named(tx: Connection, name: str) -> Schedule | None:
    """Find a schedule that runs under this name."""
    chosen = select(schedule).where(schedule.c.enabled, schedule.c.name == name)
    return one(tx, Schedule, chosen)


def recipe_of(row: Schedule) -> Recipe:
    """Read the settings of a schedule's row."""
    return _recipe(orjson.dumps(row.spec))


@lru_cache(maxsize=256)
def _recipe(text: bytes) -> Recipe:
    return Recipe.model_validate(orjson.loads(text))


def change(tx: Connection, schedule_id: int, **values: Any) -> None:
    """Change columns of a schedule."""
    tx.execute(update(schedule).where(schedule.c.id == schedule_id).values(**values))


def advance(
    tx: Connection, schedule_id: int, *, current: datetime, target: datetime | None
) -> bool:
    """Go on to the next occurrence. False when somebody else did, or the schedule was disabled."""
    guarded = update(schedule).where(
        schedule.c.id == schedule_id, schedule.c.enabled, schedule.c.next_run_at == current
    )
    return bool(tx.execute(guarded.values(next_run_at=target)).rowcount)


def see_file(
    tx: Connection, schedule_id: int, name: str, *, size: int, modified_ns: int, now: datetime
) -> InboxFile:
    """Note a file in a watched folder, and give what is known of it in this very shape."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    shape = {"size": size, "modified_ns": modified_ns}
    key = {"schedule_id": schedule_id, "name": name}
    tx.execute(
        dialect.insert(inbox_file)
        .values(seen_at=now, **key, **shape)
        .on_conflict_do_nothing(index_elements=["schedule_id", "name"])
    )
    mine = (inbox_file.c.schedule_id == schedule_id, inbox_file.c.name == name)
    tx.execute(
        update(inbox_file)
        .where(*mine, (inbox_file.c.size != size) | (inbox_file.c.modified_ns != modified_ns))
        .values(seen_at=now, sha256=None, **shape)
    )
    row = one(tx, InboxFile, select(inbox_file).where(*mine))
    assert row is not None
    return row


def know_file(tx: Connection, row: InboxFile, *, sha256: str) -> None:
    """Keep the hash of a file, unless it has changed since it was seen."""
    tx.execute(
        update(inbox_file)
        .where(
            inbox_file.c.id == row.id,
            inbox_file.c.size == row.size,
            inbox_file.c.modified_ns == row.modified_ns,
        )
        .values(sha256=sha256)
    )


def files_seen(tx: Connection, schedule_id: int) -> list[InboxFile]:
    """Read the files that were seen in a schedule's folder, the latest first."""
    chosen = select(inbox_file).where(inbox_file.c.schedule_id == schedule_id)
    return many(tx, InboxFile, chosen.order_by(inbox_file.c.seen_at.desc(), inbox_file.c.id.desc()))
