"""The webhook receiver.

1. refuse by type, size and time what cannot be Retell's
2. in a thread: check the signature over the raw bytes, insert the event once, COMMIT
3. answer 204
4. hint to a worker; it is lost when we die here, and `reconcile` finds the event

A line is refilled from here on, so nothing stands between the answer and the hint.

https://docs.retellai.com/features/webhook-overview
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from time import perf_counter

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.receive import open_letter, receive
from dialer.clock import SystemClock
from dialer.errors import BadSignature
from dialer.log import get_logger
from dialer.retell import signature
from dialer.store.database import is_outage
from dialer.web.access import open_to_all
from dialer.web.body import BodyBroken, BodyTooLarge, BodyTooSlow, read_body
from dialer.web.problems import database_away, problem
from dialer.web.site import Site, site_of

log = get_logger(__name__)
router = open_to_all()

PATH = "/webhooks/retell"
KNOWN_EVENTS = frozenset(
    (
        *("call_started", "call_ended", "call_analyzed", "call_inbound", "transcript_updated"),
        *("transfer_started", "transfer_bridged", "transfer_cancelled", "transfer_ended"),
        "broken",
    )
)
"""Others are counted together, so that nobody can fill the metrics with names."""
CLOCK = SystemClock()  # a signature is fresh by the machine's time, whatever the engine's clock


@router.post(PATH)
async def receive_webhook(request: Request) -> Response:
    """Keep one webhook and answer; asynchronous because it needs the raw body."""
    site = site_of(request)
    began = perf_counter()
    answer = await _answer(request, site)
    site.metrics.seconds.observe(perf_counter() - began)
    return answer


async def _answer(request: Request, site: Site) -> Response:
    if _media_type(request) != "application/json":
        return _refuse(
            site, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "content_type", "Webhooks are JSON."
        )
    most_bytes = site.settings.webhook_max_bytes
    try:
        body = await read_body(request, most_bytes=most_bytes, within=site.body_within)
    except BodyTooLarge:
        detail = f"A webhook has at most {most_bytes} bytes."
        return _refuse(site, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail)
    except BodyTooSlow:
        detail = "The body did not come in time."
        close = {"Connection": "close"}  # the rest of it is not waited for
        return _refuse(site, HTTPStatus.REQUEST_TIMEOUT, "too_slow", detail, headers=close)
    except BodyBroken:
        return _refuse(site, HTTPStatus.BAD_REQUEST, "broken_off", "The body is not complete.")
    return await _keep(site, body, header=request.headers.get("x-retell-signature"))


async def _keep(site: Site, body: bytes, *, header: str | None) -> Response:
    loop, now = asyncio.get_running_loop(), CLOCK.now()
    try:
        row = await loop.run_in_executor(site.receiving, keep, site, body, header, now)
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
    after = BackgroundTask(_hint, site, row) if row is not None else None
    return Response(status_code=HTTPStatus.NO_CONTENT, background=after)


def keep(site: Site, body: bytes, header: str | None, now: datetime) -> int | None:
    """Check and keep a webhook. Gives its row, None when there is nothing to settle.

    Raises:
        BadSignature: nothing was kept.
    """
    signature.verify(body, header, keys=site.webhook_keys, now=now)
    row = receive(site.world(), body, now=now)
    letter = open_letter(body)
    event = letter.event_id.partition(":")[0]
    result = "dead" if letter.error else "repeated" if row is None else "kept"
    site.metrics.webhooks.labels(event if event in KNOWN_EVENTS else "other", result).inc()
    return row


async def _hint(site: Site, row: int) -> None:
    """Ask a worker to settle; runs when the answer is written, and waits for nothing itself."""
    if not site.hints.give(lambda: site.world().queue.settle(row)):
        site.metrics.hints_dropped.inc()


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
