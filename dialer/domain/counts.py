"""Counts in sentences: "1 lead", "1,204 leads"."""


def how_many(count: int, noun: str) -> str:
    """Write a count with its noun, in the plural where there is not exactly one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
