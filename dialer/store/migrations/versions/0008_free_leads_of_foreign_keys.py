"""Let PostgreSQL insert leads without looking up their campaign and list, row by row.

SQLite keeps the two keys: they cost little there, and the table would have to be written anew.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("lead_campaign_id_fkey", "lead", type_="foreignkey")
        op.drop_constraint("lead_list_id_fkey", "lead", type_="foreignkey")
