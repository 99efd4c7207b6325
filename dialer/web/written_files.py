"""Files that are written when somebody asks for them, sent, and deleted."""

import os
import tempfile
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse

from dialer.leads.exports import ExportFormat
from dialer.web.site import site_of

MEDIA_TYPES = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.JSON_LINES: "application/x-ndjson",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
A_FILE: dict[str, Any] = {
    "response_class": FileResponse,
    "responses": {200: {"content": {kind: {} for kind in MEDIA_TYPES.values()}}},
}
"""How a route says that it answers with such a file."""

Write = Callable[..., Any]
"""Writes to a path; takes `form` unless it has a form of its own."""


def as_file(request: Request, write: Write, *, form: ExportFormat, named: str) -> FileResponse:
    """Have a file written and give it; it is deleted once it is sent."""
    handle, name = tempfile.mkstemp(dir=site_of(request).settings.create_home())
    os.close(handle)
    try:
        write(Path(name), form=form)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return FileResponse(
        name,
        status_code=HTTPStatus.OK,
        media_type=MEDIA_TYPES[form],
        filename=f"{named}.{form.value}",
        background=BackgroundTask(Path(name).unlink, missing_ok=True),
    )
