"""The desk: what our own functions work with, inside one transaction."""

from dataclasses import dataclass
from datetime import datetime

from dialer.actions.talks import Found
from dialer.domain.appointments import Calendars
from dialer.domain.functions import Person, Talk
from dialer.store.database import Connection
from dialer.store.tables import Attempt, InboundCall, Lead

ACTOR = "agent"
"""Who did it, in the activity log."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A talk, its rows, and the transaction in which they may be changed."""

    tx: Connection
    found: Found
    calendars: Calendars
    new_id: str  # of what is made; a new one at each try

    @property
    def talk(self) -> Talk:
        return self.found.talk

    @property
    def now(self) -> datetime:
        return self.found.talk.now

    @property
    def person(self) -> Person | None:
        return self.found.talk.person

    @property
    def lead(self) -> Lead | None:
        return self.found.lead

    @property
    def attempt(self) -> Attempt | None:
        return self.found.attempt

    @property
    def inbound(self) -> InboundCall | None:
        return self.found.inbound
