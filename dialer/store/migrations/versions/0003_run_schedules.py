"""Run schedules: each occurrence once, and the files seen in watched folders."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNTS = ("tries", "rows", "imported", "duplicates", "rejected", "passed_over")


def upgrade() -> None:
    op.create_table(
        "schedule_run",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("schedule_id", BigId, nullable=False),
        sa.Column("occurrence", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("campaign_id", BigId, nullable=True),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"]),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("schedule_id", "occurrence", name="one_run_per_occurrence"),
    )
    op.create_index("run_status", "schedule_run", ["status", "id"])
    op.create_table(
        "inbox_file",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("schedule_id", BigId, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("schedule_id", "name", name="one_sighting_per_file"),
    )
