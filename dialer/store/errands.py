"""Errands: what people asked for on pages, and how far a worker is with it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from dialer.domain.errands import FOR_A_PERSON, FOR_A_WORKER, ErrandKind, ErrandStatus
from dialer.store.rows import many, one
from dialer.store.tables import Errand, table

errand = table(Errand)

_A_DAY = timedelta(days=1)


def add(tx: Connection, kind: ErrandKind, *, now: datetime, **values: Any) -> int:
    """Add an errand and give its id."""
    fields = {"bytes": 0, "rows": 0, "tries": 0, "created_at": now, **values}
    result = tx.execute(insert(errand).values(kind=kind, **fields).returning(errand.c.id))
    return int(result.scalar_one())


def get(tx: Connection, errand_id: int) -> Errand | None:
    """Read one errand."""
    return one(tx, Errand, select(errand).where(errand.c.id == errand_id))


def take(
    tx: Connection, errand_id: int, *, holder: str, until: datetime, now: datetime
) -> Errand | None:
    """Win the right to work on an errand; None when somebody has it, or there is nothing to do."""
    free = or_(errand.c.held_until.is_(None), errand.c.held_until < now)
    chosen = update(errand).where(errand.c.id == errand_id, errand.c.status.in_(FOR_A_WORKER), free)
    values = {"holder": holder, "held_until": until, "tries": errand.c.tries + 1}
    return one(tx, Errand, chosen.values(**values).returning(errand))


def keep(tx: Connection, errand_id: int, *, held_by: str, **values: Any) -> bool:
    """Change an errand that is ours; False when somebody else took it over."""
    mine = update(errand).where(errand.c.id == errand_id, errand.c.holder == held_by)
    return bool(tx.execute(mine.values(**values)).rowcount)


def move(
    tx: Connection, errand_id: int, *, current: Collection[ErrandStatus], **values: Any
) -> bool:
    """Change an errand that is in one of these states and that nobody works on."""
    mine = update(errand).where(errand.c.id == errand_id, errand.c.status.in_(current))
    return bool(tx.execute(mine.values(**values)).rowcount)


def due(tx: Connection, *, now: datetime, at_once: int) -> list[int]:
    """Give the errands that a worker should take, the oldest first; `at_once` under way at most."""
    waiting = errand.c.status.in_(FOR_A_WORKER)
    busy = select(func.count()).select_from(errand).where(waiting, errand.c.held_until >= now)
    left = at_once - tx.execute(busy).scalar_one()
    free = or_(errand.c.held_until.is_(None), errand.c.held_until < now)
    chosen = select(errand.c.id).where(waiting, free).order_by(errand.c.id).limit(max(left, 0))
    return list(tx.execute(chosen).scalars())


def forgotten(tx: Connection, *, before: datetime) -> list[Errand]:
    """Read the errands that wait for a person since before a moment."""
    old = errand.c.status.in_(FOR_A_PERSON), errand.c.created_at < before
    return many(tx, Errand, select(errand).where(*old, errand.c.file.is_not(None)))


def unfinished(tx: Connection, *, most: int) -> list[Errand]:
    """Read what is under way or waits for a person, the newest first."""
    open_ones = errand.c.status.in_((*FOR_A_WORKER, ErrandStatus.CHECKED))
    return many(
        tx, Errand, select(errand).where(open_ones).order_by(errand.c.id.desc()).limit(most)
    )


def of_list(tx: Connection, list_id: int, kind: ErrandKind) -> Errand | None:
    """Read the newest errand of a kind about a list."""
    mine = select(errand).where(errand.c.list_id == list_id, errand.c.kind == kind)
    return one(tx, Errand, mine.order_by(errand.c.id.desc()).limit(1))


def that_brought(tx: Connection, list_id: int) -> Errand | None:
    """Read the upload that a list came of; later ones only found the list there already."""
    mine = select(errand).where(errand.c.list_id == list_id, errand.c.kind == ErrandKind.LEADS)
    return one(tx, Errand, mine.order_by(errand.c.id).limit(1))


def of_campaign(tx: Connection, campaign_id: int, *, since: datetime, most: int) -> list[Errand]:
    """Read what waits or is under way for a campaign, or was finished lately; the newest first."""
    open_ones = errand.c.status.in_(FOR_A_WORKER)
    over = or_(errand.c.finished_at >= since, errand.c.status == ErrandStatus.FAILED)
    news = and_(or_(open_ones, over), errand.c.created_at >= since - _A_DAY)
    waits = errand.c.status == ErrandStatus.CHECKED
    mine = errand.c.campaign_id == campaign_id, or_(news, waits)
    chosen = select(errand).where(*mine).order_by(errand.c.id.desc()).limit(most)
    return many(tx, Errand, chosen)


def page_of(
    tx: Connection,
    kind: ErrandKind,
    *,
    most: int,
    before: int | None = None,
    campaign_id: int | None = None,
) -> list[Errand]:
    """Read errands of a kind, the newest first."""
    chosen = select(errand).where(errand.c.kind == kind)
    if before is not None:
        chosen = chosen.where(errand.c.id < before)
    if campaign_id is not None:
        chosen = chosen.where(errand.c.campaign_id == campaign_id)
    return many(tx, Errand, chosen.order_by(errand.c.id.desc()).limit(most))


def with_old_files(tx: Connection, kind: ErrandKind, *, before: datetime) -> list[Errand]:
    """Read the errands of a kind that were done before a moment and whose file is still there."""
    done = errand.c.status == ErrandStatus.DONE, errand.c.finished_at < before, errand.c.bytes > 0
    return many(tx, Errand, select(errand).where(errand.c.kind == kind, *done))


def latest_about(tx: Connection, campaign_id: int, kind: ErrandKind) -> Errand | None:
    """Read the newest errand of a kind about a campaign."""
    mine = select(errand).where(errand.c.campaign_id == campaign_id, errand.c.kind == kind)
    return one(tx, Errand, mine.order_by(errand.c.id.desc()).limit(1))


def latest_of(tx: Connection, kinds: Collection[ErrandKind], *, most: int) -> list[Errand]:
    """Read the newest errands of some kinds."""
    mine = select(errand).where(errand.c.kind.in_(kinds))
    return many(tx, Errand, mine.order_by(errand.c.id.desc()).limit(most))
