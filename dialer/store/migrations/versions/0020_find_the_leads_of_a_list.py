"""Know between which ids the leads of a list are, so that they are found without an index."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead_list", sa.Column("after_lead", BigId, nullable=True))
    op.add_column("lead_list", sa.Column("until_lead", BigId, nullable=True))
