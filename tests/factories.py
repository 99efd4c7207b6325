"""Makers of rows and worlds. Every default is a lead that may be dialed now; change one thing.

It is Wednesday, 10:00 in New York, and time stands still until the test moves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from scripted_retell import ScriptedRetell, open_client

from dialer.actions import control
from dialer.actions.dial import dial
from dialer.actions.plan import plan
from dialer.actions.receive import receive
from dialer.actions.reconcile import Reconciled, reconcile
from dialer.actions.settle import settle
from dialer.actions.world import Provider, World
from dialer.clock import Clock
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.lines import GateState
from dialer.domain.states import AttemptStatus, CampaignStatus, LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.store import attempts, campaigns, gate, incidents, leads, lists
from dialer.store.database import Connection, Database
from dialer.store.invariants import Violation, violations
from dialer.store.tables import Attempt, AttemptEvent, Campaign, Incident, Lead

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
OUR_NUMBER = "+12125550000"
ALL_DAY = {
    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "opens": "00:00",
    "closes": "24:00",
    "holidays": False,
    "legal_override": "Nobody's phone rings in a test.",
}
UNCAPPED = {
    "gap": "0s",
    "calls_per_day": None,
    "calls_per_week": None,
    "calls_per_month": None,
}
"""Most tests call one person several times within minutes; those of the caps set their own."""


@dataclass
class FrozenClock:
    """A clock that moves only when it is told to, or slept on."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def sleep(self, duration: timedelta) -> None:
        self.moment += max(duration, timedelta(0))

    def pass_time(self, **duration: float) -> None:
        """Let so much time pass: `pass_time(minutes=3)`."""
        self.moment += timedelta(**duration)


@dataclass
class RecordingQueue:
    """A queue that delivers nothing and keeps what it was told."""

    dialed: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    planned: int = 0

    def dial(self, attempt_id: str, *, label: str) -> None:
        self.dialed.append(attempt_id)
        self.labels.append(label)

    def settle(self, event_row: int) -> None:
        self.settled.append(event_row)

    def plan(self) -> None:
        self.planned += 1

    def run_errands(self) -> None: ...


def make_spec(**changes: Any) -> CampaignSpec:
    """Make settings: one number to call from, all day, every day, nobody called too often."""
    settings: dict[str, Any] = {
        "name": "Spring",
        "from_numbers": [OUR_NUMBER],
        "window": ALL_DAY,
        "person": UNCAPPED,
    }
    return CampaignSpec.model_validate(settings | changes)


def set_gate(
    database: Database,
    *,
    lines: int = 10,
    calls_per_second: float | None = None,
    headroom: int = 0,
    path_calls_per_second: dict[str, float] | None = None,
) -> None:
    """Make the gate's row, or bring it to these settings."""

    def body(tx: Connection) -> None:
        gate.ensure(
            tx,
            lines=lines,
            calls_per_second=calls_per_second,
            headroom=headroom,
            path_calls_per_second=path_calls_per_second,
        )

    database.transact(body)


def make_world(
    database_url: str,
    *,
    provider: Provider | None = None,
    clock: Clock | None = None,
    **changes: Any,
) -> World:
    """Make a world with a gate of ten lines, a queue that records, and Retell as told."""
    clock = clock or FrozenClock()
    database = Database(database_url)
    set_gate(database)
    return World(
        db=database,
        provider=provider or open_client(ScriptedRetell(clock), clock=clock),
        queue=RecordingQueue(),
        clock=clock,
        **changes,
    )


_phones = count(1)


def make_lead(tx: Connection, campaign_id: int, *, now: datetime, **changes: Any) -> int:
    """Make a lead in New York that is due now, and give its id."""
    phone = changes.pop("phone", None) or f"+1212{2000000 + next(_phones)}"
    values: dict[str, Any] = {
        "campaign_id": campaign_id,
        "phone": phone,
        "zones": "America/New_York",
        "zone_source": ZoneSource.NUMBER,
        "variables": {"first_name": "Ada"},
        "status": LeadStatus.READY,
        "due_at": now,
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": now,
    }
    leads.add(tx, [values | changes])
    found: int = (
        tx.execute(
            leads.lead.select().where(
                leads.lead.c.campaign_id == campaign_id, leads.lead.c.phone == phone
            )
        )
        .one()
        .id
    )
    return found


def open_list(tx: Connection, campaign_id: int, *, now: datetime, name: str = "march.csv") -> int:
    """Make a list whose import begins, and give its id."""
    marks: dict[str, Any] = {"sha256": name, "fingerprint": name, "mapping": {}}
    return lists.add(tx, now=now, campaign_id=campaign_id, file_name=name, **marks)


def make_list(
    tx: Connection,
    campaign_id: int,
    changes: Sequence[dict[str, Any]] = ({}, {}),
    *,
    now: datetime,
    name: str = "march.csv",
) -> int:
    """Make an imported list with a lead for each of the changes, and give its id."""
    list_id = open_list(tx, campaign_id, now=now, name=name)
    lists.begin(tx, list_id)
    for row, one in enumerate(changes, start=1):
        make_lead(tx, campaign_id, now=now, list_id=list_id, row=row, **one)
    lists.count(tx, list_id, imported=len(changes))
    lists.close(tx, list_id, now=now)
    return list_id


@dataclass
class Stage:
    """A world to play in: rows go in, one turn is run, rows are looked at."""

    world: World
    clock: FrozenClock
    queue: RecordingQueue
    retell: ScriptedRetell
    excused: set[str] = field(default_factory=set)  # invariants this test breaks on purpose

    # -- making

    def draft(self, **spec: Any) -> int:
        """Make a campaign that was not started."""
        return control.create(self.world, make_spec(**spec), actor="test")

    def campaign(self, **spec: Any) -> int:
        """Make a running campaign."""
        campaign_id = self.draft(**spec)
        control.start(self.world, campaign_id, actor="test")
        return campaign_id

    def lead(self, campaign_id: int | None = None, **changes: Any) -> int:
        """Make a lead that is due now, in a campaign of its own unless one is named."""
        chosen = self.campaign() if campaign_id is None else campaign_id
        now = self.clock.now()
        return self.world.db.transact(lambda tx: make_lead(tx, chosen, now=now, **changes))

    def leads(self, number: int, campaign_id: int | None = None, **changes: Any) -> list[int]:
        """Make several leads in one campaign."""
        chosen = self.campaign() if campaign_id is None else campaign_id
        return [self.lead(chosen, **changes) for _ in range(number)]

    def change_spec(self, campaign_id: int, spec: CampaignSpec) -> None:
        """Give a campaign other settings."""
        changed = (
            campaigns.campaign.update()
            .where(campaigns.campaign.c.id == campaign_id)
            .values(spec=spec.model_dump(mode="json"))
        )
        self.world.db.transact(lambda tx: tx.execute(changed))

    def edited(self, campaign_id: int) -> None:
        """Say that a campaign's settings were changed just now."""
        chosen = campaigns.campaign.update().where(campaigns.campaign.c.id == campaign_id)
        now = self.clock.now()
        self.world.db.transact(lambda tx: tx.execute(chosen.values(edited_at=now)))

    def force_campaign(self, campaign_id: int, status: CampaignStatus) -> None:
        """Put a campaign into a status, whatever the rules say."""
        chosen = campaigns.campaign.update().where(campaigns.campaign.c.id == campaign_id)
        self.world.db.transact(lambda tx: tx.execute(chosen.values(status=status)))

    def lines(self, lines: int, **limits: Any) -> None:
        """Set how many lines there are."""
        self.world.db.transact(lambda tx: gate.set_limits(tx, lines=lines, **limits))

    # -- acting

    def claim(self) -> list[str]:
        """Plan, and give the attempts that workers were asked to send."""
        before = len(self.queue.dialed)
        plan(self.world)
        return self.queue.dialed[before:]

    def dial(self, *attempt_ids: str) -> None:
        """Send attempts."""
        for attempt_id in attempt_ids:
            dial(self.world, attempt_id)

    def call(self, lead_id: int | None = None) -> str:
        """Claim exactly one attempt and send it; gives its id."""
        if lead_id is None:
            self.lead()
        (attempt_id,) = self.claim()
        self.dial(attempt_id)
        return attempt_id

    def deliver(self, *bodies: bytes) -> None:
        """Receive webhooks and settle them, one after the other."""
        for body in bodies:
            row = receive(self.world, body, now=self.clock.now())
            if row is not None:
                settle(self.world, row)

    def reconcile(self) -> Reconciled:
        """Run one reconcile."""
        return reconcile(self.world)

    def wait(self, **duration: float) -> None:
        """Let time pass, then reconcile."""
        self.clock.pass_time(**duration)
        self.reconcile()

    def wait_long(self, *, every: timedelta = timedelta(seconds=5), **duration: float) -> None:
        """Let time pass in small steps, and reconcile after each."""
        end = self.clock.now() + timedelta(**duration)
        while self.clock.now() < end:
            self.clock.moment = min(end, self.clock.now() + every)
            self.reconcile()

    # -- looking

    def lead_row(self, lead_id: int) -> Lead:
        row = self.world.db.read(lambda tx: leads.get(tx, lead_id))
        assert row is not None
        return row

    def attempt_row(self, attempt_id: str) -> Attempt:
        row = self.world.db.read(lambda tx: attempts.get(tx, attempt_id))
        assert row is not None
        return row

    def status(self, attempt_id: str) -> AttemptStatus:
        return self.attempt_row(attempt_id).status

    def attempts_of(self, lead_id: int) -> list[Attempt]:
        return self.world.db.read(lambda tx: attempts.of_lead(tx, lead_id))

    def history(self, attempt_id: str) -> list[AttemptEvent]:
        return self.world.db.read(lambda tx: attempts.history(tx, attempt_id))

    def campaign_row(self, campaign_id: int) -> Campaign:
        row = self.world.db.read(lambda tx: campaigns.get(tx, campaign_id))
        assert row is not None
        return row

    def gate(self) -> GateState:
        return self.world.db.read(gate.peek)

    def incidents(self) -> list[Incident]:
        return self.world.db.read(incidents.unclosed)

    def violations(self) -> list[Violation]:
        return self.world.db.read(lambda tx: violations(tx, now=self.clock.now()))

    def suppress(self, phone: str) -> None:
        """Put a number on the do-not-call list."""
        now = self.clock.now()
        self.world.db.transact(
            lambda tx: leads.suppress(tx, phone, reason="test", call_id=None, now=now)
        )


def make_stage(database_url: str, **changes: Any) -> Stage:
    """Make a world under a frozen clock with a scripted Retell."""
    clock = FrozenClock()
    retell = ScriptedRetell(clock)
    world = make_world(
        database_url, provider=open_client(retell, clock=clock), clock=clock, **changes
    )
    queue = world.queue
    assert isinstance(queue, RecordingQueue)
    return Stage(world=world, clock=clock, queue=queue, retell=retell)
