"""Keep what a call measured and cost, its scrubbed words, and that Retell was told to delete it."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempt", sa.Column("latency", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("attempt", sa.Column("product_costs", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("attempt", sa.Column("llm_tokens", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("attempt", sa.Column("scrubbed_transcript", sa.Text(), nullable=True))
    op.add_column("attempt", sa.Column("call_deleted_at", UtcDateTime(), nullable=True))
