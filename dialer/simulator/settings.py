"""The settings of one simulated Retell."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from dialer.simulator.faults import Faults, Span
from dialer.simulator.outcomes import MIX, Outcome
from dialer.simulator.prompts import AgentPrompt


class OverLimit(StrEnum):
    """What happens to a call for which no line is free; nobody has said which Retell does."""

    REFUSE = "429"  # the request is answered with 429
    ERROR_CALL = "error_call"  # 201, and the call ends as concurrency_limit_reached


class Idempotency(StrEnum):
    """Whether a repeated idempotency_key gives the first call again."""

    HONOUR = "honour"
    IGNORE = "ignore"  # as if the field did not exist


class Event(StrEnum):
    """The webhooks of a call, in their natural order."""

    STARTED = "call_started"
    ENDED = "call_ended"
    ANALYZED = "call_analyzed"


class Asking(StrEnum):
    """What Retell asks beside telling of calls; the answer counts."""

    FUNCTION = "function"  # an agent's, during a call
    INBOUND = "call_inbound"  # what an agent should know of somebody who calls


class SimulatorSettings(BaseModel):
    """Everything about a simulated Retell that can be chosen.

    Call times (`ring_s`, `talk_s`, `long_talk_s`, `analysis_s`) run `speed` times faster; times
    of the wire (back-offs, time-outs, faults, the memory for keys) do not.
    """

    model_config = ConfigDict(extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8787, ge=0, le=65535)  # 0: any free port
    api_key: str = Field(default="key_simulator", min_length=1)
    """Expected as the bearer token, and signs the webhooks."""
    webhook_url: str | None = None
    """Where webhooks go unless a call brings its own address; None sends none."""

    webhook_events: tuple[Event, ...] = tuple(Event)
    """What agents tell of, unless a call chooses for itself."""

    functions_url: str | None = None
    """Where agents ask for functions; None: /functions beside the webhooks."""
    function_share: float = Field(default=0, ge=0, le=1)
    """The share of talks in which an agent asks for a function."""
    inbound_url: str | None = None
    """Where calls that come in are announced; None: /webhooks/retell/inbound there."""

    seed: int = 1
    speed: float = Field(default=1.0, gt=0)
    ring_s: Span = (1.0, 3.0)
    talk_s: Span = (2.0, 8.0)
    long_talk_s: Span = (60.0, 90.0)
    analysis_s: Span = (0.5, 1.5)
    mix: dict[Outcome, float] = Field(default_factory=lambda: dict(MIX), min_length=1)

    limit: int = Field(default=20, ge=0)
    over_limit: OverLimit = OverLimit.REFUSE
    foreign_calls: int = Field(default=0, ge=0)
    """Lines in use by somebody else in the same workspace."""
    reserved_inbound: int = Field(default=0, ge=0)
    cps: int | None = Field(default=None, ge=1)
    """Calls started per second; None does not count them."""

    phone_numbers: tuple[str, ...] = ()
    """Numbers of the workspace to call from; empty accepts any."""
    agents: tuple[str, ...] = ()
    """Agent ids of the workspace; empty accepts any."""
    prompts: dict[str, AgentPrompt] = Field(default_factory=dict)
    """What agents say, by agent id; an agent without one says what a default agent says."""

    idempotency: Idempotency = Idempotency.HONOUR
    idempotency_memory_s: float = Field(default=3600, ge=0)
    list_shows_registered: bool = False
    """Whether list-calls shows calls that still ring; nobody has said what Retell does."""

    webhook_timeout_s: float = Field(default=10, gt=0)
    webhook_backoff_s: tuple[float, ...] = (1.0, 5.0, 10.0)
    """The wait before each retry of a webhook; its length is the number of retries."""
    webhook_connections: int = Field(default=256, ge=1)

    recordings: str = "https://recordings.example"
    """The address in front of recordings; a simulator on a socket gives out its own."""
    recording_link_s: float = Field(default=86_400, gt=0)
    """How long a link to a recording is good."""

    faults: Faults = Faults()
