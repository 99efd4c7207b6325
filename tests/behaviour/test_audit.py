"""The audit in production: what is broken becomes an incident, once, and feeds on nothing."""

import pytest
import structlog
from factories import Stage

from dialer.actions import audit as auditing
from dialer.actions.audit import Audited, audit, look
from dialer.actions.findings import MOST_OPEN, acknowledge
from dialer.actions.health import Health, health
from dialer.errors import NotFound, RefusedByRule
from dialer.store import audits, incidents, webhooks
from dialer.store.audits import AuditKind
from dialer.store.database import Connection
from dialer.store.ledger import of_subject
from dialer.store.tables import Incident


@pytest.fixture
def audited(stage: Stage) -> Stage:
    """Give a stage whose hourly audits have run a moment ago."""
    audit(stage.world)
    return stage


def pass_minute(stage: Stage) -> Audited:
    stage.clock.pass_time(seconds=60)
    return audit(stage.world)


def sql(stage: Stage, statement: str) -> None:
    stage.world.db.transact(lambda tx: tx.exec_driver_sql(statement))


def names(found: object) -> set[str]:
    assert isinstance(found, list)
    return {one.name for one in found}


def read_health(stage: Stage) -> Health:
    now = stage.clock.now()
    return stage.world.db.read(lambda tx: health(tx, now=now))


def every_incident(stage: Stage) -> list[Incident]:
    def body(tx: Connection) -> list[Incident]:
        ids = tx.exec_driver_sql("SELECT id FROM incident ORDER BY id").scalars()
        return [row for one in list(ids) if (row := incidents.get(tx, one)) is not None]

    return stage.world.db.read(body)


def open_codes(stage: Stage) -> list[tuple[str, str]]:
    return [(one.code, one.subject) for one in stage.incidents()]


def test_a_sound_database_raises_nothing(stage: Stage) -> None:
    stage.call()
    done = audit(stage.world)
    assert (done.recent, done.complete) == ([], [])
    assert done.provider is not None
    assert done.provider.complete
    assert stage.incidents() == []


def test_a_broken_row_becomes_one_incident_with_its_id(audited: Stage) -> None:
    stage = audited
    attempt_id = stage.call()
    sql(stage, "DELETE FROM attempt_event WHERE to_status = 'SENDING'")
    with structlog.testing.capture_logs() as logs:
        assert "I6" in names(pass_minute(stage).recent)
        assert "I6" in names(pass_minute(stage).recent)
    assert [one for one in open_codes(stage) if one[0] == "I6"] == [("I6", attempt_id)]
    (row,) = stage.incidents()
    assert attempt_id in row.sentence
    told = [one for one in logs if one["event"] == "invariant_broken"]
    assert [(one["log_level"], one["code"]) for one in told] == [("error", "I6")]
    stage.excused |= {"I6", "I16"}


def test_what_was_late_closes_by_itself_with_the_moment_kept_and_opens_again(
    audited: Stage,
) -> None:
    stage = audited
    stage.world.db.transact(
        lambda tx: webhooks.receive(tx, "x", call_id=None, raw="{}", now=stage.clock.now())
    )
    stage.clock.pass_time(seconds=30)
    pass_minute(stage)
    assert [code for code, _ in open_codes(stage)] == ["I14"]
    opened = stage.incidents()[0]
    stage.reconcile()
    over_at = stage.clock.now()
    stage.clock.pass_time(seconds=60)
    assert pass_minute(stage).recent is not None
    (row,) = every_incident(stage)
    assert (row.opened_at, row.closed_by, row.times) == (opened.opened_at, "system", 1)
    assert row.closed_at is not None
    assert row.closed_at > over_at
    assert stage.world.db.read(lambda tx: of_subject(tx, "audit:I14"))
    sql(stage, "UPDATE webhook_event SET status = 'NEW', acknowledged_at = NULL")
    pass_minute(stage)
    (row,) = stage.incidents()
    assert (row.closed_at, row.times) == (None, 2)
    stage.reconcile()
    stage.excused |= {"I15", "I16"}


def test_what_was_late_and_a_person_has_closed_does_not_open_again_while_it_lasts(
    audited: Stage,
) -> None:
    stage = audited
    campaign = stage.campaign()
    sql(stage, "UPDATE campaign SET status = 'scheduled', start_at = '2026-01-01 00:00:00+00'")
    if stage.world.db.is_sqlite:
        sql(stage, "UPDATE campaign SET start_at = '2026-01-01 00:00:00.000000'")
    pass_minute(stage)
    (row,) = stage.incidents()
    assert (row.code, row.subject) == ("I4", str(campaign))
    acknowledge(stage.world, row.id, actor="ann", note="I know.")
    for _ in range(3):
        assert "I4" in names(pass_minute(stage).recent)
    assert stage.incidents() == []
    sql(stage, "UPDATE campaign SET status = 'running', start_at = NULL")


def test_history_stays_open_until_a_person_has_looked_and_then_stays_closed(
    audited: Stage,
) -> None:
    stage = audited
    stage.call()
    sql(stage, "DELETE FROM attempt_event WHERE to_status = 'SENDING'")
    pass_minute(stage)
    stage.clock.pass_time(hours=2)
    stage.reconcile()
    pass_minute(stage)
    row = next(one for one in stage.incidents() if one.code == "I6")
    acknowledge(stage.world, row.id, actor="ann", note="A test did it.")
    kept = next(one for one in every_incident(stage) if one.id == row.id)
    assert (kept.closed_by, kept.note) == ("ann", "A test did it.")
    with pytest.raises(RefusedByRule, match="closed already"):
        acknowledge(stage.world, row.id, actor="ann", note="Again.")
    with pytest.raises(NotFound):
        acknowledge(stage.world, 99_999, actor="ann", note="Nothing.")
    stage.clock.pass_time(hours=2)
    found = audit(stage.world)
    assert "I6" in names(found.complete)
    assert "I6" not in [code for code, _ in open_codes(stage)]
    stage.excused |= {"I4", "I6", "I16"}


def test_an_open_incident_and_a_dead_letter_raise_no_further_incident(audited: Stage) -> None:
    stage = audited
    stage.deliver(b"nonsense")
    stage.world.db.transact(
        lambda tx: incidents.open_incident(
            tx, "test", subject="x", sentence="It.", now=stage.clock.now()
        )
    )
    for _ in range(3):
        assert names(pass_minute(stage).recent) == {"I15", "I16"}
    assert open_codes(stage) == [("test", "x")]
    found = read_health(stage)
    assert (found.broken, found.open_incidents, found.dead_letters) == ({}, 1, 1)
    stage.excused |= {"I15", "I16"}


def test_many_broken_rows_are_some_incidents_and_one_that_counts_the_rest(audited: Stage) -> None:
    stage = audited
    stage.leads(MOST_OPEN + 5)
    sql(stage, "UPDATE lead SET due_at = NULL")
    pass_minute(stage)
    codes = open_codes(stage)
    assert len(codes) == MOST_OPEN + 1
    assert ("I3", "more") in codes
    assert stage.incidents()[-1].sentence.startswith("5 rows more")
    sql(stage, "DELETE FROM lead")
    stage.excused |= {"I16"}


def test_two_audits_at_once_are_harmless(audited: Stage) -> None:
    stage = audited
    stage.call()
    sql(stage, "DELETE FROM attempt_event WHERE to_status = 'SENDING'")
    stage.clock.pass_time(seconds=60)
    first, second = audit(stage.world), audit(stage.world)
    assert first.recent
    assert second == Audited(None, None, None)
    assert len([one for one in open_codes(stage) if one[0] == "I6"]) == 1
    stage.excused |= {"I6", "I16"}


def test_an_audit_that_died_is_begun_again(audited: Stage) -> None:
    stage = audited
    stage.clock.pass_time(hours=2)
    now = stage.clock.now()
    for kind in AuditKind:
        stage.world.db.transact(
            lambda tx, kind=kind: audits.claim(tx, kind, now=now, not_after=now)  # type: ignore[misc]
        )
    assert pass_minute(stage).recent == []
    stage.clock.pass_time(minutes=15)
    assert audit(stage.world).complete == []


def test_each_part_runs_in_its_time(audited: Stage) -> None:
    stage = audited
    done = [pass_minute(stage) for _ in range(60)]
    assert all(one.recent == [] for one in done)
    assert [one.complete is None for one in done].count(False) == 1
    assert [one.provider is None for one in done].count(False) == 1


def test_every_row_is_looked_at_once_an_hour_also_where_nothing_happened(
    audited: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = audited
    monkeypatch.setattr(auditing, "STRETCH", 2)
    campaign = stage.campaign()
    stage.leads(5, campaign)
    sql(stage, "UPDATE lead SET attempts = 1 WHERE id = (SELECT max(id) FROM lead)")
    wrong = str(
        stage.world.db.read(lambda tx: tx.exec_driver_sql("SELECT max(id) FROM lead").scalar_one())
    )
    assert pass_minute(stage).recent == []
    assert ("I11", (wrong,)) in [(one.name, one.ids) for one in look(stage.world)]
    stage.clock.pass_time(hours=1)
    assert names(audit(stage.world).complete) == {"I11"}
    assert open_codes(stage) == [("I11", wrong)]
    stage.excused |= {"I11", "I16"}


LIST = (
    "INSERT INTO lead_list (campaign_id, file_name, sha256, fingerprint, status, mapping, rows,"
    " imported, updated, duplicates, rejected, blank, undone, stored_row, created_at) SELECT id,"
    " 'a', 'b', 'c', 'done', '{{}}', {}, 0, 0, created_at FROM campaign"
)


@pytest.mark.parametrize(
    ("counts", "found_by"),
    [
        ("2, 1, 0, 0, 0, 0", ("recent", "complete")),
        ("1, 1, 0, 0, 0, 0", ("complete",)),
        ("1, 0, 0, 0, 1, 0", ("complete",)),
        ("0, 0, 0, 0, 0, 0", ()),
    ],
)
def test_lists_that_disagree_with_their_rows_are_found(
    audited: Stage, counts: str, found_by: tuple[str, ...]
) -> None:
    stage = audited
    stage.campaign()
    sql(stage, LIST.format(counts))
    stage.clock.pass_time(hours=1)
    done = audit(stage.world)
    for part in ("recent", "complete"):
        assert ("I17" in names(getattr(done, part))) == (part in found_by), part
    assert names(look(stage.world)) - {"I16"} == ({"I17"} if found_by else set())
    stage.excused |= {"I16", "I17"}


def test_an_old_attempt_to_which_something_happens_is_looked_at(audited: Stage) -> None:
    stage = audited
    attempt_id = stage.call()
    stage.wait(minutes=50)
    audit(stage.world)
    sql(stage, "DELETE FROM attempt_event WHERE to_status = 'SENDING'")
    assert pass_minute(stage).recent == []
    stage.deliver(stage.retell.end(attempt_id))
    assert "I6" in names(pass_minute(stage).recent)
    stage.excused |= {"I6", "I16"}


def test_health_tells_the_age_and_what_is_broken(audited: Stage) -> None:
    stage = audited
    stage.clock.pass_time(seconds=90)
    found = read_health(stage)
    age = found.age(AuditKind.RECENT)
    assert age is not None
    assert age.total_seconds() == 90
    assert (found.late, found.broken, found.doubt) == ([], {}, None)
    stage.call()
    sql(stage, "DELETE FROM attempt_event WHERE to_status = 'SENDING'")
    audit(stage.world)
    assert set(read_health(stage).broken) == {"I6"}
    stage.clock.pass_time(minutes=6)
    assert read_health(stage).late == [AuditKind.RECENT]
    stage.excused |= {"I4", "I6", "I16"}


def test_a_place_without_an_audit_is_not_late(stage: Stage) -> None:
    found = read_health(stage)
    assert (found.late, found.broken, found.age(AuditKind.RECENT)) == ([], {}, None)
