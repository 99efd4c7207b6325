"""Leads."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, case, func, select, text, tuple_, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.priority import Priority
from dialer.domain.regions import START
from dialer.domain.states import LEAD_MOVES, OVER, ClosedAs, LeadStatus, check_move
from dialer.store import results, suppressions
from dialer.store.rows import many, one
from dialer.store.tables import IS_OPEN, Campaign, Lead, table
from dialer.store.types import UtcDateTime

campaign = table(Campaign)
lead = table(Lead)

# A fictional number rings nobody, so no region's law holds for it.
_IS_FICTIONAL = lead.c.phone.like("+1___55501__")
PLACE = (
    lead.c.zones,
    case((_IS_FICTIONAL, ""), else_=func.coalesce(lead.c.region, "")),
    case((_IS_FICTIONAL, ""), else_=func.substr(lead.c.phone, 1, START)),
)
_PLACES_AT_ONCE = 500
_DUE_BY_PRIORITY = (
    lead.c.campaign_id == bindparam("campaign"),
    lead.c.status == LeadStatus.READY,
    lead.c.priority == bindparam("priority"),
    lead.c.due_at <= bindparam("now"),
)
_PLACES_DUE = (
    select(lead.c.id, *PLACE)
    .where(*_DUE_BY_PRIORITY)
    .order_by(lead.c.due_at, lead.c.row)
    .limit(bindparam("most"))
    .with_for_update(key_share=True, skip_locked=True)
)
_WANTED = func.coalesce(lead.c.wanted_at, lead.c.due_at)
"""What a lead waits for besides its opening; kept whenever it is moved to one."""
_NEXT_DUE = (
    select(lead)
    .where(*_DUE_BY_PRIORITY)
    .order_by(lead.c.due_at, lead.c.row)
    .limit(bindparam("most"))
    .with_for_update(key_share=True, skip_locked=True)
)
_SHIFT_ONE = (
    update(lead)
    .where(lead.c.id == bindparam("which"), lead.c.status == LeadStatus.READY)
    .values(due_at=bindparam("to"), wanted_at=_WANTED)
)
_GET = select(lead).where(lead.c.id == bindparam("which"))
_LOCK = _GET.with_for_update()
_CHANGE = update(lead).where(lead.c.id == bindparam("which"))
_MOVE = _CHANGE.where(lead.c.status == bindparam("current"))
_IDLE = "NOT EXISTS (SELECT 1 FROM attempt WHERE attempt.phone = lead.phone AND {})".format(
    IS_OPEN.replace("status", "attempt.status")
)
_PRIORITIES = tuple(int(one) for one in Priority)
_DUE = (
    lead.c.campaign_id == bindparam("campaign"),
    lead.c.status == LeadStatus.READY,
    lead.c.due_at <= bindparam("now"),
    text(_IDLE),
    lead.c.phone.not_in(bindparam("without", expanding=True)),
)
_TAKE_DUE = (
    select(lead)
    .where(*_DUE, lead.c.priority == bindparam("priority"))
    .order_by(lead.c.due_at, lead.c.row)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE_OFF = (
    update(lead)
    .where(lead.c.id.in_(bindparam("which", expanding=True)), lead.c.status == LeadStatus.READY)
    .values(status=LeadStatus.IN_FLIGHT, tries=lead.c.tries + 1, due_at=None, wanted_at=None)
)
_DUE_OF_EACH = [
    select(lead.c.id)
    .where(*_DUE, lead.c.priority == priority)
    .order_by(lead.c.due_at, lead.c.row)  # or PostgreSQL reads all leads until it met enough
    .limit(bindparam("most"))
    .subquery()
    for priority in _PRIORITIES
]
_COUNT_DUE = select(func.count()).select_from(
    union_all(*(select(one.c.id) for one in _DUE_OF_EACH)).subquery()
)
_ANY_DUE = text(
    "SELECT EXISTS (SELECT 1 FROM campaign WHERE status = 'running'"
    " AND (ends_at IS NULL OR ends_at > :now) AND EXISTS ("
    "SELECT 1 FROM lead WHERE lead.campaign_id = campaign.id "
    "AND lead.status = 'READY' AND lead.priority IN ({}) AND lead.due_at <= :now))".format(
        ", ".join(str(one) for one in _PRIORITIES)
    )
).bindparams(bindparam("now", type_=UtcDateTime))


class LeadPlace(NamedTuple):
    """What tells when leads may be called; thousands of them share one."""

    zones: str
    region: str  # the one their list names, "" for none
    phone_start: str  # as much of their numbers as tells a region


_WAITING_IN_VAIN = select(campaign.c.id).where(
    campaign.c.status.in_(OVER),
    select(lead.c.id)
    .where(
        lead.c.campaign_id == campaign.c.id,
        lead.c.status.in_([LeadStatus.READY, LeadStatus.HELD]),
    )
    .exists(),
)


def add(tx: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Insert leads and give the number of new ones; a phone the campaign has is left as it is."""
    if not rows:
        return 0
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(lead)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["campaign_id", "phone"])
        .execution_options(preserve_rowcount=True)  # PostgreSQL gives the id back instead
    )
    return int(tx.execute(statement).rowcount)


def get(tx: Connection, lead_id: int) -> Lead | None:
    """Read one lead."""
    return one(tx, Lead, _GET, which=lead_id)


def of_phone(tx: Connection, campaign_id: int, phone: str) -> Lead | None:
    """Read the lead of a campaign that has a number."""
    chosen = select(lead).where(lead.c.campaign_id == campaign_id, lead.c.phone == phone)
    return one(tx, Lead, chosen)


def lock(tx: Connection, lead_id: int) -> Lead:
    """Lock and read one lead; always before its attempts."""
    row = one(tx, Lead, _LOCK, which=lead_id)
    if row is None:
        raise LookupError(f"lead {lead_id} is gone")
    return row


def count_due(
    tx: Connection, campaign_id: int, *, now: datetime, most: int, without: Collection[str] = ()
) -> int:
    """Count the leads that `take_due` would give, locked ones included, up to `most`."""
    chosen = {"campaign": campaign_id, "now": now, "most": most, "without": list(without)}
    return min(most, int(tx.execute(_COUNT_DUE, chosen).scalar_one()))


def any_due(tx: Connection, *, now: datetime) -> bool:
    """Tell whether a lead of any running campaign is due now."""
    return bool(tx.execute(_ANY_DUE, {"now": now}).scalar_one())


def take_due(
    tx: Connection, campaign_id: int, *, now: datetime, most: int, without: Collection[str] = ()
) -> list[Lead]:
    """Lock up to `most` due leads: by priority, then the longest due first, then by their list.

    Each priority is a range of the index of its own, so the length of the list does not matter.
    Rows that somebody else holds, numbers in a call right now, and the numbers in `without` are
    passed over.
    """
    chosen = {"campaign": campaign_id, "now": now, "without": list(without)}
    found: list[Lead] = []
    for priority in _PRIORITIES:
        if len(found) < most:
            left = most - len(found)
            found += many(tx, Lead, _TAKE_DUE, priority=priority, most=left, **chosen)
    return found


def move(
    tx: Connection, lead_id: int, *, current: LeadStatus, target: LeadStatus, **values: Any
) -> bool:
    """Move a lead from `current` to `target` if it still is `current`.

    Raises:
        IllegalMove: the transition table forbids this move.
    """
    check_move(LEAD_MOVES, current, target)
    guarded = {"which": lead_id, "current": current, "status": target, **values}
    return bool(tx.execute(_MOVE, guarded).rowcount)


def take_off(tx: Connection, lead_ids: Sequence[int]) -> int:
    """Move READY leads to IN_FLIGHT, one try more each, and give how many moved."""
    if not lead_ids:
        return 0
    return int(tx.execute(_TAKE_OFF, {"which": list(lead_ids)}).rowcount)


def close(tx: Connection, row: Lead, *, closed_as: ClosedAs, now: datetime, **values: Any) -> bool:
    """Close a lead from whatever open status it was read in, and tell whoever wants to know."""
    closed = move(
        tx,
        row.id,
        current=row.status,
        target=LeadStatus.CLOSED,
        **{**values, "closed_as": closed_as, "closed_at": now, "due_at": None, "wanted_at": None},
    )
    if closed:
        results.tell_closed(tx, row.id, now=now)
    return closed


def change(tx: Connection, lead_id: int, **values: Any) -> None:
    """Change columns other than the status."""
    tx.execute(_CHANGE, {"which": lead_id, **values})


def places_waiting(tx: Connection, campaign_id: int) -> list[LeadPlace]:
    """Give the different places of the campaign's READY leads."""
    chosen = (lead.c.campaign_id == campaign_id, lead.c.status == LeadStatus.READY)
    return [LeadPlace(*row) for row in tx.execute(select(*PLACE).where(*chosen).distinct())]


def count_places(tx: Connection, campaign_id: int) -> dict[LeadPlace, int]:
    """Count the campaign's READY leads by place."""
    chosen = (lead.c.campaign_id == campaign_id, lead.c.status == LeadStatus.READY)
    counted = select(*PLACE, func.count()).where(*chosen).group_by(*PLACE)
    return {LeadPlace(*row[:-1]): row[-1] for row in tx.execute(counted)}


def places_due(
    tx: Connection, campaign_id: int, *, now: datetime, most: int
) -> dict[LeadPlace, list[int]]:
    """Lock due leads and give their ids by place: up to `most` of each priority.

    The longest due come first. Rows that somebody else holds are passed over, because the caller
    has the gate and may wait for nobody.
    """
    chosen = {"campaign": campaign_id, "now": now, "most": most}
    found: dict[LeadPlace, list[int]] = {}
    for priority in _PRIORITIES:
        for row in tx.execute(_PLACES_DUE, {**chosen, "priority": priority}):
            found.setdefault(LeadPlace(*row[1:]), []).append(row[0])
    return found


def next_due(tx: Connection, campaign_id: int, *, now: datetime, most: int) -> list[Lead]:
    """Lock up to `most` due leads of each priority, as `places_due` does."""
    chosen = {"campaign": campaign_id, "now": now, "most": most}
    return [
        row
        for priority in _PRIORITIES
        for row in many(tx, Lead, _NEXT_DUE, priority=priority, **chosen)
    ]


def shift_each(tx: Connection, due_at: Mapping[int, datetime]) -> None:
    """Make each of these leads due at its own moment, as far as it is READY."""
    rows = [{"which": lead_id, "to": moment} for lead_id, moment in sorted(due_at.items())]
    tx.execute(_SHIFT_ONE, rows)


def shift_those(tx: Connection, lead_ids: Sequence[int], *, to: datetime) -> int:
    """Make these leads due at `to`, as far as they are READY."""
    return _change_those(tx, lead_ids, due_at=to, wanted_at=_WANTED)


def hold_those(tx: Connection, lead_ids: Sequence[int], *, reason: str) -> int:
    """Hold these leads for a person to look at, as far as they are READY."""
    return _change_those(tx, lead_ids, **held(reason))


def held(reason: str) -> dict[str, Any]:
    """Give the columns of a READY lead that is held; what it waited for is kept."""
    return {
        "status": LeadStatus.HELD,
        "held_reason": reason,
        "due_at": None,
        "wanted_at": _WANTED,
    }


def _change_those(tx: Connection, lead_ids: Sequence[int], **values: Any) -> int:
    ready = update(lead).where(lead.c.id.in_(lead_ids), lead.c.status == LeadStatus.READY)
    return int(tx.execute(ready.values(**values)).rowcount)


def shift(tx: Connection, campaign_id: int, *, places: Sequence[LeadPlace], to: datetime) -> int:
    """Make the READY leads of these places due no earlier than `to`."""
    return _change_places(tx, campaign_id, places, lead.c.due_at < to, due_at=to, wanted_at=_WANTED)


def hold_places(
    tx: Connection, campaign_id: int, *, places: Sequence[LeadPlace], reason: str
) -> int:
    """Hold the READY leads of these places for a person to look at."""
    return _change_places(tx, campaign_id, places, **held(reason))


def _change_places(
    tx: Connection, campaign_id: int, places: Sequence[LeadPlace], *chosen: Any, **values: Any
) -> int:
    changed = 0
    for start in range(0, len(places), _PLACES_AT_ONCE):
        result = tx.execute(
            update(lead)
            .where(
                lead.c.campaign_id == campaign_id,
                lead.c.status == LeadStatus.READY,
                tuple_(*PLACE).in_(places[start : start + _PLACES_AT_ONCE]),
                *chosen,
            )
            .values(**values)
        )
        changed += int(result.rowcount)
    return changed


def close_waiting(
    tx: Connection,
    *,
    closed_as: ClosedAs,
    now: datetime,
    campaign_id: int | None = None,
    phone: str | None = None,
) -> int:
    """Close the READY and HELD leads of a campaign, or of a number in all campaigns."""
    chosen = [lead.c.status.in_([LeadStatus.READY, LeadStatus.HELD])]
    if campaign_id is not None:
        chosen.append(lead.c.campaign_id == campaign_id)
    if phone is not None:
        chosen.append(lead.c.phone == phone)
    if len(chosen) == 1:
        raise ValueError("name a campaign or a number")
    result = tx.execute(
        update(lead)
        .where(*chosen)
        .values(
            status=LeadStatus.CLOSED,
            closed_as=closed_as,
            closed_at=now,
            due_at=None,
            wanted_at=None,
        )
    )
    as_now = (lead.c.closed_as == closed_as, *chosen[1:])
    results.tell_all_closed(tx, *as_now, now=now)
    return int(result.rowcount)


def close_those(
    tx: Connection, lead_ids: Sequence[int], *, closed_as: ClosedAs, reason: str, now: datetime
) -> int:
    """Close those of these leads that are READY; give how many."""
    closed = {"status": LeadStatus.CLOSED, "closed_as": closed_as, "closed_at": now}
    done = _change_those(tx, lead_ids, **closed, held_reason=reason, due_at=None, wanted_at=None)
    if done:
        results.tell_these_closed(tx, lead_ids, now=now)
    return done


def waiting_in_vain(tx: Connection) -> list[int]:
    """Give the campaigns that are over and in which a lead still waits.

    A call that ends, or is heard to be a voicemail, while its campaign is being stopped or is
    finishing may hand its lead back too late.
    """
    return [row[0] for row in tx.execute(_WAITING_IN_VAIN)]


def suppress(
    tx: Connection, phone: str, *, reason: str, call_id: str | None, now: datetime
) -> None:
    """Put a number on the do-not-call list; a second time changes nothing."""
    source = OptOutSource.CALL if call_id else OptOutSource.HAND
    opt_out = OptOut(reason=reason, source=source, actor="dialer", call_id=call_id)
    suppressions.add(tx, [phone], opt_out, now=now)
