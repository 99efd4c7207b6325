"""Know the campaigns that are one test call, so that no list and no figure shows them."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("test_of", BigId, nullable=True))
