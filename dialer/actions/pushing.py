"""Push: leads that a program brings into a campaign, one or many at a time.

They go the way of a file: the same reader, the same batch, a lead list of their own. All that a
push changes is one transaction, and what is answered is kept in it under the request's idempotency
key. So a request that is sent again, because nobody knows whether it arrived, finds the answer,
or nothing at all of the first try.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from dialer.actions.control import find
from dialer.actions.load import Order, options_for
from dialer.actions.storing import REPEATED, Batch, Draft, Known, Target, draft_of, store
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.errors import RefusedByRule
from dialer.leads.column_map import ColumnMap
from dialer.leads.outcomes import RejectedRow
from dialer.leads.pushed import rows_of
from dialer.leads.row_reader import RowReader
from dialer.log import get_logger
from dialer.store import bulk, campaigns, kept_answers, lists
from dialer.store.bulk import KnownLead
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import KeptAnswer

log = get_logger(__name__)

MOST_LEADS = 1_000


class KeyReused(RefusedByRule):
    """The idempotency key stands for another request already."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What tells a request that is sent again from a new one."""

    token_id: int
    key: str
    sha256: str  # of all that was asked for


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push. `again` says that it was pushed before, and only told about now."""

    answer: dict[str, Any]
    again: bool


@dataclass(frozen=True, slots=True)
class Understood:
    """A push that was read, and can be stored."""

    target: Target
    read: "_Read"


@dataclass(frozen=True, slots=True)
class _Read:
    """A push as the reader of rows understood it, the good rows in the order of their phones."""

    columns: ColumnMap
    drafts: list[Draft]
    rejects: list[RejectedRow]

    @property
    def rows(self) -> int:
        return len(self.drafts) + len(self.rejects)


def push(
    world: World,
    campaign_id: int,
    leads: Sequence[Mapping[str, Any]],
    *,
    key: RequestKey,
    actor: str,
    known: Known = Known.SKIP,
) -> Pushed:
    """Bring leads into a campaign that is not over, and tell for each what became of it.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it is over.
        KeyReused: the key stands for another request.
        UserError: the leads have too many different names between them.
    """
    before = world.db.read(lambda tx: kept_answers.find(tx, key.token_id, key.key))
    if before is not None:
        return _told_again(before, key)
    understood = understand(world, campaign_id, leads, known=known)
    body = partial(push_in, understood=understood, key=key, actor=actor, now=world.clock.now())
    pushed = world.db.transact(body)
    if not pushed.again:
        log.info("leads_pushed", campaign_id=campaign_id, leads=pushed.answer["imported"])
        world.queue.plan()
    return pushed


def understand(
    world: World, campaign_id: int, leads: Sequence[Mapping[str, Any]], *, known: Known
) -> Understood:
    """Read leads as the rows of a file, outside any transaction. Raises: as `push`."""
    spec = campaigns.spec_of(world.db.read(lambda tx: find(tx, campaign_id)))
    target = Target(campaign_id, 0, known=known, not_called_within=spec.not_called_within)
    return Understood(target, _read(world, spec, leads))


def _read(world: World, spec: CampaignSpec, leads: Sequence[Mapping[str, Any]]) -> _Read:
    # Asking Retell what the agent's prompt needs would take longer than all the rest, each time.
    options, _ = options_for(world, spec, Order(check_agent=False))
    rows = rows_of(leads, most_columns=options.limits.max_columns)
    reader = RowReader(rows.columns, options)
    drafts, rejects = [], []
    for record in rows.records:
        outcome = reader.read(record)
        if isinstance(outcome, RejectedRow):
            rejects.append(outcome)
        else:
            drafts.append(draft_of(outcome, record.cells))
    return _Read(rows.columns, sorted(drafts), rejects)


def push_in(
    tx: Connection, *, understood: Understood, key: RequestKey, actor: str, now: datetime
) -> Pushed:
    """Store a push in the caller's transaction, once for each key."""
    target, read = understood.target, understood.read
    before = kept_answers.claim(tx, key.token_id, key.key, request_sha256=key.sha256, now=now)
    if before is not None:
        return _told_again(before, key)
    list_id = _open_list(tx, target.campaign_id, read, key=key, actor=actor, now=now)
    mine = Target(target.campaign_id, list_id, target.known, target.not_called_within)
    # Of its own: this may be run again, and the batch is changed on its way.
    batch = Batch(list(read.drafts), list(read.rejects))
    store(tx, mine, batch, rows=0, now=now)
    lists.close(tx, list_id, now=now, stored_row=read.rows, warnings=[])
    answer = _answer(tx, mine, batch, read)
    kept_answers.keep(tx, key.token_id, key.key, orjson.dumps(answer).decode())
    return Pushed(answer, again=False)


def _open_list(
    tx: Connection, campaign_id: int, read: _Read, *, key: RequestKey, actor: str, now: datetime
) -> int:
    headers, columns = list(read.columns.headers), read.columns.summary()
    list_id = lists.add(
        tx,
        campaign_id=campaign_id,
        file_name=f"pushed by {actor}",
        sha256=key.sha256,
        fingerprint=f"{lists.PUSHED}{key.token_id}:{key.key}",
        mapping={"headers": headers, "columns": columns},
        now=now,
    )
    after: dict[str, object] = {"campaign": campaign_id, "leads": read.rows}
    log_action(tx, actor=actor, action="push", subject=f"list:{list_id}", now=now, after=after)
    return list_id


def _told_again(before: KeptAnswer, key: RequestKey) -> Pushed:
    if before.request_sha256 != key.sha256 or before.answer is None:
        raise KeyReused(
            "the idempotency key stands for another request",
            why=f"it was first used at {before.created_at:%Y-%m-%d %H:%M:%S} UTC",
            fix="send a new key with a new request, and the same key only with the same one",
        )
    return Pushed(orjson.loads(before.answer), again=True)


def _answer(tx: Connection, target: Target, batch: Batch, read: _Read) -> dict[str, Any]:
    """Tell what became of each row, and count it as the list does."""
    phones = {one.row: one.phone for one in read.drafts}
    known = bulk.known_by_phone(tx, target.campaign_id, sorted(set(phones.values())))
    told = {one.row: _told_reject(one, phones.get(one.row), known) for one in batch.rejects}
    for lead_id, draft in batch.updates.items():
        told[draft.row] = _told("updated", lead_id=lead_id, phone=draft.phone)
    for phone, lead in known.items():
        if lead.list_id == target.list_id and lead.row is not None:
            told[lead.row] = _told("imported", lead_id=lead.id, phone=phone)
    row = lists.lock(tx, target.list_id)
    counts = {name: getattr(row, name) for name in ("imported", "updated", "duplicates")}
    return {
        "campaign_id": target.campaign_id,
        "list_id": target.list_id,
        "rows": row.rows,
        **counts,
        "rejected": row.rejected,
        "leads": [{"row": n, **told[n]} for n in sorted(told)],
    }


def _told_reject(
    one: RejectedRow, phone: str | None, known: Mapping[str, KnownLead]
) -> dict[str, Any]:
    is_repeated = one.reason in REPEATED
    lead = known.get(phone or "") if is_repeated else None
    return _told(
        "duplicate" if is_repeated else "rejected",
        lead_id=lead.id if lead is not None else None,
        phone=phone,
        reason=one.reason.value,
        message=one.message,
    )


def _told(
    result: str,
    *,
    lead_id: int | None,
    phone: str | None,
    reason: str | None = None,
    message: str | None = None,
) -> dict[str, Any]:
    return {
        "result": result,
        "lead_id": lead_id,
        "phone": phone,
        "reason": reason,
        "message": message,
    }
