"""Let what was said in calls be deleted once it is old."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

SOMETHING_WAS_SAID = sa.text(
    "transcript IS NOT NULL OR scrubbed_transcript IS NOT NULL OR summary IS NOT NULL"
    " OR custom_analysis IS NOT NULL OR recording_url IS NOT NULL"
)
IGNORED_AND_WHOLE = sa.text("status = 'IGNORED' AND raw <> ''")


def upgrade() -> None:
    op.create_table(
        "retention",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("said_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("attempt", sa.Column("said_deleted_at", UtcDateTime(), nullable=True))
    op.create_index(
        "attempt_said",
        "attempt",
        ["created_at"],
        sqlite_where=SOMETHING_WAS_SAID,
        postgresql_where=SOMETHING_WAS_SAID,
    )
    op.create_index(
        "webhook_ignored",
        "webhook_event",
        ["received_at"],
        sqlite_where=IGNORED_AND_WHOLE,
        postgresql_where=IGNORED_AND_WHOLE,
    )
