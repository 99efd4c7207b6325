"""Tables of what bounds calls beside lines: our numbers, calls of others, budgets of a day."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from dialer.store.columns import a_moment, a_text


class CallerNumber(SQLModel, table=True):
    """A number we call from."""

    __tablename__ = "caller_number"

    number: str = Field(primary_key=True)
    resting_until: datetime | None = a_moment()
    reason: str | None = a_text()
    path: str | None = None  # its telephony provider, as Retell names it: "retell-twilio" …


class DayAllowance(SQLModel, table=True):
    """How many calls more may be claimed today, as last counted, less what was claimed since.

    Read and written under the gate's lock; counting anew gives the same or more.
    """

    __tablename__ = "day_allowance"

    subject: str = Field(primary_key=True)  # "everything", "campaign:12"
    terms: str  # the limits and the day it was counted for
    left: int
    counted_at: datetime = a_moment(nullable=False)


class OtherCall(SQLModel, table=True):
    """A call to a number that was not ours: another system's, in the same workspace."""

    __tablename__ = "other_call"
    __table_args__ = (
        Index("other_call_phone", "phone", "started_at"),
        Index("other_call_started", "started_at"),
    )

    call_id: str = Field(primary_key=True)
    phone: str
    started_at: datetime = a_moment(nullable=False)
