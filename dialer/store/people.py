"""People who sign in, and the link of the first one."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from dialer.store.rows import many, one
from dialer.store.tables import FirstLink, User, table

user = table(User)
first_link = table(FirstLink)


def count(tx: Connection) -> int:
    """Count the people there are."""
    return int(tx.execute(select(func.count()).select_from(user)).scalar_one())


def everybody(tx: Connection) -> list[User]:
    """Read all people, by name."""
    return many(tx, User, select(user).order_by(user.c.name))


def by_name(tx: Connection, name: str) -> User | None:
    """Find a person by the name as it is stored."""
    return one(tx, User, select(user).where(user.c.name == name))


def lock_all(tx: Connection) -> list[User]:
    """Lock and read everybody, so that two changes cannot both leave nobody in charge."""
    return many(tx, User, select(user).order_by(user.c.id).with_for_update())


def add(tx: Connection, name: str, *, password_hash: str, role: str, now: datetime) -> int:
    """Make a person and give the id."""
    values = {"name": name, "password_hash": password_hash, "role": role, "created_at": now}
    return int(tx.execute(insert(user).values(values).returning(user.c.id)).scalar_one())


def change(tx: Connection, user_id: int, **values: str) -> None:
    """Write a person's role or password hash."""
    tx.execute(update(user).where(user.c.id == user_id).values(**values))


def remove(tx: Connection, user_id: int) -> None:
    """Delete a person."""
    tx.execute(delete(user).where(user.c.id == user_id))


def add_first_link(tx: Connection, token_hash: str, *, expires_at: datetime) -> None:
    """Keep a link for the first person."""
    tx.execute(insert(first_link).values(token_hash=token_hash, expires_at=expires_at))


def first_link_is_good(tx: Connection, token_hash: str, *, now: datetime) -> bool:
    """Tell whether a link would let somebody in."""
    good = select(first_link.c.token_hash).where(
        first_link.c.token_hash == token_hash, first_link.c.expires_at > now
    )
    return tx.execute(good).first() is not None


def use_first_link(tx: Connection, token_hash: str, *, now: datetime) -> bool:
    """Take a link and void all others; False when it is not good, or was a moment ago.

    Two people with two links: the second waits for the first to commit, and finds its own gone.
    """
    mine = delete(first_link).where(
        first_link.c.token_hash == token_hash, first_link.c.expires_at > now
    )
    if not tx.execute(mine).rowcount:
        return False
    tx.execute(delete(first_link))
    return True


def forget_first_links(tx: Connection, *, before: datetime) -> None:
    """Delete the links that are over."""
    tx.execute(delete(first_link).where(first_link.c.expires_at <= before))
