"""The tables. What must never happen is a constraint here.

Rows are written with Core statements (the ORM costs four times as much on the hot path); the
classes give the columns, and typed rows where speed does not matter.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    SmallInteger,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import Field, SQLModel

from dialer.domain.dispositions import Disposition
from dialer.domain.priority import Priority
from dialer.domain.states import (
    OPEN_STATUSES,
    Analysis,
    AttemptStatus,
    CampaignStatus,
    ClosedAs,
    LeadStatus,
)
from dialer.domain.zones import ZoneSource
from dialer.store.audit_tables import AuditRun, Incident, Retention
from dialer.store.columns import a_moment, a_ref, a_text, a_word, an_id, some_json, table
from dialer.store.file_tables import (
    ColumnMapping,
    Errand,
    ImportReject,
    InboxFile,
    LeadList,
    Schedule,
    ScheduleRun,
)
from dialer.store.function_tables import Appointment, FunctionCall, InboundCall, Slot
from dialer.store.gate_tables import DialGate
from dialer.store.number_tables import CallerNumber, DayAllowance, OtherCall
from dialer.store.opt_out_tables import Registry, RegistryNumber, Suppression
from dialer.store.people_tables import (
    ApiToken,
    FirstLink,
    KeptAnswer,
    OwnLink,
    SignInTry,
    User,
    UserSession,
)
from dialer.store.result_tables import ResultAddress, ResultMessage, ResultWish
from dialer.store.types import BigId
from dialer.store.webhook_tables import WebhookEvent

__all__ = [
    "IS_OPEN",
    "ApiToken",
    "Appointment",
    "Attempt",
    "AttemptEvent",
    "AuditLog",
    "AuditRun",
    "CallerNumber",
    "Campaign",
    "ColumnMapping",
    "DayAllowance",
    "DialGate",
    "Errand",
    "FirstLink",
    "FunctionCall",
    "ImportReject",
    "InboundCall",
    "InboxFile",
    "Incident",
    "KeptAnswer",
    "Lead",
    "LeadList",
    "OtherCall",
    "OwnLink",
    "Registry",
    "RegistryNumber",
    "ResultAddress",
    "ResultMessage",
    "ResultWish",
    "Retention",
    "Schedule",
    "ScheduleRun",
    "SignInTry",
    "Slot",
    "Suppression",
    "User",
    "UserSession",
    "WebhookEvent",
    "table",
]

IS_OPEN = "status IN ({})".format(", ".join(f"'{status}'" for status in OPEN_STATUSES))
"""Written out, never bound: the planner uses a partial index only for a condition it can read."""

TRIED = "status = 'READY' AND tries > 0"
SAID_COLUMNS = (
    *("transcript", "scrubbed_transcript", "summary", "custom_analysis"),
    "recording_url",
)
"""Of an attempt: what tells the words of a call. Deleted once they are old, where people say so."""
SOMETHING_WAS_SAID = " OR ".join(f"{name} IS NOT NULL" for name in SAID_COLUMNS)
WITHOUT_ROW = '"row" IS NULL'
CALLED = "disposition IS NOT NULL"
CLOSED = "status = 'CLOSED'"
HELD = "status = 'HELD'"
UNTRIED_OUT_OF_TURN = f"status = 'READY' AND tries = 0 AND priority <> {int(Priority.FRESH)}"


def _of_few(name: str, column: str, *, where: str) -> Index:
    """Make an index of leads by one column, for those that have it."""
    condition = text(where)
    return Index(
        name, "campaign_id", column, "id", sqlite_where=condition, postgresql_where=condition
    )


def _priority() -> Any:
    return Column(SmallInteger, nullable=False, server_default=str(int(Priority.FRESH)))


class Campaign(SQLModel, table=True):
    """One run over one set of leads, with its settings."""

    id: int = an_id()
    name: str
    status: CampaignStatus = a_word(CampaignStatus)
    held_reason: str | None = None  # a stable word, set while held or kept from its start
    held_text: str | None = a_text()  # the sentence for people
    spec: dict[str, Any] = some_json(nullable=False)
    weight: float = 1.0
    lines: int | None = None
    rejections_in_a_row: int = 0  # numbers Retell refused, one after the other
    parent_id: int | None = a_ref("campaign.id", nullable=True)
    schedule_id: int | None = a_ref("schedule.id", nullable=True)
    start_at: datetime | None = a_moment()
    ends_at: datetime | None = a_moment()  # who still waits then is not called any more
    created_at: datetime = a_moment(nullable=False)
    started_at: datetime | None = a_moment()
    resumed_at: datetime | None = a_moment()  # the last start or resume
    edited_at: datetime | None = a_moment()  # when the settings were last changed after the start
    checked_at: datetime | None = a_moment()  # when it was last asked whether a hold is over
    finished_at: datetime | None = a_moment()
    summary: dict[str, Any] | None = some_json()  # what came of it, written when it finished
    copied_from: dict[str, Any] | None = some_json()  # whose leads it has: see actions/copying
    # One call is made, and then it waits for a person who wants the others.
    first_only: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # The lead as which somebody's own phone is called; no list and no figure shows such a campaign.
    test_of: int | None = Field(default=None, sa_type=BigId)
    # Leads after this id have yet to be copied here, or to follow a window that was edited.
    pending_after: int | None = Field(default=None, sa_type=BigId)


class Lead(SQLModel, table=True):
    """One person and number in one campaign.

    Without foreign keys: PostgreSQL looks each one up for each row of an import, which takes
    longer than all its indexes (decision 14). Campaigns and lists are never deleted.
    """

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
        # The few among many: those called before, and those not called yet that go first or last.
        Index(
            "lead_tried",
            "campaign_id",
            "priority",
            "due_at",
            "row",
            sqlite_where=text(TRIED),
            postgresql_where=text(TRIED),
        ),
        Index(
            "lead_untried",
            "campaign_id",
            "priority",
            "due_at",
            "row",
            sqlite_where=text(UNTRIED_OUT_OF_TURN),
            postgresql_where=text(UNTRIED_OUT_OF_TURN),
        ),
        # What people look for in a long list; none of them costs an import anything.
        Index(
            "lead_without_row",
            "campaign_id",
            "status",
            "priority",
            "due_at",
            sqlite_where=text(WITHOUT_ROW),
            postgresql_where=text(WITHOUT_ROW),
        ),
        _of_few("lead_last", "disposition", where=CALLED),
        _of_few("lead_closed", "closed_as", where=CLOSED),
        _of_few("lead_held", "held_reason", where=HELD),
    )

    id: int = an_id()
    campaign_id: int = Field(sa_type=BigId)
    list_id: int | None = Field(default=None, sa_type=BigId)
    row: int | None = None  # in that list; leads due at one moment are called in this order
    updated_list_id: int | None = Field(default=None, sa_type=BigId)  # the list that changed it
    updated_row: int | None = None  # in that list
    phone: str
    alt_phones: list[str] | None = some_json()
    name: str | None = None
    external_ref: str | None = None
    zones: str = ""  # IANA names, comma separated; the window must be open in all of them
    zone_source: ZoneSource = a_word(ZoneSource)
    region: str | None = None  # "US-FL" where its list names a state; its number tells others
    variables: dict[str, str] = some_json(nullable=False)
    overrides: dict[str, Any] | None = some_json()  # what the file says of this call alone
    consent: dict[str, Any] | None = some_json()  # at, source, text: when and how it agreed
    status: LeadStatus = a_word(LeadStatus)
    due_at: datetime | None = a_moment()
    wanted_at: datetime | None = a_moment()  # when it would be due if any hour were allowed
    priority: int = Field(default=Priority.FRESH, sa_column=_priority())
    callback_at: datetime | None = a_moment()  # when it asked to be called; a promise while READY
    held_reason: str | None = None  # why it is held, or was closed without a call
    attempts: int = 0  # those that rang or may have rung
    free_tries: int = 0  # those that cost the lead nothing
    tries: int = 0  # all of them; the next attempt's n is one more
    closed_as: ClosedAs | None = a_word(ClosedAs, nullable=True)
    disposition: Disposition | None = a_word(Disposition, nullable=True)
    created_at: datetime = a_moment(nullable=False)
    closed_at: datetime | None = a_moment()


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
        # The oldest words first, for those who delete them.
        Index(
            "attempt_said",
            "created_at",
            sqlite_where=text(SOMETHING_WAS_SAID),
            postgresql_where=text(SOMETHING_WAS_SAID),
        ),
        Index("attempt_campaign", "campaign_id", "created_at"),
        Index("attempt_phone", "phone", "created_at"),
        Index("attempt_sent", "send_started_at"),
        Index("attempt_from", "from_number", "created_at"),
    )

    id: str = Field(primary_key=True)
    lead_id: int = a_ref("lead.id")
    campaign_id: int = a_ref("campaign.id")
    phone: str
    n: int
    from_number: str
    status: AttemptStatus = a_word(AttemptStatus)
    call_id: str | None = None
    request: dict[str, Any] | None = some_json()  # the exact body, so that it can be repeated
    lines_open: int  # open attempts when this one was claimed, itself included
    lines_limit: int  # the limit in force then
    created_at: datetime = a_moment(nullable=False)
    send_at: datetime = a_moment(nullable=False)  # paced
    promised_at: datetime | None = a_moment()  # when the person asked to be called
    refill_from: datetime | None = a_moment()  # when the end of the call before was received
    send_started_at: datetime | None = a_moment()  # the send gate
    sent_at: datetime | None = a_moment()  # the request was written
    sent_local: dict[str, str] | None = some_json()  # the local times at the send gate
    check_at: datetime | None = a_moment()  # when `reconcile` looks at it again
    closed_at: datetime | None = a_moment()
    rang: bool | None = None
    disposition: Disposition | None = a_word(Disposition, nullable=True)
    reason: str | None = a_text()  # Retell's word, or the error's
    evidence: str | None = None  # what closed it: webhook, look-up, answer …
    late: bool = False  # evidence came after we had given up
    retry_at: datetime | None = a_moment()  # no further attempt before then, by the cadence
    look_ups: int = 0
    absent_answers: int = 0  # whole answers without the call, a minute or more apart
    absent_at: datetime | None = a_moment()
    replays: int = 0
    analysis: Analysis = a_word(Analysis)
    started_at: datetime | None = a_moment()
    ended_at: datetime | None = a_moment()
    duration_ms: int | None = None
    cost_cents: float | None = None
    agent_id: str | None = None
    agent_version: int | None = None
    product_costs: list[dict[str, Any]] | None = some_json()  # in cents each
    latency: dict[str, Any] | None = some_json()  # by kind, in milliseconds
    llm_tokens: dict[str, Any] | None = some_json()
    transcript: str | None = a_text()
    scrubbed_transcript: str | None = a_text()  # without personal data
    recording_url: str | None = a_text()  # as last told; it expires, so a new one is asked for
    call_deleted_at: datetime | None = a_moment()  # Retell was told to forget the call
    summary: str | None = a_text()
    sentiment: str | None = None
    in_voicemail: bool | None = None
    call_successful: bool | None = None
    custom_analysis: dict[str, Any] | None = some_json()
    said_deleted_at: datetime | None = a_moment()  # what was said had been kept long enough


class AttemptEvent(SQLModel, table=True):
    """One change of an attempt; append only."""

    __tablename__ = "attempt_event"

    id: int = an_id()
    attempt_id: str = Field(foreign_key="attempt.id", index=True)
    from_status: AttemptStatus | None = a_word(AttemptStatus, nullable=True)
    to_status: AttemptStatus = a_word(AttemptStatus)
    at: datetime = a_moment(nullable=False)
    by: str  # plan, dial, settle, reconcile, control
    evidence: str | None = a_text()


class AuditLog(SQLModel, table=True):
    """Who did what to what."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("audit_subject", "subject"),)

    id: int = an_id()
    at: datetime = a_moment(nullable=False)
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None = some_json()
    after: dict[str, Any] | None = some_json()
