"""What an incident is about, what follows from it, and what to do, by its code."""

from collections.abc import Mapping

WHAT_TO_DO: Mapping[str, str] = {
    "database_doubted": "Wait: calling goes on once Retell’s calls were compared. If it does not,"
    " see `dialer restored`.",
    "late_call": "Look at the lead: a call was found after it had been given up. Acknowledge it"
    " when the person was not called twice.",
    "unknown_attempt": "Ask whether another installation uses the same Retell account.",
}
_INVARIANT = (
    "This should never be. Keep the log of that time, look at the rows with `dialer audit`, and"
    " tell whoever looks after the dialer."
)
_OTHER = "Look at what it is about, and acknowledge it when you know why it happened."


CAUSES: Mapping[str, str] = {
    "database_doubted": "The database may have gone back in time.",
    "late_call": "Calls were found after they had been given up.",
    "unknown_attempt": "Calls name attempts that the database does not know.",
}
EFFECTS: Mapping[str, str] = {
    "database_doubted": "Nobody is called until Retell’s calls were compared.",
    "late_call": "Somebody may have been called twice.",
    "unknown_attempt": "Nobody is called until Retell’s calls were compared.",
}
_PROMISE = "One of the promises may have been broken."
_NOTHING = "Nothing is held back by it."


def cause(code: str, *, promises: Mapping[str, str]) -> str:
    """Say what all incidents of a code are about; `promises` are the sentences of invariants."""
    return promises.get(code) or CAUSES.get(code, f"{code.replace('_', ' ').capitalize()}.")


def effect(code: str) -> str:
    """Say what follows from an incident."""
    return EFFECTS.get(code, _PROMISE if _is_invariant(code) else _NOTHING)


def what_to_do(code: str) -> str:
    """Say what a person does about an incident."""
    return WHAT_TO_DO.get(code, _INVARIANT if _is_invariant(code) else _OTHER)


def _is_invariant(code: str) -> bool:
    return code[:1] == "I" and code[1:].isdigit()
