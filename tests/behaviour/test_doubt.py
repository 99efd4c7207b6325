"""What casts doubt on a database, what a doubt stops, and how it is settled."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from databases import interrupted_by
from factories import Stage

from dialer.actions import control, doubting
from dialer.actions.audit import audit
from dialer.actions.dial import dial
from dialer.actions.doubting import check_memory
from dialer.actions.explain import explain
from dialer.actions.health import health
from dialer.actions.provider_audit import LISTED_WITHIN, compare
from dialer.domain.states import AttemptStatus, ClosedAs, LeadStatus
from dialer.errors import ProviderUnavailable, RefusedByRule
from dialer.store import (
    doubts,
    forgotten,
    gate,
    incidents,
    leads,
    suppressions,
    webhooks,
)
from dialer.store.ledger import of_subject
from dialer.witness import Memory, Noted


@dataclass
class Remembers(Memory):
    """A witness whose notes outlive the process, and the database."""

    sends: list[Noted] = field(default_factory=list)
    kept: list[Noted] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def note(self, install: str, attempt_id: str, *, at: object) -> None:
        self.sends.append(Noted(attempt_id, at))  # type: ignore[arg-type]

    def noted(self, install: str) -> list[Noted]:
        return self.sends

    def keep(self, install: str, sends: object) -> None:
        self.kept = list(sends)  # type: ignore[call-overload]


@pytest.fixture
def witness(stage: Stage) -> Remembers:
    """Give the witness of a stage; the doubts of its test are told, and excused."""
    witness = Remembers()
    stage.world = replace(stage.world, witness=witness)
    stage.excused |= {"I16"}
    return witness


def sql(stage: Stage, *statements: str) -> None:
    for statement in statements:
        stage.world.db.transact(lambda tx, do=statement: tx.exec_driver_sql(do))  # type: ignore[misc]


def forget_send(stage: Stage, attempt_id: str, lead_id: int) -> None:
    """Put attempt and lead back to the moment before the claim."""
    sql(
        stage,
        f"DELETE FROM attempt_event WHERE attempt_id = '{attempt_id}'",
        f"DELETE FROM attempt WHERE id = '{attempt_id}'",
    )
    back = {"status": LeadStatus.READY, "due_at": stage.clock.now(), "tries": 0, "attempts": 0}
    stage.world.db.transact(lambda tx: leads.change(tx, lead_id, **back))


def doubt(stage: Stage) -> None:
    doubting.restored(stage.world, actor="ann", reason="A backup was put back.")


def is_doubted(stage: Stage) -> bool:
    return stage.gate().is_doubted


def settle_it(stage: Stage) -> None:
    """Let the comparison run until the list shows everything."""
    for _ in range(7):
        stage.clock.pass_time(seconds=60)
        stage.reconcile()
        audit(stage.world)


def test_a_send_noted_beside_the_database_that_it_does_not_know_casts_doubt(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    assert [one.attempt_id for one in witness.sends] == [attempt_id]
    check_memory(stage.world)
    assert not is_doubted(stage)
    forget_send(stage, attempt_id, lead_id)
    check_memory(stage.world)
    check_memory(stage.world)
    assert is_doubted(stage)
    assert [one.code for one in stage.incidents()] == ["database_doubted"]
    assert stage.claim() == []


def test_the_call_of_a_forgotten_attempt_is_brought_back_and_its_lead_not_called_again(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.retell.answer(attempt_id)
    forget_send(stage, attempt_id, lead_id)
    audit(stage.world)
    row = stage.attempt_row(attempt_id)
    assert (row.status, row.late, row.n) == (AttemptStatus.ONGOING, True, 1)
    assert stage.lead_row(lead_id).status is LeadStatus.IN_FLIGHT
    stage.deliver(stage.retell.end(attempt_id))
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED
    assert (stage.lead_row(lead_id).tries, stage.lead_row(lead_id).attempts) == (1, 1)
    settle_it(stage)
    assert not is_doubted(stage)
    assert stage.incidents() == []
    assert [
        (one.actor, one.action)
        for one in stage.world.db.read(lambda tx: of_subject(tx, "database"))
    ] == [("system", "doubt"), ("system", "trust")]


def test_a_webhook_of_an_attempt_that_is_not_known_casts_doubt_and_is_settled_afterwards(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    witness.sends.clear()
    started = stage.retell.answer(attempt_id)
    ended = stage.retell.end(attempt_id)
    forget_send(stage, attempt_id, lead_id)
    stage.deliver(started, ended)
    assert is_doubted(stage)
    assert stage.claim() == []
    assert len(stage.world.db.read(webhooks.dead)) == 2
    settle_it(stage)
    assert not is_doubted(stage)
    assert stage.world.db.read(webhooks.dead) == []
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED
    assert stage.incidents() == []


def test_an_attempt_known_as_claimed_only_is_told_of_its_call(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.retell.answer(attempt_id)
    sql(
        stage,
        f"DELETE FROM attempt_event WHERE attempt_id = '{attempt_id}' AND from_status IS NOT NULL",
        f"UPDATE attempt SET status = 'INTENT', call_id = NULL, send_started_at = NULL,"
        f" sent_at = NULL, request = NULL WHERE id = '{attempt_id}'",
    )
    audit(stage.world)
    assert is_doubted(stage)
    row = stage.attempt_row(attempt_id)
    assert (row.status, row.late) == (AttemptStatus.ONGOING, True)
    dial(stage.world, attempt_id)
    assert len(stage.retell.posted) == 1
    settle_it(stage)
    assert not is_doubted(stage)


def test_a_process_that_has_seen_later_claims_casts_doubt_before_it_claims(stage: Stage) -> None:
    stage.excused |= {"I16"}
    stage.leads(3)
    assert len(stage.claim()) == 3
    stage.leads(2)
    stage.claim()
    turn = stage.gate().turn
    assert turn == 2
    sql(stage, "UPDATE dial_gate SET turn = 0")
    stage.leads(2)
    assert stage.claim() == []
    assert is_doubted(stage)
    doubting.call_anyway(stage.world, actor="ann", reason="A test.")
    assert stage.gate().turn > turn
    assert len(stage.claim()) == 2


def test_an_attempt_claimed_before_the_doubt_is_not_sent(stage: Stage) -> None:
    stage.excused |= {"I16"}
    lead_id = stage.lead()
    (attempt_id,) = stage.claim()
    doubt(stage)
    stage.dial(attempt_id)
    assert stage.retell.posted == []
    assert stage.status(attempt_id) is AttemptStatus.CANCELLED
    assert stage.lead_row(lead_id).status is LeadStatus.READY
    now = stage.clock.now()
    told = explain(stage.world.db, lead_id, now=now)
    assert "database_doubted" in str(told)


def test_a_doubt_lasts_until_the_list_must_show_every_call(stage: Stage) -> None:
    stage.excused |= {"I16"}
    doubt(stage)
    raised_at = stage.clock.now()
    audit(stage.world)
    while is_doubted(stage):
        stage.clock.pass_time(seconds=60)
        audit(stage.world)
    assert stage.clock.now() - raised_at == LISTED_WITHIN


@pytest.mark.parametrize("trouble", ["down", "list_cut"])
def test_a_doubt_stays_while_retell_does_not_answer_wholly(stage: Stage, trouble: str) -> None:
    stage.excused |= {"I4", "I16"}
    stage.call()
    doubt(stage)
    setattr(stage.retell, trouble, True)
    settle_it(stage)
    assert is_doubted(stage)
    setattr(stage.retell, trouble, False)
    settle_it(stage)
    assert not is_doubted(stage)


def test_a_doubt_stays_where_another_workspace_answers(stage: Stage) -> None:
    stage.excused |= {"I16"}
    attempt_id = stage.call()
    stage.deliver(stage.retell.end(attempt_id), stage.retell.analyze(attempt_id))
    doubt(stage)
    stage.retell.calls.clear()
    settle_it(stage)
    assert is_doubted(stage)
    doubting.call_anyway(stage.world, actor="ann", reason="The simulator was started anew.")
    assert not is_doubted(stage)
    with pytest.raises(RefusedByRule, match="nothing doubts"):
        doubting.call_anyway(stage.world, actor="ann", reason="Again.")


def test_what_a_person_trusted_casts_no_doubt_again(stage: Stage, witness: Remembers) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    forget_send(stage, attempt_id, lead_id)
    check_memory(stage.world)
    doubting.call_anyway(stage.world, actor="ann", reason="I know.")
    check_memory(stage.world)
    assert not is_doubted(stage)
    stage.retell.calls.clear()


def test_a_forgotten_attempt_whose_lead_was_called_since_is_an_incident_and_keeps_both(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    first = stage.call(lead_id)
    stage.retell.answer(first)
    forget_send(stage, first, lead_id)
    second = stage.call(lead_id)
    witness.sends.clear()
    audit(stage.world)
    assert is_doubted(stage)
    assert [(one.id, one.n) for one in stage.attempts_of(lead_id)] == [(second, 1), (first, 2)]
    assert "late_call" in {one.code for one in stage.incidents()}
    stage.deliver(stage.retell.end(first), stage.retell.end(second))
    assert stage.lead_row(lead_id).status is LeadStatus.CLOSED
    settle_it(stage)
    assert not is_doubted(stage)


def test_a_call_that_retell_does_not_know_is_told_once(stage: Stage) -> None:
    stage.excused |= {"I16"}
    first, second = stage.call(), stage.call()
    for one in (first, second):
        stage.deliver(stage.retell.end(one), stage.retell.analyze(one))
    gone = stage.retell.call_of(first)["call_id"]
    del stage.retell.calls[gone]
    for _ in range(3):
        stage.clock.pass_time(minutes=61)
        audit(stage.world)
    assert [(one.code, one.subject) for one in stage.incidents()] == [("I19", gone)]
    assert first in stage.incidents()[0].sentence


def test_two_sides_that_agree_tell_nothing(stage: Stage) -> None:
    for _ in range(3):
        one = stage.call()
        stage.deliver(stage.retell.end(one), stage.retell.analyze(one))
    stage.clock.pass_time(minutes=10)
    compared = compare(stage.world)
    assert (compared.complete, compared.known, compared.differences) == (True, 3, [])


def test_a_call_of_another_installation_is_none_of_ours(stage: Stage) -> None:
    stage.retell.place_for_others(
        "+12125550177", metadata={"install": "somebody", "attempt_id": "a", "lead_id": "1"}
    )
    assert compare(stage.world).differences == []
    assert not is_doubted(stage)


def test_a_comparison_without_retell_raises_and_is_tried_again(stage: Stage) -> None:
    stage.retell.down = True
    with pytest.raises(ProviderUnavailable):
        compare(stage.world)
    assert audit(stage.world).provider is None


def test_the_latest_sends_of_all_machines_are_kept_each_minute(
    stage: Stage, witness: Remembers
) -> None:
    attempt_id = stage.call()
    audit(stage.world)
    assert [one.attempt_id for one in witness.kept] == [attempt_id]
    stage.excused -= {"I16"}


def test_health_says_why_nobody_is_called(stage: Stage) -> None:
    stage.excused |= {"I16"}
    doubt(stage)
    found = stage.world.db.read(lambda tx: health(tx, now=stage.clock.now()))
    assert found.doubt is not None
    assert "A backup was put back." in found.doubt
    assert stage.world.db.read(lambda tx: incidents.count_unclosed(tx)) == 1


def test_a_server_that_took_over_casts_doubt_at_the_very_next_claim(stage: Stage) -> None:
    if stage.world.db.is_sqlite:
        assert stage.world.db.read(doubts.standing).mark_now is None  # type: ignore[union-attr]
        return
    stage.excused |= {"I16"}
    stage.lead()
    sql(stage, "UPDATE dial_gate SET server_mark = '00000000' || substr(server_mark, 9)")
    assert stage.gate().is_moved
    assert stage.claim() == []
    found = stage.world.db.read(lambda tx: health(tx, now=stage.clock.now()))
    assert found.doubt is not None
    settle_it(stage)
    assert not is_doubted(stage)
    assert len(stage.claim()) == 1
    assert stage.world.db.read(gate.peek).is_moved is False


def test_what_was_sent_in_the_forgotten_time_is_not_judged_by_the_rows_of_before(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    control.pause_everything(stage.world, actor="ann")
    stage.clock.pass_time(seconds=60)
    control.resume_everything(stage.world, actor="ann")
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id), stage.retell.analyze(attempt_id))
    forget_send(stage, attempt_id, lead_id)
    sql(stage, "DELETE FROM audit_log WHERE action = 'resume_everything'")
    settle_it(stage)
    assert stage.attempt_row(attempt_id).late
    assert "I7" not in {one.name for one in stage.violations()}


def test_an_attempt_that_is_brought_back_is_late_before_its_call_is_applied(stage: Stage) -> None:
    lead_id = stage.lead()
    first = stage.call(lead_id)
    stage.deliver(stage.retell.end(first, "dial_no_answer"), stage.retell.analyze(first))
    row = stage.attempt_row(first)
    sent_at = stage.clock.now() + timedelta(seconds=1)
    values = {
        "id": "forgotten",
        "lead_id": lead_id,
        "campaign_id": row.campaign_id,
        "phone": row.phone,
        "n": 2,
        "from_number": row.from_number,
        "created_at": sent_at,
        "send_at": sent_at,
        "send_started_at": sent_at,
    }
    stage.world.db.transact(
        lambda tx: forgotten.add(tx, now=stage.clock.now(), by="audit", **values)
    )
    assert stage.violations() == []


def test_an_older_call_whose_answer_was_not_written_yet_is_applied_before_a_forgotten_one(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead(stage.campaign(cadence={"delays": {"no_answer": "20s"}}))
    first = stage.call(lead_id)
    stage.deliver(stage.retell.end(first, "dial_no_answer"), stage.retell.analyze(first))
    stage.clock.pass_time(seconds=30)
    second = stage.call(lead_id)
    stage.retell.end(second)
    forget_send(stage, second, lead_id)
    sql(
        stage,
        f"DELETE FROM attempt_event WHERE attempt_id = '{first}'"
        " AND to_status NOT IN ('INTENT', 'SENDING')",
        "UPDATE attempt SET status = 'SENDING', call_id = NULL, closed_at = NULL, rang = NULL,"
        " disposition = NULL, analysis = 'none', sent_at = NULL, retry_at = NULL,"
        f" check_at = send_started_at WHERE id = '{first}'",
        f"UPDATE lead SET status = 'IN_FLIGHT', due_at = NULL, tries = 1 WHERE id = {lead_id}",
    )
    audit(stage.world)
    assert is_doubted(stage)
    assert [one.status for one in stage.attempts_of(lead_id)] == [AttemptStatus.ENDED] * 2
    assert stage.lead_row(lead_id).closed_as is ClosedAs.REACHED
    assert "late_call" not in {one.code for one in stage.incidents()}


def forget_lead(stage: Stage, attempt_id: str, lead_id: int) -> None:
    """Put the rows back to the moment before the lead was imported."""
    forget_send(stage, attempt_id, lead_id)
    sql(stage, f"DELETE FROM lead WHERE id = {lead_id}")


def test_webhooks_of_a_call_whose_lead_is_forgotten_wait_for_nobody(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    ended = stage.retell.end(attempt_id)
    forget_lead(stage, attempt_id, lead_id)
    stage.deliver(ended)
    assert len(stage.world.db.read(webhooks.dead)) == 1
    settle_it(stage)
    assert not is_doubted(stage)
    assert stage.world.db.read(webhooks.dead) == []
    assert [one.code for one in stage.incidents()] == ["I19"]


def test_a_wish_told_late_in_a_call_whose_lead_is_forgotten_is_heeded(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    phone = stage.lead_row(lead_id).phone
    attempt_id = stage.call(lead_id)
    stage.retell.end(attempt_id, None)
    forget_lead(stage, attempt_id, lead_id)
    settle_it(stage)
    assert not is_doubted(stage)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_dnc"))
    suppressed = stage.world.db.read(
        lambda tx: suppressions.is_suppressed(tx, phone, campaign_id=1, now=stage.clock.now())
    )
    assert suppressed


def test_a_doubt_lasts_while_a_call_whose_lead_is_forgotten_goes_on(
    stage: Stage, witness: Remembers
) -> None:
    lead_id = stage.lead()
    phone = stage.lead_row(lead_id).phone
    attempt_id = stage.call(lead_id)
    stage.retell.answer(attempt_id)
    forget_lead(stage, attempt_id, lead_id)
    settle_it(stage)
    assert is_doubted(stage)  # it holds a line, and nobody knows yet what is said in it
    stage.retell.end(attempt_id, "user_requested_dnc")
    settle_it(stage)
    assert not is_doubted(stage)
    assert stage.world.db.read(
        lambda tx: suppressions.is_suppressed(tx, phone, campaign_id=1, now=stage.clock.now())
    )


@pytest.mark.parametrize("is_noted", [True, False])
def test_a_comparison_that_stood_still_does_not_doubt_again_what_another_has_mended(
    stage: Stage, witness: Remembers, is_noted: bool
) -> None:
    stage.excused |= {"I4"}  # nobody looks after the call in those twenty minutes
    lead_id = stage.lead()
    attempt_id = stage.call(lead_id)
    stage.retell.answer(attempt_id)
    forget_send(stage, attempt_id, lead_id)
    if not is_noted:
        witness.sends.clear()

    def others() -> None:
        settle_it(stage)
        assert not is_doubted(stage)
        stage.clock.pass_time(minutes=20)

    compare(interrupted_by(stage.world, others))
    log = stage.world.db.read(lambda tx: of_subject(tx, doubting.SUBJECT))
    assert [one.action for one in log] == ["doubt", "trust"]


def test_a_doubt_that_had_to_wait_is_dated_when_it_holds(stage: Stage) -> None:
    stage.excused |= {"I16"}
    later = stage.clock.now() + timedelta(minutes=20)
    world = interrupted_by(stage.world, lambda: stage.clock.pass_time(minutes=20))
    doubting.restored(world, actor="ann", reason="A backup was put back.")
    (logged,) = stage.world.db.read(lambda tx: of_subject(tx, doubting.SUBJECT))
    assert (logged.action, logged.at) == ("doubt", later)
