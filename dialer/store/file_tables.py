"""The tables of what comes in as files: lead lists, the schedules that read them, and errands."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Index,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.schedule_spec import RunStatus
from dialer.domain.states import ListStatus
from dialer.store.columns import a_moment, a_ref, a_text, a_word, an_id, some_json
from dialer.store.types import BigId


class Schedule(SQLModel, table=True):
    """A recipe that stamps out campaigns."""

    id: int = an_id()
    name: str
    spec: dict[str, Any] = some_json(nullable=False)
    enabled: bool = True
    next_run_at: datetime | None = a_moment()
    created_at: datetime = a_moment(nullable=False)
    deleted_at: datetime | None = a_moment()  # its runs and their campaigns stay


class ScheduleRun(SQLModel, table=True):
    """One occurrence of a schedule, and the campaign it became."""

    __tablename__ = "schedule_run"
    __table_args__ = (
        UniqueConstraint("schedule_id", "occurrence", name="one_run_per_occurrence"),
        Index("run_status", "status", "id"),
        Index("run_due", "due_at"),
        Index("run_of_schedule", "schedule_id", "id"),
    )

    id: int = an_id()
    schedule_id: int = a_ref("schedule.id")
    occurrence: str  # a moment, the hash of a file, or a person's wish
    due_at: datetime = a_moment(nullable=False)
    file: str | None = a_text()  # the lead file, where the schedule names none
    actor: str
    status: RunStatus = a_word(RunStatus)
    campaign_id: int | None = a_ref("campaign.id", nullable=True)
    tries: int = 0
    holder: str | None = None  # whoever works on it
    held_until: datetime | None = a_moment()  # from then on somebody else may
    rows: int = 0
    imported: int = 0
    duplicates: int = 0
    rejected: int = 0
    passed_over: int = 0  # imported, but not called by choice of the schedule
    sentence: str | None = a_text()
    started_at: datetime | None = a_moment()
    finished_at: datetime | None = a_moment()


class InboxFile(SQLModel, table=True):
    """A file seen in a watched folder, as it was when it was seen first in this shape."""

    __tablename__ = "inbox_file"
    __table_args__ = (UniqueConstraint("schedule_id", "name", name="one_sighting_per_file"),)

    id: int = an_id()
    schedule_id: int = a_ref("schedule.id")
    name: str
    size: int = Field(sa_type=BigInteger)
    modified_ns: int = Field(sa_type=BigInteger)
    seen_at: datetime = a_moment(nullable=False)
    sha256: str | None = None  # set once it was taken, or known as a file taken before


class LeadList(SQLModel, table=True):
    """One uploaded file, and how far its import has come."""

    __tablename__ = "lead_list"
    __table_args__ = (Index("list_campaign", "campaign_id"),)

    id: int = an_id()
    campaign_id: int = a_ref("campaign.id")
    file_name: str
    sha256: str
    fingerprint: str  # of the file and of everything that decides what becomes of its rows
    status: ListStatus = a_word(ListStatus)
    mapping: dict[str, Any] = some_json(nullable=False)
    warnings: list[dict[str, Any]] | None = some_json()
    rows: int = 0  # all but the blank ones
    imported: int = 0
    updated: int = 0
    duplicates: int = 0
    rejected: int = 0
    blank: int = 0
    undone: int = 0  # imported once, taken out again
    stored_row: int = 0  # every row up to this one is stored; later ones may be
    created_at: datetime = a_moment(nullable=False)
    finished_at: datetime | None = a_moment()
    purged_at: datetime | None = a_moment()  # from then on its rejected rows are deleted
    # All its leads have ids after the one and up to the other; None: imported by an older dialer.
    after_lead: int | None = Field(default=None, sa_type=BigId)
    until_lead: int | None = Field(default=None, sa_type=BigId)


class ColumnMapping(SQLModel, table=True):
    """What a person said about a set of headers, for the next file that has them."""

    __tablename__ = "column_mapping"

    headers_key: str = Field(primary_key=True)
    mapping: dict[str, str] = some_json(nullable=False)
    updated_at: datetime = a_moment(nullable=False)


class ImportReject(SQLModel, table=True):
    """One row of a file that is not a lead, as it was, and why."""

    __tablename__ = "import_reject"
    __table_args__ = (Index("one_reject_per_row", "list_id", "row", unique=True),)

    id: int = an_id()
    list_id: int = a_ref("lead_list.id")
    row: int
    cells: list[str] = some_json(nullable=False)
    reason: str
    message: str = a_text(nullable=False)


class Errand(SQLModel, table=True):
    """Something a person asked for on a page that takes a while; a worker does it."""

    __table_args__ = (
        Index("errand_status", "status", "id"),
        Index("errand_kind", "kind", "id"),
    )

    id: int = an_id()
    kind: ErrandKind = a_word(ErrandKind)
    status: ErrandStatus = a_word(ErrandStatus)
    actor: str
    campaign_id: int | None = a_ref("campaign.id", nullable=True)
    list_id: int | None = a_ref("lead_list.id", nullable=True)
    file: str | None = a_text()  # beneath the folder of uploads
    bytes: int = Field(default=0, sa_type=BigInteger)
    asked: dict[str, Any] = some_json(nullable=False)  # what the person decided
    found: dict[str, Any] | None = some_json()  # what was found, and what came of it
    sentence: str | None = a_text()  # why it failed, or what came of it
    rows: int = 0  # how far it is
    fraction: float | None = None  # of the whole; None where nobody knows
    tries: int = 0
    holder: str | None = None  # whoever works on it
    held_until: datetime | None = a_moment()  # from then on somebody else may
    created_at: datetime = a_moment(nullable=False)
    finished_at: datetime | None = a_moment()
