"""Answers that are kept, so that a request sent twice is done once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.rows import one
from dialer.store.tables import KeptAnswer, table

kept = table(KeptAnswer)


def claim(
    tx: Connection, token_id: int, key: str, *, request_sha256: str, now: datetime
) -> KeptAnswer | None:
    """Claim a key for the caller's transaction; gives what is kept when somebody had it before.

    Whoever has claimed it and not committed yet is waited for.
    """
    dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
    values = {"token_id": token_id, "key": key, "request_sha256": request_sha256}
    claimed = tx.execute(
        dialect.insert(kept)
        .values(**values, created_at=now)
        .on_conflict_do_nothing(index_elements=["token_id", "key"])
        .returning(kept.c.token_id)
    )
    return None if claimed.scalar_one_or_none() is not None else find(tx, token_id, key)


def find(tx: Connection, token_id: int, key: str) -> KeptAnswer | None:
    """Read what is kept under a key."""
    return one(tx, KeptAnswer, select(kept).where(*_named(token_id, key)))


def keep(tx: Connection, token_id: int, key: str, answer: str) -> None:
    """Keep the answer under a key that this transaction has claimed."""
    tx.execute(update(kept).where(*_named(token_id, key)).values(answer=answer))


def purge(tx: Connection, *, before: datetime, most: int) -> int:
    """Delete answers that are older than that; give how many."""
    old = select(kept.c.token_id, kept.c.key).where(kept.c.created_at < before).limit(most)
    chosen = delete(kept).where(tuple_(kept.c.token_id, kept.c.key).in_(old))
    return int(tx.execute(chosen).rowcount)


def _named(token_id: int, key: str) -> tuple[Any, ...]:
    return kept.c.token_id == token_id, kept.c.key == key
