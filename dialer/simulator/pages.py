"""Pages of lists that are no list of calls."""

from collections.abc import Sequence
from typing import Any

from dialer.simulator.answers import Answer, refusal


def page(objects: Sequence[dict[str, Any]], *, limit: int, key: str | None) -> Answer:
    """Give one page; its key is where the next one begins."""
    if not 1 <= limit <= 1000 or (key is not None and not key.isdigit()):
        return refusal(400)
    start = int(key or 0)
    end = start + limit
    body: dict[str, Any] = {"items": list(objects[start:end]), "has_more": end < len(objects)}
    if body["has_more"]:
        body["pagination_key"] = str(end)
    return Answer(200, body)
