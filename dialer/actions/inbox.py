"""Inbox: take the files that appear in a watched folder.

A file is taken when it did not change between two looks, so that one still being written is left
alone, and when no file of the same content was taken before. Files are noted, never moved: the
folder belongs to whoever fills it, may be read-only or kept in step with another machine (which
would bring a moved file back, or remove it there), and a move cannot be committed together with
the row that says so.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from dialer.actions.world import World
from dialer.log import get_logger
from dialer.store import schedule_runs, schedules
from dialer.store.database import Connection
from dialer.store.tables import InboxFile, Schedule

log = get_logger(__name__)

SETTLED_AFTER = timedelta(seconds=10)
"""Between two looks at a file, so that two ticks at once are not taken for two."""

HASH = "sha256:"
"""How the occurrence of a file begins; its content follows."""

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart", ".swp")


class Found(NamedTuple):
    """A file in the folder."""

    path: Path
    size: int
    modified_ns: int


def look_into(world: World, schedule: Schedule, watch: str) -> int:
    """Note the files in a schedule's folder, take those that are ready, and give their number."""
    taken = 0
    for found in files_in(watch):
        now = world.clock.now()
        row = world.db.transact(partial(_see, schedule=schedule, found=found, world=world))
        if row.sha256 is None and now - row.seen_at >= SETTLED_AFTER:
            taken += _take(world, schedule, found, row)
    return taken


def files_in(watch: str) -> Iterator[Found]:
    """Give the files that a pattern names, by name; no hidden, empty or unfinished ones."""
    pattern = Path(watch)
    for path in sorted(pattern.parent.glob(pattern.name)):
        if path.name.startswith((".", "~")) or path.suffix.lower() in _UNFINISHED:
            continue
        try:
            stat = path.stat()
        except OSError:  # gone since the folder was read
            continue
        if path.is_file() and stat.st_size:
            yield Found(path, stat.st_size, stat.st_mtime_ns)


def content_of(path: Path) -> str:
    """Give the hash of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _see(tx: Connection, *, schedule: Schedule, found: Found, world: World) -> InboxFile:
    return schedules.see_file(
        tx,
        schedule.id,
        found.path.name,
        size=found.size,
        modified_ns=found.modified_ns,
        now=world.clock.now(),
    )


def _take(world: World, schedule: Schedule, found: Found, row: InboxFile) -> bool:
    """Make a run of a file. False when its content was taken before, or is changing now."""
    try:
        sha256 = content_of(found.path)
        after = found.path.stat()
    except OSError as error:
        log.warning("inbox_file_unreadable", schedule_id=schedule.id, error=type(error).__name__)
        return False
    if (after.st_size, after.st_mtime_ns) != (found.size, found.modified_ns):
        return False
    now = world.clock.now()

    def body(tx: Connection) -> int | None:
        if not schedules.lock(tx, schedule.id).enabled:
            return None
        schedules.know_file(tx, row, sha256=sha256)
        return schedule_runs.add(
            tx,
            schedule.id,
            HASH + sha256,
            due_at=now,
            actor=f"schedule:{schedule.id}",
            file=str(found.path),
        )

    run_id = world.db.transact(body)
    if run_id is not None:
        log.info("inbox_file_taken", schedule_id=schedule.id, run_id=run_id)
    return run_id is not None
