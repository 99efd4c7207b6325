"""Requests to Retell that create no call: questions, and changes.

A question is asked up to three times: asking twice changes nothing. A change is sent once,
whatever happens: nobody says that Retell tells a repetition from a second wish, and some changes
cost money.
"""

import time
from collections.abc import Mapping
from typing import Any

import httpx
import orjson
import stamina

from dialer.clock import Clock
from dialer.errors import ChangeRefused, ChangeUnknown, ProviderUnavailable
from dialer.retell.outcomes import change_refusal_of, code_of, is_passing, look_up_refusal_of
from dialer.retell.wire import NEVER_SENT, Answer, SendTrace, exchange

_TRIES = 3
_TRIES_WITHIN_S = 20.0  # no further try begins after this
_DEFAULT_READ_S = 60.0
CHANGE_TIMEOUT = httpx.Timeout(connect=5, pool=5, write=10, read=60)  # buying a number takes long


class Requests:
    """Sends questions and changes over one HTTP client. Shared by the threads of a process."""

    def __init__(self, http: httpx.Client, *, clock: Clock, read_timeout: httpx.Timeout) -> None:
        self._http = http
        self._clock = clock
        self._read_timeout = read_timeout

    def ask(
        self, method: str, path: str, *, content: bytes | None = None, until: float | None = None
    ) -> Answer:
        """Ask a question, again where that may help, and `until` then on the monotonic clock.

        Raises:
            AccountProblem: our key is refused.
            ProviderUnavailable: no usable answer.
        """
        for attempt in stamina.retry_context(
            on=is_passing,
            attempts=_TRIES,
            timeout=_TRIES_WITHIN_S,
            wait_initial=0.2,
            wait_max=2.0,
            wait_jitter=0.2,
        ):
            with attempt:
                timeout = self._read_timeout if until is None else _ending(until)
                return self._ask_once(method, path, content=content, timeout=timeout)
        raise AssertionError("retry_context either returns or raises")

    def change(self, method: str, path: str, *, body: Mapping[str, Any] | None = None) -> Answer:
        """Ask for a change, once.

        Raises:
            ChangeRefused: nothing was changed, and Retell says why.
            ChangeUnknown: it may have been done; look before asking for it again.
            AccountProblem: our key or our money is refused; nothing was changed.
            ProviderUnavailable: nothing was changed; the same may be asked for later.
        """
        trace = SendTrace(self._clock)
        try:
            request = self.request(method, path, content=_encoded(body))
            request.extensions |= {"timeout": CHANGE_TIMEOUT.as_dict(), "trace": trace}
            answer = exchange(self._http, request, read_within_s=read_s(CHANGE_TIMEOUT))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            message, code = f"{type(error).__name__}: {error}", code_of(error)
            if isinstance(error, NEVER_SENT) and trace.sent_at is None:
                raise ProviderUnavailable(message, code=code) from error
            raise ChangeUnknown(message, code=code) from error
        if 200 <= answer.status < 300:
            return answer
        raise change_refusal_of(answer, now=self._clock.now())

    def request(self, method: str, path: str, *, content: bytes | None) -> httpx.Request:
        """Build a request, without sending it."""
        headers = {"Content-Type": "application/json"} if content is not None else None
        return self._http.build_request(method, path, content=content, headers=headers)

    def _ask_once(
        self, method: str, path: str, *, content: bytes | None, timeout: httpx.Timeout
    ) -> Answer:
        try:
            request = self.request(method, path, content=content)
            request.extensions["timeout"] = timeout.as_dict()
            answer = exchange(self._http, request, read_within_s=read_s(timeout))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise ProviderUnavailable(
                f"{type(error).__name__}: {error}", code=code_of(error)
            ) from error
        if 200 <= answer.status < 300:
            return answer
        raise look_up_refusal_of(answer, now=self._clock.now())


def read_s(timeout: httpx.Timeout) -> float:
    """Give how long an answer may take to be read."""
    return timeout.read if timeout.read is not None else _DEFAULT_READ_S


def _encoded(body: Mapping[str, Any] | None) -> bytes | None:
    try:
        return None if body is None else orjson.dumps(dict(body))
    except orjson.JSONEncodeError as error:
        raise ChangeRefused(
            f"The request cannot be written as JSON: {error}", code="unwritable_request"
        ) from error


def _ending(until: float) -> httpx.Timeout:
    """Give a time-out that ends then, on the monotonic clock: half to connect, half to read."""
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise ProviderUnavailable("Retell took too long to answer.", code="out_of_time")
    return httpx.Timeout(left_s / 2)
