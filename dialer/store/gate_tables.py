"""The table of the dial gate."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from dialer.store.columns import a_moment, a_text, some_json
from dialer.store.types import BigId


class DialGate(SQLModel, table=True):
    """One row. Slots are counted under its lock."""

    __tablename__ = "dial_gate"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    install: str  # tells our calls from those of another installation
    lines: int
    calls_per_second: float | None = None
    headroom: int = 0
    calls_per_day: int | None = None
    dollars_per_day: float | None = None
    day_zone: str = "UTC"  # whose midnight begins a day of these two
    path_calls_per_second: dict[str, float] | None = some_json()  # by telephony provider
    path_next_send_at: dict[str, str] | None = some_json()  # the same providers' next moments
    configured: dict[str, Any] = some_json(nullable=False)  # the settings last applied
    provider_lines: int | None = None
    foreign_calls: int = 0
    provider_asked_at: datetime | None = a_moment()
    provider_answered_at: datetime | None = a_moment()  # when it last did, to that question
    numbers_asked_at: datetime | None = a_moment()  # over which paths our numbers call
    next_send_at: datetime | None = a_moment()
    backing_off_until: datetime | None = a_moment()
    backed_off_at: datetime | None = a_moment()
    busy_streak: int = 0
    shrunk_to: int | None = None
    shrunk_at: datetime | None = a_moment()
    unknown_streak: int = 0
    breaker_until: datetime | None = a_moment()
    everything_paused: bool = False
    replay_refused_at: datetime | None = a_moment()  # Retell did not honour a repeated key
    other_calls_until: datetime | None = a_moment()  # up to when other systems' calls are known
    other_calls_asked_at: datetime | None = a_moment()
    turn: int = Field(default=0, sa_type=BigId)  # one more with each claim that took a lead
    server_mark: str | None = None  # of the server these rows were last known to be whole on
    doubted_at: datetime | None = a_moment()  # set: these rows may have gone back in time
    doubt: str | None = a_text()  # why
    doubted_from: datetime | None = a_moment()  # nothing from before then is missing
    trusted_until: datetime | None = a_moment()  # sends noted up to then need not be known
