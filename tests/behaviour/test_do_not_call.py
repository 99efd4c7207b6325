"""Do not call: whoever asked not to be called is not, from the moment it is stored."""

import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, Stage, make_stage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dialer.actions import do_not_call
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.store import ledger, registries, suppressions
from dialer.store.database import Connection

PHONE = "+12125550199"
IN_AN_HOUR = NOW + timedelta(hours=1)


def wish(**changes: Any) -> OptOut:
    """Make the wish of a person, typed by hand: everywhere and for good."""
    values: dict[str, Any] = {"reason": "asked", "source": OptOutSource.HAND, "actor": "test"}
    return OptOut(**(values | changes))


def opt_out(stage: Stage, phone: str = PHONE, **changes: Any) -> do_not_call.OptedOut:
    return do_not_call.add(stage.world, phone, wish(**changes))


def write_down(stage: Stage, phone: str = PHONE, **changes: Any) -> None:
    """Put a number on the list and close nothing, as if its leads came later."""
    now = stage.clock.now()
    stage.world.db.transact(lambda tx: suppressions.add(tx, [phone], wish(**changes), now=now))


def register(stage: Stage, phone: str = PHONE) -> None:
    """Put a number into a registry."""

    def body(tx: Connection) -> None:
        row = registries.open_named(tx, "national", file_name="a.txt", now=NOW)
        registries.add_numbers(tx, row.id, [int(phone[1:])])
        registries.finish(tx, row.id, dated=NOW.date(), file_name="a.txt", now=NOW)

    stage.world.db.transact(body)


def suppressed(stage: Stage, campaign_id: int, phone: str = PHONE) -> bool:
    now = stage.clock.now()
    return stage.world.db.read(
        lambda tx: suppressions.is_suppressed(tx, phone, campaign_id=campaign_id, now=now)
    )


def actions(stage: Stage) -> list[str]:
    rows = stage.world.db.read(
        lambda tx: list(tx.execute(select(ledger.audit_log).order_by(ledger.audit_log.c.id)))
    )
    return [row.action for row in rows if row.subject == f"phone:{PHONE}"]


def end_of(stage: Stage, lead_id: int) -> tuple[LeadStatus, ClosedAs | None]:
    lead = stage.lead_row(lead_id)
    return lead.status, lead.closed_as


GONE = (LeadStatus.CLOSED, ClosedAs.SUPPRESSED)


# -- refusals


def test_an_opt_out_closes_the_waiting_leads_of_all_campaigns(stage: Stage) -> None:
    ready = stage.lead(phone=PHONE)
    held = stage.lead(phone=PHONE, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    other = stage.lead()
    assert opt_out(stage) == do_not_call.OptedOut(changed=True, closed=2, cancelled=0)
    assert end_of(stage, ready) == end_of(stage, held) == GONE
    assert stage.lead_row(other).status is LeadStatus.READY
    stage.dial(*stage.claim())
    assert [body["to_number"] for body in stage.retell.posted] == [stage.lead_row(other).phone]


def test_an_opt_out_of_one_campaign_leaves_the_others_alone(stage: Stage) -> None:
    here, there = stage.campaign(), stage.campaign()
    mine, theirs = stage.lead(here, phone=PHONE), stage.lead(there, phone=PHONE)
    assert opt_out(stage, campaign_id=here).closed == 1
    assert end_of(stage, mine) == GONE
    assert (suppressed(stage, here), suppressed(stage, there)) == (True, False)
    stage.call(theirs)
    assert len(stage.retell.posted) == 1


def test_an_opt_out_gives_up_a_call_that_was_claimed_and_not_sent(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)
    (attempt_id,) = stage.claim()
    assert opt_out(stage).cancelled == 1
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    assert end_of(stage, lead_id) == GONE
    stage.dial(attempt_id)
    assert stage.retell.posted == []


@pytest.mark.parametrize("is_registry", [False, True])
def test_a_number_listed_after_the_claim_is_refused_by_the_send_gate(
    stage: Stage, is_registry: bool
) -> None:
    lead_id = stage.lead(phone=PHONE)
    (attempt_id,) = stage.claim()
    (register if is_registry else write_down)(stage)
    stage.dial(attempt_id)
    assert stage.retell.posted == []
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    assert end_of(stage, lead_id) == GONE


def test_a_number_in_a_registry_is_never_claimed(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)
    register(stage)
    assert stage.claim() == []
    assert end_of(stage, lead_id) == GONE


def test_a_lead_that_came_after_the_opt_out_is_never_claimed(stage: Stage) -> None:
    opt_out(stage)
    lead_id = stage.lead(phone=PHONE)
    assert stage.claim() == []
    assert end_of(stage, lead_id) == GONE


def test_a_call_that_is_out_goes_on_and_its_lead_closes_with_it(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)
    attempt_id = stage.call(lead_id)
    stage.clock.pass_time(seconds=1)
    assert opt_out(stage) == do_not_call.OptedOut(changed=True, closed=0, cancelled=0)
    stage.deliver(stage.retell.end(attempt_id, "dial_no_answer"))
    assert end_of(stage, lead_id) == GONE


def test_an_entry_that_would_be_over_already_is_refused(stage: Stage) -> None:
    with pytest.raises(RefusedByRule, match="is over already"):
        opt_out(stage, expires_at=NOW)


def test_a_campaign_that_is_not_there_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound, match="no campaign 41"):
        opt_out(stage, campaign_id=41)


# -- twice, and for how long


def test_opting_out_twice_changes_nothing_more(stage: Stage) -> None:
    opt_out(stage, reason="first")
    again = opt_out(stage, reason="second")
    assert again == do_not_call.OptedOut(changed=False, closed=0, cancelled=0)
    (entry,) = stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))
    assert entry.reason == "first"
    assert actions(stage) == ["do_not_call"]


def test_one_number_may_have_an_entry_for_everywhere_and_one_for_each_campaign(
    stage: Stage,
) -> None:
    campaigns = [stage.campaign(), stage.campaign()]
    for where in (*campaigns, None, None, *campaigns):
        opt_out(stage, campaign_id=where)
    entries = stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))
    assert [entry.campaign_id for entry in entries] == [None, *campaigns]


def test_an_entry_holds_until_it_expires_and_not_longer(stage: Stage) -> None:
    campaign_id = stage.campaign()
    opt_out(stage, expires_at=IN_AN_HOUR)
    stage.clock.pass_time(minutes=59, seconds=59)
    assert suppressed(stage, campaign_id)
    stage.clock.pass_time(seconds=1)
    assert not suppressed(stage, campaign_id)
    lead_id = stage.lead(campaign_id, phone=PHONE)
    stage.call(lead_id)
    assert len(stage.retell.posted) == 1


@pytest.mark.parametrize(
    ("first", "second", "holds_until"),
    [
        (None, IN_AN_HOUR, None),
        (IN_AN_HOUR, None, None),
        (IN_AN_HOUR, IN_AN_HOUR - timedelta(minutes=30), IN_AN_HOUR),
        (IN_AN_HOUR, IN_AN_HOUR + timedelta(hours=1), IN_AN_HOUR + timedelta(hours=1)),
    ],
)
def test_the_longer_of_two_entries_holds(
    stage: Stage, first: datetime | None, second: datetime | None, holds_until: datetime | None
) -> None:
    opt_out(stage, expires_at=first)
    stage.clock.pass_time(minutes=1)
    opt_out(stage, expires_at=second)
    (entry,) = stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))
    assert (entry.created_at, entry.expires_at) == (NOW, holds_until)


def test_an_expired_entry_begins_anew(stage: Stage) -> None:
    opt_out(stage, expires_at=IN_AN_HOUR)
    stage.clock.pass_time(hours=2)
    stage.call(stage.lead(phone=PHONE))
    stage.clock.pass_time(minutes=1)
    assert opt_out(stage).changed
    (entry,) = stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))
    assert (entry.created_at, entry.expires_at) == (stage.clock.now(), None)


# -- removing


def test_removing_an_entry_allows_calls_and_opens_no_lead_again(stage: Stage) -> None:
    campaign_id = stage.campaign()
    lead_id = stage.lead(campaign_id, phone=PHONE)
    opt_out(stage)
    gone = do_not_call.remove(
        stage.world, PHONE, campaign_id=None, reason="was a mistake", actor="test"
    )
    assert gone.reason == "asked"
    assert not suppressed(stage, campaign_id)
    assert end_of(stage, lead_id) == GONE
    assert actions(stage) == ["do_not_call", "allow_calls"]


def test_removing_what_is_not_there_says_what_is(stage: Stage) -> None:
    campaign_id = stage.campaign()

    def remove() -> str | None:
        with pytest.raises(NotFound) as caught:
            do_not_call.remove(stage.world, PHONE, campaign_id=None, reason="x", actor="test")
        return caught.value.why

    assert remove() is None
    register(stage)
    assert remove() == "it is in a registry, which is not ours to change: national"
    opt_out(stage, campaign_id=campaign_id)
    assert remove() == f"it is on the list: campaign {campaign_id}"


def test_a_look_up_tells_of_entries_registries_and_what_they_mean(stage: Stage) -> None:
    campaign_id = stage.campaign()

    def known(where: int | None) -> do_not_call.Known:
        now = stage.clock.now()
        return stage.world.db.read(
            lambda tx: do_not_call.look_up(tx, PHONE, campaign_id=where, now=now)
        )

    assert known(None) == do_not_call.Known([], [], suppressed=False)
    opt_out(stage, campaign_id=campaign_id, expires_at=IN_AN_HOUR)
    assert (known(None).suppressed, known(campaign_id).suppressed) == (False, True)
    stage.clock.pass_time(hours=1)
    assert (len(known(None).entries), known(campaign_id).suppressed) == (1, False)
    register(stage)
    assert [one.name for one in known(None).registries] == ["national"]
    assert known(None).suppressed


# -- the net below


def test_retell_is_asked_to_honour_its_own_list_unless_the_campaign_says_otherwise(
    stage: Stage,
) -> None:
    stage.call()
    stage.call(stage.lead(stage.campaign(honor_internal_dnc=False)))
    first, second = stage.retell.posted
    assert first["honor_internal_dnc"] is True
    assert "honor_internal_dnc" not in second


# -- in any order

_SCOPES = st.sampled_from(["everywhere", "first", "second"])
_STEPS = st.one_of(
    st.tuples(st.just("add"), _SCOPES, st.sampled_from([None, 30, 90])),
    st.tuples(st.just("write_down"), _SCOPES, st.sampled_from([None, 30, 90])),
    st.tuples(st.just("remove"), _SCOPES),
    st.tuples(st.just("pass_time"), st.sampled_from([1, 30, 60])),
    st.tuples(st.just("register")),
    st.tuples(st.just("claim")),
    st.tuples(st.just("send")),
    st.tuples(st.just("hang_up")),
)


class Play:
    """One number in two campaigns, and what a plain reading of the rule says about it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.campaigns = {"first": stage.campaign(), "second": stage.campaign()}
        self.leads = [stage.lead(one, phone=PHONE) for one in self.campaigns.values()]
        self.wishes: dict[int | None, datetime | None] = {}
        self.registered = False
        self.claimed: list[str] = []

    def forbidden(self, campaign_id: int) -> bool:
        now = self.stage.clock.now()
        ends = [self.wishes[one] for one in (None, campaign_id) if one in self.wishes]
        return self.registered or any(end is None or end > now for end in ends)

    def add(self, scope: str, minutes: int | None) -> None:
        opt_out(self.stage, **self._wish(scope, minutes))

    def write_down(self, scope: str, minutes: int | None) -> None:
        write_down(self.stage, **self._wish(scope, minutes))

    def _wish(self, scope: str, minutes: int | None) -> dict[str, Any]:
        where = self.campaigns.get(scope)
        end = None if minutes is None else self.stage.clock.now() + timedelta(minutes=minutes)
        old = self.wishes.get(where, NOW)
        self.wishes[where] = None if end is None or old is None else max(end, old)
        return {"campaign_id": where, "expires_at": end}

    def remove(self, scope: str) -> None:
        where = self.campaigns.get(scope)
        if where in self.wishes:
            del self.wishes[where]
            do_not_call.remove(
                self.stage.world, PHONE, campaign_id=where, reason="test", actor="test"
            )

    def pass_time(self, minutes: int) -> None:
        self.stage.wait(minutes=minutes)

    def register(self) -> None:
        register(self.stage)
        self.registered = True

    def claim(self) -> None:
        self.claimed += self.stage.claim()

    def send(self) -> None:
        before = len(self.stage.retell.posted)
        self.stage.dial(*self.claimed)
        self.claimed.clear()
        for body in self.stage.retell.posted[before:]:
            assert not self.forbidden(int(body["metadata"]["campaign_id"]))

    def hang_up(self) -> None:
        for lead_id in self.leads:
            for attempt in self.stage.attempts_of(lead_id):
                if attempt.status is AttemptStatus.PLACED:
                    self.stage.deliver(self.stage.retell.end(attempt.id, "dial_no_answer"))


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(_STEPS, min_size=3, max_size=14))
def test_in_whatever_order_things_happen_no_forbidden_call_is_sent(
    sqlite_template: Path, tmp_path: Path, steps: list[tuple[Any, ...]]
) -> None:
    path = tmp_path / "play.db"
    shutil.copy(sqlite_template, path)
    stage = make_stage(f"sqlite:///{path}")
    try:
        play = Play(stage)
        for name, *arguments in [*steps, ("claim",), ("send",)]:
            getattr(play, name)(*arguments)
        assert stage.violations() == []
    finally:
        stage.world.db.close()


# -- at the same moment


@pytest.mark.parametrize("gives_up", [True, False])
def test_a_send_gate_waits_for_an_opt_out_and_then_refuses(
    postgres_url: str, gives_up: bool
) -> None:
    stage = make_stage(postgres_url)
    lead_id = stage.lead(phone=PHONE)
    (attempt_id,) = stage.claim()
    worker = threading.Thread(target=stage.dial, args=[attempt_id])

    def body(tx: Connection) -> None:
        suppressions.lock_person(tx, PHONE)
        worker.start()
        wait_until_somebody_waits(stage)
        if gives_up:
            do_not_call.suppress(tx, PHONE, wish(), now=NOW)
        else:
            suppressions.add(tx, [PHONE], wish(), now=NOW)

    stage.world.db.transact(body)
    worker.join()
    assert stage.retell.posted == []
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    assert end_of(stage, lead_id) == GONE
    stage.world.db.close()


def wait_until_somebody_waits(stage: Stage) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while not stage.world.db.read(lambda tx: tx.exec_driver_sql(waiting).scalar_one()):
        pass


def test_two_opt_outs_at_the_same_moment_keep_the_longer_one(postgres_url: str) -> None:
    stage = make_stage(postgres_url)
    for_good = threading.Thread(target=write_down, args=[stage])

    def body(tx: Connection) -> None:
        suppressions.add(tx, [PHONE], wish(expires_at=IN_AN_HOUR), now=NOW)
        for_good.start()
        wait_until_somebody_waits(stage)

    stage.world.db.transact(body)
    for_good.join()
    (entry,) = stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))
    assert entry.expires_at is None
    stage.world.db.close()
