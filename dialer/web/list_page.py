"""The lead lists: what was imported, what came of it, and the rows that are no leads."""

import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from dialer.actions import correcting, uploads
from dialer.actions.export import export_rejects, find_list
from dialer.domain.errands import ErrandKind
from dialer.domain.roles import Role
from dialer.errors import RefusedByRule, UserError
from dialer.leads.header_words import LeadField
from dialer.leads.problems import RejectReason
from dialer.store import campaigns, errands, lists
from dialer.store.database import Connection
from dialer.store.tables import LeadList
from dialer.web.access import actor_of, requires
from dialer.web.error_pages import status_for
from dialer.web.masking import as_seen_by
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of
from dialer.web.upload_view import FIELDS, reason_sentence

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

PAGE = 50
MOST_UNFINISHED = 20
LONGEST_CELL = 300
"""Longer cells are kept as they are: a page is no place to edit them."""


@viewing.get("/lists")
def lists_page(request: Request, before: int | None = None) -> Response:
    """Show the lists, the newest first, and the uploads that wait for somebody."""
    site = site_of(request)
    world = site.world()

    def body(tx: Connection) -> dict[str, Any]:
        rows = lists.page(tx, before=before, most=PAGE + 1)
        waiting = errands.unfinished(tx, most=MOST_UNFINISHED)
        ids = {row.campaign_id for row in rows} | {one.campaign_id or 0 for one in waiting}
        return {
            "lists": rows[:PAGE],
            "next_before": rows[PAGE - 1].id if len(rows) > PAGE else None,
            "names": campaigns.names(tx, ids),
            "waiting": [one for one in waiting if one.kind is ErrandKind.LEADS],
        }

    found = world.db.read(body)
    rows = found["lists"]
    question = ("callable", *(row.id for row in rows))
    ask = lambda: world.db.read(lambda tx: lists.callable_leads(tx, rows))  # noqa: E731
    kept = site.figures.soon(question, ask, now=world.clock.now())
    counts = {} if kept is None else kept.value
    return page(request, "lists.html", first=before is None, callable=counts, **found)


@viewing.get("/lists/{list_id}")
def list_page(request: Request, list_id: int) -> Response:
    """Show one list, and why rows of it are no leads."""
    world = site_of(request).world()

    def body(tx: Connection) -> dict[str, Any]:
        row = find_list(tx, list_id)
        return {
            "list": row,
            "campaign": campaigns.names(tx, [row.campaign_id])[row.campaign_id],
            "reasons": [
                (reason_sentence(reason), count, reason)
                for reason, count in lists.reject_reasons(tx, list_id)
            ],
            "undoing": errands.of_list(tx, list_id, ErrandKind.UNDO),
        }

    found = world.db.read(body)
    warnings = as_seen_by(request, [one["message"] for one in found["list"].warnings or []])
    return page(request, "list.html", **found, warnings=warnings, columns=_columns(found["list"]))


def _columns(row: LeadList) -> list[tuple[str, str]]:
    columns: dict[str, Any] = row.mapping.get("columns", {})
    words = {**FIELDS, "alt_phones": "Other numbers"}
    return [
        (words.get(name, name), ", ".join(at) if isinstance(at, list) else at)
        for name, at in columns.items()
    ]


@changing.get("/lists/{list_id}/rejects")
def rejects(request: Request, list_id: int) -> Response:
    """Give the rejected rows as a file, to be corrected and uploaded again."""
    world = site_of(request).world()
    row = world.db.read(partial(find_list, list_id=list_id))
    handle, name = tempfile.mkstemp(suffix=".csv", dir=site_of(request).settings.create_home())
    os.close(handle)
    try:
        export_rejects(world.db, list_id, Path(name))
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    stem = row.file_name.rpartition(".")[0] or row.file_name
    return FileResponse(
        name,
        media_type="text/csv",
        filename=f"{stem}-rejected.csv",
        background=BackgroundTask(Path(name).unlink, missing_ok=True),
    )


@changing.post("/lists/{list_id}/undo")
def undo(request: Request, list_id: int) -> Response:
    """Have the leads of a list taken out again, as far as nobody called them."""
    world = site_of(request).world()
    row = world.db.read(partial(find_list, list_id=list_id))
    actor = actor_of(request).name
    uploads.ask_undo(world, list_id, campaign_id=row.campaign_id, actor=actor)
    return see(f"/lists/{list_id}")


@changing.get("/lists/{list_id}/correct")
def correct_page(request: Request, list_id: int, after: int = 0, reason: str = "") -> Response:
    """Show rejected rows, to be mended; those of one reason where it is known."""
    return _correct(request, list_id, after=after, reason=_known(reason), error=None)


def _known(reason: str) -> str | None:
    return reason if reason in set(RejectReason) else None


def _correct(
    request: Request, list_id: int, *, after: int, reason: str | None, error: UserError | None
) -> Response:
    found = correcting.bad_rows(site_of(request).world().db, list_id, after=after, reason=reason)
    width = max([len(found.header), *(len(one.cells) for one in found.rows)])
    taken = found.lead_list.mapping.get("columns", {})
    known = {title for at in taken.values() for title in (at if isinstance(at, list) else [at])}
    return page(
        request,
        "correct.html",
        found=found,
        titles=[
            found.header[n].strip() or f"column_{n + 1}" if n < len(found.header) else "beyond"
            for n in range(width)
        ],
        known=known,
        longest=LONGEST_CELL,
        after=after,
        reason=reason,
        because=reason and reason_sentence(reason),
        error=error,
        phone=taken.get(LeadField.PHONE.value),
        status=status_for(error),
    )


@changing.post("/lists/{list_id}/correct")
async def correct(request: Request, list_id: int, after: int = 0, reason: str = "") -> Response:
    """Import the rows that were changed, and no others."""
    form = await request.form(max_fields=10_000)
    typed = {str(name): str(value) for name, value in form.items()}
    return await run_in_threadpool(
        _import_corrected, request, list_id, typed, after, _known(reason)
    )


def _import_corrected(
    request: Request, list_id: int, typed: dict[str, str], after: int, reason: str | None
) -> Response:
    site = site_of(request)
    world, actor = site.world(), actor_of(request).name
    found = correcting.bad_rows(world.db, list_id, after=after, reason=reason)
    changed = dict(_changed(found, typed))
    home = site.settings.home
    try:
        if not found.may_be_mended:
            what = "rows that repeat another one, or may not be called, are no mistakes"
            raise RefusedByRule(what, fix="correct other rows")
        errand_id = correcting.import_corrected(world, list_id, changed, home=home, actor=actor)
    except UserError as error:
        return _correct(request, list_id, after=after, reason=reason, error=error)
    return see(f"/upload/{errand_id}")


def _changed(found: correcting.BadRows, typed: dict[str, str]) -> Iterator[tuple[int, list[str]]]:
    """Give the rows in which somebody changed a cell, as they are now."""
    width = max([len(found.header), *(len(one.cells) for one in found.rows)])
    for one in found.rows:
        before = [*one.cells, *[""] * (width - len(one.cells))]
        now = [typed.get(f"r{one.row}c{n}", cell) for n, cell in enumerate(before)]
        if now != [cell.replace("\r\n", "\n") for cell in before] and now != before:
            yield one.row, now
