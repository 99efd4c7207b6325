"""Ids as browsers send them: texts that may be anything."""

LONGEST = 18
"""Digits that every database takes as a whole number."""


def typed_id(text: str) -> int | None:
    """Read an id; None where the text is none that a row could have."""
    is_id = text.isascii() and text.isdigit() and len(text) <= LONGEST
    return int(text) if is_id else None
