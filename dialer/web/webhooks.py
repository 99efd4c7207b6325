"""The webhook receiver.

1. refuse what is not Retell's (`web/signed`)
2. in a thread: insert the event once, COMMIT
3. answer 204
4. hint to a worker; it is lost when we die here, and `reconcile` finds the event

A line is refilled from here on, so nothing stands between the answer and the hint.

https://docs.retellai.com/features/webhook-overview
"""

from datetime import datetime
from http import HTTPStatus
from time import perf_counter

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.announcing import EVENT
from dialer.actions.receive import TRANSCRIPT, open_letter, receive
from dialer.web.access import open_to_all
from dialer.web.inbound import answer_inbound
from dialer.web.signed import answer_signed
from dialer.web.site import Site, site_of

router = open_to_all()

PATH = "/webhooks/retell"
KNOWN_EVENTS = frozenset(
    (
        *("call_started", "call_ended", "call_analyzed", "call_inbound", "transcript_updated"),
        *("transfer_started", "transfer_bridged", "transfer_cancelled", "transfer_ended"),
        *("chat_started", "chat_ended", "chat_analyzed", "chat_inbound"),
        "broken",
    )
)
"""Others are counted together, so that nobody can fill the metrics with names."""


@router.post(PATH)
async def receive_webhook(request: Request) -> Response:
    """Keep one webhook and answer; asynchronous because it needs the raw body."""
    site = site_of(request)
    began = perf_counter()
    answer = await answer_signed(
        request, site, lambda body, now: _keep(site, body, now), threads=site.receiving
    )
    site.metrics.seconds.observe(perf_counter() - began)
    return answer


def _keep(site: Site, body: bytes, now: datetime) -> Response:
    """Keep a webhook whose signature was checked."""
    letter = open_letter(body)
    event = letter.event_id.partition(":")[0]
    if event == EVENT:  # somebody gave both kinds the same address
        return answer_inbound(site, body, now)
    row = receive(site.world(), body, now=now)
    result = "dead" if letter.error else "repeated" if row is None else "kept"
    if event == TRANSCRIPT:
        result = "passed"
    site.metrics.webhooks.labels(event if event in KNOWN_EVENTS else "other", result).inc()
    after = BackgroundTask(_hint, site, row) if row is not None else None
    return Response(status_code=HTTPStatus.NO_CONTENT, background=after)


async def _hint(site: Site, row: int) -> None:
    """Ask a worker to settle; runs when the answer is written, and waits for nothing itself."""
    if not site.hints.give(lambda: site.world().queue.settle(row)):
        site.metrics.hints_dropped.inc()
