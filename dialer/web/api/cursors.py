"""Cursors: where the next page of a list begins, in a form that means nothing to others.

A cursor belongs to one list and its filters. Places are keys of rows, never counts of rows, so rows
that come and go meanwhile move nothing.
"""

import base64
import binascii
import hashlib
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from dialer.errors import DialerError
from dialer.web.api.kinds import LARGEST_ID

T = TypeVar("T")

MOST = 200
LONGEST = 500

Limit = Annotated[int, Query(ge=1, le=MOST, description="Items at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=LONGEST, description="`next_cursor` of the page before; none for the first."),
]


class BadCursor(DialerError):
    """A cursor that is none of ours, or belongs to another list."""

    def __init__(self) -> None:
        super().__init__("the cursor is none of this list with these filters")


class Page(BaseModel, Generic[T]):
    """Some items of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Where the next page begins; null: there is none.",
        examples=["eyJxIjoiYzQyZCIsInAiOjQxfQ"],
    )


def written(question: object, place: int | str) -> str:
    """Write the place at which a list goes on; `question` is the list and its filters."""
    text = orjson.dumps({"q": _mark(question), "p": place})
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def read_id(question: object, cursor: str | None) -> int | None:
    """Read a place that is the id of a row; None without a cursor.

    Raises:
        BadCursor: it is none of ours.
    """
    place = _read(question, cursor)
    if place is None:
        return None
    if not isinstance(place, int) or not 0 <= place <= LARGEST_ID:
        raise BadCursor
    return place


def read_text(question: object, cursor: str | None) -> str | None:
    """Read a place that is a text. Raises: as `read_id`."""
    place = _read(question, cursor)
    if place is not None and not isinstance(place, str):
        raise BadCursor
    return place


def page_by_id(question: object, rows: list[Any], *, limit: int) -> tuple[list[Any], str | None]:
    """Part the rows of a page from the one more that tells whether another follows."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], written(question, rows[limit - 1].id)


def _read(question: object, cursor: str | None) -> object:
    if cursor is None:
        return None
    try:
        raw = cursor.encode("ascii")
        found = orjson.loads(base64.b64decode(raw + b"=" * (-len(raw) % 4), b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise BadCursor from error
    if not isinstance(found, dict) or found.get("q") != _mark(question) or "p" not in found:
        raise BadCursor
    return found["p"]


def _mark(question: object) -> str:
    return hashlib.sha256(repr(question).encode()).hexdigest()[:8]
