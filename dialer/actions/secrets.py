"""Secrets: passwords and random tokens, and what is kept of them."""

import hashlib
import secrets
import threading
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_AT_ONCE = threading.BoundedSemaphore(2)
"""Each check takes memory and a core for a moment; webhooks must not wait for many of them."""


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    # 19 MB, two rounds, one core: https://cheatsheetseries.owasp.org (Password Storage)
    return PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))


@lru_cache(maxsize=1)
def _of_nobody() -> str:
    return _hasher().hash(secrets.token_hex())


def hash_password(password: str) -> str:
    """Hash a password with argon2id; takes a while on purpose."""
    with _AT_ONCE:
        return _hasher().hash(password)


def check_password(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Tell whether a password is the kept one, and give a newer hash where ours is stricter now.

    With `kept` None the answer is no, after the same work: nobody learns which names there are.
    """
    with _AT_ONCE:
        good, newer = _hasher().verify_and_update(password, kept or _of_nobody())
    return (good, newer) if kept is not None else (False, None)


def new_token() -> str:
    """Make a random token that nobody guesses."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Hash a random token; it needs no slow hash, as it cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()
