"""One simulated call: what was asked for, what is to happen, what has happened."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from dialer.simulator.chance import chance
from dialer.simulator.outcomes import ENDINGS, CallStatus, Ending, Outcome, draw_outcome
from dialer.simulator.requests import CreatePhoneCall
from dialer.simulator.settings import SimulatorSettings

ACTIVE = frozenset({CallStatus.REGISTERED, CallStatus.ONGOING})


@dataclass(frozen=True, slots=True)
class Script:
    """What is going to happen. Milliseconds of call time, before `speed`."""

    outcome: Outcome
    reason: str
    ring_ms: int
    talk_ms: int
    analysis_ms: int

    @property
    def ending(self) -> Ending:
        """How the call ends when nobody stops it."""
        return ENDINGS[self.outcome]


@dataclass(slots=True)
class ToolCall:
    """A function an agent asked for, and what it was told."""

    tool_call_id: str
    name: str
    args: dict[str, Any]
    asked_ms: int
    status: int | None = None
    content: str | None = None  # None: nothing was answered yet


@dataclass(slots=True)
class Call:
    """One call. `nth` counts the calls to its number from 1, `serial` all calls from 1."""

    call_id: str
    serial: int
    nth: int
    request: CreatePhoneCall
    script: Script
    created_ms: int
    agent_id: str
    metadata: dict[str, Any] | None
    status: CallStatus = CallStatus.REGISTERED
    started_ms: int | None = None
    ended_ms: int | None = None
    duration_ms: int = 0
    reason: str | None = None
    analyzed: bool = False
    deleted: bool = False
    direction: str = "outbound"
    tool_calls: list[ToolCall] = field(default_factory=list)
    recordings: str = ""  # the address under which recordings are given out
    link_ms: int = 0  # how long a link to one is good
    data_storage_setting: str = "everything"
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    in_browser: bool = False  # a web call: no phone, no number
    access_token: str | None = None  # lets a browser join
    said: list[tuple[str, str]] = field(default_factory=list)  # in a browser: who said what

    @property
    def number(self) -> str:
        """The number of the person, whoever called."""
        inbound = self.direction == "inbound"
        return self.request.from_number if inbound else self.request.to_number

    @property
    def attempt_id(self) -> str | None:
        """The attempt this call belongs to, as its metadata says."""
        value = (self.request.metadata or {}).get("attempt_id")
        return None if value is None else str(value)

    @property
    def holds_line(self) -> bool:
        """Whether the call uses one of the workspace's lines now."""
        return self.status in ACTIVE and self.script.outcome is not Outcome.OVER_LIMIT

    @property
    def connected(self) -> bool:
        """Whether somebody or something picked up."""
        return self.started_ms is not None

    @property
    def shown_start_ms(self) -> int | None:
        """Retell's start_timestamp; a call that ended unanswered starts when it was accepted."""
        if self.started_ms is None and self.ended_ms is not None:
            return self.created_ms
        return self.started_ms


def new_call_id(number: str, *, nth: int, seed: int, now_ms: int) -> str:
    """Make an id of Retell's shape, `call_` and 27 hex digits.

    The moment takes part so that a restarted simulator, which counts from 1 again, never gives
    an id away twice.
    """
    subject = f"{seed}|{number}|{nth}|{now_ms}"
    return "call_" + hashlib.sha256(subject.encode()).hexdigest()[:27]


def write_script(number: str, *, nth: int, settings: SimulatorSettings) -> Script:
    """Draw what happens to the `nth` call to this number."""
    dice = chance(settings.seed, "script", number, nth)
    outcome = draw_outcome(number, mix=settings.mix, dice=dice)
    talk_s = settings.long_talk_s if outcome is Outcome.LONG_TALK else settings.talk_s
    return Script(
        outcome=outcome,
        reason=dice.choice(ENDINGS[outcome].reasons),
        ring_ms=round(dice.uniform(*settings.ring_s) * 1000),
        talk_ms=round(dice.uniform(*talk_s) * 1000) if ENDINGS[outcome].connects else 0,
        analysis_ms=round(dice.uniform(*settings.analysis_s) * 1000),
    )


def script_without_line(number: str, *, nth: int, settings: SimulatorSettings) -> Script:
    """Write the script of a call that was accepted although no line is free."""
    drawn = write_script(number, nth=nth, settings=settings)
    reason = ENDINGS[Outcome.OVER_LIMIT].reasons[0]
    return Script(Outcome.OVER_LIMIT, reason, ring_ms=50, talk_ms=0, analysis_ms=drawn.analysis_ms)
