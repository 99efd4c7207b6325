"""Problem documents of the API (RFC 9457): every error is one, and says how to mend it.

`type` leads to the documentation. No document ever shows a traceback; a crash has a reference that
is in the log.
"""

import secrets
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer.actions.pushing import KeyReused
from dialer.errors import UserError, sentence_of
from dialer.log import get_logger
from dialer.store.database import is_outage
from dialer.web.api.access import ScopeMissing, TokenNeeded
from dialer.web.api.address import API
from dialer.web.api.bodies import Unreadable
from dialer.web.api.cursors import BadCursor
from dialer.web.api.in_flight import StillInFlight
from dialer.web.error_pages import status_of
from dialer.web.problems import COME_AGAIN, answered

log = get_logger(__name__)

DOCS = f"{API}/docs"
MOST_ERRORS = 50

KINDS: Mapping[HTTPStatus, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("not-possible", "The request cannot be done as it is."),
    HTTPStatus.UNAUTHORIZED: ("token", "A token is missing, wrong, revoked or over."),
    HTTPStatus.FORBIDDEN: ("scope", "The token lacks the scope that this needs."),
    HTTPStatus.NOT_FOUND: ("not-found", "There is no such thing."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method", "The address does not take this method."),
    HTTPStatus.REQUEST_TIMEOUT: ("timeout", "The request did not come to its end."),
    HTTPStatus.CONFLICT: ("refused", "A rule, or the state of a thing, forbids it."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too-large", "The body is too large."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("media-type", "The body is not JSON."),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("not-valid", "Something in the request is not valid."),
    HTTPStatus.TOO_MANY_REQUESTS: ("too-many", "Too many requests; wait a little."),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("crash", "Something is wrong on our side."),
    HTTPStatus.BAD_GATEWAY: ("retell", "Retell does not answer, or refuses our key."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("away", "The database does not answer; come again."),
}


class FieldError(BaseModel):
    """What is wrong with one part of a request."""

    where: str = Field(examples=["body.leads.0.phone"])
    message: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """An error, for programs and for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": f"{DOCS}#problem-not-found",
                    "title": "There is no such thing.",
                    "status": 404,
                    "detail": "there is no campaign 77",
                    "instance": "/api/v1/campaigns/77",
                    "fix": "dialer campaigns list shows them all",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    why: str | None = None
    fix: str | None = None
    errors: list[FieldError] | None = None
    reference: str | None = None


def install(app: FastAPI) -> None:
    """Have the app answer errors from here."""
    app.add_exception_handler(TokenNeeded, _token_needed)
    app.add_exception_handler(ScopeMissing, _scope_missing)
    app.add_exception_handler(Unreadable, _unreadable)
    app.add_exception_handler(BadCursor, _bad_cursor)
    app.add_exception_handler(StillInFlight, _still_in_flight)
    app.add_exception_handler(UserError, _user_error)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_middleware(CrashTold)


def problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """Answer with a problem document."""
    name, title = KINDS.get(status, ("not-possible", status.phrase))
    document = Problem(
        type=f"{DOCS}#problem-{name}",
        title=title,
        status=status.value,
        detail=detail,
        instance=request.url.path,
        **more,
    )
    return answered(status, document.model_dump(exclude_none=True), headers=headers)


def _token_needed(request: Request, error: Exception) -> Response:
    assert isinstance(error, TokenNeeded)
    named = ', error="invalid_token"' if error.given else ""
    headers = {"WWW-Authenticate": f'Bearer realm="dialer"{named}'}
    fix = "send authorization: Bearer TOKEN; dialer tokens create makes one"
    return problem(request, HTTPStatus.UNAUTHORIZED, str(error), fix=fix, headers=headers)


def _scope_missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, ScopeMissing)
    named = f'error="insufficient_scope", scope="{error.needed}"'
    headers = {"WWW-Authenticate": f'Bearer realm="dialer", {named}'}
    fix = f"dialer tokens create NAME --scope {error.needed}"
    return problem(request, HTTPStatus.FORBIDDEN, str(error), fix=fix, headers=headers)


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, Unreadable)
    return problem(request, error.status, error.what, fix=error.fix)


def _bad_cursor(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadCursor)
    where = [FieldError(where="query.cursor", message=str(error))]
    fix = "send next_cursor as it came, with the same filters, or begin without a cursor"
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, str(error), fix=fix, errors=where)


def _still_in_flight(request: Request, error: Exception) -> Response:
    assert isinstance(error, StillInFlight)
    what = "a request with this idempotency key is being worked on"
    headers = {"Retry-After": "1"}
    fix = "send it again in a moment; it gets the answer of the first"
    return problem(request, HTTPStatus.CONFLICT, what, fix=fix, headers=headers)


def _user_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, UserError)
    status = status_of(error)
    if isinstance(error, KeyReused):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem(request, status, error.what, why=error.why, fix=error.fix)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    fix = f"see {DOCS}" if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) else None
    headers = dict(error.headers or {})
    return problem(request, status, str(error.detail), fix=fix, headers=headers)


def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[:MOST_ERRORS]
    errors = [FieldError(where=_where(one["loc"]), message=sentence_of(one)) for one in found]
    named = ", ".join(dict.fromkeys(one.where for one in errors[:3]))
    count = len(error.errors())
    detail = f"{'one thing is' if count == 1 else f'{count} things are'} not valid: {named}"
    fix = "correct what `errors` names"
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, fix=fix, errors=errors)


def _where(place: Sequence[object]) -> str:
    return ".".join(str(part) for part in place)[:200]


class CrashTold:
    """Answers a crash before the pages' own handler sees it; its traceback is in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            answer = _crashed(Request(scope), error)
            await answer(scope, receive, send)


def _crashed(request: Request, error: Exception) -> Response:
    if is_outage(error):
        log.warning("database_away", path=request.url.path, error=type(error).__name__)
        what = "the database does not answer"
        fix = "send the request again"
        status = HTTPStatus.SERVICE_UNAVAILABLE
        return problem(request, status, what, fix=fix, headers=COME_AGAIN)
    reference = secrets.token_hex(4)
    log.error(
        "api_request_failed",
        reference=reference,
        method=request.method,
        path=request.url.path,
        traceback="".join(traceback.format_exception(error)),  # without what was in the request
    )
    what = f"something is wrong on our side; it is in the log as {reference}"
    fix = "try again; if it stays so, tell whoever runs the dialer this reference"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(request, status, what, fix=fix, reference=reference)
