"""What goes wrong at Retell, as people are told it: what, why, and how to mend it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dialer.errors import (
    AccountProblem,
    AgentNotFound,
    CallNotFound,
    ChangeFailed,
    ChangeUnknown,
    KeyRefused,
    LookUpFailed,
    NotFound,
    NumberNotFound,
    Unreachable,
    UserError,
    VoiceNotFound,
)

_FIXES: dict[type[LookUpFailed], str] = {
    CallNotFound: "dialer calls list shows the calls that Retell knows",
    AgentNotFound: "dialer agents list shows the agents that Retell knows",
    NumberNotFound: "dialer numbers list shows the numbers of the workspace",
    VoiceNotFound: "dialer voices list shows them all",
}


@contextmanager
def told_of(what: str) -> Iterator[None]:
    """Turn what goes wrong at Retell into an error for people; `what` names the thing.

    Raises:
        NotFound, KeyRefused, Unreachable, UserError: by what went wrong.
    """
    try:
        yield
    except (LookUpFailed, AccountProblem, ChangeFailed) as error:
        raise as_user_error(error, what=what) from error


def as_user_error(error: LookUpFailed | AccountProblem | ChangeFailed, *, what: str) -> UserError:
    """Say for people what went wrong with `what`."""
    said = f"Retell says: {error.message}"
    if fix := _FIXES.get(type(error)):  # type: ignore[arg-type]
        return NotFound(f"Retell knows no {what}", why=said, fix=fix)
    if isinstance(error, AccountProblem):
        if error.status == 402:
            return UserError(f"Retell refuses {what}", why=said, fix="add a way to pay at Retell")
        fix = "set RETELL_API_KEY to a key that may do this; dialer doctor asks whether it is good"
        return KeyRefused(f"Retell refuses our key for {what}", why=said, fix=fix)
    if isinstance(error, ChangeUnknown):
        return Unreachable(
            f"nobody knows whether Retell did it: {what}",
            why=f"{error.message} ({error.code})",
            fix="look whether it is done before asking for it again",
        )
    if isinstance(error, ChangeFailed):
        return UserError(f"Retell refuses {what}", why=said, fix="change what it names, try again")
    return Unreachable(
        f"Retell gives no usable answer about {what}",
        why=f"{error.message} ({error.code})",
        fix="try again in a moment; dialer doctor looks at the connection",
    )
