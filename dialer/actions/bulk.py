"""Bulk: do the same to all leads of a campaign that a filter finds, a few to a transaction.

The leads are those that were there when a person asked; what is refused for one is counted and
does not keep the others. How far it is stands in the errand, so that it goes on after a crash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from dialer.actions.control import find
from dialer.actions.do_not_call import suppress
from dialer.actions.errand_hold import ErrandHold
from dialer.actions.lead_control import retry_in, skip_in
from dialer.actions.scrub import breathe
from dialer.actions.world import World
from dialer.domain.counts import how_many
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.errands import BulkVerb, ErrandKind, ErrandStatus
from dialer.domain.lead_filter import LeadFilter
from dialer.errors import RefusedByRule, UserError
from dialer.store import errands, lead_paging, leads
from dialer.store.database import Connection

AT_ONCE = 20
"""Leads of one transaction: their rows are locked for as long."""

DONE: dict[BulkVerb, tuple[str, str]] = {
    BulkVerb.SKIP: ("was skipped", "were skipped"),
    BulkVerb.RETRY: ("is called again", "are called again"),
    BulkVerb.DO_NOT_CALL: ("is not called any more", "are not called any more"),
}


@dataclass(frozen=True, slots=True)
class _Some:
    """What came of some leads; the last of them is where to go on."""

    seen: int
    refused: int
    last: int


def ask(
    world: World,
    campaign_id: int,
    verb: BulkVerb,
    chosen: LeadFilter,
    *,
    reason: str,
    actor: str,
) -> int:
    """Have something done to all leads a filter finds, and give the errand's id.

    Raises:
        NotFound: there is no such campaign.
        UserError: nobody said why, or no lead is found.
    """
    if verb is not BulkVerb.RETRY and not reason.strip():
        raise UserError("there is no reason", fix="say why, in a few words")
    now = world.clock.now()

    def body(tx: Connection) -> int:
        find(tx, campaign_id)
        number = lead_paging.count(tx, campaign_id, chosen)
        if not number:
            raise UserError("no lead is found any more", fix="look at the leads again")
        asked: dict[str, Any] = {
            "verb": verb.value,
            "filter": chosen.written(),
            "reason": reason.strip(),
            "until": lead_paging.highest_id(tx, campaign_id),
            "leads": number,
        }
        values = {"campaign_id": campaign_id, "asked": asked, "actor": actor}
        status = ErrandStatus.DOING
        return errands.add(tx, ErrandKind.BULK, status=status, now=now, **values)

    errand_id = world.db.transact(body)
    world.queue.run_errands()
    return errand_id


def do_to_all(hold: ErrandHold) -> None:
    """Do it, from where it was left."""
    world, row = hold.world, hold.errand
    found = dict(row.found or {"after": 0, "refused": 0})
    seen, total = row.rows, max(1, row.asked["leads"])
    while True:
        some = world.db.transact(partial(_do_some, hold=hold, after=found["after"]))
        if not some.seen:
            break
        seen += some.seen
        found = {"after": some.last, "refused": found["refused"] + some.refused}
        hold.tell(seen, min(1.0, seen / total), found=found)
        breathe(world)
    world.queue.plan()
    verb = BulkVerb(row.asked["verb"])
    many = seen - found["refused"]
    sentence = f"{how_many(many, 'lead')} {DONE[verb][many != 1]}"
    if found["refused"]:
        sentence += f"; {found['refused']:,} could not be: in a call, or not to be called"
    hold.finish(sentence, found=found)


def _do_some(tx: Connection, *, hold: ErrandHold, after: int) -> _Some:
    """Do it to the next leads. May be run twice: what is done already is refused."""
    row, asked, now = hold.errand, hold.errand.asked, hold.world.clock.now()
    assert row.campaign_id is not None
    chosen = LeadFilter.read(asked["filter"])
    ids = lead_paging.next_ids(
        tx, row.campaign_id, chosen, after=after, until=asked["until"], most=AT_ONCE
    )
    refused = sum(not _did(tx, hold, lead_id, now=now) for lead_id in ids)
    return _Some(len(ids), refused, _last(ids, after))


def _last(ids: Sequence[int], after: int) -> int:
    return ids[-1] if ids else after


def _did(tx: Connection, hold: ErrandHold, lead_id: int, *, now: datetime) -> bool:
    asked, actor = hold.errand.asked, hold.errand.actor
    try:
        match BulkVerb(asked["verb"]):
            case BulkVerb.SKIP:
                skip_in(tx, lead_id, reason=asked["reason"], actor=actor, now=now)
            case BulkVerb.RETRY:
                retry_in(tx, lead_id, at=None, actor=actor, now=now)
            case BulkVerb.DO_NOT_CALL:
                lead = leads.get(tx, lead_id)
                assert lead is not None
                opt_out = OptOut(asked["reason"], OptOutSource.HAND, actor)
                suppress(tx, lead.phone, opt_out, now=now)
    except RefusedByRule:
        return False
    return True
