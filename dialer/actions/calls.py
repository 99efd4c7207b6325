"""Calls as Retell has them, for people: listed, shown, stopped, changed, deleted, listened to."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from dialer.actions.control import read_lead
from dialer.actions.lead_history import call_told
from dialer.actions.retell_trouble import told_of
from dialer.actions.world import World
from dialer.domain.states import OPEN_STATUSES
from dialer.errors import (
    AccountProblem,
    CallNotFound,
    ChangeUnknown,
    LookUpFailed,
    NotFound,
    RefusedByRule,
)
from dialer.log import get_logger
from dialer.retell.call_desk import ListedCalls, Recording, SortOrder, recording_link
from dialer.retell.call_filters import CallFilters
from dialer.retell.figures import latency_of, product_costs_of, scrubbed_transcript_of, tokens_of
from dialer.retell.models import Call
from dialer.store import attempts
from dialer.store.database import Connection, Database
from dialer.store.ledger import entries_since, log_action
from dialer.store.tables import Attempt

log = get_logger(__name__)

OUR_METADATA = frozenset(
    {"attempt_id", "campaign_id", "lead_id", "attempt_n", "attempt_sent_at", "install"}
)
"""By these a call is known to be ours; nobody may change them."""
DELETED = "delete_call"


def list_calls(
    world: World, filters: CallFilters, *, most: int, order: SortOrder = "descending"
) -> ListedCalls:
    """Ask Retell for calls that pass the filters, by their start.

    Raises:
        KeyRefused, Unreachable: Retell does not tell.
    """
    with told_of("the list of calls"):
        return world.provider.call_desk.list(filters.criteria(), most=most, sort_order=order)


def show_call(world: World, call_id: str) -> dict[str, Any]:
    """Tell what Retell and what we know of a call; `unknown` says why Retell's part is missing.

    Raises:
        NotFound: neither knows the call.
        KeyRefused, Unreachable: Retell does not tell, and nothing of it is kept here.
    """
    ours = world.db.read(partial(_told, call_id=call_id))
    try:
        call = world.provider.get_call(call_id)
    except (LookUpFailed, AccountProblem) as error:
        if ours is None:
            with told_of(f"call {call_id}"):
                raise
        return {"call_id": call_id, "call": None, "unknown": error.message, "attempt": ours}
    return {"call_id": call_id, "call": call_fields(call), "unknown": None, "attempt": ours}


def calls_of_lead(db: Database, lead_id: int) -> list[dict[str, Any]]:
    """Tell the attempts of a lead that came to a call, in order.

    Raises:
        NotFound: there is no such lead.
    """

    def body(tx: Connection) -> list[dict[str, Any]]:
        read_lead(tx, lead_id)
        return [call_told(tx, one) for one in attempts.of_lead(tx, lead_id) if one.call_id]

    return db.read(body)


def stop_call(world: World, call_id: str, *, actor: str) -> None:
    """Hang up; a call that is over stays as it is.

    Raises:
        NotFound, KeyRefused, Unreachable: nothing was stopped, as far as we know.
    """
    with told_of(f"call {call_id}"):
        world.provider.stop_call(call_id)
    world.db.transact(partial(_log, world=world, call_id=call_id, action="stop_call", actor=actor))


def hang_up(world: World, lead_id: int, *, actor: str) -> None:
    """Hang up the call that a lead is in.

    Raises:
        NotFound: there is no such lead.
        RefusedByRule: it is in no call that is known.
        KeyRefused, Unreachable: nothing was stopped, as far as we know.
    """

    def body(tx: Connection) -> Attempt | None:
        read_lead(tx, lead_id)
        return attempts.open_of_lead(tx, lead_id)

    row = world.db.read(body)
    if row is None or row.call_id is None:
        raise RefusedByRule(
            f"lead {lead_id} is in no call",
            why="it is over, or Retell has not confirmed it yet",
            fix="look at the lead again",
        )
    stop_call(world, row.call_id, actor=actor)


def update_metadata(
    world: World,
    call_id: str,
    *,
    values: Mapping[str, str],
    without: Collection[str] = (),
    actor: str,
) -> dict[str, Any]:
    """Change some of a call's metadata and give all of it; what we wrote ourselves stays.

    Raises:
        RefusedByRule: one of the names is ours.
        NotFound, KeyRefused, Unreachable, UserError: Retell did not do it, as far as we know.
    """
    if ours := sorted(OUR_METADATA & {*values, *without}):
        raise RefusedByRule(
            f"{', '.join(ours)} cannot be changed",
            why="by this a call is known to be ours; without it somebody might be called twice",
            fix="choose another name",
        )
    with told_of(f"call {call_id}"):
        call = world.provider.get_call(call_id)
        kept = {key: one for key, one in (call.metadata or {}).items() if key not in without}
        metadata = {**kept, **values}
        world.provider.call_desk.set_metadata(call, metadata)
    changed = {"set": sorted(values), "unset": sorted(without)}
    log_change = partial(_log, world=world, call_id=call_id, action="update_call", actor=actor)
    world.db.transact(partial(log_change, after=changed))
    return metadata


def delete_call(world: World, call_id: str, *, actor: str) -> None:
    """Have Retell forget a call, with transcript and recording; what is kept here stays.

    The wish is written down first: should this process die, a second try knows of it.

    Raises:
        RefusedByRule: the call is ours and goes on.
        NotFound, KeyRefused, Unreachable, UserError: Retell did not do it, as far as we know.
    """
    row = world.db.read(lambda tx: attempts.by_call(tx, call_id))
    if row is not None and row.status in OPEN_STATUSES:
        raise RefusedByRule(
            f"call {call_id} is not over",
            why=f"attempt {row.n} of lead {row.lead_id} waits for its end",
            fix=f"dialer calls stop {call_id}",
        )
    asked_before = row is not None and world.db.read(partial(_was_asked_for, row=row))
    world.db.transact(partial(_log, world=world, call_id=call_id, action=DELETED, actor=actor))
    with told_of(f"call {call_id}"):
        _delete(world, call_id, asked_before=asked_before)
    if row is not None:
        now = world.clock.now()
        world.db.transact(lambda tx: attempts.change(tx, row.id, call_deleted_at=now))
    log.info("call_deleted", call_id=call_id)


@contextmanager
def open_recording(
    world: World, call_id: str, *, scrubbed: bool = False, span: str | None = None
) -> Iterator[Recording]:
    """Open the recording of a call by a link that Retell gives now: older ones expire.

    Raises:
        NotFound: there is no such call, or no recording of it.
        KeyRefused, Unreachable: Retell does not give it out.
    """
    with told_of(f"call {call_id}"):
        link = recording_link(world.provider.get_call(call_id), scrubbed=scrubbed)
    if link is None:
        kind = "no recording without personal data" if scrubbed else "no recording"
        raise NotFound(
            f"there is {kind} of call {call_id}",
            why="nobody picked up, it is not over yet, or its agent keeps none",
            fix=f"dialer calls show {call_id}",
        )
    with (
        told_of(f"recording of call {call_id}"),
        world.provider.call_desk.recording(link, span=span) as recording,
    ):
        yield recording


def call_of_attempt(db: Database, attempt_id: str) -> str:
    """Give the call of an attempt.

    Raises:
        NotFound: there is no such attempt, or it never came to a call.
    """
    row = db.read(lambda tx: attempts.get(tx, attempt_id))
    if row is None or row.call_id is None:
        raise NotFound("there is no call of this attempt", fix="look at its lead")
    return row.call_id


def call_fields(call: Call) -> dict[str, Any]:
    """Give what people see of a call; links are left out, as they expire."""
    analysis, cost = call.call_analysis, call.call_cost
    return {
        "call_id": call.call_id,
        "call_status": call.call_status,
        "disconnection_reason": call.disconnection_reason,
        "direction": call.direction,
        "from_number": call.from_number,
        "to_number": call.to_number,
        "agent_id": call.agent_id,
        "agent_name": call.agent_name,
        "agent_version": call.agent_version,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "duration_ms": call.duration_ms,
        "cost_cents": cost.combined_cost if cost else None,
        "product_costs": product_costs_of(call),
        "latency": latency_of(call),
        "llm_tokens": tokens_of(call),
        "summary": analysis.call_summary if analysis else None,
        "sentiment": analysis.user_sentiment if analysis else None,
        "in_voicemail": analysis.in_voicemail if analysis else None,
        "call_successful": analysis.call_successful if analysis else None,
        "custom_analysis": analysis.custom_analysis_data if analysis else None,
        "metadata": call.metadata,
        "variables": call.retell_llm_dynamic_variables,
        "has_recording": recording_link(call) is not None,
        "transcript": call.transcript,
        "scrubbed_transcript": scrubbed_transcript_of(call),
    }


def _told(tx: Connection, *, call_id: str) -> dict[str, Any] | None:
    row = attempts.by_call(tx, call_id)
    if row is None:
        return None
    return {"lead_id": row.lead_id, "campaign_id": row.campaign_id, **call_told(tx, row)}


def _delete(world: World, call_id: str, *, asked_before: bool) -> None:
    try:
        world.provider.call_desk.delete(call_id)
    except CallNotFound:
        if not asked_before:
            raise
    except ChangeUnknown:
        try:
            world.provider.get_call(call_id)
        except CallNotFound:
            return
        raise


def _was_asked_for(tx: Connection, *, row: Attempt) -> bool:
    entries = entries_since(tx, f"lead:{row.lead_id}", since=row.created_at)
    return any(
        one.action == DELETED and (one.after or {}).get("call_id") == row.call_id for one in entries
    )


def _log(
    tx: Connection,
    *,
    world: World,
    call_id: str,
    action: str,
    actor: str,
    after: Mapping[str, object] | None = None,
) -> None:
    """Write down who did what to a call, with its lead where it is one of ours."""
    row = attempts.by_call(tx, call_id)
    subject = f"call:{call_id}" if row is None else f"lead:{row.lead_id}"
    now: datetime = world.clock.now()
    told: dict[str, object] = {"call_id": call_id, **(after or {})}
    log_action(tx, actor=actor, action=action, subject=subject, now=now, after=told)
