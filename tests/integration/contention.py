"""Many at once: planners, workers, a carrier, and people who change their minds, in threads.

Every thread runs the production functions over connections of its own. What makes races likely is
a turnstile: at drawn moments a thread that has just run a statement waits until others have run
some. Time runs ten times as fast as outside, so that deadlines and reminders come into play.
"""

import itertools
import queue
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
from factories import NOW, make_lead, make_spec, make_world
from scripted_retell import (
    Act,
    ScriptedRetell,
    executed_then,
    executed_then_silent,
    open_client,
    placed,
    refused,
)
from sqlalchemy import event, select
from sqlalchemy.exc import DBAPIError

from dialer.actions import control, do_not_call
from dialer.actions.dial import dial
from dialer.actions.editing import edit
from dialer.actions.lead_control import retry, skip
from dialer.actions.plan import plan
from dialer.actions.receive import receive
from dialer.actions.reconcile import reconcile
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.states import LeadStatus
from dialer.errors import UserError
from dialer.store import attempts, gate, leads
from dialer.store.database import Connection, Database
from dialer.store.invariants import INVARIANTS, violations
from dialer.store.scope import Scope
from dialer.store.tables import Lead
from dialer.witness import Memory

SPEED = 10
TICK_S = 0.02
STALL_S = 0.03
PLANNERS = 4
WORKERS = 10
CARRIERS = 3
WHIMS = 40
"""How often each of two people changes a mind about a campaign, where all kinds of whims do."""
LEADS = 40  # in each of two campaigns; the first half of them is the same
LINES = (4, 8)
HELD_UP = 0.03
HELD_UP_LOCKING = 0.2
"""So large a share of the statements, and of those that lock, is followed by a wait for others."""
LONGEST = timedelta(minutes=15)
"""A run that is not over by then, by its own clock, has lost a lead."""
HANG_UPS = ("user_hangup", "dial_no_answer", "dial_busy", "voicemail_reached", "error_retell")
SOON = dict.fromkeys(("no_answer", "busy", "voicemail", "provider_error"), "5s")

LOCKS = re.compile(
    r"FROM (campaign|lead|attempt|dial_gate)\b.*\b(FOR \w+|LIMIT|which\S*)", re.DOTALL
)
CLAIMS = next(one for one in INVARIANTS if one.name == "I1")

CALLED_TWICE = "an attempt has two calls"
CLAIMED_TWICE = "a lead has two open attempts"
TWO_AT_ONCE = "a person is in two calls at once"
AGAINST_OPT_OUT = "sent after an opt-out was answered"
AGAINST_PAUSE = "sent after a pause was answered"
NOT_CLOSED = "a lead never closes"


class FastClock:
    """A clock that many threads read, faster than the one outside.

    While none of them gets to run it stands still, so that a busy machine makes no deadline pass.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._read_at = time.monotonic()
        self._passed_s = 0.0

    def now(self) -> datetime:
        with self._turn:
            before, self._read_at = self._read_at, time.monotonic()
            self._passed_s += min(self._read_at - before, STALL_S) * SPEED
            return NOW + timedelta(seconds=self._passed_s)

    def sleep(self, duration: timedelta) -> None:
        time.sleep(max(0.0, duration.total_seconds() / SPEED))


class Turnstile:
    """Lets a thread that has run a statement wait until others have run some, now and then."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._moved = threading.Condition()
        self._passed = 0

    def watch(self, database: Database) -> None:
        event.listen(database.engine, "after_cursor_execute", self._pass)

    def _pass(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        share = HELD_UP_LOCKING if LOCKS.search(statement) else HELD_UP
        with self._moved:
            self._passed += 1
            self._moved.notify_all()
            if self._chance.random() < share:
                enough = self._passed + self._chance.randint(2, 12)
                # The others may all wait for a lock of ours, so not for long.
                self._moved.wait_for(lambda: self._passed >= enough, timeout=0.01)


@dataclass
class Messages:
    """A queue that loses some messages, and hands others out twice."""

    chance: random.Random
    waiting: "queue.Queue[str | None]" = field(default_factory=queue.Queue)

    def dial(self, attempt_id: str, *, label: str) -> None:
        for _ in range(self.chance.choices((0, 1, 2), weights=(1, 5, 14))[0]):
            self.waiting.put(attempt_id)

    def settle(self, event_row: int) -> None: ...

    def run_errands(self) -> None: ...

    def plan(self) -> None: ...


def confused(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Place the call, and answer with another one."""
    call = retell.place(body)
    others = [one for one in retell.calls.values() if one is not call]
    return httpx.Response(201, json=call | {"call_id": others[-1]["call_id"] if others else "?"})


USUAL: dict[Act, int] = {
    placed: 100,
    executed_then_silent: 1,
    executed_then(503): 1,
    refused(400, "number is not valid"): 2,
    refused(429, "slow down", Retry_After="1"): 1,
}
CONFUSED = {placed: 4, confused: 1}


@dataclass
class Carrier(ScriptedRetell):
    """A Retell for many threads, whose webhooks may come before the answer, and several times."""

    chance: random.Random = field(default_factory=random.Random)
    answers: dict[Act, int] = field(default_factory=lambda: USUAL)
    guard: threading.RLock = field(default_factory=threading.RLock)
    wire: "queue.Queue[str | None]" = field(default_factory=queue.Queue)
    deliver: Callable[[bytes], None] = lambda body: None
    two_at_once: set[str] = field(default_factory=set)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v2/create-phone-call":
            with self.guard:
                return super().handle_request(request)
        told: list[bytes] = []
        try:
            with self.guard:
                act = self.chance.choices(list(self.answers), list(self.answers.values()))[0]
                self.acts.append(act)
                known = len(self.calls)
                try:
                    return super().handle_request(request)
                finally:
                    if len(self.calls) > known:
                        told = self._ring(list(self.calls.values())[-1])
        finally:  # before the answer is read
            for body in told:
                self.deliver(body)

    def _ring(self, call: dict[str, Any]) -> list[bytes]:
        """Let a call begin; gives what is told of it before the request is answered."""
        same_number = [one for one in self.calls.values() if one["to_number"] == call["to_number"]]
        if sum(one["call_status"] != "ended" for one in same_number) > 1:
            self.two_at_once.add(call["to_number"])
        attempt_id = call["metadata"]["attempt_id"]
        if len(self.calls_of(attempt_id)) > 1:
            return []  # found before long
        if self.chance.random() < 0.3:
            return self.go_through(attempt_id)
        self.wire.put(attempt_id)
        return []

    def go_through(self, attempt_id: str) -> list[bytes]:
        """Let a call be answered, end and be analyzed; gives its webhooks, in any order."""
        with self.guard:
            bodies = [
                self.answer(attempt_id),
                self.end(attempt_id, self.chance.choice(HANG_UPS)),
                self.analyze(attempt_id),
            ]
            told = [body for body in bodies for _ in range(self.chance.choice((1, 1, 2)))]
            self.chance.shuffle(told)
        return told


@dataclass
class Contention:
    """Two running campaigns that share people, and everybody at work on them."""

    world: World
    retell: Carrier
    messages: Messages
    chance: random.Random
    campaign_ids: tuple[int, int]
    lead_ids: list[int]
    whims: "Sequence[Whim] | None" = None  # these and no others, until all is over
    over: threading.Event = field(default_factory=threading.Event)
    found: set[str] = field(default_factory=set)
    errors: list[BaseException] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)  # what the database would not do
    opted_out_at: dict[str, datetime] = field(default_factory=dict)
    paused: list[tuple[int | None, datetime, datetime]] = field(default_factory=list)

    def run(
        self,
        *,
        until: str | None = None,
        enough: "Callable[[Contention], bool]" = lambda scene: False,
    ) -> set[str]:
        """Let everybody loose until every lead is closed or something is found; gives what.

        `until` names what to go on for, whatever else is found, as long as it is not `enough`.
        """
        crew: list[Callable[[], object]] = [
            *[self._plan] * PLANNERS,
            *[self._work] * WORKERS,
            *[self._carry] * CARRIERS,
            *[partial(self._change_minds, one) for one in self.campaign_ids],
        ]
        threads = [threading.Thread(target=self._guarded, args=(one,)) for one in crew]
        for thread in threads:
            thread.start()
        deadline = self.world.clock.now() + LONGEST
        while not self.over.wait(timeout=0.1):
            self.found |= self.look()
            if self.world.clock.now() > deadline:
                self.found.add(NOT_CLOSED)
            sought = self.found if until is None else self.found & {until, NOT_CLOSED}
            if sought or enough(self) or self._is_done():
                self.over.set()
        for _ in threads:
            self.messages.waiting.put(None)
            self.retell.wire.put(None)
        for thread in threads:
            thread.join()
        return self.found | self.look()

    def look(self) -> set[str]:
        """Ask the invariants, and what nobody in production can ask."""
        now = self.world.clock.now()
        found = {one.name for one in self.world.db.read(lambda tx: violations(tx, now=now))}
        rows: list[Any] = self.world.db.read(lambda tx: list(tx.execute(attempts.attempt.select())))
        sent = [row for row in rows if row.send_started_at is not None]
        with self.retell.guard:
            posts = Counter(body["metadata"]["attempt_id"] for body in self.retell.posted)
            two_at_once = set(self.retell.two_at_once)
        if max(posts.values(), default=0) > 1:
            found.add(CALLED_TWICE)
        if two_at_once or _overlap(row.phone for row in rows if row.closed_at is None):
            found.add(TWO_AT_ONCE)
        for row in sent:
            said_at = self.opted_out_at.get(row.phone)
            if said_at is not None and row.send_started_at > said_at:
                found.add(AGAINST_OPT_OUT)
            for campaign_id, begun, ended in list(self.paused):
                concerned = campaign_id in (None, row.campaign_id)
                if concerned and begun < row.send_started_at < ended:
                    found.add(AGAINST_PAUSE)
        return found

    def _look_at_claims(self) -> None:
        """Ask right after a claim: what is claimed for a closed lead is given up soon after."""
        found = self.world.db.read(
            lambda tx: list(CLAIMS.broken(tx, Scope(self.world.clock.now())))
        )
        if found:
            self.found.add(CLAIMS.name)
        open_leads = self.world.db.read(lambda tx: list(tx.execute(_OPEN_LEADS).scalars()))
        if _overlap(open_leads):
            self.found.add(CLAIMED_TWICE)

    def _is_done(self) -> bool:
        waiting = "SELECT count(*) FROM lead WHERE status <> 'CLOSED'"
        left = self.world.db.read(lambda tx: tx.exec_driver_sql(waiting).scalar_one())
        return not left and self.retell.wire.empty()

    def _guarded(self, body: Callable[[], object]) -> None:
        try:
            body()
        except BaseException as error:  # noqa: BLE001  # the test shows it
            self.errors.append(error)
            self.over.set()

    def _tolerant(self, step: Callable[[], object]) -> None:
        """Take one step; a unique index that refuses it has done what it is there for."""
        try:
            step()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != "23505":
                raise
            self.refusals.append(str(error.orig))

    def _plan(self) -> None:
        while not self.over.is_set():
            for _ in range(5):
                self._tolerant(lambda: plan(self.world))
                self._look_at_claims()
                self.over.wait(TICK_S)
            self._tolerant(lambda: reconcile(self.world))

    def _work(self) -> None:
        while (attempt_id := self.messages.waiting.get()) is not None:
            if not self.over.is_set():
                self._tolerant(partial(dial, self.world, attempt_id))

    def _carry(self) -> None:
        while (attempt_id := self.retell.wire.get()) is not None:
            if not self.over.is_set():
                for body in self.retell.go_through(attempt_id):
                    self.deliver(body)

    def deliver(self, body: bytes) -> None:
        row = receive(self.world, body, now=self.world.clock.now())
        if row is not None:
            self._tolerant(partial(settle, self.world, row))

    # -- people

    def _change_minds(self, campaign_id: int) -> None:
        chance = random.Random(campaign_id)
        whims = self.whims or tuple(one for one, times in USUAL_WHIMS.items() for _ in range(times))
        for _ in itertools.repeat(None) if self.whims else range(WHIMS):
            if self.over.is_set():
                return
            with suppress(UserError):  # too late for that
                chance.choice(whims)(self, campaign_id, chance)

    def _somebody_due(self, campaign_id: int, chance: random.Random) -> Lead:
        """Choose somebody who may be claimed this moment, if anybody is left."""
        first = leads.lead.select().where(leads.lead.c.campaign_id == campaign_id)
        ready = first.where(leads.lead.c.status == LeadStatus.READY).order_by(leads.lead.c.id)
        rows = self.world.db.read(lambda tx: list(tx.execute(ready.limit(6))))
        lead_id = chance.choice(rows).id if rows else chance.choice(self.lead_ids)
        lead = self.world.db.read(lambda tx: leads.get(tx, lead_id))
        assert lead is not None
        return lead

    def _breathe(self) -> tuple[datetime, datetime]:
        """Let the others run some statements; gives the moments before and after."""
        begun = self.world.clock.now()
        for _ in range(5):
            self.world.db.ping()
        return begun, self.world.clock.now()

    def opt_out(self, campaign_id: int, chance: random.Random) -> None:
        lead = self._somebody_due(campaign_id, chance)
        do_not_call.add(self.world, lead.phone, OptOut("asked", OptOutSource.HAND, actor="test"))
        self.opted_out_at.setdefault(lead.phone, self.world.clock.now())

    def pause(self, campaign_id: int, chance: random.Random) -> None:
        control.pause(self.world, campaign_id, actor="test")
        begun, ended = self._breathe()
        control.resume(self.world, campaign_id, actor="test")
        self.paused.append((campaign_id, begun, ended))

    def pause_everything(self, campaign_id: int, chance: random.Random) -> None:
        control.pause_everything(self.world, actor="test")
        self._breathe()
        control.resume_everything(self.world, actor="test")

    def close_the_window(self, campaign_id: int, chance: random.Random) -> None:
        days = f"{NOW - timedelta(days=2):%Y-%m-%d}/{NOW + timedelta(days=2):%Y-%m-%d}"
        edit(self.world, campaign_id, {"window.blackout": [days]}, actor="test")
        begun, ended = self._breathe()
        edit(self.world, campaign_id, {"window.blackout": []}, actor="test")
        self.paused.append((campaign_id, begun, ended))

    def change_limits(self, campaign_id: int, chance: random.Random) -> None:
        lines = chance.randint(*LINES)
        self.world.db.transact(lambda tx: gate.set_limits(tx, lines=lines))
        limits = {"limits.lines": chance.choice((None, 2, 5))}
        edit(self.world, campaign_id, limits, actor="test")

    def skip(self, campaign_id: int, chance: random.Random) -> None:
        lead_id = self._somebody_due(campaign_id, chance).id
        skip(self.world, lead_id, reason="test", actor="test")

    def retry(self, campaign_id: int, chance: random.Random) -> None:
        retry(self.world, chance.choice(self.lead_ids), at=None, actor="test")


Whim = Callable[[Contention, int, random.Random], None]
USUAL_WHIMS: dict[Whim, int] = {
    Contention.opt_out: 2,
    Contention.skip: 2,
    Contention.retry: 1,
    Contention.pause: 4,
    Contention.pause_everything: 1,
    Contention.close_the_window: 2,
    Contention.change_limits: 2,
}


_OPEN_LEADS = select(attempts.attempt.c.lead_id).where(attempts.attempt.c.closed_at.is_(None))


def _overlap(called: Iterable[Any]) -> bool:
    """Tell whether two of the open attempts are at one number, or one lead."""
    return max(Counter(called).values(), default=0) > 1


class Forgetful(Memory):
    """A process that does not remember which claims it has seen.

    One that does stops all calling as soon as claims overtake each other, before they can be seen
    to do harm.
    """

    def is_behind(self, turn: int) -> bool:
        return False


def contend(
    url: str,
    *,
    seed: int,
    answers: dict[Act, int] = USUAL,
    whims: Sequence[Whim] | None = None,
    witness: Memory | None = None,
) -> Contention:
    """Make two running campaigns that share people, on few lines; nobody is at work yet."""
    clock, chance = FastClock(), random.Random(seed)
    retell = Carrier(clock, chance=random.Random(chance.random()), answers=answers)
    messages = Messages(random.Random(chance.random()))
    world = make_world(url, provider=open_client(retell, clock=clock), clock=clock)
    world = replace(world, queue=messages, witness=witness or Memory())
    Turnstile(seed).watch(world.db)
    world.db.transact(lambda tx: gate.set_limits(tx, lines=LINES[0]))
    spec = make_spec(
        cadence={"max_attempts": 3, "max_free_tries": 4, "delays": SOON},
        hold={"failed_share": None, "opted_out_share": None},
    )
    made = control.create(world, spec, actor="test"), control.create(world, spec, actor="test")
    lead_ids = world.db.transact(partial(_add_people, campaign_ids=made, now=clock.now()))
    for campaign_id in made:
        control.start(world, campaign_id, actor="test")
    scene = Contention(world, retell, messages, chance, made, lead_ids, whims)
    retell.deliver = scene.deliver
    return scene


def _add_people(tx: Connection, *, campaign_ids: tuple[int, int], now: datetime) -> list[int]:
    shared = [f"+1212{2_000_000 + number}" for number in range(LEADS // 2)]
    return [
        make_lead(tx, campaign_id, now=now, phone=phone)
        for campaign_id in campaign_ids
        for phone in [*shared, *(None for _ in range(LEADS // 2))]
    ]
