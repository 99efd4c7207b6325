"""Registers of numbers kept by others: national do-not-call registries and the like."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.rows import many, one
from dialer.store.tables import Registry, RegistryNumber, table

registry = table(Registry)
registry_number = table(RegistryNumber)

_BY_NAME = select(registry).where(registry.c.name == bindparam("name"))
_EVERY = select(registry).order_by(registry.c.name)
_LISTING = (
    select(registry)
    .join(registry_number, registry_number.c.registry_id == registry.c.id)
    .where(registry_number.c.number == bindparam("number"))
    .order_by(registry.c.name)
)
_KEEP_THE_OLD = "ON CONFLICT (number, registry_id) DO NOTHING"


def open_named(tx: Connection, name: str, *, file_name: str, now: datetime) -> Registry:
    """Give the registry of this name, made now if need be."""
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    tx.execute(
        dialect.insert(registry)
        .values(name=name, file_name=file_name, numbers=0, created_at=now)
        .on_conflict_do_nothing(index_elements=["name"])
    )
    row = one(tx, Registry, _BY_NAME, name=name)
    assert row is not None
    return row


def finish(
    tx: Connection, registry_id: int, *, dated: date | None, file_name: str, now: datetime
) -> None:
    """Say that a file was read to its end, and of which day its numbers are."""
    tx.execute(
        update(registry)
        .where(registry.c.id == registry_id)
        .values(dated=dated, file_name=file_name, loaded_at=now)
    )
    if tx.dialect.name == "postgresql":  # else it expects each number thousands of times
        tx.exec_driver_sql("ANALYZE registry_number")


def every(tx: Connection) -> list[Registry]:
    """Give all registries, by name."""
    return many(tx, Registry, _EVERY)


def listing(tx: Connection, phone: str) -> list[Registry]:
    """Give the registries that have a number."""
    return many(tx, Registry, _LISTING, number=int(phone[1:]))


def add_numbers(tx: Connection, registry_id: int, numbers: Sequence[int]) -> int:
    """Put numbers, without their plus, into a registry; give how many are new.

    Fast when they are in order: they then land side by side in the index.
    """
    if not numbers:
        return 0
    if tx.dialect.name == "sqlite":
        added = tx.exec_driver_sql(
            "INSERT INTO registry_number (number, registry_id)"
            f" VALUES (?, {registry_id:d}) {_KEEP_THE_OLD}",
            [(number,) for number in numbers],
        ).rowcount
    else:
        added = _copy(tx, registry_id, numbers)
    tx.execute(
        update(registry)
        .where(registry.c.id == registry_id)
        .values(numbers=registry.c.numbers + added)
    )
    return int(added)


def _copy(tx: Connection, registry_id: int, numbers: Sequence[int]) -> int:
    """Bring the numbers over in one stream, then insert them from there."""
    tx.exec_driver_sql(
        "CREATE TEMPORARY TABLE IF NOT EXISTS new_number (number bigint) ON COMMIT DELETE ROWS"
    )
    cursor: Any = tx.connection.cursor()
    with cursor.copy("COPY new_number (number) FROM STDIN") as stream:
        stream.write("\n".join(map(str, numbers)) + "\n")
    cursor.close()
    result = tx.exec_driver_sql(
        "INSERT INTO registry_number (number, registry_id)"
        f" SELECT number, {registry_id:d} FROM new_number {_KEEP_THE_OLD}"
    )
    return int(result.rowcount)


def count_numbers(tx: Connection) -> int:
    """Give how many numbers all registries have."""
    return int(tx.execute(select(func.coalesce(func.sum(registry.c.numbers), 0))).scalar_one())
