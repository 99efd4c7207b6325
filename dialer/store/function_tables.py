"""The tables of what happens during a call: functions, appointments, and calls that come to us."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from dialer.domain.dispositions import Disposition
from dialer.domain.functions import Result
from dialer.domain.inbound import InboundStatus
from dialer.store.columns import a_moment, a_text, a_word, an_id, some_json
from dialer.store.types import BigId


class FunctionCall(SQLModel, table=True):
    """One function that an agent asked for, and what it was told.

    Without foreign keys: what was asked is kept also of a call that is none of ours.
    """

    __tablename__ = "function_call"
    __table_args__ = (
        UniqueConstraint("call_id", "name", "key", "round", name="one_answer"),
        Index("function_call_lead", "lead_id"),
    )

    id: int = an_id()
    call_id: str | None = None
    name: str
    key: str  # of the arguments, as they were understood
    round: int = 0  # asked again after something else was wanted, or after it failed
    attempt_id: str | None = None
    lead_id: int | None = Field(default=None, sa_type=BigId)
    is_test: bool = False  # changed nothing
    arguments: Any = some_json()  # as they came
    result: Result = a_word(Result)
    answer: dict[str, Any] | None = some_json()
    reference: str | None = None  # under which the log tells what went wrong
    asked_at: datetime = a_moment(nullable=False)
    took_ms: int | None = None


class Slot(SQLModel, table=True):
    """A time that may be booked, of a calendar that is no file."""

    __table_args__ = (UniqueConstraint("calendar", "starts_at", name="one_slot"),)

    id: int = an_id()
    calendar: str
    starts_at: datetime = a_moment(nullable=False)
    ends_at: datetime = a_moment(nullable=False)


class Appointment(SQLModel, table=True):
    """A time that somebody booked; nobody else can."""

    __table_args__ = (
        UniqueConstraint("calendar", "starts_at", name="one_booking"),
        UniqueConstraint("number", name="one_number"),
        Index("appointment_lead", "lead_id"),
    )

    id: int = an_id()
    calendar: str
    starts_at: datetime = a_moment(nullable=False)
    ends_at: datetime = a_moment(nullable=False)
    number: str  # which the person was told
    lead_id: int = Field(sa_type=BigId)
    call_id: str | None = None
    name: str | None = None
    note: str | None = a_text()
    booked_at: datetime = a_moment(nullable=False)
    moved_at: datetime | None = a_moment()


class InboundCall(SQLModel, table=True):
    """A call that came to us."""

    __tablename__ = "inbound_call"
    __table_args__ = (
        UniqueConstraint("key", name="one_inbound"),
        UniqueConstraint("call_id", name="one_inbound_call"),
        Index("inbound_call_lead", "lead_id", "received_at"),
    )

    id: int = an_id()
    key: str  # tells a repeated announcement
    call_id: str | None = None
    from_number: str
    to_number: str | None = None
    lead_id: int | None = Field(default=None, sa_type=BigId)
    status: InboundStatus = a_word(InboundStatus)
    received_at: datetime = a_moment(nullable=False)
    started_at: datetime | None = a_moment()
    ended_at: datetime | None = a_moment()
    disposition: Disposition | None = a_word(Disposition, nullable=True)
    reason: str | None = a_text()
    duration_ms: int | None = None
    transcript: str | None = a_text()
    summary: str | None = a_text()
    recording_url: str | None = a_text()
    promised_at: datetime | None = a_moment()  # when it asked to be called
