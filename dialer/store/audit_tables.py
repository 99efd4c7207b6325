"""The tables of the audit: when it ran last, and what it found; and how long words are kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from dialer.store.columns import a_moment, a_text, an_id, some_json


class AuditRun(SQLModel, table=True):
    """The last run of one kind of audit: what happened lately, everything, or Retell's calls."""

    __tablename__ = "audit_run"

    kind: str = Field(primary_key=True)
    claimed_at: datetime | None = a_moment()  # when a process began the newest one
    started_at: datetime | None = a_moment()  # when the last one that was finished began
    ended_at: datetime | None = a_moment()
    broken: dict[str, Any] | None = some_json()  # what it found: names, and the first ids


class Incident(SQLModel, table=True):
    """Something that must not happen did; open until a person closes it, or it is over."""

    __table_args__ = (UniqueConstraint("code", "subject", name="one_incident"),)

    id: int = an_id()
    code: str
    subject: str  # the id of what it is about
    sentence: str = a_text(nullable=False)
    opened_at: datetime = a_moment(nullable=False)
    closed_at: datetime | None = a_moment()
    closed_by: str | None = None
    note: str | None = a_text()  # what the person who closed it says
    seen_at: datetime | None = a_moment()  # when an audit saw it last
    times: int = Field(default=1, sa_column_kwargs={"server_default": "1"})  # how often it opened


class Retention(SQLModel, table=True):
    """One row: how long what is said in calls is kept."""

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    said_days: int | None = None  # None: until somebody deletes it
