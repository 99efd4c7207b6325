"""Keep the state that a list names: its law holds, too."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead", sa.Column("region", sa.String(), nullable=True))
