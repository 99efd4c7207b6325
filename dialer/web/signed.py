"""Requests that Retell signs: webhooks, and the functions of agents.

1. refuse by type, size and time what cannot be Retell's
2. in a thread: check the signature over the raw bytes, and do the work
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from dialer.clock import SystemClock
from dialer.errors import BadSignature
from dialer.log import get_logger
from dialer.retell import signature
from dialer.store.database import is_outage
from dialer.web.body import BodyBroken, BodyTooLarge, BodyTooSlow, read_body
from dialer.web.problems import database_away, problem
from dialer.web.site import Site

log = get_logger(__name__)

HEADER = "x-retell-signature"
CLOCK = SystemClock()  # a signature is fresh by the machine's time, whatever the engine's clock

Work = Callable[[bytes, datetime], Response]
"""What is done with a body that Retell signed, and when it came. Runs in a thread."""


@dataclass(frozen=True, slots=True)
class Late:
    """What is answered when the work takes longer; it goes on all the same."""

    after_s: float
    answer: Callable[[], Response]


async def answer_signed(
    request: Request, site: Site, work: Work, *, threads: Executor, late: Late | None = None
) -> Response:
    """Let `work` answer a request, if it is Retell's."""
    if _media_type(request) != "application/json":
        return _refuse(
            site, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type", "The body must be JSON."
        )
    most_bytes = site.settings.webhook_max_bytes
    try:
        body = await read_body(request, most_bytes=most_bytes, within=site.body_within)
    except BodyTooLarge:
        detail = f"A body has at most {most_bytes} bytes."
        return _refuse(site, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail)
    except BodyTooSlow:
        detail = "The body did not come in time."
        close = {"Connection": "close"}  # the rest of it is not waited for
        return _refuse(site, HTTPStatus.REQUEST_TIMEOUT, "too_slow", detail, headers=close)
    except BodyBroken:
        return _refuse(site, HTTPStatus.BAD_REQUEST, "broken_off", "The body is not complete.")
    return await _check_and_work(site, body, request.headers.get(HEADER), work, threads, late)


async def _check_and_work(
    site: Site, body: bytes, header: str | None, work: Work, threads: Executor, late: Late | None
) -> Response:
    now = CLOCK.now()

    def run() -> Response:
        signature.verify(body, header, keys=site.webhook_keys, now=now)
        return work(body, now)

    working = asyncio.get_running_loop().run_in_executor(threads, run)
    try:
        if late is None:
            return await working
        done, _ = await asyncio.wait({working}, timeout=late.after_s)
        return working.result() if done else late.answer()
    except BadSignature as error:
        # Why it was refused stands in our log; a forger learns nothing.
        return _refuse(
            site,
            HTTPStatus.UNAUTHORIZED,
            f"signature_{error.reason}",
            "The request is not signed as Retell's webhooks are.",
            headers={"WWW-Authenticate": "Retell-Signature"},
        )
    except Exception as error:
        if not is_outage(error):
            raise
        log.error("webhook_not_kept", error=type(error).__name__)
        site.metrics.refused.labels("database_away").inc()
        return database_away()


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refuse(
    site: Site,
    status: HTTPStatus,
    reason: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response:
    log.warning("webhook_refused", status=status.value, reason=reason)
    site.metrics.refused.labels(reason).inc()
    return problem(status, detail, headers=headers)
