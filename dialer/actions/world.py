"""The world an action works in: everything that is not a rule or a statement comes from here.

Each method of a port is a place where a process may die or another one may run; the simulation
switches and crashes exactly there.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from dialer.clock import Clock
from dialer.domain.appointments import Calendars
from dialer.leads.table import Limits
from dialer.retell.agent_desk import AgentDesk
from dialer.retell.agents import AgentReader, PhoneNumber
from dialer.retell.call_desk import CallDesk
from dialer.retell.client import CreatedCall, FoundCalls
from dialer.retell.models import Call, Concurrency
from dialer.retell.numbers import NumberDesk
from dialer.retell.voices import VoiceDesk
from dialer.retell.web_calls import WebCallDesk
from dialer.store.database import Database
from dialer.witness import Memory


class Provider(Protocol):
    """What the engine needs of Retell; `dialer.retell.client.RetellClient` is one."""

    def create_phone_call(
        self, body: Mapping[str, object], *, send_by: datetime | None = None
    ) -> CreatedCall: ...

    def get_call(self, call_id: str) -> Call: ...

    def calls_of_attempt(self, attempt_id: str) -> FoundCalls: ...

    def calls_to_number(self, number: str, *, since: datetime) -> FoundCalls: ...

    def calls_of_install(self, install: str, *, since: datetime, max_pages: int) -> FoundCalls: ...

    def calls_of_batch(self, batch_call_id: str) -> FoundCalls: ...

    def outbound_calls_since(self, moment: datetime, *, max_pages: int) -> FoundCalls: ...

    def get_concurrency(self) -> Concurrency: ...

    def phone_numbers(self) -> tuple[PhoneNumber, ...]: ...

    def agents(self, *, within: timedelta) -> AgentReader: ...

    def stop_call(self, call_id: str) -> None: ...

    call_desk: CallDesk
    number_desk: NumberDesk
    agent_desk: AgentDesk
    voice_desk: VoiceDesk
    web_call_desk: WebCallDesk

    def close(self) -> None: ...


class Queue(Protocol):
    """Hints to the workers. Each may be lost or come twice; none raises when the broker is down."""

    def dial(self, attempt_id: str, *, label: str) -> None: ...

    def settle(self, event_row: int) -> None: ...

    def plan(self) -> None: ...

    def run_errands(self) -> None: ...


def new_attempt_id() -> str:
    """Make an attempt's id, which is also its idempotency key."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class World:
    """The ports, and the settings the engine itself needs."""

    db: Database
    provider: Provider
    queue: Queue
    clock: Clock
    same_key_replay: bool = False
    webhook_url: str | None = None  # sent with each call when set
    calendars: Calendars = field(default_factory=Calendars)  # what agents may book
    live_transcripts: bool = False  # what is said is kept while it is said
    import_limits: Limits = field(default_factory=Limits)
    new_id: Callable[[], str] = field(default=new_attempt_id)
    witness: Memory = field(default_factory=Memory)  # what is remembered beside the database
