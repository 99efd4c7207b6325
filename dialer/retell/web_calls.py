"""Calls in a browser: created for a person who tries an agent. They ring no phone.

https://docs.retellai.com/api-references/create-web-call
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dialer.clock import Clock
from dialer.retell.models import (
    AgentVersion,
    Milliseconds,
    NonEmpty,
    Received,
    fitting_metadata,
    moment_of,
)
from dialer.retell.outcomes import read_as, read_change_as
from dialer.retell.requests import Requests

WebCallApi = Literal["v2", "v3"]
JOINED_WITHIN = timedelta(seconds=30)
"""A token that nobody used for so long is good for nothing."""


class CreateWebCall(BaseModel):
    """The request for one web call; the agent is named, as there is no number it is bound to."""

    model_config = ConfigDict(extra="allow")

    agent_id: NonEmpty
    agent_version: AgentVersion | None = None
    agent_override: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    retell_llm_dynamic_variables: dict[str, str] | None = None

    _fits = field_validator("metadata")(fitting_metadata)

    def body(self) -> dict[str, Any]:
        """Give the JSON object to send."""
        return self.model_dump(mode="json", exclude_none=True)


class WebCall(Received):
    """A web call that waits to be joined, as either path tells it.

    `transport` is None for the one that Retell's browser kit speaks.
    """

    call_id: NonEmpty
    access_token: NonEmpty = Field(repr=False)  # whoever has it may join
    transport: str | None = None
    expires_at: Milliseconds | None = None
    join_by: datetime | None = None

    def read_at(self, now: datetime) -> "WebCall":
        """Give the same with the moment until which it can be joined, as of a request sent then."""
        told = moment_of(self.expires_at)
        return self.model_copy(update={"join_by": told or now + JOINED_WITHIN})


class SpokenLine(Received):
    """What one side said."""

    role: str
    content: str


class TypedTalk(Received):
    """How a talk by typing stands."""

    call_id: NonEmpty
    call_status: str
    disconnection_reason: str | None = None
    lines: list[SpokenLine] = Field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is said."""
        return self.call_status != "ongoing"


class WebCallDesk:
    """Creates web calls; at a simulator, which has no voice, also talks in them."""

    def __init__(self, requests: Requests, *, api: WebCallApi, clock: Clock) -> None:
        self._requests = requests
        self._api = api
        self._clock = clock

    def create(self, wanted: CreateWebCall) -> WebCall:
        """Ask for one web call, once; an unclear answer leaves one that ends by itself.

        Raises: as `Requests.change`.
        """
        asked_at = self._clock.now()
        path = f"/{self._api}/create-web-call"
        answer = self._requests.change("POST", path, body=wanted.body())
        return read_change_as(WebCall, answer).read_at(asked_at)

    def join(self, access_token: str) -> TypedTalk:
        """Join a web call of a simulator by typing. Raises: as `Requests.change`."""
        return self._talk("join", access_token)

    def say(self, access_token: str, text: str) -> TypedTalk:
        """Say something and hear the answer. Raises: as `join`."""
        return self._talk("say", access_token, text=text)

    def leave(self, access_token: str) -> TypedTalk:
        """Hang up; may be asked twice. Raises: as `join`."""
        return self._talk("leave", access_token)

    def _talk(self, what: str, access_token: str, **more: str) -> TypedTalk:
        body = {"access_token": access_token, **more}
        return read_as(
            TypedTalk, self._requests.change("POST", f"/_sim/web-call/{what}", body=body)
        )
