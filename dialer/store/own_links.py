"""Links by which people give themselves a password, once."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from dialer.store.rows import one
from dialer.store.tables import OwnLink, User, table

own_link = table(OwnLink)
user = table(User)


def add(tx: Connection, token_hash: str, *, user_id: int, expires_at: datetime) -> None:
    """Keep a link for a person, in place of any older one."""
    forget(tx, user_id)
    values = {"token_hash": token_hash, "user_id": user_id, "expires_at": expires_at}
    tx.execute(insert(own_link).values(values))


def whose(tx: Connection, token_hash: str, *, now: datetime) -> User | None:
    """Find the person a link is for; None when it is not good."""
    good = own_link.c.token_hash == token_hash, own_link.c.expires_at > now
    return one(tx, User, select(user).join(own_link, own_link.c.user_id == user.c.id).where(*good))


def use(tx: Connection, token_hash: str, *, now: datetime) -> bool:
    """Take a link; False when it is not good, or was taken a moment ago."""
    good = own_link.c.token_hash == token_hash, own_link.c.expires_at > now
    return bool(tx.execute(delete(own_link).where(*good)).rowcount)


def forget(tx: Connection, user_id: int) -> None:
    """Void the links of a person."""
    tx.execute(delete(own_link).where(own_link.c.user_id == user_id))
