"""The numbers we call from."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.caller_id import DAY
from dialer.domain.numbers import NumberUse, RestReason
from dialer.domain.pacing import CLAIM_AHEAD
from dialer.store.tables import CallerNumber, table
from dialer.store.types import UtcDateTime

caller_number = table(CallerNumber)

_RESTING = select(caller_number.c.number, caller_number.c.resting_until).where(
    caller_number.c.resting_until > bindparam("now")
)
_IS_RESTING = _RESTING.where(caller_number.c.number == bindparam("which"))
_PATHS = select(caller_number.c.number, caller_number.c.path).where(
    caller_number.c.path.is_not(None)
)
_MAY_BE_SENT = "status NOT IN ('CANCELLED', 'NOT_PLACED')"
_LATEST = (
    "(SELECT created_at FROM attempt WHERE from_number = pool.number AND created_at > :day"
    f" AND {_MAY_BE_SENT} ORDER BY created_at DESC LIMIT :most) AS latest"
)
_USES = f"""
WITH pool (number) AS (VALUES {{pool}})
SELECT pool.number,
    (SELECT count(*) FROM {_LATEST}) AS calls,
    (SELECT min(created_at) FROM {_LATEST}) AS oldest_at,
    (SELECT max(send_at) FROM attempt WHERE from_number = pool.number AND created_at > :spaced
        AND {_MAY_BE_SENT}) AS last_send_at,
    (SELECT created_at FROM attempt WHERE from_number = pool.number AND {_MAY_BE_SENT}
        ORDER BY created_at LIMIT 1) AS first_at
FROM pool
"""


def resting(tx: Connection, *, now: datetime) -> dict[str, datetime]:
    """Give our numbers that are not to be called from now, and until when."""
    return {row[0]: row[1] for row in tx.execute(_RESTING, {"now": now})}


def is_resting(tx: Connection, number: str, *, now: datetime) -> bool:
    """Tell whether a number is not to be called from now."""
    return tx.execute(_IS_RESTING, {"which": number, "now": now}).first() is not None


def rest(
    tx: Connection, number: str, *, until: datetime, reason: RestReason, sentence: str
) -> None:
    """Do not call from this number until then; a longer rest stays as it is."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    values = {"resting_until": until, "reason": f"{reason}: {sentence}"}
    before = caller_number.c.resting_until
    tx.execute(
        dialect.insert(caller_number)
        .values(number=number, **values)
        .on_conflict_do_update(
            index_elements=["number"], set_=values, where=before.is_(None) | (before < until)
        )
    )


def wake(tx: Connection, those: Collection[str], *, reason: RestReason) -> int:
    """End the rest of those that rest for this reason, and give how many did."""
    result = tx.execute(
        update(caller_number)
        .where(
            caller_number.c.number.in_(list(those)), caller_number.c.reason.startswith(f"{reason}:")
        )
        .values(resting_until=None, reason=None)
    )
    return int(result.rowcount)


def paths(tx: Connection) -> dict[str, str]:
    """Give the telephony path of each number where it is known."""
    return {row[0]: row[1] for row in tx.execute(_PATHS)}


def set_paths(tx: Connection, found: Mapping[str, str]) -> None:
    """Remember over which telephony path numbers of ours call."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    for number, path in sorted(found.items()):
        tx.execute(
            dialect.insert(caller_number)
            .values(number=number, path=path)
            .on_conflict_do_update(index_elements=["number"], set_={"path": path})
        )


def uses(
    tx: Connection, those: Iterable[str], *, most: int, spacing: timedelta, now: datetime
) -> dict[str, NumberUse]:
    """Read how much each of these numbers has called, in whatever campaign.

    Counts what was or may yet be sent, up to `most` calls in 24 hours; the last send is looked for
    no further back than `spacing` goes. Exact under the gate's lock, until the next claim.
    """
    pool = {f"n{index}": number for index, number in enumerate(dict.fromkeys(those))}
    values = {"day": now - DAY, "spaced": now - spacing - CLAIM_AHEAD, "most": most}
    rows = tx.execute(_uses(len(pool)), {**pool, **values})
    return {row[0]: NumberUse(*row[1:]) for row in rows}


@lru_cache(maxsize=64)
def _uses(size: int) -> Any:
    pool = ", ".join(f"(:n{index})" for index in range(size))
    moments = [bindparam(name, type_=UtcDateTime) for name in ("day", "spaced")]
    return (
        text(_USES.format(pool=pool))
        .bindparams(*moments)
        .columns(
            column("number"),
            column("calls"),
            column("oldest_at", UtcDateTime),
            column("last_send_at", UtcDateTime),
            column("first_at", UtcDateTime),
        )
    )
