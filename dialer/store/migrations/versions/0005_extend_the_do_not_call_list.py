"""Give do-not-call entries a scope and an end, and hold registries beside them."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "do_not_call",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("campaign_id", BigId, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("call_id", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    everywhere, somewhere = sa.text("campaign_id IS NULL"), sa.text("campaign_id IS NOT NULL")
    op.create_index(
        "one_opt_out_everywhere",
        "do_not_call",
        ["phone"],
        unique=True,
        sqlite_where=everywhere,
        postgresql_where=everywhere,
    )
    op.create_index(
        "one_opt_out_per_campaign",
        "do_not_call",
        ["phone", "campaign_id"],
        unique=True,
        sqlite_where=somewhere,
        postgresql_where=somewhere,
    )
    op.create_index("do_not_call_phone", "do_not_call", ["phone"])
    op.execute(
        "INSERT INTO do_not_call (phone, reason, source, call_id, actor, created_at)"
        " SELECT phone, reason, CASE WHEN call_id IS NOT NULL THEN 'call'"
        " WHEN reason = 'retell_do_not_call' THEN 'retell' ELSE 'hand' END,"
        " call_id, 'unknown', created_at FROM suppression ORDER BY created_at, phone"
    )
    op.drop_table("suppression")
    op.create_table(
        "registry",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("numbers", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("loaded_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "registry_number",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("registry_id", BigId, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["registry_id"], ["registry.id"]),
        sa.PrimaryKeyConstraint("number", "registry_id"),
        sqlite_with_rowid=False,
    )
