"""Keep what agents ask for during calls, what is booked, and the calls that come to us."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _functions()
    _appointments()
    _inbound_calls()


def _functions() -> None:
    op.create_table(
        "function_call",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=True),
        sa.Column("lead_id", BigId, nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("arguments", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("result", sa.String(32), nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_id", "name", "key", "round", name="one_answer"),
    )
    op.create_index("function_call_lead", "function_call", ["lead_id"])


def _appointments() -> None:
    op.create_table(
        "slot",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("calendar", "starts_at", name="one_slot"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("booked_at", UtcDateTime(), nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("calendar", "starts_at", name="one_booking"),
        sa.UniqueConstraint("number", name="one_number"),
    )
    op.create_index("appointment_lead", "appointment", ["lead_id"])


def _inbound_calls() -> None:
    op.create_table(
        "inbound_call",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("from_number", sa.String(), nullable=False),
        sa.Column("to_number", sa.String(), nullable=True),
        sa.Column("lead_id", BigId, nullable=True),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("disposition", sa.String(32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("transcript", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("recording_url", sa.Text(), nullable=True),
        sa.Column("promised_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name="one_inbound"),
        sa.UniqueConstraint("call_id", name="one_inbound_call"),
    )
    op.create_index("inbound_call_lead", "inbound_call", ["lead_id", "received_at"])
