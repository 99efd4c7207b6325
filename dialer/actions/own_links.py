"""Own links: how people get a password that nobody else knows, the first one or another."""

from datetime import datetime

from dialer.actions.people import add_in, find_by_name
from dialer.actions.secrets import hash_password, hash_token, new_token
from dialer.domain import credentials
from dialer.domain.roles import Role
from dialer.errors import RefusedByRule
from dialer.log import get_logger
from dialer.store import own_links, people, sessions
from dialer.store.database import Connection, Database
from dialer.store.ledger import log_action

log = get_logger(__name__)


def invite(db: Database, name: str, *, role: Role, actor: str, now: datetime) -> str:
    """Make a person and give the secret of the link by which they choose their password.

    Raises:
        UserError: nobody could be called that.
        RefusedByRule: the name is taken.
    """
    name = credentials.read_name(name)
    nobody_knows, token = hash_password(new_token()), new_token()

    def body(tx: Connection) -> None:
        user_id = add_in(tx, name, password_hash=nobody_knows, role=role, actor=actor, now=now)
        _add(tx, user_id, name, token, actor=actor, now=now)

    db.transact(body)
    log.info("person_invited", role=role)
    return token


def make(db: Database, name: str, *, actor: str, now: datetime) -> str:
    """Give the secret of a link for a person; their password holds until they choose another.

    Raises:
        NotFound: there is nobody of that name.
    """
    name, token = credentials.read_name(name), new_token()

    def body(tx: Connection) -> None:
        _add(tx, find_by_name(tx, name).id, name, token, actor=actor, now=now)

    db.transact(body)
    log.info("own_link_made")
    return token


def _add(tx: Connection, user_id: int, name: str, token: str, *, actor: str, now: datetime) -> None:
    expires_at = now + credentials.OWN_LINK_LASTS
    own_links.add(tx, hash_token(token), user_id=user_id, expires_at=expires_at)
    log_action(tx, actor=actor, action="make_link", subject=f"person:{name}", now=now)


def whose(db: Database, token: str, *, now: datetime) -> str | None:
    """Name the person a link is for; None when it is not good."""
    row = db.read(lambda tx: own_links.whose(tx, hash_token(token), now=now))
    return None if row is None else row.name


def take(db: Database, token: str, *, password: str, now: datetime) -> str:
    """Give the person of a link the password they chose, and give their name.

    Sessions of an older password end.

    Raises:
        UserError: the password will not do; the link still holds.
        RefusedByRule: the link was used, or is over.
    """
    name = whose(db, token, now=now)
    if name is None:  # a stranger who guesses costs us no slow hash
        raise _gone()
    credentials.check_password(password, name=name)
    password_hash = hash_password(password)

    def body(tx: Connection) -> None:
        person = own_links.whose(tx, hash_token(token), now=now)
        if person is None or not own_links.use(tx, hash_token(token), now=now):
            raise _gone()
        people.change(tx, person.id, password_hash=password_hash)
        sessions.end_all(tx, person.id)
        subject = f"person:{person.name}"
        log_action(tx, actor=person.name, action="use_link", subject=subject, now=now)

    db.transact(body)
    log.info("own_link_used")
    return name


def _gone() -> RefusedByRule:
    return RefusedByRule("this link is not good any more", fix="ask an admin for another")
