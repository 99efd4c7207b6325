"""Work on a campaign's leads that is done part by part: what is left, and the parts.

A part is a stretch of ids, done in one short transaction that also moves the mark on the
campaign, under the lock of its row, so any number of processes may try.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update

from dialer.domain.dispositions import MEANING, Verdict
from dialer.domain.hold import HoldCode
from dialer.domain.next_call import HANDED_OVER, REPLACED, SKIPPED
from dialer.domain.priority import Priority
from dialer.domain.selection import LeadSource, Selection
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.store.rows import many
from dialer.store.tables import Campaign, Lead, LeadList, table
from dialer.store.types import UtcDateTime

campaign = table(Campaign)
lead = table(Lead)
lead_list = table(LeadList)

_NOW: Any = bindparam("now", type_=UtcDateTime)
_DUE_AGAIN = (
    update(lead)
    .where(lead.c.id.in_(bindparam("which", expanding=True)))
    .values(
        status=LeadStatus.READY,
        due_at=bindparam("due", type_=UtcDateTime),
        wanted_at=func.coalesce(lead.c.wanted_at, lead.c.due_at, _NOW),
        held_reason=None,
    )
)
_FOLLOWING = (
    select(lead)
    .where(
        lead.c.campaign_id == bindparam("campaign"),
        lead.c.id > bindparam("after"),
        lead.c.id <= bindparam("until"),
        (lead.c.status == LeadStatus.READY)
        | ((lead.c.status == LeadStatus.HELD) & (lead.c.held_reason == HoldCode.NEVER_OPEN)),
    )
    .order_by(lead.c.id)
    .with_for_update()
)
_COPIED = (
    "row, phone, alt_phones, name, external_ref, zones, zone_source, region, variables,"
    " overrides, consent"
)
# The `+ 0` keeps both databases from walking through a whole campaign's index for each stretch.
_STRETCH = "l.campaign_id + 0 = :source AND l.id > :after AND l.id <= :until"
_OF_LIST = "l.list_id = :list"
_WANTED = (
    f"{_STRETCH} AND {{chosen}}"
    # Whoever opted out of the campaign that is copied has opted out of the copy.
    " AND NOT EXISTS (SELECT 1 FROM do_not_call d WHERE d.phone = l.phone"
    " AND (d.campaign_id IS NULL OR d.campaign_id = :source)"
    " AND (d.expires_at IS NULL OR d.expires_at > :now))"
    " AND NOT EXISTS (SELECT 1 FROM registry_number r"
    " WHERE r.number = CAST(substr(l.phone, 2) AS bigint))"
)
_COPY = (
    f"INSERT INTO lead (campaign_id, {_COPIED}, status, due_at, priority, attempts, free_tries,"
    " tries, created_at)"
    f" SELECT :target, {_COPIED}, 'READY', :now, :priority, 0, 0, 0, :now FROM lead l"
    f" WHERE {_WANTED} ORDER BY l.phone ON CONFLICT (campaign_id, phone) DO NOTHING"
)
_COUNT = "SELECT count(*) FROM lead l WHERE l.campaign_id = :source AND {chosen}"
_COUNT_IN = f"SELECT count(*) FROM lead l WHERE {_STRETCH} AND {{chosen}}"
_NOT_AGAIN = (SKIPPED, HANDED_OVER, REPLACED)
_NEVER_AGAIN = (ClosedAs.SUPPRESSED, ClosedAs.INVALID_NUMBER)
_TO_REVIEW = [one for one, meaning in MEANING.items() if meaning.verdict is Verdict.REVIEW]


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _closed(*closed_as: ClosedAs) -> str:
    return (
        f"l.status = '{LeadStatus.CLOSED}' AND l.closed_as IN ({_words(closed_as)})"
        f" AND (l.held_reason IS NULL OR l.held_reason NOT IN ({_words(_NOT_AGAIN)}))"
        f" AND (l.disposition IS NULL OR l.disposition NOT IN ({_words(_TO_REVIEW)}))"
        " AND NOT EXISTS (SELECT 1 FROM lead other"
        " WHERE other.campaign_id IN :children AND other.phone = l.phone)"
    )


_CHOSEN = {
    Selection.EVERYBODY: (
        f"(l.closed_as IS NULL OR l.closed_as NOT IN ({_words(_NEVER_AGAIN)}))"
        f" AND (l.held_reason IS NULL OR l.held_reason <> '{REPLACED}')"
    ),
    Selection.NOT_REACHED: _closed(ClosedAs.EXHAUSTED),
    Selection.NOT_REACHED_OR_STOPPED: _closed(ClosedAs.EXHAUSTED, ClosedAs.STOPPED),
}


def _statement(pattern: str, chosen: str) -> Any:
    statement = text(pattern.format(chosen=chosen))
    if ":now" in pattern:
        statement = statement.bindparams(_NOW)
    if ":children" in chosen:
        statement = statement.bindparams(bindparam("children", expanding=True))
    return statement


_COPY_BY = {one: _statement(_COPY, chosen) for one, chosen in _CHOSEN.items()}
_COPY_OF_LIST = {
    one: _statement(_COPY, f"{_OF_LIST} AND {chosen}") for one, chosen in _CHOSEN.items()
}
_COUNT_BY = {one: _statement(_COUNT, chosen) for one, chosen in _CHOSEN.items()}
_COUNT_OF_LIST = {
    one: _statement(_COUNT_IN, f"{_OF_LIST} AND {chosen}") for one, chosen in _CHOSEN.items()
}


def campaigns_with_some(tx: Connection) -> list[Campaign]:
    """Give the campaigns on whose leads work is left."""
    return many(tx, Campaign, select(campaign).where(campaign.c.pending_after.is_not(None)))


def advance(tx: Connection, campaign_id: int, *, to: int | None) -> None:
    """Move the mark of a campaign whose row is locked; None when nothing is left."""
    tx.execute(update(campaign).where(campaign.c.id == campaign_id).values(pending_after=to))


def bounds(
    tx: Connection, campaign_id: int, *, list_id: int | None = None
) -> tuple[int, int] | None:
    """Give the lowest and the highest id of a campaign's leads; None without leads.

    Those of one list of it are within what is given for that: others may be there, too.
    """
    of_list = None if list_id is None else _span(tx, list_id)
    if of_list is not None:
        return of_list
    chosen = select(func.min(lead.c.id), func.max(lead.c.id))
    first, last = tx.execute(chosen.where(lead.c.campaign_id == campaign_id)).one()
    return None if first is None else (first, last)


def _span(tx: Connection, list_id: int) -> tuple[int, int] | None:
    """Give the ids between which a list was imported; None where nobody wrote them down."""
    chosen = select(lead_list.c.after_lead, lead_list.c.until_lead)
    after, until = tx.execute(chosen.where(lead_list.c.id == list_id)).one()
    return None if after is None or until is None else (after + 1, until)


def lock_following(tx: Connection, campaign_id: int, *, after: int, until: int) -> list[Lead]:
    """Lock and give the leads of a stretch that wait for an opening, or for one ever to come."""
    stretch = {"campaign": campaign_id, "after": after, "until": until}
    return many(tx, Lead, _FOLLOWING, **stretch)


def make_due(tx: Connection, lead_ids: Sequence[int], *, at: datetime, now: datetime) -> None:
    """Let leads, whose locks the caller has, wait until `at`; what they waited for is kept."""
    tx.execute(_DUE_AGAIN, {"which": list(lead_ids), "due": at, "now": now})


def copy(
    tx: Connection,
    source: LeadSource,
    *,
    target: int,
    children: Sequence[int],
    after: int,
    until: int,
    now: datetime,
) -> int:
    """Copy the chosen leads of a stretch as new ones, and give how many.

    Those with a number that `target` has already stay as they are. Nobody is copied who is not
    to be called by now, nor, for a redial, whom one of the other `children` has.
    """
    parts = {"target": target, "after": after, "until": until, "now": now}
    parts |= {"priority": int(Priority.FRESH), **_named(source, children)}
    by = _COPY_BY if source.list_id is None else _COPY_OF_LIST
    return int(tx.execute(by[source.leads], parts).rowcount)


def count(tx: Connection, source: LeadSource, *, children: Sequence[int] = ()) -> int:
    """Count the leads that are chosen, whether they may be called or not."""
    chosen = _named(source, children)
    if source.list_id is None:
        return int(tx.execute(_COUNT_BY[source.leads], chosen).scalar_one())
    first, last = bounds(tx, source.campaign_id, list_id=source.list_id) or (1, 0)
    stretch = {"after": first - 1, "until": last}
    return int(tx.execute(_COUNT_OF_LIST[source.leads], {**chosen, **stretch}).scalar_one())


def _named(source: LeadSource, children: Sequence[int]) -> dict[str, Any]:
    named: dict[str, Any] = {"source": source.campaign_id}
    if source.list_id is not None:
        named["list"] = source.list_id
    if source.leads is not Selection.EVERYBODY:
        named["children"] = list(children)
    return named
