"""The list of a run: imported afresh, less those whom the schedule does not want again."""

from dialer.actions.inbox import HASH, content_of
from dialer.actions.load import Order, load
from dialer.actions.run_hold import Stamp
from dialer.actions.undo import undo
from dialer.domain.schedule_spec import LeadChoice, PassedOver, why_pass_over
from dialer.domain.states import ListStatus
from dialer.errors import UserError
from dialer.store import lists, schedule_runs
from dialer.store.database import Connection

BATCH_LEADS = 5_000


def import_list(stamp: Stamp, campaign_id: int) -> None:
    """Import the list into the draft, or go on with it.

    Raises:
        UserError: it cannot be imported.
    """
    world, run, path = stamp.world, stamp.run, stamp.lead_file
    known = world.db.read(lambda tx: lists.every(tx, campaign_id=campaign_id))
    if any(one.status is ListStatus.DONE for one in known):
        return  # the file may have changed since; this run has its list
    begun = [one for one in known if one.status is ListStatus.IMPORTING]
    if begun and path.is_file():
        sha256 = content_of(path)
        for one in begun:
            if one.sha256 != sha256:  # a new edition of the file came while nobody worked
                undo(world, one.id, actor=run.actor)
    name = f"{path.stem}-campaign{campaign_id}-run{run.id}.csv"
    loaded = load(
        world,
        campaign_id,
        path,
        actor=run.actor,
        rejects_to=stamp.rejects_in / name,
        order=Order(tell=stamp.show_life),
    )
    row = world.db.read(lambda tx: lists.get(tx, loaded.list_id))
    if run.occurrence.startswith(HASH) and row is not None and HASH + row.sha256 != run.occurrence:
        raise UserError(
            f"{path.name} was replaced by another file while it was taken",
            why="the new one gets a run of its own",
        )


def pass_over(stamp: Stamp, campaign_id: int) -> None:
    """Close the leads that the schedule does not want again, before anybody is called."""
    choice = stamp.recipe.schedule.leads
    if choice is LeadChoice.EVERYONE:
        return
    world = stamp.world
    ends = world.db.read(lambda tx: schedule_runs.lead_ids(tx, campaign_id))
    if ends is None:
        return
    for first in range(ends[0], ends[1] + 1, BATCH_LEADS):

        def body(tx: Connection, first: int = first) -> None:
            stamp.keep(tx)
            chosen: dict[PassedOver, list[int]] = {}
            for lead_id, earlier in schedule_runs.waiting_known(
                tx, stamp.run, campaign_id, first=first, last=first + BATCH_LEADS - 1
            ):
                if reason := why_pass_over(choice, earlier):
                    chosen.setdefault(reason, []).append(lead_id)
            schedule_runs.pass_over(tx, chosen, now=world.clock.now())

        world.db.transact(body)
