"""What to do about an incident, by its code."""

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


def what_to_do(code: str) -> str:
    """Say what a person does about an incident."""
    is_invariant = code[:1] == "I" and code[1:].isdigit()
    return WHAT_TO_DO.get(code, _INVARIANT if is_invariant else _OTHER)
