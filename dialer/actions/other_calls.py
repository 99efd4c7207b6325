"""Calls of other systems: what else calls people from this workspace.

Retell lists every call of the workspace. Those without an attempt of ours are kept for a month,
number and start only, so that the caps per person count them. What cannot be learned changes
nothing: it is asked for again a minute later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dialer.actions.world import World
from dialer.errors import AccountProblem, LookUpFailed
from dialer.log import get_logger
from dialer.retell.client import FoundCalls
from dialer.retell.models import Call
from dialer.store import attempts, campaigns, gate, lead_pages, other_calls
from dialer.store.database import Connection

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known of a batch's calls."""

    calls: int
    new: int  # not known before
    people: int  # whose numbers are leads here
    complete: bool  # Retell gave all of them


ASK_EVERY = timedelta(minutes=1)
KEPT = timedelta(days=31)
"""Somewhat longer than the longest period of a cap."""
LAG = timedelta(minutes=5)
"""So late may a call show in the list; what started since is asked for again."""
PAGES = 10
"""Of a thousand calls each. Where there are more, the next question goes on from there."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of other systems' calls."""

    since: datetime
    listed: int
    new: int
    to_leads: int  # of those listed, to numbers of leads of ours
    complete: bool


def ask_other_calls(world: World) -> None:
    """Learn what other systems called since the last time, at most once a minute.

    With no campaign running nobody needs to know.
    """
    now = world.clock.now()
    if not world.db.read(campaigns.any_running):
        return
    not_after = now - ASK_EVERY
    if not world.db.transact(
        lambda tx: gate.claim_asking_for_others(tx, now=now, not_after=not_after)
    ):
        return
    try:
        learn_other_calls(world)
    except (LookUpFailed, AccountProblem) as error:
        log.warning("other_calls_unknown", code=error.code)


def learn_other_calls(world: World, *, since: datetime | None = None) -> Learned:
    """Learn what other systems called since the last time, or since an earlier moment.

    Raises:
        LookUpFailed, AccountProblem: Retell does not tell.
    """
    now = world.clock.now()
    oldest = now - KEPT
    usual = max(world.db.read(gate.other_calls_until) or oldest, oldest)
    start = usual if since is None else max(min(since, usual), oldest)
    found = world.provider.outbound_calls_since(start, max_pages=PAGES)
    known_until = _known_until(found, since=start, now=now)
    learned = world.db.transact(
        lambda tx: _store(tx, found, since=start, known_until=known_until, oldest=oldest)
    )
    if learned.new:
        log.info("other_calls_found", new=learned.new, complete=found.complete)
    return learned


def ask_batch(world: World, batch_call_id: str) -> Batch:
    """Learn now what a batch of Retell's dashboard called, without waiting for its turn.

    The calls are learned anyway while a campaign runs; a batch has no progress of its own.

    Raises:
        LookUpFailed: Retell gives no usable answer.
        AccountProblem: our key is refused.
    """
    found = world.provider.calls_of_batch(batch_call_id)

    def body(tx: Connection) -> Batch:
        rows = _rows_of_others(tx, found.calls)
        ours = other_calls.phones_of_leads(tx, [row["phone"] for row in rows])
        return Batch(len(found.calls), other_calls.add(tx, rows), ours, found.complete)

    return world.db.transact(body)


def _store(
    tx: Connection, found: FoundCalls, *, since: datetime, known_until: datetime, oldest: datetime
) -> Learned:
    rows = _rows_of_others(tx, found.calls)
    stored = other_calls.add(tx, rows)
    other_calls.purge(tx, before=oldest)
    gate.set_other_calls_until(tx, known_until)
    ours = lead_pages.phones_among(tx, [row["phone"] for row in rows])
    to_leads = sum(row["phone"] in ours for row in rows)
    return Learned(since, len(rows), stored, to_leads, found.complete)


def _rows_of_others(tx: Connection, calls: Sequence[Call]) -> list[dict[str, Any]]:
    """Leave our own calls out, also one whose answer has not come: its attempt counts for it."""
    install = gate.install(tx)
    strange = [call for call in calls if call.metadata_text("install") != install]
    named = {call.metadata_text("attempt_id") or "" for call in strange}
    ours = attempts.ids_among(tx, sorted(named))
    return [
        {"call_id": call.call_id, "phone": call.to_number, "started_at": call.started_at}
        for call in strange
        if call.to_number
        and call.started_at is not None
        and (call.metadata_text("attempt_id") or "") not in ours
    ]


def _known_until(found: FoundCalls, *, since: datetime, now: datetime) -> datetime:
    """Give the moment up to which nothing is missing.

    Of an answer that is cut short that is its last call, if it is in the order that was asked for.
    """
    if found.complete:
        return now - LAG
    starts = [call.started_at for call in found.calls if call.started_at is not None]
    in_order = starts == sorted(starts)
    return min(starts[-1], now - LAG) if starts and in_order else since
