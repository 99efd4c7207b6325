"""Opt-outs by analysis: what a call's analysis says of the wish not to be called again.

Only a clear yes counts; what is neither yes nor no is told to people, and changes nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, field_validator

_YES = frozenset(
    {"yes", "y", "true", "t", "1", "on", "requested", "do not call", "opt out", "opted out"}
)
_NO = frozenset(
    {"", "-", "no", "n", "false", "f", "0", "off", "none", "null", "nil", "n/a", "na", "unknown"}
    | {"not requested", "not specified", "not mentioned", "not applicable", "unsure", "unclear"}
)
_ANSWERS: dict[float, bool] = {0: False, 1: True}
_SURE = re.compile(r"(?:yes|true)\b(?!\s*/|\s+or\b)")  # "Yes, she wants no more calls"
_LONGEST = 200  # characters of a value that are shown


class OptOutSpec(BaseModel):
    """Where a call's analysis says that somebody is not to be called again. None of them: off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[str, ...] = (
        *("do_not_call", "do_not_call_requested", "dnc", "dnc_requested", "requested_dnc"),
        *("user_requested_dnc", "opt_out", "opted_out", "opt_out_requested", "unsubscribe"),
    )

    @field_validator("keys", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("keys")
    @classmethod
    def _with_letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for key in value:
            if not _plain(key):
                raise ValueError(f'{key!r} names no field of the analysis, such as "do_not_call"')
        return value


@dataclass(frozen=True, slots=True)
class Wish:
    """What a field of an analysis says; `is_clear` is False when it is neither yes nor no."""

    key: str
    text: str
    is_clear: bool


def wish_of(spec: OptOutSpec, found: Mapping[str, object] | None) -> Wish | None:
    """Find the wish not to be called again; None when nothing tells of one.

    `found` is the analysis's custom data, whose names count whatever their case and punctuation.
    One clear yes is enough, whatever other fields say.
    """
    wanted = {_plain(key) for key in spec.keys}
    unclear: Wish | None = None
    for key, value in (found or {}).items():
        if _plain(key) not in wanted:
            continue
        text = "" if value is None else " ".join(str(value).split())[:_LONGEST]
        answer = _read(value, text)
        if answer:
            return Wish(key, text, is_clear=True)
        if answer is None:
            unclear = unclear or Wish(key, text, is_clear=False)
    return unclear


def _read(value: object, text: str) -> bool | None:
    """Read a value as yes or no; None when it is neither."""
    if isinstance(value, int | float):
        return _ANSWERS.get(value)
    said = text.casefold().strip(" .!\"'")
    if value is not None and not isinstance(value, str):
        return None if value else False
    if said in _NO:
        return False
    return True if said.replace("-", " ") in _YES or _SURE.match(said) else None


def _plain(key: str) -> str:
    return "_".join(re.findall(r"[^\W_]+", key.casefold()))
