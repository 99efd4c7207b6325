"""Keep what people ask for on pages; find the leads that were called before, and that were not."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

PLACE = ["campaign_id", "priority", "due_at", "row"]
TRIED = "status = 'READY' AND tries > 0"
UNTRIED = "status = 'READY' AND tries = 0 AND priority <> 2"
OF_FEW = (
    ("lead_last", "disposition", "disposition IS NOT NULL"),
    ("lead_closed", "closed_as", "status = 'CLOSED'"),
    ("lead_held", "held_reason", "status = 'HELD'"),
)


def upgrade() -> None:
    op.create_table(
        "errand",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("campaign_id", BigId, nullable=True),
        sa.Column("list_id", BigId, nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("fraction", sa.Float(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.ForeignKeyConstraint(["list_id"], ["lead_list.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("errand_status", "errand", ["status", "id"])
    for name, condition in (("lead_tried", TRIED), ("lead_untried", UNTRIED)):
        where = sa.text(condition)
        op.create_index(name, "lead", PLACE, sqlite_where=where, postgresql_where=where)
    for name, column, condition in OF_FEW:
        where, columns = sa.text(condition), ["campaign_id", column, "id"]
        op.create_index(name, "lead", columns, sqlite_where=where, postgresql_where=where)
    where, columns = sa.text('"row" IS NULL'), ["campaign_id", "status", "priority", "due_at"]
    op.create_index("lead_without_row", "lead", columns, sqlite_where=where, postgresql_where=where)
    op.add_column(
        "campaign",
        sa.Column("first_only", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
