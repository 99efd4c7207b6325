"""Making a schedule, and giving it other settings: a form that shows when it would run."""

from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Annotated, Any

from fastapi import Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dialer.actions import schedule, schedule_changes, schedule_files, uploads
from dialer.actions.control import find
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.roles import Role
from dialer.domain.schedule_spec import Recipe
from dialer.errors import UserError
from dialer.store import campaigns, schedules
from dialer.web import schedule_form
from dialer.web.access import actor_of, requires
from dialer.web.campaign_choice import campaigns_to_choose
from dialer.web.error_pages import status_for
from dialer.web.file_form import FileForm, receive
from dialer.web.form_errors import Unfit
from dialer.web.pages import filled, page
from dialer.web.schedule_page import PATH
from dialer.web.schedule_view import CHOICES, MISSED, when
from dialer.web.sign_in import see
from dialer.web.site import site_of
from dialer.web.typed_ids import typed_id
from dialer.web.zones import ZONES

router = requires(Role.OPERATOR)

NEXT_RUNS = 5
FILE_PATH = f"{PATH}/file"
Text = Annotated[str, Form(max_length=300)]
_NO_NAME = "as shown"


@router.get(f"{PATH}/new")
def new_page(request: Request, list: str = "") -> Response:  # noqa: A002
    """Show an empty form."""
    typed = schedule_form.empty(zone_name=site_of(request).settings.day_zone)
    return _form(request, typed | {"list": list[:200]}, None, error=None)


@router.get(PATH + "/{schedule_id}/edit")
def edit_page(request: Request, schedule_id: int) -> Response:
    """Show the settings of a schedule in the form."""
    now = _recipe(request, schedule_id)
    typed = schedule_form.typed_of(now, zone_name=site_of(request).settings.day_zone)
    return _form(request, typed, schedule_id, error=None)


@router.get(f"{PATH}/preview")
def preview(
    request: Request, how: str = "cron", cron: str = "", zone: str = "", at: str = "",
    at_zone: str = "", folder: str = "",
) -> Response:  # fmt: skip
    """Show when a schedule would run that is being typed."""
    given = {"how": how, "cron": cron, "zone": zone, "at": at, "at_zone": at_zone, "folder": folder}
    typed = schedule_form.empty(zone_name="UTC") | {k: v[:300] for k, v in given.items()}
    return HTMLResponse(filled("schedule_preview.html", **_preview(request, typed)))


@router.post(f"{PATH}/new")
async def create(request: Request) -> Response:
    """Make a schedule, once the person has seen when it would run."""
    return await run_in_threadpool(_save, request, await _typed(request), None)


@router.post(PATH + "/{schedule_id}/edit")
async def edit(request: Request, schedule_id: int) -> Response:
    """Give a schedule other settings, once the person has seen when it would run."""
    return await run_in_threadpool(_save, request, await _typed(request), schedule_id)


async def _typed(request: Request) -> dict[str, str]:
    return _written(request, await request.form(max_fields=50))


def _written(request: Request, form: Mapping[str, object]) -> dict[str, str]:
    blank = schedule_form.empty(zone_name=site_of(request).settings.day_zone)
    return blank | {name: str(form[name])[:300] for name in schedule_form.FIELDS if name in form}


def _save(request: Request, typed: dict[str, str], schedule_id: int | None) -> Response:
    site = site_of(request)
    world, actor = site.world(), actor_of(request).name
    now = None if schedule_id is None else _recipe(request, schedule_id)
    try:
        like = _like(request, typed["like"])
        recipe = schedule_form.recipe_of(typed, home=site.settings.home, like=like, now=now)
        if typed["seen"] != schedule_form.when_typed(typed):
            return _form(request, typed, schedule_id, error=None, asks=True)
        if schedule_id is None:
            schedule_id = schedule.create(world, recipe, actor=actor)
        else:
            schedule_changes.edit(world, schedule_id, recipe, actor=actor)
    except UserError as error:
        return _form(request, typed, schedule_id, error=error)
    return see(f"{PATH}/{schedule_id}")


def _recipe(request: Request, schedule_id: int) -> Recipe:
    db = site_of(request).world().db
    return schedules.recipe_of(db.read(partial(schedule.find, schedule_id=schedule_id)))


def _like(request: Request, chosen: str) -> CampaignSpec | None:
    campaign_id = typed_id(chosen)
    if campaign_id is None:
        return None
    row = site_of(request).world().db.read(partial(find, campaign_id=campaign_id))
    return campaigns.spec_of(row)


def _form(
    request: Request,
    typed: dict[str, str],
    schedule_id: int | None,
    *,
    error: UserError | None,
    asks: bool = False,
) -> Response:
    site = site_of(request)
    now = None if schedule_id is None else _recipe(request, schedule_id)
    names = schedule_files.lists_in(site.settings.home)
    own = schedule_form.typed_of(now, zone_name="UTC")["list"] if now is not None else ""
    return page(
        request,
        "schedule_form.html",
        status=status_for(error),
        typed=typed,
        schedule_id=schedule_id,
        error=error,
        asks=asks,
        keeps=now.campaign.name if now is not None else None,
        campaigns=site.world().db.read(campaigns_to_choose),
        lists=[own, *names] if own and own not in names else names,
        folder=str(site.settings.home / schedule_files.LISTS),
        inbox=str(site.settings.home / schedule_files.INBOX),
        choices=[(one.value, words) for one, words in CHOICES.items()],
        missed=[(one.value, words) for one, words in MISSED.items()],
        zones=ZONES,
        most=site.settings.import_max_bytes,
        **_preview(request, typed),
    )


def _preview(request: Request, typed: dict[str, str]) -> dict[str, Any]:
    """Give what is shown of when it would run, or what is wrong with it."""
    now = site_of(request).world().clock.now()
    folder = f"{schedule_files.INBOX}/{typed['folder'].strip() or 'x'}/*"
    given = typed | {"name": _NO_NAME, "late_by": "15m"}
    try:
        spec = schedule_form.spec_of(given, watch=folder if typed["folder"].strip() else None)
        schedule.first_run_at(spec, now=now)
    except UserError as error:
        return {"runs": [], "said": None, "wrong": error, "seen": ""}
    zone = given["at_zone"] if typed["how"] == "at" else given["zone"]
    runs = [(moment, zone.strip()) for moment in islice(spec.moments(after=now), NEXT_RUNS)]
    seen = schedule_form.when_typed(typed)
    return {"runs": runs, "said": when(spec), "wrong": None, "seen": seen}


@router.post(FILE_PATH)
async def bring(request: Request) -> Response:
    """Put a file among the lists that schedules read; what is typed beside it stays."""
    site = site_of(request)
    into = uploads.folder(site.settings.home)
    form = await receive(request, into=into, most_bytes=site.settings.import_max_bytes)
    try:
        return await run_in_threadpool(_bring, request, form)
    finally:
        await run_in_threadpool(form.drop)


def _bring(request: Request, form: FileForm) -> Response:
    site = site_of(request)
    typed = _written(request, form.fields)
    if form.path is None:
        wrong = Unfit("file", "no file was chosen", fix="choose a file")
        return _form(request, typed, None, error=wrong)
    name = schedule_files.bring(
        site.world(), form.path, home=site.settings.home, actor=actor_of(request).name
    )
    return _form(request, typed | {"list": name}, None, error=None)
