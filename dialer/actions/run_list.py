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
from dialer.store.tables import LeadList

BATCH_LEADS = 5_000


def import_list(stamp: Stamp, campaign_id: int) -> None:
    """Import the list into the draft, or go on with it.

    Raises:
        UserError: it cannot be imported.
    """
    world, run = stamp.world, stamp.run
    known = world.db.read(lambda tx: lists.every(tx, campaign_id=campaign_id))
    # Once it has its list a run does not ask whether the file has changed since.
    done = next((one for one in known if one.status is ListStatus.DONE), None)
    if done is None:
        done = _load(stamp, campaign_id, known)
    if run.occurrence.startswith(HASH) and run.occurrence != HASH + done.sha256:
        raise UserError(
            f"{stamp.lead_file.name} was replaced by another file while it was taken",
            why="the new one gets a run of its own",
        )


def _load(stamp: Stamp, campaign_id: int, known: list[LeadList]) -> LeadList:
    """Import the file, or go on with it if it is still the one that was begun."""
    world, run, path = stamp.world, stamp.run, stamp.lead_file
    begun = [one for one in known if one.status is ListStatus.IMPORTING]
    if begun and path.is_file():
        sha256 = content_of(path)
        for one in begun:
            if one.sha256 != sha256:
                undo(world, one.id, actor=run.actor)
    loaded = load(
        world,
        campaign_id,
        path,
        actor=run.actor,
        rejects_to=stamp.rejects_in / f"{path.stem}-campaign{campaign_id}-run{run.id}.csv",
        order=Order(tell=stamp.show_life),
    )
    return world.db.read(lambda tx: lists.lock(tx, loaded.list_id))


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
