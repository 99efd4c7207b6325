"""Let schedules be deleted and runs be found by their time; find exports by their campaign."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import UtcDateTime

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("schedule", sa.Column("deleted_at", UtcDateTime(), nullable=True))
    op.create_index("run_due", "schedule_run", ["due_at"])
    op.create_index("run_of_schedule", "schedule_run", ["schedule_id", "id"])
    op.create_index("errand_kind", "errand", ["kind", "id"])
