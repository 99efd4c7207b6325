"""Keep what the rules for people, numbers, money and the end of a campaign need."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENTS = (
    ("campaign", "ends_at"),
    ("campaign", "resumed_at"),
    ("campaign", "edited_at"),
    ("campaign", "checked_at"),
    ("lead", "wanted_at"),
    ("dial_gate", "numbers_asked_at"),
    ("lead_list", "purged_at"),
    ("dial_gate", "other_calls_until"),
    ("dial_gate", "other_calls_asked_at"),
)
OBJECTS = (
    ("campaign", "summary"),
    ("campaign", "copied_from"),
    ("lead", "consent"),
    ("dial_gate", "path_calls_per_second"),
    ("dial_gate", "path_next_send_at"),
)


def upgrade() -> None:
    for table, name in MOMENTS:
        op.add_column(table, sa.Column(name, UtcDateTime(), nullable=True))
    for table, name in OBJECTS:
        op.add_column(table, sa.Column(name, sa.JSON(none_as_null=True), nullable=True))
    op.add_column("campaign", sa.Column("pending_after", BigId, nullable=True))
    op.add_column("dial_gate", sa.Column("calls_per_day", sa.Integer(), nullable=True))
    op.add_column("dial_gate", sa.Column("dollars_per_day", sa.Float(), nullable=True))
    op.add_column(
        "dial_gate", sa.Column("day_zone", sa.String(), nullable=False, server_default="UTC")
    )
    op.add_column("caller_number", sa.Column("path", sa.String(), nullable=True))
    op.create_index("audit_subject", "audit_log", ["subject"])
    op.create_index("attempt_from", "attempt", ["from_number", "created_at"])
    op.create_table(
        "day_allowance",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "other_call",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("other_call_phone", "other_call", ["phone", "started_at"])
    op.create_index("other_call_started", "other_call", ["started_at"])
