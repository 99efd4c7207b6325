"""Files of numbers that are not to be called, uploaded on a page."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from dialer.actions.control import find
from dialer.actions.do_not_call import refuse_expired
from dialer.actions.errand_hold import ErrandHold
from dialer.actions.opt_out_files import OptOutsRead, import_opt_outs
from dialer.actions.register import Registered, register
from dialer.actions.world import World
from dialer.domain.counts import how_many
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.leads.options import ImportOptions
from dialer.store import errands
from dialer.store.database import Connection


def receive(
    world: World, kind: ErrandKind, *, file: str, size: int, asked: dict[str, Any], actor: str
) -> int:
    """Take a file that lies in the folder of uploads, and give the errand's id.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: the entries would be over already.
    """
    now = world.clock.now()

    def body(tx: Connection) -> int:
        if asked.get("campaign_id") is not None:
            find(tx, asked["campaign_id"])
        values = {"file": file, "bytes": size, "asked": asked, "actor": actor}
        return errands.add(tx, kind, now=now, status=ErrandStatus.DOING, **values)

    refuse_expired(opt_out_of(asked, actor=actor), now=now)
    errand_id = world.db.transact(body)
    world.queue.run_errands()
    return errand_id


def opt_out_of(asked: dict[str, Any], *, actor: str) -> OptOut:
    """Give the entry that each number of a file gets."""
    ends = asked.get("expires_at")
    return OptOut(
        asked.get("reason") or "imported",
        OptOutSource.FILE,
        actor,
        note=asked.get("name"),
        campaign_id=asked.get("campaign_id"),
        expires_at=ends and datetime.fromisoformat(ends),
    )


def add_opt_outs(hold: ErrandHold) -> None:
    """Put the numbers of a file on our list."""
    world, row = hold.world, hold.errand
    options = ImportOptions(limits=world.import_limits, country=row.asked.get("country") or "US")
    done = import_opt_outs(
        world,
        hold.path,
        opt_out_of(row.asked, actor=row.actor),
        options=options,
        rejects_to=_rejects(hold),
        tell=hold.tell,
    )
    _finish(hold, done)


def load_registry(hold: ErrandHold) -> None:
    """Add the numbers of a file to a registry."""
    row = hold.errand
    day = row.asked.get("dated")
    done = register(
        hold.world,
        hold.path,
        name=row.asked["registry"],
        country=row.asked.get("country") or "US",
        dated=day and date.fromisoformat(day),
        actor=row.actor,
        rejects_to=_rejects(hold),
        tell=hold.tell,
    )
    _finish(hold, done)


def _finish(hold: ErrandHold, done: OptOutsRead | Registered) -> None:
    sentence = (
        f"{how_many(done.numbers, 'number')}, {done.added:,} of them new;"
        f" {how_many(done.rejected, 'line')} rejected;"
        f" {how_many(done.closed, 'waiting lead')} closed"
    )
    found = {
        "numbers": done.numbers,
        "added": done.added,
        "closed": done.closed,
        "rejected": done.rejected,
        "first_rejects": [list(one) for one in done.first_rejects],
    }
    hold.finish(sentence, found=found)


def _rejects(hold: ErrandHold) -> Path:
    return hold.home / "rejects" / f"{hold.path.stem}-do-not-call-upload{hold.errand.id}.csv"
