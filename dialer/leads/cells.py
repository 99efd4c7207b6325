"""One cell: what a person meant by it."""

import re

from dialer.leads.formulas import unmarked

# Seen by nobody. The joiners (U+200C, U+200D) are apart: some scripts are written with them.
_UNSEEN = "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_JOINERS = "\u200c\u200d"
_INSIDE = re.compile(f"[{_UNSEEN}]+")
_ENDS = re.compile(rf"^[\s\x00{_UNSEEN}{_JOINERS}]+|[\s\x00{_UNSEEN}{_JOINERS}]+$")
_LATIN = "\x00-\u052f"
_IDLE_JOINER = re.compile(f"(?<=[{_LATIN}])[{_JOINERS}]+|[{_JOINERS}]+(?=[{_LATIN}])")

NULL_LIKE = frozenset(
    {"N/A", "n/a", "N/a", "n.a.", "N.A.", "#N/A", "#n/a", "-", "--", "---", "–", "—"}
    | {"NULL", "null", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]", "\\N"}
    | {"nan", "NaN", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!"}
    | {"#CALC!", "#ERROR!", "#GETTING_DATA", "###", "####", "#####", "######", "#######"}
    | {"########", "#########", "##########"}
)
"""What programs write for nothing.

"Null", "Nan" and "None" are none of them: a surname, a first name and an answer. NULL in capitals
is what databases export for nothing, so it is empty even among surnames in capitals.
"""
_NO = frozenset(
    {"", "0", "0.0", "n", "no", "non", "nein", "nee", "nej", "nao", "não", "нет", "いいえ", "否"}
    | {"f", "false", "falsch", "faux", "falso", "off", "none", "allowed", "ok", "callable"}
)


def clean_cell(text: str) -> str:
    """Trim what cannot be seen, undo what spreadsheets wrap around a text, empty the null-likes."""
    if text.isascii():
        text = text.strip(" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x00")
    elif text.isprintable():  # then there is nothing unseen, and no space but the ordinary one
        text = text.strip(" ")
    else:
        text = _IDLE_JOINER.sub("", _INSIDE.sub("", _ENDS.sub("", text)))
    if text.startswith(("'", "=")):
        text = unmarked(text).strip()
    return "" if text in NULL_LIKE else text


def is_marked(text: str) -> bool:
    """Tell whether a mark such as do-not-call is set. Whatever does not say no, sets it."""
    return text.casefold() not in _NO


def shown(text: str) -> str:
    """Shorten a text for a message."""
    return text if len(text) <= 40 else text[:39] + "…"
