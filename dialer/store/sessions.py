"""Sessions of signed-in people, and the sign-ins that were tried."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text

from dialer.store.tables import SignInTry, User, UserSession, table

session = table(UserSession)
sign_in_try = table(SignInTry)
user = table(User)

_WHO = (
    select(user.c.id, user.c.name, user.c.role)
    .join_from(session, user, session.c.user_id == user.c.id)
    .where(session.c.token_hash == bindparam("which"), session.c.expires_at > bindparam("now"))
)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(20261127)")


class SignedIn(NamedTuple):
    """Whose session it is."""

    user_id: int
    name: str
    role: str


def add(
    tx: Connection, token_hash: str, *, user_id: int, now: datetime, expires_at: datetime
) -> None:
    """Begin a session; those of anybody that are over are deleted."""
    tx.execute(delete(session).where(session.c.expires_at <= now))
    values = {"user_id": user_id, "created_at": now, "expires_at": expires_at}
    tx.execute(insert(session).values(token_hash=token_hash, **values))


def who(tx: Connection, token_hash: str, *, now: datetime) -> SignedIn | None:
    """Tell whose session it is; None when it is over or never was."""
    row = tx.execute(_WHO, {"which": token_hash, "now": now}).first()
    return None if row is None else SignedIn(*row)


def end(tx: Connection, token_hash: str) -> None:
    """End a session; may be called twice."""
    tx.execute(delete(session).where(session.c.token_hash == token_hash))


def end_all(tx: Connection, user_id: int) -> int:
    """End all sessions of a person and give how many there were."""
    return int(tx.execute(delete(session).where(session.c.user_id == user_id)).rowcount)


def count_tries(tx: Connection, whose: Mapping[str, str], *, since: datetime) -> dict[str, int]:
    """Count the tries since then, of each kind; who counts at the same time waits for us."""
    if tx.dialect.name == "postgresql":
        tx.execute(_ONE_AT_A_TIME)
    found = {}
    for kind, key in whose.items():
        mine = (sign_in_try.c.kind == kind) & (sign_in_try.c.whose == key)
        counted = select(func.count()).where(mine, sign_in_try.c.at > since)
        found[kind] = int(tx.execute(counted.select_from(sign_in_try)).scalar_one())
    return found


def note_try(tx: Connection, whose: Mapping[str, str], *, now: datetime, forget: datetime) -> None:
    """Write down a try, and delete those from before `forget`."""
    tx.execute(delete(sign_in_try).where(sign_in_try.c.at <= forget))
    rows = [{"kind": kind, "whose": key, "at": now} for kind, key in whose.items()]
    tx.execute(insert(sign_in_try), rows)


def take_back_tries(tx: Connection, whose: Mapping[str, str]) -> None:
    """Delete the tries of a pair that turned out to be good; the others only count failures."""
    for kind, key in whose.items():
        mine = (sign_in_try.c.kind == kind) & (sign_in_try.c.whose == key)
        if kind == "pair":
            tx.execute(delete(sign_in_try).where(mine))
            continue
        newest = select(func.max(sign_in_try.c.id)).where(mine).scalar_subquery()
        tx.execute(delete(sign_in_try).where(sign_in_try.c.id == newest))
