"""Sessions: signing in and out, and who a cookie or a token belongs to."""

import hashlib
from datetime import datetime

from dialer.actions.people import set_password
from dialer.actions.secrets import check_password, hash_token, new_token
from dialer.domain import credentials
from dialer.domain.roles import Actor, Role, role_of
from dialer.errors import RefusedByRule, UserError
from dialer.log import get_logger
from dialer.store import people, sessions, tokens
from dialer.store.database import Connection, Database
from dialer.store.ledger import log_action
from dialer.store.tables import User

log = get_logger(__name__)


_WRONG = "name or password is not right"


class SignInRefused(UserError):
    """Name and password do not belong together; never says which of them is wrong."""


class TooManyTries(RefusedByRule):
    """Somebody guesses; nothing is compared until a while has passed."""


def sign_in(db: Database, name: str, password: str, *, address: str, now: datetime) -> str:
    """Begin a session and give its token, for the cookie alone.

    Raises:
        TooManyTries: from here, or for this name, too many failed lately.
        SignInRefused: wrong; the try counts.
    """
    person, newer = _checked(db, name, password, address=address, now=now)
    token = new_token()
    if not db.transact(lambda tx: _begin(tx, person, token, newer=newer, now=now)):
        raise SignInRefused(_WRONG)
    log.info("signed_in", person_id=person.id)
    return token


def change_password(
    db: Database, person: Actor, *, old: str, new: str, address: str, now: datetime
) -> None:
    """Change the password of whoever knows the old one; all their sessions end, this one too.

    Raises:
        TooManyTries: too many guesses at the old one.
        SignInRefused: the old one is wrong.
        UserError: the new one will not do.
    """
    _checked(db, person.name, old, address=address, now=now)
    set_password(db, person.name, password=new, actor=person.name, now=now)


def _checked(
    db: Database, name: str, password: str, *, address: str, now: datetime
) -> tuple[User, str | None]:
    """Compare name and password, and give the person, and a newer hash where one is due.

    1. count this try, so that guesses at the same moment count too
    2. compare, with the same work for a name that nobody has
    3. take a good try back
    """
    name = name.strip().casefold()
    whose = _whose(name, address)
    if not db.transact(lambda tx: _may_try(tx, whose, now=now)):
        log.warning("sign_in_throttled", address=address)
        minutes = credentials.TRIES_WITHIN.total_seconds() / 60
        raise TooManyTries(
            "too many sign-ins failed", fix=f"wait {minutes:.0f} minutes, and try again"
        )
    person = db.read(lambda tx: people.by_name(tx, name))
    good, newer = check_password(password, person.password_hash if person is not None else None)
    if not good or person is None:
        log.warning("sign_in_refused", address=address)
        raise SignInRefused(_WRONG)
    db.transact(lambda tx: sessions.take_back_tries(tx, whose))
    return person, newer


def who(db: Database, token: str, *, now: datetime) -> Actor | None:
    """Tell who a cookie belongs to; None when the session is over or never was."""
    hashed = hash_token(token)
    found = db.read(lambda tx: sessions.who(tx, hashed, now=now))
    if found is None:
        return None
    return Actor(found.name, Role(found.role), person_id=found.user_id, session=hashed)


def who_by_token(db: Database, token: str, *, now: datetime) -> Actor | None:
    """Tell what a token may do on pages; None when it does not hold, or opens none."""
    row = db.read(lambda tx: tokens.find(tx, hash_token(token), now=now))
    role = role_of(row.scopes) if row is not None else None
    return None if row is None or role is None else Actor(f"token:{row.name}", role)


def sign_out(db: Database, person: Actor) -> None:
    """End this session; may be called twice."""
    session = person.session
    if session is not None:
        db.transact(lambda tx: sessions.end(tx, session))


def sign_out_everywhere(db: Database, person: Actor, *, now: datetime) -> None:
    """End all sessions of a person, this one too."""
    person_id = person.person_id
    if person_id is None:
        return

    def body(tx: Connection) -> None:
        ended = sessions.end_all(tx, person_id)
        log_action(
            tx,
            actor=person.name,
            action="sign_out_everywhere",
            subject=f"person:{person.name}",
            now=now,
            after={"sessions_ended": ended},
        )

    db.transact(body)


def _may_try(tx: Connection, whose: dict[str, str], *, now: datetime) -> bool:
    since = now - credentials.TRIES_WITHIN
    counts = sessions.count_tries(tx, whose, since=since)
    if any(counts[kind] >= most for kind, most in credentials.MOST_TRIES.items()):
        return False
    sessions.note_try(tx, whose, now=now, forget=since)
    return True


def _begin(tx: Connection, person: User, token: str, *, newer: str | None, now: datetime) -> bool:
    """Begin a session, unless the password was changed since it was compared."""
    current = people.by_name(tx, person.name)
    if current is None or current.password_hash != person.password_hash:
        return False
    if newer is not None:
        people.change(tx, person.id, password_hash=newer)
    expires_at = now + credentials.SESSION_LASTS
    sessions.add(tx, hash_token(token), user_id=person.id, now=now, expires_at=expires_at)
    subject = f"person:{person.name}"
    log_action(tx, actor=person.name, action="sign_in", subject=subject, now=now)
    return True


def _whose(name: str, address: str) -> dict[str, str]:
    keys = {"pair": f"{name}\n{address}", "address": address, "name": name}
    return {kind: hashlib.sha256(key.encode()).hexdigest() for kind, key in keys.items()}
