"""Errands: work on what people asked for on pages.

Any number of workers may look at the same time: each errand is held by one of them, who tells
that it is alive. What a dead worker held is taken up again after a while.
"""

import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dialer.actions import bulk, export_errands, file_errands, upload_errands, uploads
from dialer.actions.errand_hold import HELD_FOR, ErrandHold, TakenOver
from dialer.actions.world import World
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.errors import UserError
from dialer.log import get_logger
from dialer.store import errands
from dialer.store.database import Connection
from dialer.store.tables import Errand

log = get_logger(__name__)

MOST_TRIES = 3
AT_ONCE = 2
"""Fewer than the worker for files has processes."""
FORGOTTEN_AFTER = timedelta(days=2)
"""So long a file waits for a person before it is deleted."""

Work = Callable[[ErrandHold], None]
Works = Mapping[ErrandKind, Work]
_NO_MORE: Works = {}


@dataclass(frozen=True, slots=True)
class _Verb:
    """What is done before a person decides, and after."""

    do: Work
    check: Work | None = None


_VERBS: Mapping[ErrandKind, _Verb] = {
    ErrandKind.LEADS: _Verb(upload_errands.import_leads, upload_errands.check),
    ErrandKind.UNDO: _Verb(upload_errands.undo_list),
    ErrandKind.OPT_OUTS: _Verb(file_errands.add_opt_outs),
    ErrandKind.REGISTRY: _Verb(file_errands.load_registry),
    ErrandKind.BULK: _Verb(bulk.do_to_all),
    ErrandKind.EXPORT: _Verb(export_errands.write),
}


def run_due(world: World, *, home: Path, more: Works = _NO_MORE) -> int:
    """Do errands that wait, and give how many. May be called at any moment, by anybody.

    What others have under way counts, too, so that something is left for audits and schedules.
    `more` is the work that no action can do.
    """
    _drop_forgotten(world, home=home)
    export_errands.delete_old(world, home=home)
    due = world.db.read(partial(errands.due, now=world.clock.now(), at_once=AT_ONCE))
    return sum(run(world, errand_id, home=home, more=more) for errand_id in due)


def run(world: World, errand_id: int, *, home: Path, more: Works = _NO_MORE) -> bool:
    """Do one errand, unless somebody else does; False then. `more` as for `run_due`."""
    holder = uuid.uuid4().hex
    now = world.clock.now()
    take = partial(errands.take, errand_id=errand_id, holder=holder, until=now + HELD_FOR, now=now)
    row = world.db.transact(take)
    if row is None:
        return False
    hold = ErrandHold(world, row, holder, home)
    try:
        if row.tries > MOST_TRIES:
            raise UserError(
                "the worker died at it several times",
                why="its log says of what; a file may be too large for its memory",
                fix="import it with `dialer lists import`, or tell whoever runs the dialer",
            )
        _work_of(row, more)(hold)
    except UserError as error:
        hold.fail(error)
    except TakenOver:
        log.warning("errand_taken_over", errand_id=errand_id)
    return True


def _work_of(row: Errand, more: Works) -> Work:
    verb = _VERBS.get(row.kind)
    work = more.get(row.kind)
    if verb is not None:
        work = verb.check if row.status is ErrandStatus.CHECKING else verb.do
    if work is None:
        raise UserError(
            f"nobody here can do this: {row.kind.value}",
            why="the worker is of another release",
            fix="start the worker for files anew",
        )
    return work


def _drop_forgotten(world: World, *, home: Path) -> None:
    before = world.clock.now() - FORGOTTEN_AFTER
    for row in world.db.read(partial(errands.forgotten, before=before)):
        drop(world, row.id, home=home)


def drop(world: World, errand_id: int, *, home: Path) -> bool:
    """Forget an errand that waits for a person, and delete its file; False when it is too late."""
    row = world.db.read(partial(errands.get, errand_id=errand_id))
    if row is None or not world.db.transact(partial(_drop, errand_id=errand_id)):
        return False
    if row.file is not None:
        shutil.rmtree((uploads.folder(home) / row.file).parent, ignore_errors=True)
    return True


def _drop(tx: Connection, *, errand_id: int) -> bool:
    values: dict[str, Any] = {"status": ErrandStatus.DROPPED, "file": None}
    current = (ErrandStatus.CHECKED, ErrandStatus.FAILED)
    return errands.move(tx, errand_id, current=current, **values)
