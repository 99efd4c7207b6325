"""Exports: what came of a campaign, one row per lead, as a file."""

import os
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse

from dialer.actions.export import export_leads, export_results
from dialer.domain.roles import Scope
from dialer.leads.exports import ExportFormat
from dialer.web.api.access import asks, world_of
from dialer.web.api.kinds import Id
from dialer.web.site import site_of

router = asks(Scope.RESULTS_READ, tag="campaigns")

MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.JSON_LINES: "application/x-ndjson",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get(
    "/campaigns/{campaign_id}/results",
    response_class=FileResponse,
    responses={200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}},
)
def export_campaign(
    request: Request,
    campaign_id: Id,
    form: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.CSV,
    leads: Annotated[bool, Query(description="As stored, with all variables.")] = False,
) -> FileResponse:
    """Give one row per lead with its result, as a file."""
    handle, name = tempfile.mkstemp(dir=site_of(request).settings.create_home())
    os.close(handle)
    write = export_leads if leads else export_results
    try:
        write(world_of(request).db, campaign_id, Path(name), form=form)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return FileResponse(
        name,
        status_code=HTTPStatus.OK,
        media_type=MEDIA_TYPES[form],
        filename=f"campaign-{campaign_id}.{form.value}",
        background=BackgroundTask(Path(name).unlink, missing_ok=True),
    )
