"""Exports: what came of a campaign or of a lead list, as a file."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import FileResponse

from dialer.actions import export
from dialer.actions.batch_export import export_batch
from dialer.actions.profile_export import export_profile, read_profile
from dialer.domain.exports import ExportWhat, is_completed, is_to_fix
from dialer.domain.roles import Scope
from dialer.errors import UserError
from dialer.leads.export_profile import shipped_profiles
from dialer.leads.exports import ExportFormat
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import Id
from dialer.web.written_files import A_FILE, Write, as_file

router = asks(Scope.RESULTS_READ, tag="campaigns")
of_lists = asks(Scope.LEADS_READ, tag="lists")

Format = Annotated[ExportFormat, Query(alias="format")]
Profile = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=40,
        description=f"With what=profile: {', '.join(shipped_profiles())}.",
        examples=["hubspot"],
    ),
]


@router.get("/campaigns/{campaign_id}/results", **A_FILE)
def export_campaign(
    request: Request,
    campaign_id: Id,
    form: Format = ExportFormat.CSV,
    what: ExportWhat = ExportWhat.RESULTS,
    profile: Profile = None,
) -> FileResponse:
    """Give what came of a campaign as a file: one row per lead, or another of the exports."""
    world = world_of(request)
    if what is ExportWhat.BATCH:
        if form is not ExportFormat.CSV:
            raise UserError("Retell’s batch calls take a CSV file only", fix="leave format out")
        actor = actor_of(request)

        def hand_over(path: Path, **_: Any) -> None:
            export_batch(world, campaign_id, path, close=False, actor=actor)

        return as_file(request, hand_over, form=ExportFormat.CSV, named=f"campaign-{campaign_id}")
    chosen = _writer(what, profile)
    write = partial(chosen, world.db, campaign_id)
    return as_file(request, write, form=form, named=f"campaign-{campaign_id}")


@of_lists.get("/lists/{list_id}/leads", **A_FILE)
def export_list(request: Request, list_id: Id, form: Format = ExportFormat.CSV) -> FileResponse:
    """Give the leads that a list brought, as a file."""
    write = partial(export.export_list, world_of(request).db, list_id)
    return as_file(request, write, form=form, named=f"list-{list_id}")


@of_lists.get("/lists/{list_id}/rejects/file", **A_FILE)
def export_rejects(request: Request, list_id: Id, form: Format = ExportFormat.CSV) -> FileResponse:
    """Give the rows that are no leads as a file, to be corrected and sent again."""
    write = partial(export.export_rejects, world_of(request).db, list_id)
    return as_file(request, write, form=form, named=f"list-{list_id}-rejects")


def _writer(what: ExportWhat, profile: str | None) -> Write:
    if what is ExportWhat.PROFILE:
        if profile not in shipped_profiles():
            raise UserError("no profile is named", fix=f"name {', '.join(shipped_profiles())}")
        return partial(export_profile, profile=read_profile(profile))
    return _WRITERS[what]


_WRITERS: dict[ExportWhat, Write] = {
    ExportWhat.RESULTS: export.export_results,
    ExportWhat.COMPLETED: partial(export.export_results, wanted=is_completed),
    ExportWhat.TO_FIX: partial(export.export_results, wanted=is_to_fix),
    ExportWhat.ATTEMPTS: export.export_attempts,
    ExportWhat.LEADS: export.export_leads,
}
