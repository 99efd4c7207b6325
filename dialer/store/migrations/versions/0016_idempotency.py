"""Let tokens expire, and keep what requests with an idempotency key were answered."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_token", sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.add_column("api_token", sa.Column("last_used_at", UtcDateTime(), nullable=True))
    op.create_table(
        "kept_answer",
        sa.Column("token_id", BigId, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", "key"),
    )
    op.create_index("kept_answer_created", "kept_answer", ["created_at"])
