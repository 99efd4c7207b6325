"""Lead files over the API: sent, read by a worker, imported with the engine of the command."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from pydantic import Field
from starlette.requests import Request

from dialer.actions import errands, uploads
from dialer.domain.durations import parse_duration
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.roles import Scope
from dialer.errors import UserError
from dialer.leads.header_words import LeadField
from dialer.leads.options import MissingVariable
from dialer.store.tables import Errand
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
from dialer.web.api.kinds import Given, Id
from dialer.web.file_form import FileForm
from dialer.web.site import site_of
from dialer.web.upload_rules import table_options

sending = asks(Scope.LEADS_WRITE, tag="lists", route_class=FileRoute)
deciding = asks(Scope.LEADS_WRITE, tag="lists")
reading = asks(Scope.LEADS_READ, tag="lists")

_KINDS = (ErrandKind.LEADS,)
_RULES: Mapping[str, tuple[Callable[[str], object], str]] = {
    "not_called_within": (parse_duration, "not_called_within=30d"),
    "missing_variable": (MissingVariable.parse, "missing_variable=default=there"),
}
"""What reads a rule about who is left out, and an example of one."""
_YES = ("true", "1", "yes", "on")
_FORM = form_with_file(
    {
        "check": text_field(
            "true: read it, store nothing, and wait for …/import.", default="false"
        ),
        "sure": text_field("true: import also where most of the first rows are no leads."),
        "known": text_field("Whom the campaign has already.", enum=["skip", "update"]),
        "not_called_within": text_field(
            "Refuse numbers that other campaigns called since; without it the campaign decides.",
            examples=["30d"],
        ),
        "missing_variable": text_field(
            "Leads without a value the agent's prompt needs: allow, reject, default=TEXT.",
            default="allow",
            examples=["reject", "default=there"],
        ),
        "country": text_field("Of numbers without a country code.", examples=["US"]),
        "map": text_field("Which column holds what, as JSON.", examples=['{"phone": ["Mobile"]}']),
        "sheet": text_field("Sheet of a workbook: name or number."),
        "encoding": text_field("Where it is not recognised.", examples=["cp1252"]),
        "delimiter": text_field("Where it is not recognised.", examples=[";"]),
        "header_row": text_field("0: there is no header.", examples=["1"]),
    }
)


class UploadShown(FileState):
    """A lead file on its way into a campaign."""

    campaign_id: int | None
    list_id: int | None = Field(description="The list it became; GET /lists/{id} tells all of it.")
    doubtful: bool = Field(description="Most of the first rows are no leads.")
    columns: dict[str, Any] = Field(description="What each column was taken for.")
    counts: dict[str, int] = Field(description="Rows that would become leads, and others.")
    reasons: dict[str, int] = Field(description="Why rows are no leads.")
    warnings: list[dict[str, Any]]


class Decide(Given):
    """What somebody decides who has seen what the check found."""

    sure: bool = Field(default=False, description="Import also where it is doubtful.")


@sending.post(
    "/campaigns/{campaign_id}/lists", status_code=HTTPStatus.ACCEPTED, openapi_extra=_FORM
)
async def send_list(request: Request, campaign_id: Id) -> UploadShown:
    """Send a lead file (CSV, TSV, XLSX, XLS, ODS) into a campaign; a worker imports it.

    The same file sent twice is recognised, and stored once. `GET /uploads/{errand_id}` shows how
    far it is.
    """
    return await take_file(request, partial(_take, campaign_id=campaign_id))


@reading.get("/uploads/{errand_id}")
def show_upload(request: Request, errand_id: Id) -> UploadShown:
    """Show how far a lead file is: checked, being imported, done, or failed and why."""
    return _shown(request, errand_id)


@deciding.post("/uploads/{errand_id}/import", status_code=HTTPStatus.ACCEPTED)
def import_upload(request: Request, errand_id: Id, given: Decide | None = None) -> UploadShown:
    """Import a file that was only checked."""
    world, sure = world_of(request), given is not None and given.sure
    world.db.read(partial(find_file, errand_id=errand_id, kinds=_KINDS))
    uploads.confirm(world, errand_id, sure=sure, actor=actor_of(request))
    return _shown(request, errand_id)


@deciding.post("/uploads/{errand_id}/drop")
def drop_upload(request: Request, errand_id: Id) -> UploadShown:
    """Forget a file that was only checked, or failed. May be sent twice."""
    world = world_of(request)
    world.db.read(partial(find_file, errand_id=errand_id, kinds=_KINDS))
    errands.drop(world, errand_id, home=site_of(request).settings.home)
    return _shown(request, errand_id)


def _take(request: Request, form: FileForm, *, campaign_id: int) -> UploadShown:
    fields = form.fields
    asked = table_options(
        fields.get("country", ""),
        fields.get("sheet", ""),
        fields.get("encoding", ""),
        fields.get("delimiter", ""),
        fields.get("header_row", ""),
        fields.get("known", ""),
    )
    said = {**_rules(fields), "map": _mapping(fields.get("map", ""))}
    is_check = fields.get("check", "").lower() in _YES
    sure = fields.get("sure", "").lower() in _YES
    errand_id = uploads.receive(
        world_of(request),
        file=form.name,
        size=form.size,
        campaign_id=campaign_id,
        asked={**asked, **said, "sure": sure},
        actor=actor_of(request),
        status=ErrandStatus.CHECKING if is_check else ErrandStatus.DOING,
    )
    return _shown(request, errand_id)


def _rules(fields: Mapping[str, str]) -> dict[str, str]:
    """Give the rules about who is left out, as they are written.

    Raises:
        UserError: one is not understood.
    """
    given = {name: fields.get(name, "").replace("\0", "") for name in _RULES}
    written = {name: text for name, text in given.items() if text}
    for name, text in written.items():
        read, example = _RULES[name]
        try:
            read(text)
        except ValueError as error:
            fix = f"write for example {example}"
            raise UserError(f"{name} is not understood", why=str(error), fix=fix) from error
    return written


def _mapping(text: str) -> dict[str, list[str]]:
    """Read which column holds what.

    Raises:
        UserError: it is not written as such.
    """
    fix = """write for example map={"phone": ["Mobile"]}"""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise UserError("map is no JSON", why=str(error), fix=fix) from error
    if not isinstance(found, dict):
        raise UserError("map is no JSON object", fix=fix)
    if unknown := sorted(set(found) - {one.value for one in LeadField}):
        known = ", ".join(one.value for one in LeadField)
        raise UserError(f"map names {unknown[0]}", why=f"a column may be {known}", fix=fix)
    named = {name: [at] if isinstance(at, str) else at for name, at in found.items()}
    for name, columns in named.items():
        texts = isinstance(columns, list) and all(isinstance(one, str) for one in columns)
        if not columns or not texts:
            raise UserError(f"map names no column for {name}", fix=fix)
    return named


def _shown(request: Request, errand_id: int) -> UploadShown:
    read = partial(find_file, errand_id=errand_id, kinds=_KINDS)
    row: Errand = world_of(request).db.read(read)
    found = row.found or {}
    return UploadShown(
        **state_of(row).model_dump(),
        campaign_id=row.campaign_id,
        list_id=row.list_id,
        doubtful=bool(found.get("doubtful")),
        columns=found.get("columns") or {},
        counts=found.get("counts") or {},
        reasons=found.get("reasons") or {},
        warnings=found.get("warning_details") or [],
    )
