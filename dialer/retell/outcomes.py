"""What an answer, or the lack of one, tells of the phone.

Nothing placed is claimed only where it is sure. Everything this module does not recognise, now
or in a later version of Retell or httpx, means that a phone may be ringing.
"""

import math
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
import orjson
from pydantic import BaseModel, ValidationError

from dialer.errors import (
    AccountProblem,
    CallError,
    CallRejected,
    ChangeFailed,
    ChangeRefused,
    ChangeUnknown,
    LookUpFailed,
    NotSent,
    OutcomeUnknown,
    ProviderBusy,
    ProviderUnavailable,
)
from dialer.retell.models import Call
from dialer.retell.wire import NEVER_SENT, Answer, TooLate

M = TypeVar("M", bound=BaseModel)

ACCOUNT_STATUSES = frozenset({401, 402, 403, 404, 422})
_MAX_RETRY_AFTER_S = 3600.0  # a longer wait than this is a mistake or a joke
_MAX_MESSAGE = 300

_DO_NOT_CALL = re.compile(r"(?<![a-z])dnc(?![a-z])|(do[\s_-]*not|don'?t)[\s_-]*call", re.I)
_OUR_AGENT = re.compile(r"outbound[\s_-]*agent", re.I)
_OUR_NUMBER = re.compile(r"\bfrom[\s_-]*number\b", re.I)
_THEIR_NUMBER = re.compile(r"\bto[\s_-]*number\b", re.I)
_NUMBER_NOT_OURS = re.compile(r"not\s+found\s+from\s+phone[\s_-]*number", re.I)


def call_created_by(answer: Answer, *, now: datetime) -> Call:
    """Read the call from the answer to create-phone-call.

    Raises:
        CallError: there is no call, or nobody knows; the class says which.
    """
    if 200 <= answer.status < 300:
        return _created_call(answer)
    raise refusal_of(answer, now=now)


def refusal_of(answer: Answer, *, now: datetime) -> CallError:
    """Say what an answer other than 2xx to create-phone-call means."""
    status, message = answer.status, message_of(answer)
    code = f"http_{status}"
    if status == 400:
        return _bad_request(message, code=code)
    if status in ACCOUNT_STATUSES:
        return AccountProblem(
            message,
            code=code,
            status=status,
            from_number_unknown=bool(_NUMBER_NOT_OURS.search(message)),
        )
    if status == 429:
        wait_s = retry_after_s(answer.headers.get("retry-after"), now=now)
        return ProviderBusy(message, code=code, status=status, retry_after_s=wait_s)
    return OutcomeUnknown(message, code=code, status=status)


def failure_of(error: Exception, *, sent: bool) -> CallError:
    """Say what an exception during create-phone-call means.

    `sent` is whether the request headers began to be written: from then on nothing is sure.
    """
    code, message = code_of(error), f"{type(error).__name__}: {error}"[:_MAX_MESSAGE]
    if isinstance(error, (*NEVER_SENT, TooLate)) and not sent:
        return NotSent(message, code=code)
    return OutcomeUnknown(message, code=code)


def look_up_refusal_of(answer: Answer, *, now: datetime) -> LookUpFailed | AccountProblem:
    """Say what an answer other than 2xx to any other request means."""
    status, message, code = answer.status, message_of(answer), f"http_{answer.status}"
    if status in (401, 402, 403):
        return AccountProblem(message, code=code, status=status)
    wait_s = retry_after_s(answer.headers.get("retry-after"), now=now)
    return ProviderUnavailable(message, code=code, status=status, retry_after_s=wait_s)


def change_refusal_of(
    answer: Answer, *, now: datetime
) -> ChangeFailed | ProviderUnavailable | AccountProblem:
    """Say what an answer other than 2xx to a request for a change means.

    A limit refuses before anything is done; a fault may come after it was.
    """
    status, message, code = answer.status, message_of(answer), f"http_{answer.status}"
    if status in (401, 402, 403):
        return AccountProblem(message, code=code, status=status)
    if status == 429:
        wait_s = retry_after_s(answer.headers.get("retry-after"), now=now)
        return ProviderUnavailable(message, code=code, status=status, retry_after_s=wait_s)
    if 400 <= status < 500 and status not in (408, 409):
        return ChangeRefused(message, code=code, status=status)
    return ChangeUnknown(message, code=code, status=status)


@contextmanager
def naming_one(
    missing: type[LookUpFailed], *, statuses: Collection[int] = (404, 422)
) -> Iterator[None]:
    """Read these statuses as "there is none" in the answer to a request that names one thing."""
    try:
        yield
    except (ProviderUnavailable, ChangeRefused) as error:
        if error.status not in statuses:
            raise
        raise missing(error.message, code=error.code, status=error.status) from error


def read_as(model: type[M], answer: Answer) -> M:
    """Read the body of an answer.

    Raises:
        ProviderUnavailable: it is not JSON, or lacks what the model cannot do without.
    """
    try:
        parsed: Any = orjson.loads(answer.body)
        return model.model_validate(parsed)
    except (orjson.JSONDecodeError, ValidationError, RecursionError) as error:
        raise ProviderUnavailable(
            "The answer of Retell cannot be read.", code="unreadable_answer", status=answer.status
        ) from error


def read_change_as(model: type[M], answer: Answer) -> M:
    """Read the body of an answer to a change.

    Raises:
        ChangeUnknown: it was done, but what came of it cannot be read.
    """
    try:
        return read_as(model, answer)
    except ProviderUnavailable as error:
        raise ChangeUnknown(error.message, code=error.code, status=error.status) from error


def message_of(answer: Answer) -> str:
    """Find Retell's own words in an error answer; `message`, else `error`, else the raw text."""
    text = answer.body.decode(errors="replace").strip()
    try:
        parsed = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        parsed = None
    if isinstance(parsed, dict):
        for key in ("message", "error", "error_message"):
            if isinstance(parsed.get(key), str) and parsed[key].strip():
                text = parsed[key].strip()
                break
    return text[:_MAX_MESSAGE] or f"HTTP {answer.status} without a message"


def retry_after_s(header: str | None, *, now: datetime) -> float | None:
    """Read Retry-After, in seconds or as a date; None when it is missing or senseless."""
    if header is None:
        return None
    try:
        wait_s = float(header)
    except ValueError:
        try:
            until = parsedate_to_datetime(header)
        except (ValueError, IndexError, TypeError, OverflowError):
            return None
        if until.tzinfo is None:  # "-0000": UTC, by the standard of mail dates
            until = until.replace(tzinfo=UTC)
        wait_s = max(0.0, (until - now).total_seconds())
    if not math.isfinite(wait_s) or wait_s < 0:
        return None
    return min(wait_s, _MAX_RETRY_AFTER_S)


def code_of(error: Exception) -> str:
    """Name an exception for logs and rows: ReadTimeout is `read_timeout`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(error).__name__).lower()


def _created_call(answer: Answer) -> Call:
    status = answer.status
    try:
        return Call.model_validate(orjson.loads(answer.body))
    except orjson.JSONDecodeError as error:
        raise OutcomeUnknown(
            "Retell accepted the request, but its answer is not JSON.",
            code="unreadable_answer",
            status=status,
        ) from error
    except ValidationError as error:
        raise OutcomeUnknown(
            "Retell accepted the request, but its answer names no call.",
            code="no_call_id",
            status=status,
        ) from error
    except Exception as error:
        # The request was accepted: whatever broke here, the phone may ring.
        raise OutcomeUnknown(
            "Retell accepted the request, but its answer could not be read.",
            code=code_of(error),
            status=status,
        ) from error


def _bad_request(message: str, *, code: str) -> CallError:
    """Tell a number that cannot be called from settings of ours that would fail every lead."""
    if _DO_NOT_CALL.search(message):
        return CallRejected(message, code=code, status=400, do_not_call=True)
    unknown = bool(_NUMBER_NOT_OURS.search(message))
    our_number = _OUR_NUMBER.search(message) and not _THEIR_NUMBER.search(message)
    if unknown or our_number or _OUR_AGENT.search(message):
        return AccountProblem(message, code=code, status=400, from_number_unknown=unknown)
    return CallRejected(message, code=code, status=400)


def is_passing(error: Exception) -> bool:
    """Tell whether the same question, asked again at once, may well be answered."""
    if not isinstance(error, ProviderUnavailable):
        return False
    if error.status is not None:
        patient = error.retry_after_s is None or error.retry_after_s <= 2
        return (error.status == 429 or error.status >= 500) and patient
    cause = error.__cause__
    slow = isinstance(cause, httpx.ReadTimeout | httpx.WriteTimeout)
    return isinstance(cause, httpx.TransportError) and not slow
