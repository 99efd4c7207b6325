"""What leads wait for a person for, in words: what to do about it, and on which page."""

from collections.abc import Mapping
from typing import NamedTuple


class HeldWords(NamedTuple):
    """Why leads are held, what a person does, and the page of their campaign where it is done."""

    sentence: str
    fix: str
    page: str | None = None

    def url(self, campaign_id: int) -> str | None:
        """Give the address of that page."""
        return None if self.page is None else self.page.format(campaign_id)


_UPLOAD = "/upload?campaign={}"
_HELD: Mapping[str, HeldWords] = {
    "no_zone": HeldWords(
        "Nobody knows their local time.", "import them again with a zone or a state", _UPLOAD
    ),
    "no_consent": HeldWords(
        "Consent is needed and not known.", "import them again with their consent", _UPLOAD
    ),
    "never_open": HeldWords(
        "Window and law leave no hour to call them.",
        "widen the campaign’s window",
        "/campaigns/{}/edit",
    ),
}


def held_words(reason: str) -> HeldWords:
    """Say why leads are held, and what to do about it."""
    other = f"Held: {reason.replace('_', ' ')}."
    return _HELD.get(reason) or HeldWords(other, "look at the leads, and call again or skip")
