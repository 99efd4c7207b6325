"""Exports: asked for here, written by a worker, downloaded for a while."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from dialer.actions import export_errands
from dialer.actions.control import find
from dialer.domain.errands import FOR_A_WORKER, ErrandKind, ErrandStatus
from dialer.domain.exports import ExportWhat
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.leads.export_profile import shipped_profiles
from dialer.leads.exports import ExportFormat
from dialer.store import campaigns, errands
from dialer.store.database import Connection
from dialer.store.tables import Errand
from dialer.web.access import actor_of, requires
from dialer.web.campaign_choice import campaigns_to_choose
from dialer.web.error_pages import status_for
from dialer.web.masking import texts_as_seen_by
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of
from dialer.web.typed_ids import typed_id

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

PATH = "/exports"
PAGE = 30
OF_A_CAMPAIGN = 5
Word = Annotated[str, Form(max_length=60)]

_PRODUCTS: Mapping[str, str] = {"hubspot": "HubSpot"}
KINDS: Mapping[str, str] = {
    ExportWhat.RESULTS.value: "Results: every lead with its latest call",
    ExportWhat.COMPLETED.value: "Results of those who were reached",
    ExportWhat.TO_FIX.value: "Those to fix: held, wrong number, outcome unknown",
    ExportWhat.ATTEMPTS.value: "Every call that was made",
    ExportWhat.LEADS.value: "The leads as they are stored, with their variables",
    **{
        f"profile:{name}": f"For {_PRODUCTS.get(name, name.capitalize())}"
        for name in shipped_profiles()
    },
    ExportWhat.BATCH.value: "Who is still to be called, for Retell’s batch calls",
}
FORMATS: Mapping[str, str] = {
    ExportFormat.CSV.value: "CSV",
    ExportFormat.XLSX.value: "Excel workbook",
    ExportFormat.JSON_LINES.value: "JSON lines",
}


@viewing.get(PATH)
def exports_page(request: Request, campaign: str = "", before: int | None = None) -> Response:
    """Show the past exports, the newest first, and a form for the next one."""
    return _page(request, campaign=campaign, before=before, error=None)


def _page(
    request: Request,
    *,
    campaign: str,
    error: UserError | None,
    before: int | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    world = site_of(request).world()
    chosen = typed_id(campaign)

    def body(tx: Connection) -> dict[str, Any]:
        if chosen is not None:
            find(tx, chosen)
        rows = errands.page_of(
            tx, ErrandKind.EXPORT, most=PAGE + 1, before=before, campaign_id=chosen
        )
        names = campaigns.names(tx, {chosen or 0, *(row.campaign_id or 0 for row in rows)})
        return {
            "past": shown(request, rows[:PAGE], names),
            "chosen_name": names.get(chosen or 0),
            "next_before": rows[PAGE - 1].id if len(rows) > PAGE else None,
            "campaigns": campaigns_to_choose(tx),
            "working": any(row.status in FOR_A_WORKER for row in rows),
        }

    return page(
        request,
        "exports.html",
        status=status_for(error),
        error=error,
        chosen=chosen,
        typed=typed or {"what": "", "form": ""},
        first=before is None,
        kinds=KINDS,
        formats=FORMATS,
        kept=export_errands.KEPT.days,
        now=world.clock.now(),
        **world.db.read(body),
    )


def panel(request: Request, tx: Connection, campaign_id: int) -> dict[str, Any]:
    """Give what a campaign's own page shows of its exports."""
    rows = errands.page_of(tx, ErrandKind.EXPORT, most=OF_A_CAMPAIGN, campaign_id=campaign_id)
    return {"past": shown(request, rows, {}), "kinds": KINDS, "formats": FORMATS}


def shown(request: Request, rows: list[Errand], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Give exports as pages show them."""
    found: list[dict[str, Any]] = texts_as_seen_by(request, [_view(row, names) for row in rows])
    return found


def _view(row: Errand, names: Mapping[int, str]) -> dict[str, Any]:
    asked, found = row.asked, row.found or {}
    what = f"profile:{asked['profile']}" if asked["profile"] else asked["what"]
    deleted = found.get("deleted_at")
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "campaign": names.get(row.campaign_id or 0, f"campaign {row.campaign_id}"),
        "what": KINDS.get(what, what).partition(":")[0],
        "form": FORMATS[asked["form"]],
        "file": asked["name"],
        "actor": row.actor,
        "at": row.created_at,
        "rows": found.get("rows"),
        "bytes": found.get("bytes"),
        "state": _STATES[row.status],
        "status": row.status.value,
        "percent": round(100 * row.fraction) if row.fraction is not None else None,
        "error": found.get("error"),
        "warnings": found.get("warnings") or [],
        "there": row.status is ErrandStatus.DONE and bool(row.bytes),
        "deleted_at": datetime.fromisoformat(deleted) if deleted else None,
        "until": row.finished_at and row.finished_at + export_errands.KEPT,
    }


_STATES: Mapping[ErrandStatus, str] = {
    ErrandStatus.CHECKING: "waits",
    ErrandStatus.CHECKED: "waits",
    ErrandStatus.DOING: "is written",
    ErrandStatus.DONE: "done",
    ErrandStatus.FAILED: "failed",
    ErrandStatus.DROPPED: "dropped",
}


@changing.post(PATH)
def ask(request: Request, campaign: Word = "", what: Word = "", form: Word = "csv") -> Response:
    """Have an export written."""
    world, actor = site_of(request).world(), actor_of(request).name
    kind, _, profile = what.partition(":")
    try:
        campaign_id = typed_id(campaign)
        if campaign_id is None:
            raise UserError("no campaign was chosen", fix="choose one")
        if what not in KINDS or form not in FORMATS:
            raise UserError("nobody said what is wanted", fix="choose what, and as which file")
        export_errands.ask(
            world,
            campaign_id,
            ExportWhat(kind),
            form=ExportFormat(form),
            profile=profile or None,
            actor=actor,
        )
    except UserError as error:
        typed = {"what": what, "form": form}
        return _page(request, campaign="", error=error, typed=typed)
    return see(f"{PATH}?campaign={campaign}")


@changing.get(PATH + "/{export_id}/file")
def download(request: Request, export_id: int) -> Response:
    """Give the file of an export."""
    site = site_of(request)
    path = export_errands.take_home(
        site.world(), export_id, home=site.settings.home, actor=actor_of(request).name
    )
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")


@changing.post(PATH + "/{export_id}/delete")
def delete(request: Request, export_id: int) -> Response:
    """Delete the file of an export before its time."""
    site = site_of(request)
    export_errands.delete(
        site.world(), export_id, home=site.settings.home, actor=actor_of(request).name
    )
    return see(PATH)
