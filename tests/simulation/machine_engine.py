"""A state machine over the single steps of the engine: whatever happens next, nothing breaks.

Each rule is one step that some process, person or provider may take at any moment: a claim, a
send gate, an answer, a webhook, a look-up, an opt-out, an edit, an hour that passes. Between the
steps everything may die, repeat, come late or never. After each all invariants hold; in the end,
when everything has run out, every lead is closed or held with a reason.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

import hypothesis.strategies as st
from databases import Killed, killed_after
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.actions import control
from dialer.actions import dial as dialing
from dialer.actions.dial import Sending, dial
from dialer.actions.plan import plan
from dialer.actions.receive import receive
from dialer.actions.reconcile import reconcile
from dialer.actions.record import record_failure, record_placed
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.domain.patience import SEND_DEADLINE
from dialer.domain.states import CampaignStatus
from dialer.errors import CallError, UserError
from dialer.retell.client import CreatedCall
from dialer.store import gate
from simulation.machine_people import EDITS, WHIMS, People, pick
from simulation.machine_stage import PHONES, QUICK, STARTS, USUAL, add_campaign, open_stage
from simulation.machine_wire import ANSWERS, HANG_UPS
from simulation.machine_wire import USUAL as USUAL_ANSWERS

T = TypeVar("T")

ANY = st.integers(0, 99)
"""Which one of several; counted round, so that each choice shrinks to the first."""
ANSWER = st.sampled_from([*USUAL_ANSWERS, *ANSWERS])
REASON = st.sampled_from(HANG_UPS)
AS_IF_ASLEEP = frozenset({"I4", "I14"})
"""What no process can have kept while none of them ran; holds again after the next look."""
STEPS = ("gate", "send", "record", "send", "record", "die")
TURNS = ("over", "over", "answered", "analyzed")
TOLD = ("now", "twice", "late", "late")
DURATIONS = (
    *(timedelta(seconds=seconds) for seconds in (1, 5, 11, 30, 61, 121, 151, 200)),
    *(timedelta(minutes=minutes) for minutes in (5, 16, 61, 155, 600)),
    timedelta(days=1),
)


class EngineMachine(RuleBasedStateMachine):
    """Steps of planners, workers, the provider and people, in any order."""

    @initialize(
        start_at=st.sampled_from(STARTS),
        lines=st.integers(1, 3),
        people=st.integers(1, len(PHONES)),
        shared=st.integers(0, len(PHONES)),
    )
    def begin(self, start_at: Any, lines: int, people: int, shared: int) -> None:
        self.stage = open_stage(start_at=start_at, lines=lines)
        self.world: World = self.stage.world
        self.wire = self.stage.wire
        phones = list(PHONES)
        add_campaign(self.stage, *phones[:people], **QUICK)
        if shared:
            add_campaign(self.stage, *phones[:shared], **USUAL)
        self.sendings: list[Sending] = []  # passed the gate, not written
        self.answers: list[tuple[Sending, CreatedCall | CallError]] = []  # read, not recorded
        self.letters: list[bytes] = []  # webhooks, delivered or not
        self.events: list[int] = []  # received, settled or not
        self.people = People(self.stage)
        self.asleep = False

    # -- planners and workers

    @precondition(lambda self: self.stage.somebody_is_due())
    @rule()
    def claim(self) -> None:
        plan(self.world)

    @precondition(lambda self: self.stage.queue.dialed)
    @rule(step=st.sampled_from(STEPS), which=ANY, answer=ANSWER)
    def work(self, step: str, which: int, answer: str) -> None:
        """One step of a worker, for any attempt; the answer may be read long before it is kept."""
        if step == "gate" or not (self.sendings or self.answers):
            self._pass_gate(which)
        elif step == "die":
            take(self.sendings, which)
            take(self.answers, which)
        elif (step == "send" and self.sendings) or not self.answers:
            sending = take(self.sendings, which)
            assert sending is not None
            self.answers.append((sending, self._post(sending, answer)))
        else:
            answered = take(self.answers, which)
            assert answered is not None
            self._record(*answered)

    def _pass_gate(self, which: int) -> None:
        attempt_id = pick(self.stage.queue.dialed[::-1], which)  # the latest are the simplest
        assert attempt_id is not None
        passed = self.world.db.transact(lambda tx: dialing.pass_gate(tx, self.world, attempt_id))
        if isinstance(passed, Sending):
            assert self.wire.forbidden.why_not_begun(passed.body) is None
            self.sendings.append(passed)

    @precondition(lambda self: self.stage.somebody_is_due())
    @rule(answer=ANSWER)
    def call_somebody(self, answer: str) -> None:
        """All steps of a call up to its answer, so that much can happen in a few rules."""
        seen = len(self.stage.queue.dialed)
        plan(self.world)
        for attempt_id in self.stage.queue.dialed[seen:]:
            self.wire.then(ANSWERS[answer])
            dial(self.world, attempt_id)
            self.wire.acts.clear()

    def _post(self, sending: Sending, answer: str) -> CreatedCall | CallError:
        self.wire.then(ANSWERS[answer])
        written = len(self.wire.posted)
        try:
            return self.world.provider.create_phone_call(
                sending.body, send_by=sending.started_at + dialing.SEND_DEADLINE
            )
        except CallError as error:
            return error
        finally:
            self.wire.acts.clear()
            is_late = self.stage.now - sending.started_at > SEND_DEADLINE
            assert not is_late or len(self.wire.posted) == written

    def _record(self, sending: Sending, outcome: CreatedCall | CallError) -> None:
        attempt_id = sending.attempt_id
        if isinstance(outcome, CreatedCall):
            self.world.db.transact(lambda tx: record_placed(tx, self.world, attempt_id, outcome))
        elif self.world.db.transact(
            lambda tx: record_failure(tx, world=self.world, attempt_id=attempt_id, error=outcome)
        ):
            plan(self.world)

    @rule()
    def look(self) -> None:
        reconcile(self.world)
        self.asleep = False

    @precondition(lambda self: self.stage.queue.dialed)
    @rule(transactions=st.integers(0, 5))
    def look_and_die(self, transactions: int) -> None:
        with suppress(Killed):
            reconcile(killed_after(self.world, transactions))

    # -- the provider

    @precondition(lambda self: self.wire.calls)
    @rule(turn=st.sampled_from(TURNS), which=ANY, reason=REASON, told=st.sampled_from(TOLD))
    def go_on(self, turn: str, which: int, reason: str | None, told: str) -> None:
        """A call takes a turn, and a webhook about it is lost, comes late, now, or twice."""
        if turn == "answered" and (ringing := self._attempts_with("registered")):
            body = self.wire.answer(ringing[which % len(ringing)])
        elif turn == "analyzed" and (over := self._attempts_with("ended")):
            body = self._analyze(over[which % len(over)], in_voicemail=which % 2 > 0)
        elif going_on := self._attempts_with("registered", "ongoing"):
            body = self.wire.end(going_on[which % len(going_on)], reason)
        else:
            return
        self.letters.append(body)
        for _ in range({"now": 1, "twice": 2}.get(told, 0)):
            self._deliver(body)

    def _analyze(self, attempt_id: str, *, in_voicemail: bool) -> bytes:
        said = {"do_not_call": "perhaps"} if in_voicemail else {}
        found = {"in_voicemail": in_voicemail, "custom_analysis_data": said}
        return self.wire.analyze(attempt_id, call_analysis=found)

    @precondition(lambda self: self.letters)
    @rule(which=ANY, is_settled=st.booleans())
    def receive(self, which: int, is_settled: bool) -> None:
        """A webhook comes, perhaps not for the first time; it may be settled later."""
        body = pick(self.letters, which)
        assert body is not None
        row = receive(self.world, body, now=self.stage.now)
        if row is not None:
            self.events.append(row)
        if is_settled and self.events:
            settle(self.world, self.events[which % len(self.events)])

    @precondition(lambda self: self.stage.queue.dialed)
    @rule(kind=st.sampled_from(["down", "cut", "mended", "hidden", "late"]), which=ANY)
    def trouble(self, kind: str, which: int) -> None:
        """Let look-ups fail, or end nowhere, or miss a call; or an old request be carried out."""
        call = pick(list(self.wire.calls.values()), which)
        if kind == "hidden" and call is not None:
            self.wire.hide(call["call_id"])
        elif kind == "late" and self.wire.delayed:
            self.wire.carry_out(which % len(self.wire.delayed))
        else:
            self.wire.down, self.wire.list_cut = kind == "down", kind == "cut"

    def _attempts_with(self, *statuses: str) -> list[str]:
        calls = [one for one in self.wire.calls.values() if one["call_status"] in statuses]
        return [one["metadata"]["attempt_id"] for one in calls]

    def _deliver(self, body: bytes) -> None:
        row = receive(self.world, body, now=self.stage.now)
        if row is not None:
            settle(self.world, row)

    # -- people

    @rule(whim=st.sampled_from(WHIMS), which=ANY, changes=st.sampled_from(EDITS))
    def change_a_mind(self, whim: str, which: int, changes: dict[str, Any]) -> None:
        with suppress(UserError):  # too late for that, or not allowed
            getattr(self.people, whim)(which, changes)

    # -- time

    @rule(duration=st.sampled_from(DURATIONS))
    def wait(self, duration: timedelta) -> None:
        self._pass_time(duration)

    def _pass_time(self, duration: timedelta) -> None:
        self.stage.clock.moment += duration
        self.asleep = True
        for attempt_id in self.wire.keep_promises(self.stage.now):
            self.letters.append(self.wire.end(attempt_id, "user_hangup"))

    # -- what holds

    @invariant()
    def nothing_is_broken(self) -> None:
        if hasattr(self, "stage"):
            assert self.stage.broken(excused=AS_IF_ASLEEP if self.asleep else frozenset()) == []

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            try:
                self._run_out()
            finally:
                self.stage.close()

    def _run_out(self) -> None:
        """Let everything come to its end under a provider without faults."""
        self.wire.down = self.wire.list_cut = False
        self.wire.hidden.clear()
        control.resume_everything(self.world, actor="machine")
        self.wire.forbidden.everything = None
        self.world.db.transact(lambda tx: gate.set_limits(tx, lines=3, calls_per_second=None))
        for turn in range(120):
            self._go_on()
            self.claim()
            for attempt_id in dict.fromkeys(self.stage.queue.dialed):
                dial(self.world, attempt_id)
            self.stage.queue.dialed.clear()
            for attempt_id in self._attempts_with("registered", "ongoing"):
                self._deliver(self.wire.end(attempt_id, "user_hangup"))
            self.look()
            if not self.stage.unfinished():
                break
            # All turns together outlast a day: so long a number may be used up.
            shortest = timedelta(seconds=1) if turn < 30 else timedelta(minutes=20)
            moment = self.stage.next_moment() or self.stage.now
            self._pass_time(max(moment - self.stage.now, shortest))
        self.look()
        assert self.stage.unfinished() == []
        assert self.stage.broken() == []
        known = {row.call_id for row in self.stage.attempt_rows()}
        assert set(self.wire.calls) <= known

    def _go_on(self) -> None:
        """Resume what is halted, and start what is only drafted."""
        for row in self.stage.campaign_rows():
            with suppress(UserError):
                if row.status in (CampaignStatus.PAUSED, CampaignStatus.HELD):
                    control.resume(self.world, row.id, actor="machine")
                    self.wire.forbidden.halted.pop(row.id, None)
                elif row.status is CampaignStatus.DRAFT:
                    control.start(self.world, row.id, actor="machine")


def take(choices: list[T], which: int) -> T | None:
    """Take one of several away and give it."""
    return choices.pop(which % len(choices)) if choices else None
