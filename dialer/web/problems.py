"""Problem documents: errors as programs read them (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
COME_AGAIN: Mapping[str, str] = {"Retry-After": "5"}
"""The header of an answer to whoever should send the request again, in so many seconds."""


def answered(
    status: HTTPStatus, document: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a problem document that is written already."""
    return Response(
        orjson.dumps(document),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


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
    return answered(status, document, headers=headers)


def database_away() -> Response:
    """Answer that the database does not reply; whoever asked should come again."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer.",
        fix="send the request again",
        headers=COME_AGAIN,
    )
