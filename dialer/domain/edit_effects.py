"""What an edit changes for whom, in sentences that people read before they save it."""

from collections.abc import Collection

_NOW = "From the next call on. Calls in progress go on as they are."
EFFECTS: dict[str, str] = {
    "name": "For people only: calls do not know the name.",
    "weight": _NOW,
    "limits": _NOW,
    "caller_id": _NOW,
    "hold": _NOW,
    "window": "For every lead that waits: each moves to the first opening of the new hours.",
    "person": "For every lead that waits: before each call it is asked how often the number rang.",
    "cadence": "From the next attempt on. Who waits now for another call waits as before.",
    "callback": "From the next call on. Promises that were made are kept.",
    "opt_out": "For calls that are analyzed from now on.",
    "caller": "For the record only: it is asked before a start, and sent nowhere.",
    "results": "For what happens from now on.",
    "ends_at": "For every lead that waits then: it is closed without another call.",
}
"""By the section of the settings; these may be edited while a campaign runs."""

BEFORE_A_START = "For every lead: nobody was called yet."


def effects_of(keys: Collection[str], *, has_begun: bool) -> list[str]:
    """Say whom a change of these settings concerns, and from when on."""
    if not has_begun:
        return [BEFORE_A_START] if keys else []
    sections = dict.fromkeys(key.partition(".")[0] for key in keys)
    return list(dict.fromkeys(EFFECTS.get(one, BEFORE_A_START) for one in sections))
