"""Tokens of programs: made, listed, revoked, and who one belongs to."""

from collections.abc import Collection
from datetime import datetime, timedelta

from dialer.actions.secrets import hash_token, new_token
from dialer.domain.credentials import read_name
from dialer.domain.roles import Program, Scope, api_scopes
from dialer.errors import NotFound, UserError
from dialer.log import get_logger
from dialer.store import tokens
from dialer.store.database import Connection, Database
from dialer.store.ledger import log_action
from dialer.store.tables import ApiToken

log = get_logger(__name__)

PREFIX = "dialer_"
"""So that a scanner for secrets knows what it has found."""
USE_NOTED_EVERY = timedelta(minutes=1)
"""Each note is a write; nobody needs to know to the second when a token was used last."""


def create(
    db: Database,
    name: str,
    *,
    scopes: Collection[Scope],
    actor: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[int, str]:
    """Make a token and give its id and itself; it cannot be shown again.

    Raises:
        UserError: it has no name, may nothing, or would be over already.
    """
    name = read_name(name)
    _check(scopes, expires_at=expires_at, now=now)
    given = [scope.value for scope in Scope if scope in scopes]
    token = PREFIX + new_token()

    def body(tx: Connection) -> int:
        hashed = hash_token(token)
        row = tokens.add(tx, name, token_hash=hashed, scopes=given, expires_at=expires_at, now=now)
        ends = expires_at and expires_at.isoformat()
        after: dict[str, object] = {"name": name, "scopes": given, "expires_at": ends}
        subject = f"token:{row}"
        log_action(tx, actor=actor, action="create_token", subject=subject, now=now, after=after)
        return row

    row = db.transact(body)
    log.info("token_created", token_id=row)
    return row, token


def _check(scopes: Collection[Scope], *, expires_at: datetime | None, now: datetime) -> None:
    if not scopes:
        raise UserError("a token without a scope may nothing", fix="--scope read")
    if expires_at is not None and expires_at <= now:
        raise UserError(
            f"{expires_at:%Y-%m-%d %H:%M} UTC is past",
            fix='--expires 90d, or "2027-12-31 00:00 UTC"',
        )


def program_of(db: Database, token: str, *, now: datetime) -> Program | None:
    """Tell which program a token belongs to, and note its use; None when it does not hold."""
    row = db.read(lambda tx: tokens.find(tx, hash_token(token), now=now))
    if row is None:
        return None
    last, noted_before = row.last_used_at, now - USE_NOTED_EVERY
    if last is None or last <= noted_before:
        db.transact(lambda tx: tokens.note_use(tx, row.id, before=noted_before, now=now))
    return Program(f"token:{row.name}", row.id, api_scopes(row.scopes))


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
