"""Uploading a lead list: choose a file, look at what would happen, import it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Form
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import errands, uploads
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.errands import FOR_A_WORKER, ErrandKind
from dialer.domain.roles import Role
from dialer.domain.states import OVER
from dialer.errors import NotFound, RefusedByRule, UserError, sentence_of
from dialer.leads.header_words import LeadField
from dialer.store import campaigns, lists
from dialer.store.tables import Campaign, Errand
from dialer.web.access import actor_of, requires
from dialer.web.campaign_choice import campaigns_to_choose
from dialer.web.error_pages import status_for
from dialer.web.file_form import FileForm, hand_over
from dialer.web.live import Snapshot
from dialer.web.pages import filled, page
from dialer.web.sign_in import see
from dialer.web.site import Site, site_of
from dialer.web.typed_ids import typed_id
from dialer.web.upload_rules import import_rules, table_options
from dialer.web.upload_view import fictional_in, mapping_of, rejects_view, typed_again, view_of
from dialer.web.workspace import agents_of

router = requires(Role.OPERATOR)

Text = Annotated[str, Form(max_length=200)]


@router.get("/upload")
def upload_page(request: Request, campaign: int | None = None) -> Response:
    """Ask for a file, and for the campaign it goes into."""
    return _form(request, {"campaign": str(campaign or "")} | _AT_FIRST, error=None)


@router.post("/upload")
async def upload(request: Request) -> Response:
    """Take a file, and have it checked."""
    return await hand_over(request, _take)


def _take(request: Request, form: FileForm) -> Response:
    try:
        if form.path is None:
            raise UserError("no file was chosen", fix="choose a file")
        campaign_id, spec = _where(request, form.fields)
        errand_id = uploads.receive(
            site_of(request).world(),
            file=form.name,
            size=form.size,
            campaign_id=campaign_id,
            asked={"spec": spec and spec.model_dump(mode="json")},
            actor=actor_of(request).name,
        )
    except UserError as error:
        form.drop()
        return _form(request, form.fields, error=error)
    return see(f"/upload/{errand_id}")


def _where(request: Request, fields: Mapping[str, str]) -> tuple[int | None, CampaignSpec | None]:
    """Give the campaign a file goes into, or the settings of a new one."""
    if fields.get("into") != "new":
        if (campaign_id := typed_id(fields.get("campaign", ""))) is None:
            raise UserError("no campaign was chosen", fix="choose one, or name a new one")
        return campaign_id, None
    like = typed_id(fields.get("like", ""))
    settings: dict[str, Any] = {"name": fields.get("name", "").strip()}
    if like is not None:
        row = _find(site_of(request), like)
        spec = campaigns.spec_of(row).model_dump(mode="json", exclude_unset=True)
        settings = {**spec, "leads": None, "start_at": None, "ends_at": None, **settings}
    numbers = [part.strip() for part in fields.get("numbers", "").split(",") if part.strip()]
    if numbers:
        settings["from_numbers"] = numbers
        settings.pop("caller_id", None)
    if agent := fields.get("agent", "").strip():
        settings |= {"agent_id": agent, "agent_version": None}
    if fields.get("fictional"):
        settings["allow_fictional"] = True
    try:
        return None, CampaignSpec.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        why = sentence_of(first)
        raise UserError(f"{_NAMES.get(place, place)}: {why}", fix="correct it") from error


_EMPTY = dict.fromkeys(("name", "like", "numbers", "agent", "fictional", "campaign", "into"), "")
_AT_FIRST = {"into": "old", "fictional": "yes"}
"""The box for rehearsals is there in a rehearsal only, and ticked: its numbers are of that kind."""
_NAMES = {"name": "the name of the campaign", "from_numbers": "the numbers to call from"}


def _find(site: Site, campaign_id: int) -> Campaign:
    row = site.world().db.read(lambda tx: campaigns.get(tx, campaign_id))
    if row is None:
        raise NotFound(f"there is no campaign {campaign_id}", fix="choose another one")
    return row


def _form(request: Request, given: Mapping[str, str], *, error: UserError | None) -> Response:
    site = site_of(request)
    world = site.world()
    rows = world.db.read(campaigns_to_choose)
    taking = [row for row in rows if row.status not in OVER]
    given = _EMPTY | dict(given) | ({} if taking else {"into": "new"})
    return page(
        request,
        "upload.html",
        campaigns=taking,
        models=rows,
        agents=agents_of(site, now=world.clock.now(), within_s=0).value or (),
        given=given,
        error=error,
        most=site.settings.import_max_bytes,
        status=status_for(error),
    )


@router.get("/upload/{errand_id}")
def step_page(request: Request, errand_id: int) -> Response:
    """Show how far an upload is, and what is to be decided."""
    return _step(request, errand_id, error=None)


def _step(
    request: Request,
    errand_id: int,
    *,
    error: UserError | None,
    typed: Mapping[str, str] | None = None,
    column: Sequence[str] = (),
) -> Response:
    site = site_of(request)
    row, seen = _seen(site, errand_id)
    if typed is not None:
        seen = typed_again(seen, typed, column)
    working = row.status in FOR_A_WORKER
    return page(
        request,
        "upload_step.html",
        upload=seen,
        working=working,
        error=error,
        status=status_for(error),
    )


def _seen(site: Site, errand_id: int) -> tuple[Errand, dict[str, Any]]:
    world = site.world()
    row = world.db.read(lambda tx: uploads.find_errand(tx, errand_id))
    if row.kind is not ErrandKind.LEADS:
        raise NotFound(f"there is no upload {errand_id}", fix="upload the file again")
    campaign = None
    if row.campaign_id is not None:
        campaign = _find(site, row.campaign_id)
    fictional = fictional_in(row, campaign) if site.settings.mode != "live" else 0
    list_id = row.list_id
    why = world.db.read(lambda tx: [] if list_id is None else lists.reject_reasons(tx, list_id))
    view = view_of(row, campaign, now=world.clock.now())
    return row, view | {"fictional": fictional, "rejects": rejects_view(row.list_id, why)}


@router.get("/upload/{errand_id}/events")
async def step_events(request: Request, errand_id: int) -> Response:
    """Stream how far an upload is, until a person is needed."""
    site = site_of(request)
    await run_in_threadpool(_seen, site, errand_id)

    def ask() -> Snapshot:
        row, seen = _seen(site, errand_id)
        working = row.status in FOR_A_WORKER
        markup = filled("upload_now.html", upload=seen, working=working, error=None)
        return Snapshot(markup, over=not working)

    return site.live.stream(("upload", errand_id), ask)


@router.post("/upload/{errand_id}/check")
def check(
    request: Request,
    errand_id: int,
    column: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
    country: Text = "",
    sheet: Text = "",
    encoding: Text = "",
    delimiter: Text = "",
    header_row: Text = "",
    known: Text = "skip",
    not_called_within: Text = "",
    missing: Text = "",
    missing_text: Text = "",
    allow_country: Text = "",
) -> Response:
    """Have the file checked again, as a person says it is to be read, and who is left out."""
    world = site_of(request).world()
    row = world.db.read(lambda tx: uploads.find_errand(tx, errand_id))
    table = {
        "country": country,
        "sheet": sheet,
        "encoding": encoding,
        "delimiter": delimiter,
        "header_row": header_row,
        "known": known,
    }
    rules = {
        "not_called_within": not_called_within,
        "missing": missing,
        "missing_text": missing_text,
        "allow_country": allow_country,
    }
    try:
        asked = table_options(**table)
        if column:  # of a file that could not be read only the way to read it is asked
            asked |= import_rules(**rules)
        said = mapping_of(row, column, known_fields=[one.value for one in LeadField])
        uploads.check_again(world, errand_id, asked={**asked, "map": said})
    except UserError as error:
        return _step(request, errand_id, error=error, typed=table | rules, column=column)
    return see(f"/upload/{errand_id}")


@router.post("/upload/{errand_id}/rehearse")
def rehearse(request: Request, errand_id: int) -> Response:
    """Let the campaign call 555-01xx, where nobody's telephone rings, and check the file again."""
    site = site_of(request)
    try:
        if site.settings.mode == "live":
            raise RefusedByRule("this is no rehearsal", fix="ask for the real numbers")
        uploads.allow_fictional(site.world(), errand_id, actor=actor_of(request).name)
    except UserError as error:
        return _step(request, errand_id, error=error)
    return see(f"/upload/{errand_id}")


@router.post("/upload/{errand_id}/import")
def import_file(request: Request, errand_id: int, sure: Text = "") -> Response:
    """Import the file as it was checked."""
    world = site_of(request).world()
    try:
        uploads.confirm(world, errand_id, sure=bool(sure), actor=actor_of(request).name)
    except UserError as error:
        return _step(request, errand_id, error=error)
    return see(f"/upload/{errand_id}")


@router.post("/upload/{errand_id}/drop")
def drop(request: Request, errand_id: int) -> Response:
    """Forget an upload."""
    site = site_of(request)
    errands.drop(site.world(), errand_id, home=site.settings.home)
    return see("/lists")
