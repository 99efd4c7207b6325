"""Calls as people work with them: listed by the page, changed, deleted, listened to.

https://docs.retellai.com/api-references/list-calls and its neighbours
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import httpx
import orjson

from dialer.errors import CallNotFound, ProviderUnavailable
from dialer.retell.models import Call, CallPage
from dialer.retell.outcomes import code_of, naming_one, read_as, read_change_as
from dialer.retell.requests import Requests

MAX_PAGE = 1000  # Retell's limit for one page of a list
SortOrder = Literal["ascending", "descending"]
RECORDING_TIMEOUT = httpx.Timeout(connect=5, pool=5, write=10, read=30)
UNFINISHED = frozenset({"registered", "ongoing"})
"""Calls in these states are changed over another path."""


@dataclass(frozen=True, slots=True)
class ListedCalls:
    """Some calls. `has_more` is None where Retell did not say."""

    calls: tuple[Call, ...]
    has_more: bool | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it comes in; `status` is 206 where a part of it was asked for."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes]


def list_page(
    requests: Requests,
    filter_criteria: Mapping[str, object],
    *,
    limit: int,
    pagination_key: str | None,
    sort_order: SortOrder,
) -> CallPage:
    """Ask for one page of calls, by their start; they carry no transcripts."""
    question: dict[str, object] = {
        "filter_criteria": dict(filter_criteria),
        "sort_order": sort_order,
        "limit": min(limit, MAX_PAGE),
    }
    if pagination_key is not None:
        question["pagination_key"] = pagination_key
    return read_as(CallPage, requests.ask("POST", "/v3/list-calls", content=orjson.dumps(question)))


class CallDesk:
    """What people do with calls that were made."""

    def __init__(self, requests: Requests, http: httpx.Client) -> None:
        self._requests = requests
        self._http = http

    def list(
        self, criteria: Mapping[str, object], *, most: int, sort_order: SortOrder = "descending"
    ) -> ListedCalls:
        """Turn pages until `most` calls are there, or there are no more.

        Raises:
            AccountProblem: our key is refused.
            ProviderUnavailable: no usable answer, also for a later page.
        """
        found: dict[str, Call] = {}
        key: str | None = None
        while True:
            page = list_page(
                self._requests,
                criteria,
                limit=most - len(found),
                pagination_key=key,
                sort_order=sort_order,
            )
            before = len(found)
            found.update((call.call_id, call) for call in page.items[: most - len(found)])
            goes_on = page.has_more and page.pagination_key and page.pagination_key != key
            if not goes_on or len(found) in (before, most):
                return ListedCalls(tuple(found.values()), has_more=page.has_more)
            key = page.pagination_key

    def set_metadata(self, call: Call, metadata: Mapping[str, Any]) -> None:
        """Give a call other metadata, all of it; one that goes on is changed over another path.

        Raises:
            CallNotFound: Retell knows no such call.
            ChangeRefused, ChangeUnknown, AccountProblem, ProviderUnavailable: as `change`.
        """
        name = quote(call.call_id, safe="")
        with naming_one(CallNotFound):
            if call.call_status in UNFINISHED:
                body = {"fields_to_override": {"metadata": dict(metadata)}}
                self._requests.change("PATCH", f"/v2/update-live-call/{name}", body=body)
                return
            body = {"metadata": dict(metadata)}
            answer = self._requests.change("PATCH", f"/v2/update-call/{name}", body=body)
            read_change_as(Call, answer)

    def delete(self, call_id: str) -> None:
        """Have Retell forget a call, with transcript and recording. Raises: as `set_metadata`."""
        with naming_one(CallNotFound):
            self._requests.change("DELETE", f"/v2/delete-call/{quote(call_id, safe='')}")

    @contextmanager
    def recording(self, link: str, *, span: str | None = None) -> Iterator[Recording]:
        """Open a recording by the link that Retell gave for it just now.

        The link carries its own right to read, so our key does not go with it. `span` is the
        value of a Range header.

        Raises:
            ProviderUnavailable: it cannot be had; the link may be older than it lives.
        """
        if not self._is_fetchable(link):
            raise ProviderUnavailable("The link to the recording is no https link.", code="no_link")
        headers = {"User-Agent": "dialer", **({} if span is None else {"Range": span})}
        request = httpx.Request("GET", link, headers=headers)
        request.extensions["timeout"] = RECORDING_TIMEOUT.as_dict()
        try:
            response = self._http.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            message = f"{type(error).__name__}: the recording cannot be fetched"
            raise ProviderUnavailable(message, code=code_of(error)) from error
        try:
            if response.status_code not in (200, 206):
                raise ProviderUnavailable(
                    f"The recording is not given out (status {response.status_code}).",
                    code=f"http_{response.status_code}",
                    status=response.status_code,
                )
            yield Recording(response.status_code, response.headers, _chunks(response))
        finally:
            response.close()

    def _is_fetchable(self, link: str) -> bool:
        """Retell's links are encrypted; only the simulator, where we ask it, has others."""
        try:
            parts, own = urlsplit(link), self._http.base_url
            same = (parts.scheme, parts.hostname, parts.port) == (own.scheme, own.host, own.port)
            return bool(parts.hostname) and (parts.scheme == "https" or same)
        except ValueError:
            return False


def recording_link(call: Call, *, scrubbed: bool = False) -> str | None:
    """Give the link to a call's recording; None where there is none.

    Without personal data where that is asked for, and where there is nothing else.
    """
    if scrubbed:
        return call.scrubbed_recording_url
    return call.recording_url or call.scrubbed_recording_url


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_bytes(65536)
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise ProviderUnavailable(
            f"{type(error).__name__}: the recording broke off", code=code_of(error)
        ) from error
