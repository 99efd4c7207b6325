"""Make the tables."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "caller_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("resting_until", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "dial_gate",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("install", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("calls_per_second", sa.Float(), nullable=True),
        sa.Column("headroom", sa.Integer(), nullable=False),
        sa.Column("configured", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("provider_lines", sa.Integer(), nullable=True),
        sa.Column("foreign_calls", sa.Integer(), nullable=False),
        sa.Column("provider_asked_at", UtcDateTime(), nullable=True),
        sa.Column("next_send_at", UtcDateTime(), nullable=True),
        sa.Column("backing_off_until", UtcDateTime(), nullable=True),
        sa.Column("backed_off_at", UtcDateTime(), nullable=True),
        sa.Column("busy_streak", sa.Integer(), nullable=False),
        sa.Column("shrunk_to", sa.Integer(), nullable=True),
        sa.Column("shrunk_at", UtcDateTime(), nullable=True),
        sa.Column("unknown_streak", sa.Integer(), nullable=False),
        sa.Column("breaker_until", UtcDateTime(), nullable=True),
        sa.Column("everything_paused", sa.Boolean(), nullable=False),
        sa.Column("replay_refused_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "incident",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", "subject", name="one_incident"),
    )
    op.create_table(
        "schedule",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("spec", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("next_run_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "suppression",
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("phone"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "webhook_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index("ix_webhook_event_call_id", "webhook_event", ["call_id"], unique=False)
    op.create_index(
        "webhook_new",
        "webhook_event",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("status = 'NEW'"),
        postgresql_where=sa.text("status = 'NEW'"),
    )

    op.create_table(
        "campaign",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "scheduled",
                "running",
                "paused",
                "held",
                "finished",
                "stopped",
                "archived",
                name="campaignstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("held_reason", sa.String(), nullable=True),
        sa.Column("held_text", sa.Text(), nullable=True),
        sa.Column("spec", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=True),
        sa.Column("rejections_in_a_row", sa.Integer(), nullable=False),
        sa.Column("parent_id", BigId, nullable=True),
        sa.Column("schedule_id", BigId, nullable=True),
        sa.Column("start_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lead_list",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("blank", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "import_reject",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("cells", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["lead_list.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_import_reject_list_id", "import_reject", ["list_id"], unique=False)

    op.create_table(
        "lead",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=True),
        sa.Column("row", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("alt_phones", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("external_ref", sa.String(), nullable=True),
        sa.Column("zones", sa.String(), nullable=False),
        sa.Column(
            "zone_source",
            sa.Enum(
                "given",
                "number",
                "list_default",
                "none",
                name="zonesource",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("variables", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "READY",
                "IN_FLIGHT",
                "HELD",
                "CLOSED",
                name="leadstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("held_reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("free_tries", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column(
            "closed_as",
            sa.Enum(
                "reached",
                "exhausted",
                "suppressed",
                "invalid_number",
                "stopped",
                name="closedas",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "disposition",
            sa.Enum(
                "talked",
                "transferred",
                "callback",
                "opted_out",
                "voicemail",
                "ivr",
                "inactive",
                "no_answer",
                "busy",
                "declined",
                "invalid_number",
                "blocked",
                "dial_failed",
                "provider_error",
                "provider_busy",
                "account_problem",
                "stopped_by_us",
                "unknown",
                name="disposition",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["lead_list.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("campaign_id", "phone", name="one_lead_per_phone"),
    )
    op.create_index("lead_due", "lead", ["campaign_id", "status", "due_at"], unique=False)
    op.create_index("lead_phone", "lead", ["phone"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "INTENT",
                "SENDING",
                "UNKNOWN",
                "PLACED",
                "ONGOING",
                "ENDED",
                "NOT_PLACED",
                "CANCELLED",
                name="attemptstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("request", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("lines_open", sa.Integer(), nullable=False),
        sa.Column("lines_limit", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=False),
        sa.Column("refill_from", UtcDateTime(), nullable=True),
        sa.Column("send_started_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_local", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("check_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("rang", sa.Boolean(), nullable=True),
        sa.Column(
            "disposition",
            sa.Enum(
                "talked",
                "transferred",
                "callback",
                "opted_out",
                "voicemail",
                "ivr",
                "inactive",
                "no_answer",
                "busy",
                "declined",
                "invalid_number",
                "blocked",
                "dial_failed",
                "provider_error",
                "provider_busy",
                "account_problem",
                "stopped_by_us",
                "unknown",
                name="disposition",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("look_ups", sa.Integer(), nullable=False),
        sa.Column("absent_answers", sa.Integer(), nullable=False),
        sa.Column("absent_at", UtcDateTime(), nullable=True),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column(
            "analysis",
            sa.Enum(
                "none",
                "pending",
                "done",
                "timed_out",
                name="analysis",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("cost_cents", sa.Float(), nullable=True),
        sa.Column("agent_id", sa.String(), nullable=True),
        sa.Column("agent_version", sa.Integer(), nullable=True),
        sa.Column("transcript", sa.Text(), nullable=True),
        sa.Column("recording_url", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("sentiment", sa.String(), nullable=True),
        sa.Column("in_voicemail", sa.Boolean(), nullable=True),
        sa.Column("call_successful", sa.Boolean(), nullable=True),
        sa.Column("custom_analysis", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["lead.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lead_id", "n", name="one_attempt_per_n"),
    )
    op.create_index("attempt_campaign", "attempt", ["campaign_id", "created_at"], unique=False)
    op.create_index(
        "attempt_check",
        "attempt",
        ["check_at"],
        unique=False,
        sqlite_where=sa.text("check_at IS NOT NULL"),
        postgresql_where=sa.text("check_at IS NOT NULL"),
    )
    op.create_index("attempt_phone", "attempt", ["phone", "created_at"], unique=False)
    op.create_index("attempt_sent", "attempt", ["send_started_at"], unique=False)
    op.create_index(
        "one_call",
        "attempt",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("call_id IS NOT NULL"),
        postgresql_where=sa.text("call_id IS NOT NULL"),
    )
    op.create_index(
        "one_open_per_lead",
        "attempt",
        ["lead_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
        postgresql_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
    )
    op.create_index(
        "one_open_per_phone",
        "attempt",
        ["phone"],
        unique=True,
        sqlite_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
        postgresql_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
    )

    op.create_table(
        "attempt_event",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column(
            "from_status",
            sa.Enum(
                "INTENT",
                "SENDING",
                "UNKNOWN",
                "PLACED",
                "ONGOING",
                "ENDED",
                "NOT_PLACED",
                "CANCELLED",
                name="attemptstatus",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_status",
            sa.Enum(
                "INTENT",
                "SENDING",
                "UNKNOWN",
                "PLACED",
                "ONGOING",
                "ENDED",
                "NOT_PLACED",
                "CANCELLED",
                name="attemptstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["attempt.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attempt_event_attempt_id", "attempt_event", ["attempt_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_attempt_event_attempt_id")

    op.drop_table("attempt_event")
    op.drop_index(
        "one_open_per_phone",
        sqlite_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
        postgresql_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
    )
    op.drop_index(
        "one_open_per_lead",
        sqlite_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
        postgresql_where=sa.text("status IN ('INTENT', 'SENDING', 'UNKNOWN', 'PLACED', 'ONGOING')"),
    )
    op.drop_index(
        "one_call",
        sqlite_where=sa.text("call_id IS NOT NULL"),
        postgresql_where=sa.text("call_id IS NOT NULL"),
    )
    op.drop_index("attempt_sent")
    op.drop_index("attempt_phone")
    op.drop_index(
        "attempt_check",
        sqlite_where=sa.text("check_at IS NOT NULL"),
        postgresql_where=sa.text("check_at IS NOT NULL"),
    )
    op.drop_index("attempt_campaign")

    op.drop_table("attempt")
    op.drop_index("lead_phone")
    op.drop_index("lead_due")

    op.drop_table("lead")
    op.drop_index("ix_import_reject_list_id")

    op.drop_table("import_reject")
    op.drop_table("lead_list")
    op.drop_table("campaign")
    op.drop_index(
        "webhook_new",
        sqlite_where=sa.text("status = 'NEW'"),
        postgresql_where=sa.text("status = 'NEW'"),
    )
    op.drop_index("ix_webhook_event_call_id")

    op.drop_table("webhook_event")
    op.drop_table("user_account")
    op.drop_table("suppression")
    op.drop_table("schedule")
    op.drop_table("incident")
    op.drop_table("dial_gate")
    op.drop_table("caller_number")
    op.drop_table("audit_log")
    op.drop_table("api_token")
