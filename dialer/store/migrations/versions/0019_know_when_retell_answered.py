"""Know when Retell last answered, and not only when it was asked."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dial_gate", sa.Column("provider_answered_at", UtcDateTime(), nullable=True))
