"""Follow an import: how far it came, what it was told, and what it may be undone from."""

import sqlalchemy as sa
from alembic import op

from dialer.store.types import BigId, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_mapping",
        sa.Column("headers_key", sa.String(), nullable=False),
        sa.Column("mapping", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("headers_key"),
    )
    for column in (
        sa.Column("fingerprint", sa.String(), nullable=False, server_default=""),
        sa.Column("status", sa.String(length=32), nullable=False, server_default="done"),
        sa.Column("warnings", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("undone", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("stored_row", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("lead_list", column)
    op.create_index("list_campaign", "lead_list", ["campaign_id"])
    for column in (
        sa.Column("overrides", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("updated_list_id", BigId, nullable=True),
        sa.Column("updated_row", sa.Integer(), nullable=True),
    ):
        op.add_column("lead", column)
    op.drop_index("lead_due", "lead")
    op.create_index("lead_due", "lead", ["campaign_id", "status", "due_at", "row"])
    named = sa.text("external_ref IS NOT NULL")
    op.create_index(
        "lead_external_ref",
        "lead",
        ["campaign_id", "external_ref"],
        sqlite_where=named,
        postgresql_where=named,
    )
    op.drop_index("ix_import_reject_list_id", "import_reject")
    op.create_index("one_reject_per_row", "import_reject", ["list_id", "row"], unique=True)
