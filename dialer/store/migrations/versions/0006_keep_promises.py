"""Keep the times that people asked to be called at, and let priority decide among due leads."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead", sa.Column("callback_at", UtcDateTime(), nullable=True))
    op.add_column(
        "lead", sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="2")
    )
    op.add_column("attempt", sa.Column("promised_at", UtcDateTime(), nullable=True))
    op.drop_index("lead_due", "lead")
    op.create_index("lead_due", "lead", ["campaign_id", "status", "priority", "due_at", "row"])
