"""The tables of results that are told to other systems."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from dialer.domain.result_events import ResultEvent
from dialer.store.columns import a_moment, a_text, a_word, an_id
from dialer.store.types import BigId


class ResultAddress(SQLModel, table=True):
    """Where the results of a campaign go, and how that went lately."""

    __tablename__ = "result_address"

    campaign_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    address: str = a_text(nullable=False)
    secret: str  # its name in the settings
    failures: int = 0  # in a row
    failing_since: datetime | None = a_moment()
    resting_until: datetime | None = a_moment()
    last_ok_at: datetime | None = a_moment()
    last_error: str | None = a_text()
    off_at: datetime | None = a_moment()  # it answered 410: nothing is sent until a person says so


class ResultWish(SQLModel, table=True):
    """One event that a campaign's address wants to be told."""

    __tablename__ = "result_wish"

    campaign_id: int = Field(
        primary_key=True, sa_type=BigId, sa_column_kwargs={"autoincrement": False}
    )
    event: str = Field(primary_key=True)


class ResultMessage(SQLModel, table=True):
    """One event to be told; written in the transaction that changes what it tells of."""

    __tablename__ = "result_message"
    __table_args__ = (
        UniqueConstraint("event", "lead_id", "attempt_id", "about_at", name="one_result"),
        Index(
            "result_waiting",
            "campaign_id",
            "id",
            sqlite_where=text("status = 'WAITING'"),
            postgresql_where=text("status = 'WAITING'"),
        ),
        Index(
            "result_dead",
            "id",
            sqlite_where=text("status = 'DEAD'"),
            postgresql_where=text("status = 'DEAD'"),
        ),
        Index("result_created", "created_at"),
    )

    id: int = an_id()  # also the sequence number that receivers see
    campaign_id: int = Field(sa_type=BigId)
    event: ResultEvent = a_word(ResultEvent)
    lead_id: int = Field(sa_type=BigId)  # without foreign keys, as leads are (decision 14)
    attempt_id: str = ""  # of events about an attempt
    about_at: datetime = a_moment(nullable=False)  # the moment it tells of; may lie ahead
    closed_as: str | None = None  # as it was then
    disposition: str | None = None
    body: str | None = a_text()  # as it was first sent; the same at each try
    status: str  # WAITING, DELIVERED, DEAD
    tries: int = 0
    created_at: datetime = a_moment(nullable=False)
    first_tried_at: datetime | None = a_moment()
    next_at: datetime | None = a_moment()  # None: it was not tried yet
    settled_at: datetime | None = a_moment()
    answer: int | None = None  # the last HTTP status
    error: str | None = a_text()
    acknowledged_at: datetime | None = a_moment()
