"""The tables. What must never happen is a constraint here.

Rows are written with Core statements (the ORM costs four times as much on the hot path); the
classes give the columns, and typed rows where speed does not matter.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from dialer.domain.dispositions import Disposition
from dialer.domain.do_not_call import OptOutSource
from dialer.domain.priority import Priority
from dialer.domain.schedule_spec import RunStatus
from dialer.domain.states import (
    OPEN_STATUSES,
    Analysis,
    AttemptStatus,
    CampaignStatus,
    ClosedAs,
    LeadStatus,
    ListStatus,
)
from dialer.domain.zones import ZoneSource
from dialer.store.types import BigId, UtcDateTime, word

IS_OPEN = "status IN ({})".format(", ".join(f"'{status}'" for status in OPEN_STATUSES))
"""Written out, never bound: the planner uses a partial index only for a condition it can read."""


def _id() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def _moment(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable))


def _ref(target: str, *, nullable: bool = False) -> Any:
    return Field(
        default=None,
        sa_type=BigId,
        foreign_key=target,
        nullable=nullable,
    )


def _text(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=nullable))


def _priority() -> Any:
    return Column(SmallInteger, nullable=False, server_default=str(int(Priority.FRESH)))


def _json(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=nullable))


def _word(enum: Any, *, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(word(enum), nullable=nullable))


class Campaign(SQLModel, table=True):
    """One run over one set of leads, with its settings."""

    id: int = _id()
    name: str
    status: CampaignStatus = _word(CampaignStatus)
    held_reason: str | None = None  # a stable word, set while held
    held_text: str | None = _text()  # the sentence for people
    spec: dict[str, Any] = _json(nullable=False)
    weight: float = 1.0
    lines: int | None = None
    rejections_in_a_row: int = 0  # numbers Retell refused, one after the other
    parent_id: int | None = _ref("campaign.id", nullable=True)
    schedule_id: int | None = _ref("schedule.id", nullable=True)
    start_at: datetime | None = _moment()
    created_at: datetime = _moment(nullable=False)
    started_at: datetime | None = _moment()
    finished_at: datetime | None = _moment()


class Schedule(SQLModel, table=True):
    """A recipe that stamps out campaigns."""

    id: int = _id()
    name: str
    spec: dict[str, Any] = _json(nullable=False)
    enabled: bool = True
    next_run_at: datetime | None = _moment()
    created_at: datetime = _moment(nullable=False)


class ScheduleRun(SQLModel, table=True):
    """One occurrence of a schedule, and the campaign it became."""

    __tablename__ = "schedule_run"
    __table_args__ = (
        UniqueConstraint("schedule_id", "occurrence", name="one_run_per_occurrence"),
        Index("run_status", "status", "id"),
    )

    id: int = _id()
    schedule_id: int = _ref("schedule.id")
    occurrence: str  # a moment, the hash of a file, or a person's wish
    due_at: datetime = _moment(nullable=False)
    file: str | None = _text()  # the lead file, where the schedule names none
    actor: str
    status: RunStatus = _word(RunStatus)
    campaign_id: int | None = _ref("campaign.id", nullable=True)
    tries: int = 0
    holder: str | None = None  # whoever works on it
    held_until: datetime | None = _moment()  # from then on somebody else may
    rows: int = 0
    imported: int = 0
    duplicates: int = 0
    rejected: int = 0
    passed_over: int = 0  # imported, but not called by choice of the schedule
    sentence: str | None = _text()
    started_at: datetime | None = _moment()
    finished_at: datetime | None = _moment()


class InboxFile(SQLModel, table=True):
    """A file seen in a watched folder, as it was when it was seen first in this shape."""

    __tablename__ = "inbox_file"
    __table_args__ = (UniqueConstraint("schedule_id", "name", name="one_sighting_per_file"),)

    id: int = _id()
    schedule_id: int = _ref("schedule.id")
    name: str
    size: int = Field(sa_type=BigInteger)
    modified_ns: int = Field(sa_type=BigInteger)
    seen_at: datetime = _moment(nullable=False)
    sha256: str | None = None  # set once it was taken, or known as a file taken before


class LeadList(SQLModel, table=True):
    """One uploaded file, and how far its import has come."""

    __tablename__ = "lead_list"
    __table_args__ = (Index("list_campaign", "campaign_id"),)

    id: int = _id()
    campaign_id: int = _ref("campaign.id")
    file_name: str
    sha256: str
    fingerprint: str  # of the file and of everything that decides what becomes of its rows
    status: ListStatus = _word(ListStatus)
    mapping: dict[str, Any] = _json(nullable=False)
    warnings: list[dict[str, Any]] | None = _json()
    rows: int = 0  # all but the blank ones
    imported: int = 0
    updated: int = 0
    duplicates: int = 0
    rejected: int = 0
    blank: int = 0
    undone: int = 0  # imported once, taken out again
    stored_row: int = 0  # every row up to this one is stored; later ones may be
    created_at: datetime = _moment(nullable=False)
    finished_at: datetime | None = _moment()


class ColumnMapping(SQLModel, table=True):
    """What a person said about a set of headers, for the next file that has them."""

    __tablename__ = "column_mapping"

    headers_key: str = Field(primary_key=True)
    mapping: dict[str, str] = _json(nullable=False)
    updated_at: datetime = _moment(nullable=False)


class ImportReject(SQLModel, table=True):
    """One row of a file that is not a lead, as it was, and why."""

    __tablename__ = "import_reject"
    __table_args__ = (Index("one_reject_per_row", "list_id", "row", unique=True),)

    id: int = _id()
    list_id: int = _ref("lead_list.id")
    row: int
    cells: list[str] = _json(nullable=False)
    reason: str
    message: str = _text(nullable=False)


class Lead(SQLModel, table=True):
    """One person and number in one campaign."""

    __table_args__ = (
        UniqueConstraint("campaign_id", "phone", name="one_lead_per_phone"),
        Index("lead_due", "campaign_id", "status", "priority", "due_at", "row"),
        Index("lead_phone", "phone"),
        Index(
            "lead_external_ref",
            "campaign_id",
            "external_ref",
            sqlite_where=text("external_ref IS NOT NULL"),
            postgresql_where=text("external_ref IS NOT NULL"),
        ),
    )

    id: int = _id()
    campaign_id: int = _ref("campaign.id")
    list_id: int | None = _ref("lead_list.id", nullable=True)
    row: int | None = None  # in that list; leads due at one moment are called in this order
    updated_list_id: int | None = Field(default=None, sa_type=BigId)  # the list that changed it
    updated_row: int | None = None  # in that list
    phone: str
    alt_phones: list[str] | None = _json()
    name: str | None = None
    external_ref: str | None = None
    zones: str = ""  # IANA names, comma separated; the window must be open in all of them
    zone_source: ZoneSource = _word(ZoneSource)
    region: str | None = None  # "US-FL" where its list names a state; its number tells others
    variables: dict[str, str] = _json(nullable=False)
    overrides: dict[str, Any] | None = _json()  # what the file says of this call alone
    status: LeadStatus = _word(LeadStatus)
    due_at: datetime | None = _moment()
    priority: int = Field(default=Priority.FRESH, sa_column=_priority())
    callback_at: datetime | None = _moment()  # when it asked to be called; a promise while READY
    held_reason: str | None = None
    attempts: int = 0  # those that rang or may have rung
    free_tries: int = 0  # those that cost the lead nothing
    tries: int = 0  # all of them; the next attempt's n is one more
    closed_as: ClosedAs | None = _word(ClosedAs, nullable=True)
    disposition: Disposition | None = _word(Disposition, nullable=True)
    created_at: datetime = _moment(nullable=False)
    closed_at: datetime | None = _moment()


class Attempt(SQLModel, table=True):
    """One try to reach a lead."""

    __table_args__ = (
        UniqueConstraint("lead_id", "n", name="one_attempt_per_n"),
        Index(
            "one_open_per_lead",
            "lead_id",
            unique=True,
            sqlite_where=text(IS_OPEN),
            postgresql_where=text(IS_OPEN),
        ),
        Index(
            "one_open_per_phone",
            "phone",
            unique=True,
            sqlite_where=text(IS_OPEN),
            postgresql_where=text(IS_OPEN),
        ),
        Index(
            "one_call",
            "call_id",
            unique=True,
            sqlite_where=text("call_id IS NOT NULL"),
            postgresql_where=text("call_id IS NOT NULL"),
        ),
        Index(
            "attempt_check",
            "check_at",
            sqlite_where=text("check_at IS NOT NULL"),
            postgresql_where=text("check_at IS NOT NULL"),
        ),
        Index("attempt_campaign", "campaign_id", "created_at"),
        Index("attempt_phone", "phone", "created_at"),
        Index("attempt_sent", "send_started_at"),
    )

    id: str = Field(primary_key=True)
    lead_id: int = _ref("lead.id")
    campaign_id: int = _ref("campaign.id")
    phone: str
    n: int
    from_number: str
    status: AttemptStatus = _word(AttemptStatus)
    call_id: str | None = None
    request: dict[str, Any] | None = _json()  # the exact body, so that it can be repeated
    lines_open: int  # open attempts when this one was claimed, itself included
    lines_limit: int  # the limit in force then
    created_at: datetime = _moment(nullable=False)
    send_at: datetime = _moment(nullable=False)  # paced
    promised_at: datetime | None = _moment()  # when the person asked to be called
    refill_from: datetime | None = _moment()  # when the end of the call before was received
    send_started_at: datetime | None = _moment()  # the send gate
    sent_at: datetime | None = _moment()  # the request was written
    sent_local: dict[str, str] | None = _json()  # the local times at the send gate
    check_at: datetime | None = _moment()  # when `reconcile` looks at it again
    closed_at: datetime | None = _moment()
    rang: bool | None = None
    disposition: Disposition | None = _word(Disposition, nullable=True)
    reason: str | None = _text()  # Retell's word, or the error's
    evidence: str | None = None  # what closed it: webhook, look-up, answer …
    late: bool = False  # evidence came after we had given up
    retry_at: datetime | None = _moment()  # when its ending made the lead due again
    look_ups: int = 0
    absent_answers: int = 0  # whole answers without the call, a minute or more apart
    absent_at: datetime | None = _moment()
    replays: int = 0
    analysis: Analysis = _word(Analysis)
    started_at: datetime | None = _moment()
    ended_at: datetime | None = _moment()
    duration_ms: int | None = None
    cost_cents: float | None = None
    agent_id: str | None = None
    agent_version: int | None = None
    transcript: str | None = _text()
    recording_url: str | None = _text()
    summary: str | None = _text()
    sentiment: str | None = None
    in_voicemail: bool | None = None
    call_successful: bool | None = None
    custom_analysis: dict[str, Any] | None = _json()


class AttemptEvent(SQLModel, table=True):
    """One change of an attempt; append only."""

    __tablename__ = "attempt_event"

    id: int = _id()
    attempt_id: str = Field(foreign_key="attempt.id", index=True)
    from_status: AttemptStatus | None = _word(AttemptStatus, nullable=True)
    to_status: AttemptStatus = _word(AttemptStatus)
    at: datetime = _moment(nullable=False)
    by: str  # plan, dial, settle, reconcile, control
    evidence: str | None = _text()


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
    )

    id: int = _id()
    event_id: str = Field(unique=True)
    call_id: str | None = Field(default=None, index=True)
    raw: str = _text(nullable=False)
    status: str  # NEW, DONE, IGNORED, DEAD
    tries: int = 0
    error: str | None = _text()
    received_at: datetime = _moment(nullable=False)
    settled_at: datetime | None = _moment()
    acknowledged_at: datetime | None = _moment()


class DialGate(SQLModel, table=True):
    """One row. Slots are counted under its lock."""

    __tablename__ = "dial_gate"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    install: str  # tells our calls from those of another installation
    lines: int
    calls_per_second: float | None = None
    headroom: int = 0
    configured: dict[str, Any] = _json(nullable=False)  # the settings last applied
    provider_lines: int | None = None
    foreign_calls: int = 0
    provider_asked_at: datetime | None = _moment()
    next_send_at: datetime | None = _moment()
    backing_off_until: datetime | None = _moment()
    backed_off_at: datetime | None = _moment()
    busy_streak: int = 0
    shrunk_to: int | None = None
    shrunk_at: datetime | None = _moment()
    unknown_streak: int = 0
    breaker_until: datetime | None = _moment()
    everything_paused: bool = False
    replay_refused_at: datetime | None = _moment()  # Retell did not honour a repeated key


class CallerNumber(SQLModel, table=True):
    """A number we call from."""

    __tablename__ = "caller_number"

    number: str = Field(primary_key=True)
    resting_until: datetime | None = _moment()
    reason: str | None = _text()


class Suppression(SQLModel, table=True):
    """A number not to be called, everywhere or in one campaign, for good or until it expires."""

    __tablename__ = "do_not_call"
    __table_args__ = (
        Index(
            "one_opt_out_everywhere",
            "phone",
            unique=True,
            sqlite_where=text("campaign_id IS NULL"),
            postgresql_where=text("campaign_id IS NULL"),
        ),
        Index(
            "one_opt_out_per_campaign",
            "phone",
            "campaign_id",
            unique=True,
            sqlite_where=text("campaign_id IS NOT NULL"),
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
        Index("do_not_call_phone", "phone"),  # the two above serve no question about both scopes
    )

    id: int = _id()
    phone: str
    campaign_id: int | None = _ref("campaign.id", nullable=True)
    reason: str
    source: OptOutSource = _word(OptOutSource)
    note: str | None = _text()
    call_id: str | None = None
    actor: str
    created_at: datetime = _moment(nullable=False)  # not called since
    expires_at: datetime | None = _moment()


class Registry(SQLModel, table=True):
    """A register of numbers kept by others, such as a national one; holds everywhere."""

    id: int = _id()
    name: str = Field(unique=True)
    dated: date | None = None  # of what is held; None when nobody said, or not all of it is in
    file_name: str
    numbers: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime = _moment(nullable=False)
    loaded_at: datetime | None = _moment()  # when a file was last read to its end


class RegistryNumber(SQLModel, table=True):
    """One number of a register, without its plus; as small as can be, for there are millions."""

    __tablename__ = "registry_number"
    __table_args__ = {"sqlite_with_rowid": False}

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    registry_id: int = Field(
        sa_column=Column(BigId, ForeignKey("registry.id"), primary_key=True, autoincrement=False)
    )


class Incident(SQLModel, table=True):
    """Something that must not happen did; open until a person closes it."""

    __table_args__ = (UniqueConstraint("code", "subject", name="one_incident"),)

    id: int = _id()
    code: str
    subject: str  # the id of what it is about
    sentence: str = _text(nullable=False)
    opened_at: datetime = _moment(nullable=False)
    closed_at: datetime | None = _moment()


class AuditLog(SQLModel, table=True):
    """Who did what to what."""

    __tablename__ = "audit_log"

    id: int = _id()
    at: datetime = _moment(nullable=False)
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None = _json()
    after: dict[str, Any] | None = _json()


class User(SQLModel, table=True):
    """A person who signs in."""

    __tablename__ = "user_account"

    id: int = _id()
    name: str = Field(unique=True)
    password_hash: str
    role: str
    created_at: datetime = _moment(nullable=False)


class ApiToken(SQLModel, table=True):
    """A key for the API; only its hash is kept."""

    __tablename__ = "api_token"

    id: int = _id()
    name: str
    token_hash: str = Field(unique=True)
    scopes: list[str] = _json(nullable=False)
    created_at: datetime = _moment(nullable=False)
    revoked_at: datetime | None = _moment()


def table(model: type[SQLModel]) -> Any:
    """Give a model's table for Core statements."""
    return model.__table__  # type: ignore[attr-defined]
