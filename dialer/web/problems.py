"""Problem documents: errors as programs read them (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from starlette.responses import Response


def problem(
    status: HTTPStatus,
    detail: str | None = None,
    *,
    fix: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with `status`; `detail` says what happened, `fix` what would mend it."""
    document = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if detail is not None:
        document["detail"] = detail
    if fix is not None:
        document["fix"] = fix
    return Response(
        orjson.dumps(document),
        status_code=status,
        media_type="application/problem+json",
        headers=dict(headers or {}),
    )


def database_away() -> Response:
    """Answer that the database does not reply; whoever asked should come again."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer.",
        fix="send the request again",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


RETRY_AFTER_S = 5
