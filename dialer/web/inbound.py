"""Calls that come in: `POST /webhooks/retell/inbound`, the inbound webhook of a number.

Retell waits for the answer before the agent picks up.
https://docs.retellai.com/features/inbound-call-webhook
"""

from datetime import datetime
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.announcing import EVENT, announce
from dialer.web.access import open_to_all
from dialer.web.signed import answer_signed
from dialer.web.site import Site, site_of

router = open_to_all()


@router.post("/webhooks/retell/inbound")
async def receive_inbound(request: Request) -> Response:
    """Say whom the agent is going to talk with; asynchronous because it needs the raw body."""
    site = site_of(request)
    return await answer_signed(
        request, site, lambda body, now: answer_inbound(site, body, now), threads=site.receiving
    )


def answer_inbound(site: Site, body: bytes, now: datetime) -> Response:
    """Answer an announcement; anything else is taken note of by nobody."""
    told = announce(site.world(), body, now=now)
    result = "kept" if told else "ignored"
    site.metrics.webhooks.labels(EVENT if told is not None else "other", result).inc()
    if told is None:  # chats, and what may come
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return Response(orjson.dumps({EVENT: told}), media_type="application/json")
