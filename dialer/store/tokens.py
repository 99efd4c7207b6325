"""Tokens of the API."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dialer.store.rows import many, one
from dialer.store.tables import ApiToken, table

token = table(ApiToken)


def add(tx: Connection, name: str, *, token_hash: str, scopes: list[str], now: datetime) -> int:
    """Keep a token's hash and give its id."""
    values = {"name": name, "token_hash": token_hash, "scopes": scopes, "created_at": now}
    return int(tx.execute(insert(token).values(values).returning(token.c.id)).scalar_one())


def everything(tx: Connection) -> list[ApiToken]:
    """Read all tokens, revoked ones too, in the order they were made."""
    return many(tx, ApiToken, select(token).order_by(token.c.id))


def find(tx: Connection, token_hash: str) -> ApiToken | None:
    """Find a token that was not revoked."""
    good = select(token).where(token.c.token_hash == token_hash, token.c.revoked_at.is_(None))
    return one(tx, ApiToken, good)


def revoke(tx: Connection, token_id: int, *, now: datetime) -> ApiToken | None:
    """Revoke a token and give it; None when there is no such token that holds."""
    mine = (token.c.id == token_id) & token.c.revoked_at.is_(None)
    return one(tx, ApiToken, update(token).where(mine).values(revoked_at=now).returning(token))
