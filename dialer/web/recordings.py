"""Recordings: passed on from Retell to whoever may operate.

Links to recordings carry their own right to read, and expire. So none is on any page: a fresh one
is asked for at the moment of use, and followed here.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dialer.actions.calls import call_of_attempt, open_recording
from dialer.domain.roles import Role
from dialer.errors import ProviderUnavailable
from dialer.log import get_logger
from dialer.retell.call_desk import Recording
from dialer.web.access import requires
from dialer.web.site import site_of

log = get_logger(__name__)

router = requires(Role.OPERATOR)

PASSED_ON = ("content-length", "content-range", "accept-ranges")
_SPAN = re.compile(r"bytes=\d{0,19}-\d{0,19}")
_SOUND = re.compile(r"audio/[a-z0-9.+-]{1,40}")


@router.get("/attempts/{attempt_id}/recording")
def recording(request: Request, attempt_id: str, scrubbed: bool = False) -> Response:
    """Pass the recording of an attempt on, or the part of it that a player asks for."""
    call_id = call_of_attempt(site_of(request).world().db, attempt_id)
    return passed_on(request, call_id, scrubbed=scrubbed)


def passed_on(request: Request, call_id: str, *, scrubbed: bool) -> Response:
    """Answer with the recording of a call, or the part of it that was asked for."""
    span = request.headers.get("range", "")
    stack = ExitStack()
    found = stack.enter_context(
        open_recording(
            site_of(request).world(),
            call_id,
            scrubbed=scrubbed,
            span=span if _SPAN.fullmatch(span) else None,
        )
    )
    headers = {name: found.headers[name] for name in PASSED_ON if name in found.headers}
    headers["content-encoding"] = "identity"  # packed, the parts that a player asks for would shift
    headers["content-disposition"] = f'inline; filename="{_file_name(call_id)}"'
    log.info("recording_heard", call_id=call_id)
    return StreamingResponse(
        _passing_on(found, stack),
        status_code=found.status,
        headers=headers,
        media_type=_kind_of(found),
    )


def _passing_on(found: Recording, stack: ExitStack) -> Iterator[bytes]:
    """Give what comes in; where it breaks off, the listener's connection does, too."""
    with stack:
        try:
            yield from found.chunks
        except ProviderUnavailable as error:
            log.warning("recording_broke_off", code=error.code)
            raise


def _kind_of(found: Recording) -> str:
    """Name the kind of sound; what says that it is something else is not shown by a browser."""
    kind = found.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind if _SOUND.fullmatch(kind) else "application/octet-stream"


def _file_name(call_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", call_id)[:80] + ".wav"
