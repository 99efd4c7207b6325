"""Attempts and their history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from dialer.domain.dispositions import Disposition
from dialer.domain.result_events import ResultEvent
from dialer.domain.states import (
    ATTEMPT_MOVES,
    OPEN_STATUSES,
    RANK,
    AttemptStatus,
    check_move,
)
from dialer.store import results
from dialer.store.rows import many, one
from dialer.store.tables import IS_OPEN, Attempt, AttemptEvent, table
from dialer.store.types import UtcDateTime

attempt = table(Attempt)
attempt_event = table(AttemptEvent)

_ADD = insert(attempt)
_NOTE = insert(attempt_event)
_GET = select(attempt).where(attempt.c.id == bindparam("which"))
_LOCK = _GET.with_for_update()
_BY_CALL = select(attempt).where(attempt.c.call_id == bindparam("which"))
_DUE_CHECKS = (
    select(attempt)
    .where(attempt.c.check_at <= bindparam("now", type_=UtcDateTime))
    .order_by(attempt.c.check_at)
    .limit(bindparam("most"))
)
_CHANGE = update(attempt).where(attempt.c.id == bindparam("which"))
_MOVE = _CHANGE.where(attempt.c.status == bindparam("current"))

CALL_IS_KNOWN = (attempt.c.call_id.is_not(None), attempt.c.call_deleted_at.is_(None))
"""Retell must know the call, too: nobody has told it to forget it."""

_ENDED_BEFORE = (
    select(
        attempt.c.disposition,
        attempt.c.rang,
        func.coalesce(attempt.c.send_started_at, attempt.c.created_at),
        attempt.c.promised_at,
    )
    .where(
        attempt.c.lead_id == bindparam("of_lead"),
        attempt.c.n < bindparam("before"),
        attempt.c.disposition.is_not(None),
    )
    .order_by(attempt.c.n)
)


def add(tx: Connection, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Insert attempts as INTENT, each with the first line of its history."""
    if not rows:
        return
    tx.execute(_ADD, list(rows))
    tx.execute(
        _NOTE,
        [
            {
                "attempt_id": row["id"],
                "from_status": None,
                "to_status": AttemptStatus.INTENT,
                "at": now,
                "by": "plan",
                "evidence": None,
            }
            for row in rows
        ],
    )


def get(tx: Connection, attempt_id: str) -> Attempt | None:
    """Read one attempt."""
    return one(tx, Attempt, _GET, which=attempt_id)


def lock(tx: Connection, attempt_id: str) -> Attempt:
    """Lock and read one attempt; its lead must be locked already."""
    row = one(tx, Attempt, _LOCK, which=attempt_id)
    if row is None:
        raise LookupError(f"attempt {attempt_id} is gone")
    return row


def by_call(tx: Connection, call_id: str) -> Attempt | None:
    """Find the attempt a call belongs to."""
    return one(tx, Attempt, _BY_CALL, which=call_id)


def move(
    tx: Connection,
    attempt_id: str,
    *,
    current: AttemptStatus,
    target: AttemptStatus,
    now: datetime,
    by: str,
    evidence: str | None = None,
    **values: Any,
) -> bool:
    """Move an attempt from `current` to `target` if it still is `current`, and write it down.

    Returns False when another worker moved it first, so that running the same task twice is
    harmless.

    Raises:
        IllegalMove: the transition table forbids this move; a bug in the caller.
    """
    check_move(ATTEMPT_MOVES, current, target)
    if target not in OPEN_STATUSES:
        values.setdefault("closed_at", now)
        values.setdefault("check_at", None)
        values.setdefault("evidence", evidence)
    elif current not in OPEN_STATUSES:
        values.setdefault("closed_at", None)
    guarded = {"which": attempt_id, "current": current, "status": target, **values}
    if not tx.execute(_MOVE, guarded).rowcount:
        return False
    note(tx, attempt_id, current=current, target=target, now=now, by=by, evidence=evidence)
    if target is AttemptStatus.ENDED:
        results.tell_attempt(tx, attempt_id, ResultEvent.ATTEMPT_ENDED, now=now)
    return True


def note(
    tx: Connection,
    attempt_id: str,
    *,
    current: AttemptStatus,
    target: AttemptStatus,
    now: datetime,
    by: str,
    evidence: str | None,
) -> None:
    """Write one line of history; `current` equals `target` for what changes no status."""
    tx.execute(
        _NOTE,
        {
            "attempt_id": attempt_id,
            "from_status": current,
            "to_status": target,
            "at": now,
            "by": by,
            "evidence": evidence,
        },
    )


def change(tx: Connection, attempt_id: str, **values: Any) -> None:
    """Change columns other than the status."""
    tx.execute(_CHANGE, {"which": attempt_id, **values})


def keep_live_transcript(tx: Connection, call_id: str, transcript: str) -> bool:
    """Keep what was said so far in a call; False when it is over, or not known."""
    talking = (
        update(attempt)
        .where(attempt.c.call_id == call_id, text(IS_OPEN))
        .values(transcript=transcript)
    )
    return bool(tx.execute(talking).rowcount)


def due_checks(tx: Connection, *, now: datetime, most: int) -> list[Attempt]:
    """Read the attempts whose time to be looked at has come, the longest due first."""
    return many(tx, Attempt, _DUE_CHECKS, now=now, most=most)


def claim_check(tx: Connection, row: Attempt, *, until: datetime) -> bool:
    """Win the right to look at an attempt; False when somebody else does, or it moved."""
    result = tx.execute(
        update(attempt)
        .where(
            attempt.c.id == row.id,
            attempt.c.status == row.status,
            attempt.c.check_at == row.check_at,
        )
        .values(check_at=until)
    )
    return bool(result.rowcount)


def count_look_up(tx: Connection, row: Attempt, **values: Any) -> bool:
    """Count a look-up of an unknown call; False when it moved or was looked up since."""
    result = tx.execute(
        update(attempt)
        .where(
            attempt.c.id == row.id,
            attempt.c.status == AttemptStatus.UNKNOWN,
            attempt.c.look_ups == row.look_ups,
        )
        .values(look_ups=row.look_ups + 1, **values)
    )
    return bool(result.rowcount)


def claim_replay(tx: Connection, row: Attempt) -> bool:
    """Win the right to repeat an attempt's request once more.

    What was looked up before says nothing of the call that this may make.
    """
    result = tx.execute(
        update(attempt)
        .where(
            attempt.c.id == row.id,
            attempt.c.status == AttemptStatus.UNKNOWN,
            attempt.c.replays == row.replays,
        )
        .values(replays=attempt.c.replays + 1, absent_answers=0, absent_at=None)
    )
    return bool(result.rowcount)


def last_replay_at(tx: Connection, attempt_id: str) -> datetime | None:
    """Give the moment an attempt's request was last repeated."""
    at: datetime | None = tx.execute(
        select(func.max(attempt_event.c.at)).where(
            attempt_event.c.attempt_id == attempt_id,
            attempt_event.c.from_status == AttemptStatus.UNKNOWN,
            attempt_event.c.to_status == AttemptStatus.UNKNOWN,
        )
    ).scalar_one()
    return at


def open_of_lead(tx: Connection, lead_id: int) -> Attempt | None:
    """Read the open attempt of a lead."""
    return one(
        tx,
        Attempt,
        select(attempt).where(attempt.c.lead_id == lead_id, text(IS_OPEN)),
    )


def open_of_phone(tx: Connection, phone: str) -> Attempt | None:
    """Read the open attempt of a number, in whatever campaign."""
    return one(
        tx,
        Attempt,
        select(attempt).where(attempt.c.phone == phone, text(IS_OPEN)),
    )


def recent_sends(tx: Connection, *, since: datetime, most: int) -> tuple[int, int]:
    """Count the latest sends, and those among them that are unknown now."""
    latest = (
        select(attempt.c.status)
        .where(attempt.c.send_started_at >= since)
        .order_by(attempt.c.send_started_at.desc())
        .limit(most)
        .subquery()
    )
    unknown = func.count().filter(latest.c.status == AttemptStatus.UNKNOWN)
    row = tx.execute(select(func.count(), unknown).select_from(latest)).one()
    return int(row[0]), int(row[1])


def placed_after(tx: Connection, moment: datetime) -> Attempt | None:
    """Give an attempt sent after `moment` whose call is known: a control for look-ups."""
    return one(
        tx,
        Attempt,
        select(attempt)
        .where(attempt.c.send_started_at > moment, *CALL_IS_KNOWN)
        .order_by(attempt.c.send_started_at.desc())
        .limit(1),
    )


def latest_known_call(tx: Connection) -> Attempt | None:
    """Give the latest attempt whose call is known."""
    return one(
        tx,
        Attempt,
        select(attempt).where(*CALL_IS_KNOWN).order_by(attempt.c.send_started_at.desc()).limit(1),
    )


def ids_among(tx: Connection, attempt_ids: Sequence[str]) -> set[str]:
    """Give those of the ids that are attempts of ours."""
    rows = tx.execute(select(attempt.c.id).where(attempt.c.id.in_(list(attempt_ids))))
    return {row[0] for row in rows}


def of_lead(tx: Connection, lead_id: int) -> list[Attempt]:
    """Read all attempts of a lead in order."""
    return many(
        tx, Attempt, select(attempt).where(attempt.c.lead_id == lead_id).order_by(attempt.c.n)
    )


def count_ended_as(tx: Connection, lead_id: int, disposition: Disposition) -> int:
    """Count the attempts of a lead that came out as `disposition`."""
    counted = select(func.count()).where(
        attempt.c.lead_id == lead_id, attempt.c.disposition == disposition
    )
    return int(tx.execute(counted).scalar_one())


def last_numbers(
    tx: Connection, lead_ids: Sequence[int], dispositions: Sequence[Disposition]
) -> dict[int, str]:
    """Give, by lead, the number from which the last attempt that came out so was made."""
    rows = tx.execute(
        select(attempt.c.lead_id, attempt.c.from_number)
        .where(attempt.c.lead_id.in_(lead_ids), attempt.c.disposition.in_(dispositions))
        .order_by(attempt.c.n)
    )
    return {row[0]: row[1] for row in rows}


def any_since(tx: Connection, campaign_id: int, *, since: datetime) -> bool:
    """Tell whether a campaign has an attempt from a moment on that is open or was placed."""
    none = attempt.c.status.in_((AttemptStatus.CANCELLED, AttemptStatus.NOT_PLACED))
    mine = attempt.c.campaign_id == campaign_id, attempt.c.created_at >= since
    return tx.execute(select(attempt.c.id).where(*mine, ~none).limit(1)).first() is not None


def known_among(tx: Connection, attempt_ids: Sequence[str]) -> dict[str, Attempt]:
    """Read those of the attempts that there are: id, status and call_id only."""
    columns = (attempt.c.id, attempt.c.status, attempt.c.call_id)
    found = many(tx, Attempt, select(*columns).where(attempt.c.id.in_(list(attempt_ids))))
    return {row.id: row for row in found}


def last_send_after(tx: Connection, campaign_id: int, moment: datetime) -> datetime | None:
    """Give when a campaign's last attempt was sent, if that was after `moment`."""
    last = select(attempt.c.send_started_at).where(
        attempt.c.send_started_at > moment, attempt.c.campaign_id == campaign_id
    )
    found: datetime | None = tx.execute(
        last.order_by(attempt.c.send_started_at.desc()).limit(1)
    ).scalar_one_or_none()
    return found


class Ended(NamedTuple):
    """What an attempt at a lead came to, as far as the next one depends on it."""

    disposition: Disposition
    rang: bool
    send_started_at: datetime
    promised_at: datetime | None


def ended_before(tx: Connection, row: Attempt) -> list[Ended]:
    """Read how the earlier attempts at an attempt's lead came out, in order."""
    found = tx.execute(_ENDED_BEFORE, {"of_lead": row.lead_id, "before": row.n})
    return [Ended(one[0], bool(one[1]), *one[2:]) for one in found]


def history(tx: Connection, attempt_id: str) -> list[AttemptEvent]:
    """Read an attempt's history in order."""
    return many(
        tx,
        AttemptEvent,
        select(attempt_event)
        .where(attempt_event.c.attempt_id == attempt_id)
        .order_by(attempt_event.c.id),
    )


def outranks(target: AttemptStatus, current: AttemptStatus) -> bool:
    """Tell whether evidence for `target` says more than `current` does."""
    return RANK[target] > RANK[current]
