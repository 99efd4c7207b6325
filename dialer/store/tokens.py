"""Tokens of the API."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dialer.store.rows import many, one
from dialer.store.tables import ApiToken, table

token = table(ApiToken)


def add(
    tx: Connection,
    name: str,
    *,
    token_hash: str,
    scopes: list[str],
    expires_at: datetime | None,
    now: datetime,
) -> int:
    """Keep a token's hash and give its id."""
    values = {
        "name": name,
        "token_hash": token_hash,
        "scopes": scopes,
        "expires_at": expires_at,
        "created_at": now,
    }
    return int(tx.execute(insert(token).values(values).returning(token.c.id)).scalar_one())


def everything(tx: Connection) -> list[ApiToken]:
    """Read all tokens, revoked ones too, in the order they were made."""
    return many(tx, ApiToken, select(token).order_by(token.c.id))


def find(tx: Connection, token_hash: str, *, now: datetime) -> ApiToken | None:
    """Find a token that holds: it was not revoked, and its time is not over."""
    is_in_time = token.c.expires_at.is_(None) | (token.c.expires_at > now)
    holds = (token.c.revoked_at.is_(None), is_in_time)
    return one(tx, ApiToken, select(token).where(token.c.token_hash == token_hash, *holds))


def note_use(tx: Connection, token_id: int, *, before: datetime, now: datetime) -> None:
    """Note that a token was used, unless that was noted after `before` already."""
    is_old = token.c.last_used_at.is_(None) | (token.c.last_used_at <= before)
    tx.execute(update(token).where(token.c.id == token_id, is_old).values(last_used_at=now))


def revoke(tx: Connection, token_id: int, *, now: datetime) -> ApiToken | None:
    """Revoke a token and give it; None when there is no such token that holds."""
    mine = (token.c.id == token_id) & token.c.revoked_at.is_(None)
    return one(tx, ApiToken, update(token).where(mine).values(revoked_at=now).returning(token))
