"""Tokens of the API: made, listed, revoked."""

from collections.abc import Collection
from datetime import datetime

from dialer.actions.secrets import hash_token, new_token
from dialer.domain.credentials import read_name
from dialer.domain.roles import Scope
from dialer.errors import NotFound, UserError
from dialer.log import get_logger
from dialer.store import tokens
from dialer.store.database import Connection, Database
from dialer.store.ledger import log_action
from dialer.store.tables import ApiToken

log = get_logger(__name__)

PREFIX = "dialer_"
"""So that a scanner for secrets knows what it has found."""


def create(
    db: Database, name: str, *, scopes: Collection[Scope], actor: str, now: datetime
) -> tuple[int, str]:
    """Make a token and give its id and itself; it cannot be shown again.

    Raises:
        UserError: it has no name or may nothing.
    """
    name = read_name(name)
    if not scopes:
        raise UserError("a token without a scope may nothing", fix="--scope read")
    given = [scope.value for scope in Scope if scope in scopes]
    token = PREFIX + new_token()

    def body(tx: Connection) -> int:
        row = tokens.add(tx, name, token_hash=hash_token(token), scopes=given, now=now)
        after: dict[str, object] = {"name": name, "scopes": given}
        subject = f"token:{row}"
        log_action(tx, actor=actor, action="create_token", subject=subject, now=now, after=after)
        return row

    row = db.transact(body)
    log.info("token_created", token_id=row)
    return row, token


def everything(db: Database) -> list[ApiToken]:
    """Give all tokens, revoked ones too."""
    return db.read(tokens.everything)


def revoke(db: Database, token_id: int, *, actor: str, now: datetime) -> str:
    """Revoke a token at once and give its name.

    Raises:
        NotFound: there is none, or it was revoked before.
    """

    def body(tx: Connection) -> str:
        row = tokens.revoke(tx, token_id, now=now)
        if row is None:
            raise NotFound(f"there is no token {token_id} that holds", fix="dialer tokens list")
        subject = f"token:{token_id}"
        before: dict[str, object] = {"name": row.name, "scopes": row.scopes}
        log_action(tx, actor=actor, action="revoke_token", subject=subject, now=now, before=before)
        return row.name

    name = db.transact(body)
    log.info("token_revoked", token_id=token_id)
    return name
