"""Let schedules be deleted, runs be found by their time, and people choose their password."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("schedule", sa.Column("deleted_at", UtcDateTime(), nullable=True))
    op.create_index("run_due", "schedule_run", ["due_at"])
    op.create_index("run_of_schedule", "schedule_run", ["schedule_id", "id"])
    op.create_index("errand_kind", "errand", ["kind", "id"])
    op.create_table(
        "own_link",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
