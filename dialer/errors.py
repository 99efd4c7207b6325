"""The errors of the dialer.

DialerError
├── UserError            a person must change something; the text is shown as it is
│   ├── NotFound         the thing named does not exist
│   ├── RefusedByRule    do-not-call, calling hours or a cap forbid it
│   ├── Unreachable      database, broker or Retell does not answer
│   ├── KeyRefused       the key is missing, or Retell refuses it
│   └── TransportUnfit   the HTTP library cannot tell a sent request from an unsent one
├── IllegalMove          the transition table forbids this change of state: a bug
├── RowsMoved            rows changed that a lock should have kept still; nothing was committed
├── BadSignature         a webhook that is not proven to come from Retell
├── LookUpFailed         a question to Retell has no answer; says nothing of any phone
│   ├── CallNotFound     Retell knows no call with this id
│   ├── AgentNotFound    Retell knows no agent, prompt or number of this name
│   ├── NumberNotFound   the workspace has no such number
│   ├── VoiceNotFound    Retell knows no such voice
│   └── ProviderUnavailable  Retell is down, busy or unreadable; ask again later
├── ChangeFailed         a change asked for at Retell was not confirmed; rings no phone
│   ├── ChangeRefused    nothing was changed, and Retell says why
│   └── ChangeUnknown    it may have been done; look before asking again
└── CallError            what a request to create a call tells of the phone
    ├── CallRejected     nothing placed, and never for this number
    ├── AccountProblem   nothing placed, because of our account or settings
    ├── ProviderBusy     nothing placed now; the same request may succeed later
    ├── NotSent          nothing placed: the request never left this machine
    └── OutcomeUnknown   a phone may be ringing
"""

from collections.abc import Mapping
from typing import Any


class DialerError(Exception):
    """Anything this package raises on purpose."""


class UserError(DialerError):
    """A person must change something.

    Shown to people as three lines: what happened, why, and how to mend it.
    """

    def __init__(self, what: str, *, why: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix


class NotFound(UserError):
    """The thing named does not exist."""


class RefusedByRule(UserError):
    """A calling rule forbids what was asked for."""


class Unreachable(UserError):
    """The database, the broker or Retell does not answer."""


class KeyRefused(UserError):
    """The key is missing, or Retell refuses it."""


class TransportUnfit(UserError):
    """The installed HTTP library cannot tell a sent request from an unsent one; never dial."""


class IllegalMove(DialerError):
    """The transition table forbids this change of state; a bug in the caller."""


class RowsMoved(DialerError):
    """Rows changed that a lock should have kept still; the transaction must not be committed."""


class BadSignature(DialerError):
    """A webhook that is not proven to come from Retell; nothing in it may be believed.

    `reason` is one of no_keys, missing, malformed, stale, mismatch.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"webhook signature refused: {reason}")
        self.reason = reason


class LookUpFailed(DialerError):
    """A question to Retell has no answer.

    `code` is a stable word for logs (`http_500`, `read_timeout`), `status` the HTTP status where
    there was an answer.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


class CallNotFound(LookUpFailed):
    """Retell knows no call with this id."""


class AgentNotFound(LookUpFailed):
    """Retell knows no agent, prompt or number of this name."""


class NumberNotFound(LookUpFailed):
    """The workspace has no such number."""


class VoiceNotFound(LookUpFailed):
    """Retell knows no such voice."""


class ProviderUnavailable(LookUpFailed):
    """Retell is down, busy or unreadable. It proves nothing: least of all that no call exists."""


class ChangeFailed(DialerError):
    """A change asked for at Retell was not confirmed. `code` and `status` as in `LookUpFailed`."""

    def __init__(self, message: str, *, code: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


class ChangeRefused(ChangeFailed):
    """Nothing was changed, and Retell says why."""


class ChangeUnknown(ChangeFailed):
    """It may have been done; look before asking for it again."""


class CallError(DialerError):
    """A call was not created, or nobody knows whether it was.

    `code` is a stable word for logs and rows (`http_429`, `read_timeout`), `status` the HTTP
    status where there was an answer.
    """

    def __init__(self, message: str, *, code: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status


class CallRejected(CallError):
    """No phone rang and none ever will for this number.

    `do_not_call` is True when Retell refused because its own list says so.
    """

    def __init__(
        self, message: str, *, code: str, status: int | None = None, do_not_call: bool = False
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.do_not_call = do_not_call


class AccountProblem(CallError):
    """No phone rang because of our key, money, agent or number.

    `from_number_unknown` is True when Retell does not know the number we call from.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        from_number_unknown: bool = False,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.from_number_unknown = from_number_unknown


class ProviderBusy(CallError):
    """No phone rang: the account is over a limit. `retry_after_s` where Retell said so."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after_s = retry_after_s


class NotSent(CallError):
    """No phone rang: no byte of the request was written."""


class OutcomeUnknown(CallError):
    """A phone may be ringing; only the webhook or a look-up can tell."""


def sentence_of(problem: Mapping[str, Any]) -> str:
    """Give what one of pydantic's errors says, without the words it puts before our own."""
    return str(problem["msg"]).removeprefix("Value error, ")
