"""Do-not-call lists as files: numbers in by the thousand, registries, and all entries out."""

from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import FileResponse

from dialer.actions import file_errands
from dialer.actions.opt_out_files import export_opt_outs
from dialer.domain.errands import ErrandKind
from dialer.domain.places import parse_country
from dialer.domain.roles import Scope
from dialer.errors import UserError
from dialer.leads.exports import ExportFormat
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.files import (
    FileRoute,
    FileState,
    find_file,
    form_with_file,
    state_of,
    take_file,
    text_field,
)
from dialer.web.api.kinds import Id
from dialer.web.file_form import FileForm
from dialer.web.said_of_numbers import registry_said
from dialer.web.typed_ids import typed_id
from dialer.web.written_files import A_FILE, as_file

sending = asks(Scope.DNC_WRITE, tag="do-not-call", route_class=FileRoute)
reading = asks(Scope.DNC_READ, tag="do-not-call")

_KINDS = (ErrandKind.OPT_OUTS, ErrandKind.REGISTRY)
_FORM = form_with_file(
    {
        "kind": text_field("Ours, or a register that others keep.", enum=["opt_outs", "registry"]),
        "country": text_field("Of numbers without a country code.", default="US"),
        "reason": text_field("Why; needed for our own list."),
        "campaign_id": text_field("Only there; else everywhere."),
        "expires_at": text_field("Until then.", examples=["2027-01-31T12:00:00Z"]),
        "registry": text_field("Its name; that of the country, if left out."),
        "dated": text_field("The day it was downloaded.", examples=["2026-11-01"]),
    }
)


class NumbersShown(FileState):
    """A file of numbers that are not to be called."""

    kind: ErrandKind
    figures: dict[str, int] | None = Field(description="Numbers, new ones, leads closed by it.")


@sending.post("/do-not-call/files", status_code=HTTPStatus.ACCEPTED, openapi_extra=_FORM)
async def send_numbers(request: Request) -> NumbersShown:
    """Send a file of numbers that are not to be called; a worker reads it, and closes who waits.

    `GET /do-not-call/files/{errand_id}` shows how far it is.
    """
    return await take_file(request, _take)


@reading.get("/do-not-call/files/{errand_id}")
def show_numbers(request: Request, errand_id: Id) -> NumbersShown:
    """Show how far a file of numbers is."""
    return _shown(request, errand_id)


@reading.get("/do-not-call/export", **A_FILE)
def export_do_not_call(
    request: Request, form: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.CSV
) -> FileResponse:
    """Give all entries of our own list as a file; registries are left out."""
    write = partial(export_opt_outs, world_of(request).db)
    return as_file(request, write, form=form, named="do-not-call")


def _take(request: Request, form: FileForm) -> NumbersShown:
    fields = {name: value.strip() for name, value in form.fields.items() if value.strip()}
    country = parse_country(fields.get("country", "US"))
    if country is None:
        raise UserError(f"{fields['country'][:40]} is not a country", fix="write for example US")
    assert form.path is not None  # take_file refuses a form without
    name = form.path.name
    kind = ErrandKind.REGISTRY if fields.get("kind") == "registry" else ErrandKind.OPT_OUTS
    if kind is ErrandKind.REGISTRY:
        said = registry_said(fields, country, now=world_of(request).clock.now())
    else:
        said = _of_ours(fields)
    errand_id = file_errands.receive(
        world_of(request),
        kind,
        file=form.name,
        size=form.size,
        asked={"country": country, "name": name, **said},
        actor=actor_of(request),
    )
    return _shown(request, errand_id)


def _of_ours(fields: dict[str, str]) -> dict[str, Any]:
    if "reason" not in fields:
        raise UserError("there is no reason", fix="say why, in a few words: reason=asked")
    ends = fields.get("expires_at")
    campaign_id = typed_id(fields.get("campaign_id", ""))
    if campaign_id is None and "campaign_id" in fields:
        raise UserError("campaign_id is no number", fix="leave it out, or name a campaign")
    return {
        "reason": fields["reason"][:200],
        "campaign_id": campaign_id,
        "expires_at": ends and _moment(ends).isoformat(),
    }


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_moment(text) from error
    if found.tzinfo is None:
        raise _no_moment(text)
    return found


def _no_moment(text: str) -> UserError:
    return UserError(f"“{text[:40]}” is no moment", fix="write for example 2027-01-31T12:00:00Z")


def _shown(request: Request, errand_id: int) -> NumbersShown:
    read = partial(find_file, errand_id=errand_id, kinds=_KINDS)
    row = world_of(request).db.read(read)
    found = row.found or {}
    figures = (
        {name: found[name] for name in ("numbers", "added", "closed", "rejected")}
        if ("numbers" in found)
        else None
    )
    return NumbersShown(**state_of(row).model_dump(), kind=row.kind, figures=figures)
