"""Files over the API: a form with one file, streamed to disk, and read by a worker."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, TypeVar

from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.errors import NotFound, UserError
from dialer.store import errands
from dialer.store.database import Connection
from dialer.store.tables import Errand
from dialer.web.api.bodies import check_address
from dialer.web.file_form import FileForm, hand_over

Taken = TypeVar("Taken")

FILE = {"type": "string", "contentMediaType": "application/octet-stream"}


class FileRoute(APIRoute):
    """A route that reads its body by itself, as it comes: it may be larger than memory."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what answers a request."""
        answer = super().get_route_handler()

        async def checked(request: Request) -> Response:
            check_address(request)
            return await answer(request)

        return checked


async def take_file(request: Request, take: Callable[[Request, FileForm], Taken]) -> Taken:
    """Receive a form with a file and hand it over; where `take` fails, the file is deleted.

    Raises:
        UserError: it is too large, broken, or has no file; or what `take` says.
    """

    def take_whole(request: Request, form: FileForm) -> Taken:
        if form.path is None:
            raise UserError("there is no file in the form", fix="send multipart/form-data, file=@…")
        return take(request, form)

    return await hand_over(request, take_whole)


def form_with_file(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Describe a form with a file and these fields for the OpenAPI document."""
    schema = {
        "type": "object",
        "properties": {"file": {**FILE, "description": "The file."}, **fields},
        "required": ["file"],
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


def text_field(about: str, **more: Any) -> dict[str, Any]:
    """Describe a field of a form."""
    return {"type": "string", "description": about, **more}


class FileState(BaseModel):
    """How far a worker is with a file."""

    errand_id: int
    status: ErrandStatus
    file: str | None
    rows: int = Field(description="The row reached.")
    fraction: float | None
    sentence: str | None = Field(description="What came of it, or why nothing did.")
    error: dict[str, Any] | None


def state_of(row: Errand) -> FileState:
    """Give how far a worker is with a file."""
    return FileState(
        errand_id=row.id,
        status=row.status,
        file=row.asked.get("file") or row.asked.get("name"),
        rows=row.rows,
        fraction=row.fraction,
        sentence=row.sentence,
        error=(row.found or {}).get("error"),
    )


def find_file(tx: Connection, errand_id: int, kinds: Collection[ErrandKind]) -> Errand:
    """Read an errand about a file.

    Raises:
        NotFound: there is none of these kinds with this id.
    """
    row = errands.get(tx, errand_id)
    if row is None or row.kind not in kinds:
        raise NotFound(f"there is no file {errand_id}", fix="send it again")
    return row
