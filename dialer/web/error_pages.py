"""What is answered when something goes wrong: a page to people, a problem document to programs.

No answer ever shows a traceback. A crash has a reference, which stands in the log beside it.
"""

import secrets
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dialer.errors import KeyRefused, NotFound, RefusedByRule, Unreachable, UserError
from dialer.log import get_logger
from dialer.store.database import is_outage
from dialer.web.access import SAFE_METHODS, NotAllowed, SignInNeeded
from dialer.web.form_errors import Unfit
from dialer.web.headers import ALWAYS, NOT_KEPT
from dialer.web.pages import page, wants_page
from dialer.web.problems import COME_AGAIN, database_away, problem

log = get_logger(__name__)

_SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This cannot be asked for in this way.",
}
_TITLES = {
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.CONFLICT: "Not possible",
    HTTPStatus.BAD_REQUEST: "Not possible",
    HTTPStatus.BAD_GATEWAY: "Retell does not answer",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something is wrong",
}


def install(app: FastAPI) -> None:
    """Have the app answer errors from here."""
    app.add_exception_handler(SignInNeeded, _sign_in_needed)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(UserError, _user_error)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _crashed)


def told(
    request: Request,
    status: HTTPStatus,
    what: str,
    *,
    why: str | None = None,
    fix: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Tell what went wrong, to whoever asked."""
    if not wants_page(request):
        return problem(status, what if why is None else f"{what}: {why}", fix=fix, headers=headers)
    sentence = {"what": what, "why": why, "fix": fix}
    title = _TITLES.get(status, status.phrase)
    # A form of a lead lies beneath the page it was sent from.
    back = request.url.path.rpartition("/")[0] if request.method not in SAFE_METHODS else ""
    return page(
        request, "error.html", status=status, headers=headers, title=title, back=back, **sentence
    )


def _sign_in_needed(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)
    if "hx-request" in request.headers:  # a page that was open when the session ended
        headers = {"HX-Redirect": error.sign_in_at}
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers=headers)
    if wants_page(request) and request.method in SAFE_METHODS:
        return RedirectResponse(error.sign_in_at, status_code=HTTPStatus.SEE_OTHER)
    headers = {"WWW-Authenticate": "Bearer"}
    return told(request, HTTPStatus.UNAUTHORIZED, "Sign in first.", headers=headers)


def _not_allowed(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotAllowed)
    what = f"You are a {error.role}; this needs an {error.needed}."
    return told(request, HTTPStatus.FORBIDDEN, what, fix="ask an admin for another role")


def _user_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, UserError)
    return told(request, status_of(error), error.what, why=error.why, fix=error.fix)


def status_of(error: UserError) -> HTTPStatus:
    """Give the status of an error that a person must do something about."""
    if isinstance(error, Unfit) and isinstance(error.__cause__, UserError):
        return status_of(error.__cause__)
    if isinstance(error, NotFound):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, Unreachable | KeyRefused):
        return HTTPStatus.BAD_GATEWAY
    return HTTPStatus.CONFLICT if isinstance(error, RefusedByRule) else HTTPStatus.BAD_REQUEST


def status_for(error: UserError | None) -> HTTPStatus:
    """Give the status of a page that shows a form again, or shows it for the first time."""
    return HTTPStatus.OK if error is None else status_of(error)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status, headers = HTTPStatus(error.status_code), dict(error.headers or {})
    if not wants_page(request):
        return problem(status, headers=headers)
    return told(request, status, _SENTENCES.get(status, status.phrase), headers=headers)


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = {str(one["loc"][0]) for one in error.errors()}
    if places == {"path"}:
        return told(request, HTTPStatus.NOT_FOUND, _SENTENCES[HTTPStatus.NOT_FOUND])
    names = sorted({str(one["loc"][-1]) for one in error.errors()})
    what = f"What was sent cannot be read: {', '.join(names)}."
    return told(request, HTTPStatus.BAD_REQUEST, what)


def _crashed(request: Request, error: Exception) -> Response:
    """Answer from outside of all middlewares, so the headers are added here.

    The server logs the traceback of a crash behind our line; an outage needs none.
    """
    # Whatever is wrong may be wrong with whom we think is asking.
    request.state.actor = None
    answer = _away(request) if is_outage(error) else _broken(request, error)
    for name, value in (*ALWAYS, NOT_KEPT):
        answer.headers[name.decode()] = value.decode()
    return answer


def _away(request: Request) -> Response:
    if not wants_page(request):
        return database_away()
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return page(request, "away.html", status=status, headers=COME_AGAIN)


def _broken(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error(
        "request_failed",
        reference=reference,
        method=request.method,
        path=request.url.path,
        error=type(error).__name__,
    )
    what = f"Something is wrong on our side. It is in the log as {reference}."
    fix = "try again; if it stays so, tell whoever runs the dialer this reference"
    return told(request, HTTPStatus.INTERNAL_SERVER_ERROR, what, fix=fix)
