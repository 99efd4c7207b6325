"""Lead lists: what was imported and pushed, which rows are no leads, and taking it back."""

from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions.export import find_list
from dialer.actions.uploads import ask_undo
from dialer.domain.roles import Scope
from dialer.domain.states import ListStatus
from dialer.store import exports, lists
from dialer.store.database import Connection
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.cursors import Cursor, Limit, Page, page_by_id, read_id, written
from dialer.web.api.kinds import LARGEST_ID, Id

reading = asks(Scope.LEADS_READ, tag="lists")
writing = asks(Scope.LEADS_WRITE, tag="lists")

LAST_ROW = 2**31 - 1


class ListRow(BaseModel):
    """A lead list."""

    id: int = Field(examples=[12])
    campaign_id: int
    file_name: str
    status: ListStatus
    rows: int
    imported: int
    updated: int
    duplicates: int
    rejected: int
    blank: int
    undone: int
    created_at: datetime
    finished_at: datetime | None
    purged_at: datetime | None = Field(description="From then on its rejected rows are gone.")


class ListShown(ListRow):
    """A lead list, and why rows of it are no leads."""

    columns: dict[str, Any]
    warnings: list[dict[str, Any]]
    reasons: dict[str, int]


class Reject(BaseModel):
    """A row that is no lead, as it was."""

    row: int
    cells: list[str]
    reason: str
    message: str


class Undoing(BaseModel):
    """A list that is being undone; its status says when it is."""

    list_id: int
    errand_id: int


@reading.get("/lists")
def list_lists(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    campaign_id: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Page[ListRow]:
    """List the lead lists, the newest first."""
    question = ("lists", campaign_id)
    before = read_id(question, cursor)
    rows = world_of(request).db.read(
        lambda tx: lists.page(tx, before=before, most=limit + 1, campaign_id=campaign_id)
    )
    rows, next_cursor = page_by_id(question, rows, limit=limit)
    return Page(items=[ListRow(**_fields(row)) for row in rows], next_cursor=next_cursor)


@reading.get("/lists/{list_id}")
def show_list(request: Request, list_id: Id) -> ListShown:
    """Show one list."""

    def body(tx: Connection) -> ListShown:
        row = find_list(tx, list_id)
        return ListShown(
            **_fields(row),
            columns=row.mapping.get("columns", {}),
            warnings=row.warnings or [],
            reasons=dict(lists.reject_reasons(tx, list_id)),
        )

    return world_of(request).db.read(body)


@reading.get("/lists/{list_id}/rejects")
def list_rejects(
    request: Request, list_id: Id, limit: Limit = 50, cursor: Cursor = None
) -> Page[Reject]:
    """List the rows that are no leads, in their order."""
    question = ("rejects", list_id)
    after = min(read_id(question, cursor) or 0, LAST_ROW)

    def body(tx: Connection) -> list[Reject]:
        find_list(tx, list_id)
        found = exports.rejects(tx, list_id=list_id, after_row=after, most=limit + 1)
        return [
            Reject(row=row, cells=cells, reason=reason, message=message)
            for row, cells, reason, message in found
        ]

    rows = world_of(request).db.read(body)
    next_cursor = written(question, rows[limit - 1].row) if len(rows) > limit else None
    return Page(items=rows[:limit], next_cursor=next_cursor)


@writing.post("/lists/{list_id}/undo", status_code=HTTPStatus.ACCEPTED)
def undo_list(request: Request, list_id: Id) -> Undoing:
    """Have the leads of a list taken out again, as far as nobody called them. May be sent twice.

    A worker does it; the list is `undone` then, and says how many leads went.
    """
    world = world_of(request)
    row = world.db.read(partial(find_list, list_id=list_id))
    errand_id = ask_undo(world, list_id, campaign_id=row.campaign_id, actor=actor_of(request))
    return Undoing(list_id=list_id, errand_id=errand_id)


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ListRow.model_fields}
