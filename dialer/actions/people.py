"""People: who may sign in, as what, and how the first one comes in."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dialer.actions.secrets import hash_password, hash_token, new_token
from dialer.domain import credentials
from dialer.domain.roles import Role
from dialer.errors import NotFound, RefusedByRule
from dialer.log import get_logger
from dialer.store import own_links, people, sessions
from dialer.store.database import Connection, Database
from dialer.store.ledger import log_action
from dialer.store.tables import User

log = get_logger(__name__)


def first_link(db: Database, *, now: datetime) -> str | None:
    """Make a token that lets the first person in; None when there is somebody already."""
    token = new_token()

    def body(tx: Connection) -> bool:
        people.forget_first_links(tx, before=now)
        if people.count(tx):
            return False
        expires_at = now + credentials.FIRST_LINK_LASTS
        people.add_first_link(tx, hash_token(token), expires_at=expires_at)
        return True

    return token if db.transact(body) else None


def is_first_link(db: Database, token: str, *, now: datetime) -> bool:
    """Tell whether a link would let somebody in now."""
    return db.read(
        lambda tx: (
            people.first_link_is_good(tx, hash_token(token), now=now) and not people.count(tx)
        )
    )


def add_first(db: Database, token: str, *, name: str, password: str, now: datetime) -> None:
    """Make the first person, an admin, by the one-time link.

    Raises:
        UserError: name or password will not do; the link still holds.
        RefusedByRule: the link was used, is over, or somebody is here already.
    """
    name = credentials.read_name(name)
    credentials.check_password(password, name=name)
    password_hash = hash_password(password)

    def body(tx: Connection) -> None:
        if not people.use_first_link(tx, hash_token(token), now=now) or people.count(tx):
            raise RefusedByRule("this link is not good any more", fix="dialer up prints another")
        add_in(tx, name, password_hash=password_hash, role=Role.ADMIN, actor=name, now=now)

    db.transact(body)
    log.info("first_person_added")


def add(db: Database, name: str, *, password: str, role: Role, actor: str, now: datetime) -> None:
    """Make a person who may sign in.

    Raises:
        UserError: name or password will not do.
        RefusedByRule: the name is taken.
    """
    name = credentials.read_name(name)
    credentials.check_password(password, name=name)
    password_hash = hash_password(password)

    def body(tx: Connection) -> None:
        add_in(tx, name, password_hash=password_hash, role=role, actor=actor, now=now)

    db.transact(body)
    log.info("person_added", role=role)


def everybody(db: Database) -> list[User]:
    """Give all people, by name."""
    return db.read(people.everybody)


def set_password(db: Database, name: str, *, password: str, actor: str, now: datetime) -> None:
    """Give a person another password and end all sessions of the old one.

    Raises:
        NotFound: there is nobody of that name.
        UserError: the password will not do.
    """
    name = credentials.read_name(name)
    credentials.check_password(password, name=name)
    password_hash = hash_password(password)

    def body(tx: Connection) -> None:
        person = _find(people.lock_all(tx), name)
        people.change(tx, person.id, password_hash=password_hash)
        ended = sessions.end_all(tx, person.id)
        _note(tx, "set_password", name, actor=actor, now=now, after={"sessions_ended": ended})

    db.transact(body)
    log.info("password_set")


def set_role(db: Database, name: str, *, role: Role, actor: str, now: datetime) -> None:
    """Give a person another role; it holds from the next click on.

    Raises:
        NotFound: there is nobody of that name.
        RefusedByRule: no admin would be left.
    """

    def body(tx: Connection) -> None:
        held = people.lock_all(tx)
        person = _find(held, credentials.read_name(name))
        if role is not Role.ADMIN:
            _keep_an_admin(held, person)
        people.change(tx, person.id, role=role.value)
        before, after = {"role": person.role}, {"role": role.value}
        _note(tx, "set_role", person.name, actor=actor, now=now, before=before, after=after)

    db.transact(body)
    log.info("role_set", role=role)


def remove(db: Database, name: str, *, actor: str, now: datetime) -> None:
    """Remove a person; what they did stays in the activity log.

    Raises:
        NotFound: there is nobody of that name.
        RefusedByRule: no admin would be left.
    """

    def body(tx: Connection) -> None:
        held = people.lock_all(tx)
        person = _find(held, credentials.read_name(name))
        _keep_an_admin(held, person)
        sessions.end_all(tx, person.id)
        own_links.forget(tx, person.id)
        people.remove(tx, person.id)
        before = {"role": person.role}
        _note(tx, "remove_person", person.name, actor=actor, now=now, before=before)

    db.transact(body)
    log.info("person_removed")


def add_in(
    tx: Connection, name: str, *, password_hash: str, role: Role, actor: str, now: datetime
) -> int:
    """Make a person in the caller's transaction and give the id.

    Raises:
        RefusedByRule: the name is taken.
    """
    if people.by_name(tx, name) is not None:
        raise RefusedByRule(f"there is a {name} already")
    user_id = people.add(tx, name, password_hash=password_hash, role=role.value, now=now)
    _note(tx, "add_person", name, actor=actor, now=now, after={"role": role.value})
    return user_id


def find_by_name(tx: Connection, name: str) -> User:
    """Read a person by the name as it is stored.

    Raises:
        NotFound: there is nobody of that name.
    """
    return _find(people.everybody(tx), name)


def _find(held: Sequence[User], name: str) -> User:
    for person in held:
        if person.name == name:
            return person
    raise NotFound(f"there is nobody called {name}", fix="dialer users list")


def _keep_an_admin(held: Sequence[User], leaving: User) -> None:
    others = [one for one in held if one.role == Role.ADMIN and one.id != leaving.id]
    if leaving.role == Role.ADMIN and not others:
        raise RefusedByRule(
            f"{leaving.name} is the only admin",
            fix="make somebody else an admin first: dialer users set-role NAME admin",
        )


def _note(
    tx: Connection,
    action: str,
    name: str,
    *,
    actor: str,
    now: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    log_action(
        tx,
        actor=actor,
        action=action,
        subject=f"person:{name}",
        now=now,
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
    )
