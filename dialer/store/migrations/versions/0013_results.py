"""Tell results to other systems: where, what, and each message with what became of it."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "result_address",
        sa.Column("campaign_id", BigId, autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("resting_until", UtcDateTime(), nullable=True),
        sa.Column("last_ok_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("off_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_table(
        "result_wish",
        sa.Column("campaign_id", BigId, autoincrement=False, nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "event"),
    )
    op.create_table(
        "result_message",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BigId, nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("lead_id", BigId, nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("about_at", UtcDateTime(), nullable=False),
        sa.Column("closed_as", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("first_tried_at", UtcDateTime(), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event", "lead_id", "attempt_id", "about_at", name="one_result"),
    )
    _add_indexes()


def _add_indexes() -> None:
    for name, status, columns in (
        ("result_waiting", "WAITING", ["campaign_id", "id"]),
        ("result_dead", "DEAD", ["id"]),
    ):
        condition = sa.text(f"status = '{status}'")
        op.create_index(
            name,
            "result_message",
            columns,
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_index("result_created", "result_message", ["created_at"])
