"""Runs the migrations on the connection that `dialer.store.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import dialer.store.tables  # noqa: F401  (fills the metadata)

connection = context.config.attributes["connection"]
if connection.dialect.name == "sqlite":
    connection.exec_driver_sql("BEGIN IMMEDIATE")
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
