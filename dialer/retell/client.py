"""The client for Retell. One per process, shared by its threads.

https://docs.retellai.com/api-references
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

import httpx
import orjson
from pydantic import BaseModel

from dialer.clock import Clock
from dialer.errors import AccountProblem, AgentNotFound, CallNotFound
from dialer.retell.agent_desk import AgentDesk
from dialer.retell.agents import AgentReader, PhoneNumber
from dialer.retell.call_desk import MAX_PAGE, CallDesk, SortOrder, list_page
from dialer.retell.models import ApiKeyOwner, Call, CallPage, Concurrency, epoch_ms
from dialer.retell.numbers import NumberDesk
from dialer.retell.outcomes import (
    call_created_by,
    failure_of,
    naming_one,
    read_as,
)
from dialer.retell.requests import Requests, read_s
from dialer.retell.voices import VoiceDesk
from dialer.retell.web_calls import WebCallApi, WebCallDesk
from dialer.retell.wire import (
    CREATE_TIMEOUT,
    READ_TIMEOUT,
    SendTrace,
    exchange,
    open_wire,
)

MAX_PAGES = 20

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class CreatedCall:
    """A call that Retell accepted; its phone may ring any moment.

    `sent_at` is when the request headers began to be written; None only over a transport that
    does not trace.
    """

    call: Call
    sent_at: datetime | None

    @property
    def call_id(self) -> str:
        return self.call.call_id


@dataclass(frozen=True, slots=True)
class FoundCalls:
    """What a look-up found. Unless it is `complete`, a call missing here proves nothing."""

    calls: tuple[Call, ...]
    complete: bool


class RetellClient:
    """Everything the dialer asks of Retell.

    Questions are asked up to three times; a call is created once, whatever happens. What people
    do besides calling is at five desks: calls that were made, numbers, agents, voices, web calls.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        clock: Clock,
        create_timeout: httpx.Timeout = CREATE_TIMEOUT,
        read_timeout: httpx.Timeout = READ_TIMEOUT,
        max_connections: int = 80,
        web_call_api: WebCallApi = "v2",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._clock = clock
        self._create_timeout = create_timeout
        self._http = open_wire(
            base_url, api_key=api_key, max_connections=max_connections, transport=transport
        )
        self._requests = Requests(self._http, clock=clock, read_timeout=read_timeout)
        self.call_desk = CallDesk(self._requests, self._http)
        self.number_desk = NumberDesk(self._requests)
        self.agent_desk = AgentDesk(self._requests)
        self.voice_desk = VoiceDesk(self._requests)
        self.web_call_desk = WebCallDesk(self._requests, api=web_call_api, clock=clock)

    def close(self) -> None:
        """Close the connections; may be called twice."""
        self._http.close()

    def create_phone_call(
        self, body: Mapping[str, object], *, send_by: datetime | None = None
    ) -> CreatedCall:
        """Ask for one call, once: never retried, never redirected, never sent after `send_by`.

        Raises:
            CallRejected: nothing placed; this number cannot or must not be called.
            AccountProblem: nothing placed; no lead will fare better until a person acts.
            ProviderBusy: nothing placed; the same request may be sent later.
            NotSent: nothing placed; no byte of it was written (`too_late`: after `send_by`).
            OutcomeUnknown: a phone may be ringing. Look it up; do not send another request.
        """
        content = _encoded(body)
        trace = SendTrace(self._clock, send_by=send_by)
        try:
            request = self._requests.request("POST", "/v2/create-phone-call", content=content)
            request.extensions["timeout"] = self._create_timeout.as_dict()
            request.extensions["trace"] = trace
            answer = exchange(self._http, request, read_within_s=read_s(self._create_timeout))
        except Exception as error:
            # Also what no version of httpx raises today: unknown is the safe reading.
            raise failure_of(error, sent=trace.sent_at is not None) from error
        call = call_created_by(answer, now=self._clock.now())
        return CreatedCall(call=call, sent_at=trace.sent_at)

    def get_call(self, call_id: str) -> Call:
        """Ask for one call, with its transcript.

        Raises:
            CallNotFound: Retell knows no such call.
            AccountProblem: our key is refused.
            ProviderUnavailable: no usable answer.
        """
        with naming_one(CallNotFound):
            answer = self._requests.ask("GET", f"/v2/get-call/{quote(call_id, safe='')}")
        return read_as(Call, answer)

    def list_calls(
        self,
        filter_criteria: Mapping[str, object],
        *,
        limit: int = 50,
        pagination_key: str | None = None,
        sort_order: SortOrder = "descending",
    ) -> CallPage:
        """Ask for one page of calls, by their start; they carry no transcripts.

        Raises:
            AccountProblem: our key is refused.
            ProviderUnavailable: no usable answer; never read it as an empty page.
        """
        return list_page(
            self._requests,
            filter_criteria,
            limit=limit,
            pagination_key=pagination_key,
            sort_order=sort_order,
        )

    def find_calls(
        self,
        filter_criteria: Mapping[str, object],
        *,
        page_size: int = 200,
        max_pages: int = MAX_PAGES,
        sort_order: SortOrder = "descending",
    ) -> FoundCalls:
        """Page through all calls that match; incomplete when the end was not seen.

        Raises:
            AccountProblem: our key is refused.
            ProviderUnavailable: no usable answer, also for a later page.
        """
        found: dict[str, Call] = {}  # a page may shift while it is turned
        key: str | None = None
        for _ in range(max_pages):
            page = self.list_calls(
                filter_criteria, limit=page_size, pagination_key=key, sort_order=sort_order
            )
            found.update((call.call_id, call) for call in page.items)
            if page.has_more is False:
                return FoundCalls(tuple(found.values()), complete=True)
            if page.has_more is None or not page.pagination_key or page.pagination_key == key:
                break
            key = page.pagination_key
        return FoundCalls(tuple(found.values()), complete=False)

    def calls_of_attempt(self, attempt_id: str) -> FoundCalls:
        """Find the calls that carry this attempt in their metadata.

        What is returned is checked: a list that ignored the filter must not lend a stranger's
        call to the attempt. A call shown without its metadata might be the one, so it makes the
        result incomplete.

        Raises: as `find_calls`.
        """
        found = self.find_calls(
            {"metadata": [{"type": "string", "op": "eq", "key": "attempt_id", "value": attempt_id}]}
        )
        ours = tuple(call for call in found.calls if call.metadata_text("attempt_id") == attempt_id)
        silent = any(call.metadata is None for call in found.calls)
        return FoundCalls(ours, complete=found.complete and not silent)

    def calls_to_number(self, number: str, *, since: datetime) -> FoundCalls:
        """Find the calls to `number` that started at `since` or later, or have no start yet.

        The moment is compared here: a filter on the start would hide a call that only rings.

        Raises: as `find_calls`.
        """
        found = self.find_calls({"to_number": {"type": "string", "op": "eq", "value": number}})
        recent = tuple(
            call
            for call in found.calls
            if call.to_number in (None, number)
            and (call.started_at is None or call.started_at >= since)
        )
        return FoundCalls(recent, complete=found.complete)

    def outbound_calls_since(self, moment: datetime, *, max_pages: int) -> FoundCalls:
        """Find the workspace's outbound phone calls that started at `moment` or later.

        The earliest come first: when the answer is not complete, those after its last call are
        missing.

        Raises: as `find_calls`.
        """
        criteria = {
            "call_type": {"type": "enum", "op": "in", "value": ["phone_call"]},
            "direction": {"type": "enum", "op": "in", "value": ["outbound"]},
            "start_timestamp": {"type": "number", "op": "ge", "value": epoch_ms(moment)},
        }
        return self.find_calls(
            criteria, page_size=MAX_PAGE, max_pages=max_pages, sort_order="ascending"
        )

    def calls_of_batch(self, batch_call_id: str) -> FoundCalls:
        """Find the calls of a batch; the calls themselves do not say of which batch they are.

        Raises: as `find_calls`.
        """
        criteria = {
            "batch_call_id": {"type": "string", "op": "eq", "value": batch_call_id},
        }
        return self.find_calls(criteria, page_size=MAX_PAGE)

    def calls_of_install(self, install: str, *, since: datetime, max_pages: int) -> FoundCalls:
        """Find the calls that carry this installation in their metadata, by their start.

        The earliest come first, as in `outbound_calls_since`. What is returned is checked: a
        list that ignored the filter must not lend us a stranger's call. Calls that ring, and
        calls of the last moments, may not be listed yet.

        Raises: as `find_calls`.
        """
        criteria = {
            "metadata": [{"type": "string", "op": "eq", "key": "install", "value": install}],
            "start_timestamp": {"type": "number", "op": "ge", "value": epoch_ms(since)},
        }
        found = self.find_calls(
            criteria, page_size=MAX_PAGE, max_pages=max_pages, sort_order="ascending"
        )
        ours = tuple(call for call in found.calls if call.metadata_text("install") == install)
        return FoundCalls(ours, complete=found.complete)

    def stop_call(self, call_id: str) -> None:
        """Hang up; may be asked twice. The end itself is told by the webhook.

        Raises:
            CallNotFound: Retell knows no such call.
            AccountProblem: our key is refused.
            ProviderUnavailable: no usable answer; the call may go on.
        """
        with naming_one(CallNotFound):
            self._requests.ask("POST", f"/v2/stop-call/{quote(call_id, safe='')}")

    def get_concurrency(self) -> Concurrency:
        """Ask for the lines of the workspace. Raises: as `list_calls`."""
        return read_as(Concurrency, self._requests.ask("GET", "/get-concurrency"))

    def phone_numbers(self) -> tuple[PhoneNumber, ...]:
        """Ask for the numbers of the workspace, as far as they can be paged through.

        Raises: as `list_calls`.
        """
        return self.number_desk.every()

    def get_api_key_info(self) -> ApiKeyOwner:
        """Ask whose key ours is. Raises: as `list_calls`."""
        return read_as(ApiKeyOwner, self._requests.ask("GET", "/get-api-key-info"))

    def agents(self, *, within: timedelta) -> AgentReader:
        """Give what reads agents and their prompts; all its questions together take `within`."""
        until = time.monotonic() + within.total_seconds()

        def ask(model: type[M], path: str) -> M:
            with naming_one(AgentNotFound):
                answer = self._requests.ask("GET", path, until=until)
            return read_as(model, answer)

        return AgentReader(ask)


def _encoded(body: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(dict(body))
    except orjson.JSONEncodeError as error:
        raise AccountProblem(
            f"The request cannot be written as JSON: {error}", code="unwritable_request"
        ) from error
