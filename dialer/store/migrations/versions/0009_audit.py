"""Keep what the audit found, and whether the database may have gone back in time."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_run",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("broken", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("kind"),
    )
    op.add_column("incident", sa.Column("closed_by", sa.String(), nullable=True))
    op.add_column("incident", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("seen_at", UtcDateTime(), nullable=True))
    op.add_column("incident", sa.Column("times", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("dial_gate", sa.Column("turn", BigId, nullable=False, server_default="0"))
    op.add_column("dial_gate", sa.Column("server_mark", sa.String(), nullable=True))
    for name in ("doubted_at", "doubted_from", "trusted_until"):
        op.add_column("dial_gate", sa.Column(name, UtcDateTime(), nullable=True))
    op.add_column("dial_gate", sa.Column("doubt", sa.Text(), nullable=True))
    is_dead = sa.text("status = 'DEAD'")
    op.create_index(
        "webhook_dead",
        "webhook_event",
        ["id"],
        sqlite_where=is_dead,
        postgresql_where=is_dead,
    )
