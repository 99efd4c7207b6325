"""Runs the migrations on the connection that `dialer.store.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

import dialer.store.tables  # noqa: F401  (fills the metadata)

connection = context.config.attributes["connection"]
# Whoever migrates at the same time waits, and then finds nothing left to do.
if connection.dialect.name == "sqlite":
    connection.exec_driver_sql("BEGIN IMMEDIATE")
else:
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20260101)")
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
