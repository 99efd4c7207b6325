"""Runs of schedules: each occurrence once, worked on by one process at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.domain.schedule_spec import RUN_MOVES, Earlier, PassedOver, RunStatus
from dialer.domain.states import ClosedAs, LeadStatus, ListStatus, check_move
from dialer.store import results
from dialer.store.rows import many, one
from dialer.store.tables import Campaign, Lead, LeadList, ScheduleRun, table

campaign = table(Campaign)
lead = table(Lead)
lead_list = table(LeadList)
run = table(ScheduleRun)

COUNTS = ("rows", "imported", "duplicates", "rejected", "passed_over")


class Waiting(NamedTuple):
    """A lead of a run that was not started yet, and how the runs before left its number."""

    lead_id: int
    earlier: Earlier


def add(
    tx: Connection,
    schedule_id: int,
    occurrence: str,
    *,
    due_at: datetime,
    actor: str,
    file: str | None = None,
    status: RunStatus = RunStatus.OPEN,
    **values: Any,
) -> int | None:
    """Note an occurrence and give the id of its run. None when it has been noted before."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    result = tx.execute(
        dialect.insert(run)
        .values(
            schedule_id=schedule_id,
            occurrence=occurrence,
            due_at=due_at,
            actor=actor,
            file=file,
            status=status,
            tries=0,
            **dict.fromkeys(COUNTS, 0),
            **values,
        )
        .on_conflict_do_nothing(index_elements=["schedule_id", "occurrence"])
        .returning(run.c.id)
    )
    return result.scalar_one_or_none()


def get(tx: Connection, run_id: int) -> ScheduleRun | None:
    """Read one run."""
    return one(tx, ScheduleRun, select(run).where(run.c.id == run_id))


def of_schedule(
    tx: Connection, schedule_id: int, *, most: int | None = None, before: int | None = None
) -> list[ScheduleRun]:
    """Read the runs of a schedule, the newest first."""
    chosen = select(run).where(run.c.schedule_id == schedule_id).order_by(run.c.id.desc())
    if before is not None:
        chosen = chosen.where(run.c.id < before)
    return many(tx, ScheduleRun, chosen.limit(most))


def page(tx: Connection, schedule_id: int, *, before: int | None, most: int) -> list[ScheduleRun]:
    """Read runs of a schedule noted before one, the newest first."""
    chosen = select(run).where(run.c.schedule_id == schedule_id)
    if before is not None:
        chosen = chosen.where(run.c.id < before)
    return many(tx, ScheduleRun, chosen.order_by(run.c.id.desc()).limit(most))


def between(tx: Connection, begins: datetime, ends: datetime, *, most: int) -> list[ScheduleRun]:
    """Read the runs that were due in a stretch of time, the earliest first."""
    chosen = select(run).where(run.c.due_at >= begins, run.c.due_at < ends)
    return many(tx, ScheduleRun, chosen.order_by(run.c.due_at, run.c.id).limit(most))


def count_campaigns(tx: Connection, schedule_id: int) -> int:
    """Count the campaigns that a schedule made."""
    mine = run.c.schedule_id == schedule_id, run.c.campaign_id.is_not(None)
    return int(tx.execute(select(func.count()).select_from(run).where(*mine)).scalar_one())


def has_open(tx: Connection, schedule_id: int) -> bool:
    """Tell whether a run of a schedule is not finished."""
    mine = run.c.schedule_id == schedule_id, run.c.status == RunStatus.OPEN
    return bool(tx.execute(select(exists().where(*mine))).scalar_one())


def open_ids(tx: Connection) -> list[int]:
    """Give the runs that are not finished, the oldest first."""
    chosen = select(run.c.id).where(run.c.status == RunStatus.OPEN).order_by(run.c.id)
    return list(tx.execute(chosen).scalars())


def take(
    tx: Connection, run_id: int, *, holder: str, until: datetime, now: datetime
) -> ScheduleRun | None:
    """Begin to work on a run, or go on with one whose holder is gone.

    None when it is finished, when somebody else works on it, or while an older run of the same
    schedule is not finished: whom a run calls may depend on the runs before.
    """
    older = run.alias("older")
    waits = exists().where(
        older.c.schedule_id == run.c.schedule_id,
        older.c.id < run.c.id,
        older.c.status == RunStatus.OPEN,
    )
    result = tx.execute(
        update(run)
        .where(
            run.c.id == run_id,
            run.c.status == RunStatus.OPEN,
            run.c.held_until.is_(None) | (run.c.held_until <= now),
            ~waits,
        )
        .values(
            holder=holder,
            held_until=until,
            tries=run.c.tries + 1,
            started_at=func.coalesce(run.c.started_at, now),
        )
    )
    return get(tx, run_id) if result.rowcount else None


def keep(tx: Connection, run_id: int, *, holder: str, **values: Any) -> bool:
    """Change columns of a run one holds. False when somebody else has taken it over."""
    result = tx.execute(
        update(run)
        .where(run.c.id == run_id, run.c.holder == holder, run.c.status == RunStatus.OPEN)
        .values(**values)
    )
    return bool(result.rowcount)


def finish(
    tx: Connection,
    run_id: int,
    *,
    holder: str,
    status: RunStatus,
    sentence: str,
    now: datetime,
    **counts: int,
) -> bool:
    """Finish a run one holds. False when somebody else has taken it over."""
    check_move(RUN_MOVES, RunStatus.OPEN, status)
    return keep(
        tx,
        run_id,
        holder=holder,
        status=status,
        sentence=sentence,
        finished_at=now,
        **counts,
    )


def mark_campaign(tx: Connection, campaign_id: int, *, schedule_id: int) -> None:
    """Say which schedule made a campaign."""
    changed = update(campaign).where(campaign.c.id == campaign_id)
    tx.execute(changed.values(schedule_id=schedule_id))


def list_counts(tx: Connection, campaign_id: int) -> dict[str, int]:
    """Add up what the imports of a campaign did; those undone count for nothing."""
    names = ("rows", "imported", "duplicates", "rejected")
    row = tx.execute(
        select(*(func.coalesce(func.sum(lead_list.c[name]), 0) for name in names)).where(
            lead_list.c.campaign_id == campaign_id, lead_list.c.status != ListStatus.UNDONE
        )
    ).one()
    return dict(zip(names, map(int, row), strict=True))


def passed_over(tx: Connection, campaign_id: int) -> dict[str, int]:
    """Count the leads a run passed over, by reason."""
    rows = tx.execute(
        select(lead.c.held_reason, func.count())
        .where(lead.c.campaign_id == campaign_id, lead.c.closed_as == ClosedAs.PASSED_OVER)
        .group_by(lead.c.held_reason)
        .order_by(lead.c.held_reason)
    )
    return {row[0]: row[1] for row in rows}


def lead_ids(tx: Connection, campaign_id: int) -> tuple[int, int] | None:
    """Give the first and the last id of a campaign's leads; None when it has none."""
    row = tx.execute(
        select(func.min(lead.c.id), func.max(lead.c.id)).where(lead.c.campaign_id == campaign_id)
    ).one()
    return None if row[0] is None else (row[0], row[1])


def waiting_known(
    tx: Connection, row: ScheduleRun, campaign_id: int, *, first: int, last: int
) -> list[Waiting]:
    """Give a draft's leads from `first` to `last` whose numbers earlier runs called.

    Runs that never started anything do not count, nor do leads that a run passed over.
    """
    old = lead.alias("old")
    chosen = (
        select(lead.c.id, old.c.status, old.c.closed_as, old.c.disposition)
        .join(old, old.c.phone == lead.c.phone)
        .join(run, run.c.campaign_id == old.c.campaign_id)
        .where(
            lead.c.campaign_id == campaign_id,
            lead.c.id.between(first, last),
            lead.c.status.in_([LeadStatus.READY, LeadStatus.HELD]),
            run.c.schedule_id == row.schedule_id,
            run.c.id < row.id,
            run.c.status == RunStatus.STARTED,
            old.c.closed_as.is_(None) | (old.c.closed_as != ClosedAs.PASSED_OVER),
        )
        .order_by(run.c.id)
    )
    latest = {found[0]: Earlier(*found[1:]) for found in tx.execute(chosen)}
    return [Waiting(lead_id, earlier) for lead_id, earlier in latest.items()]


def pass_over(tx: Connection, chosen: Mapping[PassedOver, Sequence[int]], *, now: datetime) -> None:
    """Close leads that nobody has called yet, with the reason."""
    for reason, ids in chosen.items():
        tx.execute(
            update(lead)
            .where(lead.c.id.in_(ids), lead.c.status.in_([LeadStatus.READY, LeadStatus.HELD]))
            .values(
                status=LeadStatus.CLOSED,
                closed_as=ClosedAs.PASSED_OVER,
                held_reason=reason.value,
                closed_at=now,
                due_at=None,
            )
        )
        results.tell_these_closed(tx, ids, now=now)
