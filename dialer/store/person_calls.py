"""The calls that people have had, by number: ours of every campaign, and those of other systems."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, or_, select, text

from dialer.domain.patience import INTENT_LIFE
from dialer.domain.person_caps import MONTH, PersonCall
from dialer.domain.states import AttemptStatus
from dialer.store.tables import IS_OPEN, Attempt, OtherCall, table
from dialer.store.types import UtcDateTime

attempt = table(Attempt)
other_call = table(OtherCall)

NOBODY = ""
"""The id of no attempt."""

_PHONES: Any = bindparam("phones", expanding=True)
_SINCE: Any = bindparam("since", type_=UtcDateTime)
_OURS = select(
    attempt.c.phone,
    func.coalesce(attempt.c.send_started_at, attempt.c.created_at).label("at"),
    attempt.c.campaign_id,
).where(
    attempt.c.phone.in_(_PHONES),
    attempt.c.created_at > _SINCE,
    attempt.c.id != bindparam("but"),
    or_(
        attempt.c.rang.is_(True),
        text(IS_OPEN),
        # Given up, and then a call of it turned up that has not ended yet.
        attempt.c.late.is_(True) & (attempt.c.status != AttemptStatus.ENDED),
    ),
)
# A call of ours that its list showed without our words is known by its id since then.
_IS_OURS = select(attempt.c.id).where(attempt.c.call_id == other_call.c.call_id).exists()
_OTHERS = select(other_call.c.phone, other_call.c.started_at, literal(None)).where(
    other_call.c.phone.in_(_PHONES),
    other_call.c.started_at > _SINCE,
    ~_IS_OURS,
)
_CALLS = _OURS.union_all(_OTHERS)


def among(
    tx: Connection, phones: Iterable[str], *, now: datetime, but: str = NOBODY
) -> dict[str, list[PersonCall]]:
    """Give the calls of the last 30 days to these numbers that rang, may have rung, or may ring.

    `but` is the attempt that asks. Numbers without a call are left out.
    """
    asked = list(phones)
    if not asked:
        return {}
    # An attempt is sent, and rings, up to a minute after it was made.
    since = now - MONTH - INTENT_LIFE
    found: dict[str, list[PersonCall]] = {}
    for phone, at, campaign_id in tx.execute(_CALLS, {"phones": asked, "since": since, "but": but}):
        found.setdefault(phone, []).append(PersonCall(at, campaign_id))
    return found


def of_phone(tx: Connection, phone: str, *, but: str, now: datetime) -> Sequence[PersonCall]:
    """Give the calls of the last 30 days to one number, but for the attempt that asks."""
    return among(tx, [phone], now=now, but=but).get(phone, ())
