"""The way to an exchange in the same process: requests travel no further than a function call."""

from collections.abc import Callable

import httpx
import orjson

from dialer.simulator.answers import Answer, Refused, refusal
from dialer.simulator.engine import Exchange
from dialer.simulator.routes import RETELL, Question, Reply

HEADERS_STARTED = "http11.send_request_headers.started"
"""What a connection tells whoever traces a request, right before its first byte."""

_REPLIES: dict[tuple[str, str], Reply] = {
    (method, path.removesuffix("{name}")): reply for (method, path), reply in RETELL.items()
}


class InProcess(httpx.BaseTransport):
    """Carries requests to an exchange, each at the moment that `now_ms` gives."""

    def __init__(self, exchange: Exchange, *, now_ms: Callable[[], int]) -> None:
        self._exchange = exchange
        self._now_ms = now_ms

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; answers that the exchange lets fail arrive whole all the same."""
        trace = request.extensions.get("trace")
        if trace is not None:
            trace(HEADERS_STARTED, {})
        answer = self.answer(request)
        content = b"" if answer.body is None else orjson.dumps(answer.body)
        return httpx.Response(answer.status, headers=dict(answer.headers), content=content)

    def answer(self, request: httpx.Request) -> Answer:
        """Let the exchange answer at this moment, before the answer begins to travel."""
        path, name = request.url.path, ""
        reply = _REPLIES.get((request.method, path))
        if reply is None:
            folder, _, name = path.rpartition("/")
            reply = _REPLIES.get((request.method, f"{folder}/"))
        if reply is None:
            return refusal(404)
        try:
            return reply(self._question(request, name))
        except Refused as refused:
            return refused.answer

    def _question(self, request: httpx.Request, name: str) -> Question:
        content, asked = request.read(), request.url.params
        return Question(
            exchange=self._exchange,
            now_ms=self._now_ms(),
            name=name,
            body=orjson.loads(content) if content else None,
            limit=int(asked.get("limit", "50")),
            key=asked.get("pagination_key"),
            version=asked.get("version"),
            falling=asked.get("sort_order") == "descending",
        )
