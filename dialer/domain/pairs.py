"""Pairs as people type them: `order=1234`."""

from collections.abc import Iterable
from math import isfinite


def read_pairs(texts: Iterable[str]) -> dict[str, str]:
    """Read "key=value" pairs; the last one of a key counts.

    Raises:
        ValueError: one is no pair.
    """
    pairs = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise ValueError(f"{text} is no key=value")
        pairs[key.strip()] = value
    return pairs


def read_values(texts: Iterable[str]) -> dict[str, str | float | bool]:
    """Read "key=value" pairs whose values may be numbers, true or false.

    Raises:
        ValueError: one is no pair.
    """
    return {key: _typed(text) for key, text in read_pairs(texts).items()}


def _typed(text: str) -> str | float | bool:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    return number if isfinite(number) else text
