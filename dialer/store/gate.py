"""The dial gate: one row, under whose lock slots are counted."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.lines import GateState
from dialer.store import server_marks
from dialer.store.rows import one
from dialer.store.tables import IS_OPEN, DialGate, table
from dialer.store.types import UtcDateTime

gate = table(DialGate)
_STATE = tuple(field.name for field in fields(GateState) if field.name != "is_moved")
_READ = select(gate)
_LOCK = select(gate).with_for_update()
_SAVE = update(gate)
_INSTALL = select(gate.c.install)
_CLEAR_STREAKS = (
    update(gate)
    .where(
        (gate.c.unknown_streak > 0) | (gate.c.busy_streak > 0) | gate.c.breaker_until.is_not(None)
    )
    .values(unknown_streak=0, busy_streak=0, breaker_until=None)
)
# The plus keeps SQLite from reading all attempts there ever were in the order of their campaigns.
_COUNT_OPEN = text(
    "SELECT +campaign_id, count(*), "
    "sum(CASE WHEN status IN ('INTENT', 'SENDING') THEN 1 ELSE 0 END) "
    f"FROM attempt WHERE {IS_OPEN} GROUP BY +campaign_id"
)


_WIN = {
    asked.name: update(gate)
    .where(asked.is_(None) | (asked <= bindparam("not_after", type_=UtcDateTime)))
    .values({asked: bindparam("at", type_=UtcDateTime)})
    for asked in (gate.c.provider_asked_at, gate.c.numbers_asked_at, gate.c.other_calls_asked_at)
}


def ensure(
    tx: Connection,
    *,
    lines: int,
    calls_per_second: float | None,
    headroom: int,
    path_calls_per_second: Mapping[str, float] | None = None,
    calls_per_day: int | None = None,
    dollars_per_day: float | None = None,
    day_zone: str = "UTC",
) -> None:
    """Make the row, or bring it to these settings when they differ from those last applied.

    A limit that a person changed while running stays as long as the settings stay as they were.
    """
    settings = {
        "lines": lines,
        "calls_per_second": calls_per_second,
        "headroom": headroom,
        "path_calls_per_second": dict(path_calls_per_second or {}),
        "calls_per_day": calls_per_day,
        "dollars_per_day": dollars_per_day,
        "day_zone": day_zone,
    }
    row = one(tx, DialGate, select(gate))
    if row is None:
        # Two processes may start at once; the other one applies the same settings.
        dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
        tx.execute(
            dialect.insert(gate)
            .values(
                id=1,
                install=uuid.uuid4().hex,
                configured=settings,
                foreign_calls=0,
                busy_streak=0,
                unknown_streak=0,
                everything_paused=False,
                turn=0,
                server_mark=server_marks.current(tx),
                **settings,
            )
            .on_conflict_do_nothing(index_elements=["id"])
        )
        return
    if row.server_mark is None:  # of an earlier release
        tx.execute(update(gate).values(server_mark=server_marks.current(tx)))
    if row.configured != settings:
        tx.execute(update(gate).values(configured=settings, **settings))


def lock(tx: Connection) -> GateState:
    """Take the lock that everyone who claims must hold, and read the gate."""
    return _state(tx, server_marks.added_to(_LOCK, tx))


def peek(tx: Connection) -> GateState:
    """Read the gate without its lock."""
    return _state(tx, server_marks.added_to(_READ, tx))


def configured(tx: Connection) -> dict[str, Any]:
    """Give the limits that the settings named at the last start."""
    return dict(one_value(tx, gate.c.configured) or {})


def find(tx: Connection) -> GateState | None:
    """Read the gate without its lock; None before anything that dials was ever started."""
    row = one(tx, DialGate, server_marks.added_to(_READ, tx))
    return None if row is None else _as_state(row)


def _state(tx: Connection, statement: Any) -> GateState:
    row = one(tx, DialGate, statement)
    if row is None:
        raise LookupError("the dial gate has no row; run `dialer migrate`")
    return _as_state(row)


def _as_state(row: DialGate) -> GateState:
    values = {name: getattr(row, name) for name in _STATE}
    moments = (row.path_next_send_at or {}).items()
    values["path_calls_per_second"] = row.path_calls_per_second or {}
    values["path_next_send_at"] = {path: datetime.fromisoformat(at) for path, at in moments}
    mark_now = getattr(row, server_marks.COLUMN, None)
    values["is_moved"] = server_marks.differ(row.server_mark, mark_now)
    return GateState(**values)


def install(tx: Connection) -> str:
    """Give the name under which our calls are told from other installations' calls."""
    return str(tx.execute(_INSTALL).scalar_one())


def save(tx: Connection, state: GateState, *, before: GateState) -> None:
    """Write what changed."""
    old = asdict(before)
    changed = {name: value for name, value in asdict(state).items() if value != old[name]}
    if "path_next_send_at" in changed:
        moments = changed["path_next_send_at"].items()
        changed["path_next_send_at"] = {path: at.isoformat() for path, at in moments}
    if changed:
        tx.execute(_SAVE, changed)


def clear_streaks(tx: Connection) -> None:
    """Record a clear answer from Retell; writes nothing when nothing was wrong."""
    tx.execute(_CLEAR_STREAKS)


def claim_asking(tx: Connection, *, now: datetime, not_after: datetime) -> bool:
    """Win the right to ask Retell for its concurrency; False when it was asked lately."""
    return _win(tx, gate.c.provider_asked_at, now=now, not_after=not_after)


def claim_asking_numbers(tx: Connection, *, now: datetime, not_after: datetime) -> bool:
    """Win the right to ask Retell for its numbers; False when it was asked lately."""
    return _win(tx, gate.c.numbers_asked_at, now=now, not_after=not_after)


def claim_asking_for_others(tx: Connection, *, now: datetime, not_after: datetime) -> bool:
    """Win the right to ask for other systems' calls; False when they were asked for lately."""
    return _win(tx, gate.c.other_calls_asked_at, now=now, not_after=not_after)


def _win(tx: Connection, asked: Any, *, now: datetime, not_after: datetime) -> bool:
    return bool(tx.execute(_WIN[asked.name], {"at": now, "not_after": not_after}).rowcount)


def other_calls_until(tx: Connection) -> datetime | None:
    """Give the moment up to which other systems' calls are known; None before the first answer."""
    until: datetime | None = one_value(tx, gate.c.other_calls_until)
    return until


def set_other_calls_until(tx: Connection, until: datetime) -> None:
    """Know other systems' calls up to a moment, unless a later one is known already."""
    known = gate.c.other_calls_until
    tx.execute(
        update(gate).where(known.is_(None) | (known < until)).values(other_calls_until=until)
    )


def set_provider(tx: Connection, *, lines: int | None, foreign_calls: int, now: datetime) -> None:
    """Store what Retell allows and how many calls there are not ours, as it answered now."""
    values = {"provider_lines": lines, "foreign_calls": foreign_calls, "provider_answered_at": now}
    tx.execute(update(gate).values(**values))


def expect_foreign_call(tx: Connection) -> None:
    """Count one more call that is not an attempt of ours, until Retell is asked again."""
    tx.execute(update(gate).values(foreign_calls=gate.c.foreign_calls + 1))


def set_limits(tx: Connection, **values: Any) -> None:
    """Change lines, pace or headroom while running."""
    tx.execute(update(gate).values(**values))


def set_everything_paused(tx: Connection, *, paused: bool) -> None:
    """Turn the emergency stop on or off."""
    tx.execute(update(gate).values(everything_paused=paused))


def replay_refused(tx: Connection) -> bool:
    """Tell whether Retell was seen not to honour a repeated key."""
    return one_value(tx, gate.c.replay_refused_at) is not None


def refuse_replay(tx: Connection, *, now: datetime) -> None:
    """Never repeat a request again: a repeated key has made a second call."""
    tx.execute(update(gate).values(replay_refused_at=now))


def one_value(tx: Connection, column: Any) -> Any:
    """Read one column of the gate."""
    return tx.execute(select(column)).scalar_one()


@dataclass(frozen=True, slots=True)
class OpenAttempts:
    """How many attempts are open."""

    total: int
    unsent: int  # those whose request has no answer yet
    by_campaign: dict[int, int]


def count_open(tx: Connection) -> OpenAttempts:
    """Count the open attempts."""
    rows = tx.execute(_COUNT_OPEN).all()
    return OpenAttempts(
        total=sum(row[1] for row in rows),
        unsent=sum(row[2] for row in rows),
        by_campaign={row[0]: row[1] for row in rows},
    )
