"""Making a campaign, and editing one: the form, and the review beside it."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import control, copying, editing, lead_source, uploads
from dialer.actions.parts import PARTS_AT_ONCE
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus
from dialer.errors import UserError
from dialer.store import campaigns, lists
from dialer.store.database import Connection
from dialer.store.tables import Campaign, LeadList
from dialer.web.access import actor_of, requires
from dialer.web.campaign_form import (
    Sent,
    blank,
    form_of,
    in_order,
    locked_in,
    read_edit,
    read_new,
    typed_in,
)
from dialer.web.campaign_review import review_of_edit, review_of_new, why_not
from dialer.web.file_form import FileForm, hand_over
from dialer.web.form_fields import ENDINGS, HOURS
from dialer.web.form_sections import BY_KEY, SECTIONS
from dialer.web.pages import filled, page
from dialer.web.sign_in import see
from dialer.web.site import Site, site_of
from dialer.web.typed_ids import typed_id
from dialer.web.workspace import workspace

router = requires(Role.OPERATOR)

MOST_SOURCES = 200
WHO = ("file", "list", "campaign", "later")
"""Where the leads of a new campaign come from."""
COPIED: Mapping[str, tuple[str, Callable[..., copying.Copied]]] = {
    "list": ("list", copying.create_with_leads_of_list),
    "campaign": ("source", copying.create_with_leads_of),
}
"""Where leads are taken over: the field that says of what, and what does it."""
MOST_FIELDS = 300


@router.get("/campaigns/new")
def new_page(request: Request) -> Response:
    """Ask for a new campaign; an address may say whose leads it is to have."""
    sent, given = Sent(blank()), _who(request.query_params)
    if given["who"] == "list" and given["list"]:
        _look_at_list(request, sent, given)
    return _new(request, sent, given)


@router.post("/campaigns/new")
async def create(request: Request) -> Response:
    """Make a campaign, and have its file checked where one came."""
    return await hand_over(request, _create)


def _create(request: Request, form: FileForm) -> Response:
    world, actor = site_of(request).world(), actor_of(request).name
    sent = read_new(typed_in(form.fields, blank(), locked=frozenset()))
    given = _who(form.fields)
    if given["who"] == "file" and form.path is None:
        sent.wrong["file"] = "Choose a file, or say that the leads come another way."
    if given["who"] == "campaign" and not given["source"]:
        sent.wrong["source"] = "Choose a campaign."
    if given["who"] == "list":
        _look_at_list(request, sent, given)
    if sent.spec is None or not sent.is_right:
        if form.path is not None:
            sent.wrong["file"] = "Choose the file again: no browser keeps it."
        form.drop()
        return _new(request, sent, given)
    if given["who"] == "file":
        return _with_file(request, form, sent.spec)
    form.drop()
    if given["who"] in COPIED:
        field, copy = COPIED[given["who"]]
        source = int(given[field])
        made = copy(world, sent.spec, source, actor=actor, parts_now=PARTS_AT_ONCE)
        return see(f"/campaigns/{made.campaign_id}")
    return see(f"/campaigns/{control.create(world, sent.spec, actor=actor)}")


def _look_at_list(request: Request, sent: Sent, given: dict[str, str]) -> None:
    """Note what keeps the leads of the list from being called anew."""
    if not given["list"]:
        sent.wrong["list"] = "Choose a list."
        return
    list_id = int(given["list"])
    try:
        site_of(request).world().db.read(lambda tx: lead_source.source_list(tx, list_id))
    except UserError as error:
        sent.wrong["list"] = why_not(error)


def _with_file(request: Request, form: FileForm, spec: CampaignSpec) -> Response:
    """Make the campaign before its file is looked at: nothing that was typed is lost with it."""
    world, actor = site_of(request).world(), actor_of(request).name
    campaign_id = control.create(world, spec, actor=actor)
    errand_id = uploads.receive(
        world,
        file=form.name,
        size=form.size,
        campaign_id=campaign_id,
        asked={"spec": None},
        actor=actor,
    )
    return see(f"/upload/{errand_id}")


@router.post("/campaigns/review")
async def review_new(request: Request) -> Response:
    """Say what would come of a new campaign as it stands in the form."""
    fields = await _fields(request)

    def answer() -> Response:
        site = site_of(request)
        sent = read_new(typed_in(fields, blank(), locked=frozenset()))
        return _fragment(request, _review_new(site, sent, _who(fields)), "/campaigns/review")

    return await run_in_threadpool(answer)


@router.get("/campaigns/{campaign_id}/edit")
def edit_page(request: Request, campaign_id: int) -> Response:
    """Show a campaign's settings, to be changed."""
    row = _row(request, campaign_id)
    return _edit(request, row, Sent(form_of(row), locked_in(row)), asking=False)


@router.post("/campaigns/{campaign_id}/edit")
async def edit(request: Request, campaign_id: int) -> Response:
    """Save what was changed; where calls were made, only what was looked at before."""
    fields = await _fields(request)
    return await run_in_threadpool(_save, request, campaign_id, fields)


def _save(request: Request, campaign_id: int, fields: dict[str, str]) -> Response:
    row = _row(request, campaign_id)
    sent = read_edit(row, typed_in(fields, form_of(row), locked=locked_in(row)))
    if not sent.is_right:
        return _edit(request, row, sent, asking=False)
    is_draft = row.status is CampaignStatus.DRAFT
    if sent.changes and not is_draft and fields.get("seen_changes") != sent.mark:
        return _edit(request, row, sent, asking=True)
    if sent.changes:
        world, actor = site_of(request).world(), actor_of(request).name
        source = "the form"
        try:
            editing.edit(
                world,
                campaign_id,
                sent.changes,
                actor=actor,
                source=source,
                parts_now=PARTS_AT_ONCE,
            )
        except UserError as error:
            sent.others.append(_told(error))
            return _edit(request, row, sent, asking=False)
    return see(f"/campaigns/{campaign_id}")


@router.post("/campaigns/{campaign_id}/review")
async def review_edit(request: Request, campaign_id: int) -> Response:
    """Say what would come of a campaign, and what the edit changes for whom."""
    fields = await _fields(request)

    def answer() -> Response:
        row = _row(request, campaign_id)
        sent = read_edit(row, typed_in(fields, form_of(row), locked=locked_in(row)))
        site = site_of(request)
        now = site.world().clock.now()
        review = review_of_edit(site, row, sent, now=now)
        return _fragment(request, review, f"/campaigns/{campaign_id}/review")

    return await run_in_threadpool(answer)


async def _fields(request: Request) -> dict[str, str]:
    form = await request.form(max_fields=MOST_FIELDS, max_files=0)
    return {name: text for name, text in form.items() if isinstance(text, str)}


def _row(request: Request, campaign_id: int) -> Campaign:
    """Read a campaign whose settings matter still.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it is over.
    """
    world = site_of(request).world()
    editing.preview(world, campaign_id, {})
    return world.db.read(lambda tx: control.find(tx, campaign_id))


def _who(fields: Mapping[str, str]) -> dict[str, str]:
    who = fields.get("who", "")
    ids = {name: fields.get(name, "") for name, _ in COPIED.values()}
    known = {name: text if typed_id(text) is not None else "" for name, text in ids.items()}
    return {"who": who if who in WHO else "file", **known}


def _review_new(site: Site, sent: Sent, given: dict[str, str]) -> dict[str, Any]:
    field, _ = COPIED.get(given["who"], ("", None))
    source = (field, int(given[field])) if given.get(field) else None
    now = site.world().clock.now()
    return review_of_new(site, sent, source=source, now=now) | {"who": given["who"]}


def _new(request: Request, sent: Sent, given: dict[str, str]) -> Response:
    site = site_of(request)
    sources, of_lists = site.world().db.read(lambda tx: _offered(tx, given["list"]))
    looked_at = read_new(sent.typed)
    return _form(
        request,
        sent,
        row=None,
        action="/campaigns/new",
        review=_review_new(site, looked_at, given),
        review_url="/campaigns/review",
        given=given,
        sources=sources,
        lists=of_lists,
        asking=False,
    )


def _offered(tx: Connection, chosen: str) -> tuple[list[Campaign], list[tuple[LeadList, str]]]:
    """Give the campaigns whose leads may be taken, and the lists, each with its campaign's name."""
    rows = lists.latest_with_leads(tx, most=MOST_SOURCES)
    if chosen and chosen not in {str(row.id) for row in rows}:
        asked_for = lists.get(tx, int(chosen))
        rows += [asked_for] if asked_for is not None else []
    names = campaigns.names(tx, {row.campaign_id for row in rows})
    return campaigns.every(tx)[:MOST_SOURCES], [(row, names[row.campaign_id]) for row in rows]


def _edit(request: Request, row: Campaign, sent: Sent, *, asking: bool) -> Response:
    site = site_of(request)
    now = site.world().clock.now()
    looked_at = sent if not sent.is_right else read_edit(row, sent.typed)
    return _form(
        request,
        sent,
        row=row,
        action=f"/campaigns/{row.id}/edit",
        review=review_of_edit(site, row, looked_at, now=now) | {"who": "later"},
        review_url=f"/campaigns/{row.id}/review",
        given={},
        sources=(),
        lists=(),
        asking=asking,
    )


def _form(request: Request, sent: Sent, *, row: Campaign | None, **values: Any) -> Response:
    site = site_of(request)
    offered = workspace(site, now=site.world().clock.now())
    return page(
        request,
        "campaign_form.html",
        campaign=row,
        texts=sent.typed.texts,
        clock=sent.typed.clock,
        seen=json.dumps({key: sent.typed.before[key] for key in BY_KEY}),
        locked=sent.locked,
        wrong=in_order(sent.wrong),
        others=sent.others,
        mark=sent.mark,
        offered=offered,
        ticked=sent.numbers,
        sections=SECTIONS,
        by_key=BY_KEY,
        endings=ENDINGS,
        hours=HOURS,
        usual=blank().texts,
        status=HTTPStatus.OK if sent.is_right else HTTPStatus.BAD_REQUEST,
        **values,
    )


def _fragment(request: Request, review: dict[str, Any], url: str) -> Response:
    who = {"who": "later"} | review
    markup = filled("review.html", review=who, review_url=url, again=True)
    return Response(markup, media_type="text/html")


def _told(error: UserError) -> str:
    parts = (error.what, error.why, error.fix)
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts if part)
