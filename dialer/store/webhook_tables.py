"""The table of the webhook inbox."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from dialer.store.columns import a_moment, a_text, an_id

IGNORED_AND_WHOLE = "status = 'IGNORED' AND raw <> ''"
"""What may be emptied: it was about no call of ours."""


class WebhookEvent(SQLModel, table=True):
    """One event from Retell, kept as it came."""

    __tablename__ = "webhook_event"
    __table_args__ = (
        Index(
            "webhook_new",
            "received_at",
            sqlite_where=text("status = 'NEW'"),
            postgresql_where=text("status = 'NEW'"),
        ),
        Index(
            "webhook_dead",
            "id",
            sqlite_where=text("status = 'DEAD'"),
            postgresql_where=text("status = 'DEAD'"),
        ),
        Index(
            "webhook_ignored",
            "received_at",
            sqlite_where=text(IGNORED_AND_WHOLE),
            postgresql_where=text(IGNORED_AND_WHOLE),
        ),
    )

    id: int = an_id()
    event_id: str = Field(unique=True)
    call_id: str | None = Field(default=None, index=True)
    raw: str = a_text(nullable=False)  # empty: what was said had been kept long enough
    status: str  # NEW, DONE, IGNORED, DEAD
    tries: int = 0
    error: str | None = a_text()
    received_at: datetime = a_moment(nullable=False)
    settled_at: datetime | None = a_moment()
    acknowledged_at: datetime | None = a_moment()
