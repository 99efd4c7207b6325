"""Names and passwords: what they may be, and how often a guess is allowed."""

import unicodedata
from datetime import timedelta

from dialer.errors import UserError

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
LONGEST_NAME = 64

SESSION_LASTS = timedelta(days=7)
FIRST_LINK_LASTS = timedelta(hours=1)
OWN_LINK_LASTS = timedelta(days=3)

TRIES_WITHIN = timedelta(minutes=15)
MOST_TRIES = {
    # A pair, so that a stranger who guesses does not lock out the person from elsewhere.
    "pair": 5,
    "address": 30,
    "name": 100,
}
"""Sign-ins that may fail within that time: of a name from one address, of an address, of a name."""


def read_name(text: str) -> str:
    """Give a name as it is stored: composed, in small letters, without spaces around it.

    Raises:
        UserError: nobody could be called that.
    """
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    if not name or len(name) > LONGEST_NAME:
        raise UserError(f"a name has 1 to {LONGEST_NAME} characters")
    if not all(letter.isalnum() or letter in "._-@+ " for letter in name):
        raise UserError(
            f"{text!r} is not a name", why="it may have letters, digits, spaces and . _ - @ +"
        )
    return name


def check_password(password: str, *, name: str) -> None:
    """Refuse a password that is soon guessed.

    Raises:
        UserError: it is too short, too long, or the name.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise UserError(
            f"the password is too short: {SHORTEST_PASSWORD} characters at least",
            fix="take a few words that do not belong together",
        )
    if len(password) > LONGEST_PASSWORD:
        raise UserError(f"the password is too long: {LONGEST_PASSWORD} characters at most")
    if name in password.casefold() and len(password) - len(name) < SHORTEST_PASSWORD // 2:
        raise UserError("the password is hardly more than the name")
    if len(set(password)) < 4:
        raise UserError("the password repeats too few characters")
