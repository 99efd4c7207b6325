"""Every invariant is able to fail: rows are broken by hand, and exactly that one says so."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from factories import NOW, UNCAPPED, Stage, make_spec, make_stage
from scripted_retell import silent
from sqlalchemy.exc import IntegrityError

from dialer.actions.audit import audit
from dialer.actions.findings import TOLD_ELSEWHERE
from dialer.store import incidents, webhooks
from dialer.store.invariants import INVARIANTS, violations
from dialer.store.migrate import upgrade

Break = Callable[[Stage], object]


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    made = busy_stage(database_url)
    yield made
    made.world.db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def stage_of_its_own(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Give a stage on a database whose tables may be changed."""
    fixture = "sqlite_url" if request.param == "sqlite" else "bare_postgres_url"
    url: str = request.getfixturevalue(fixture)
    if request.param == "postgresql":
        upgrade(url)
    made = busy_stage(url)
    yield made
    made.world.db.close()


def busy_stage(database_url: str) -> Stage:
    """Make a world with a bit of everything: waiting, in flight, ended, unknown, closed."""
    made = make_stage(database_url)
    made.lines(4)
    campaign = made.campaign()
    made.leads(6, campaign)
    claimed = made.claim()
    made.retell.then(silent)
    made.dial(*claimed[:3])
    made.deliver(made.retell.end(claimed[1], "dial_no_answer"))
    made.deliver(made.retell.end(claimed[2]), made.retell.analyze(claimed[2]))
    return made


def sql(*statements: str) -> Break:
    """Break rows with statements, one transaction each."""

    def run(stage: Stage) -> None:
        for statement in statements:
            stage.world.db.transact(lambda tx, do=statement: tx.exec_driver_sql(do))  # type: ignore[misc]

    return run


ONE_UNKNOWN = "(SELECT max(id) FROM attempt WHERE status = 'UNKNOWN')"
ONE_INTENT = "(SELECT max(id) FROM attempt WHERE status = 'INTENT')"
ONE_ENDED = "(SELECT max(id) FROM attempt WHERE status = 'ENDED')"
ONE_RANG = "(SELECT max(id) FROM attempt WHERE retry_at IS NOT NULL)"
EARLY, LATE = "2026-03-04 14:00:00+00", "2026-03-04 16:00:00+00"


def stamp(stage: Stage, moment: str) -> str:
    """Write a moment as the database keeps it."""
    return moment.removesuffix("+00") + ".000000" if stage.world.db.is_sqlite else moment


def at(statement: str) -> Break:
    """Break rows with a statement in which EARLY and LATE stand for moments."""

    def run(stage: Stage) -> None:
        moments = {"EARLY": EARLY, "LATE": LATE, "NOW": "2026-03-04 15:00:00+00"}
        done = statement
        for name, moment in moments.items():
            done = done.replace(f":{name}", f"'{stamp(stage, moment)}'")
        sql(done)(stage)

    return run


def opted_out_before_the_send(stage: Stage) -> None:
    at(
        "INSERT INTO do_not_call (phone, reason, source, actor, created_at)"
        f" SELECT phone, 'test', 'hand', 'test', :EARLY FROM attempt WHERE id = {ONE_ENDED}"
    )(stage)


def paused_before_the_send(stage: Stage) -> None:
    at(
        "INSERT INTO audit_log (at, actor, action, subject) VALUES (:EARLY, 'x', 'paused', "
        "(SELECT 'campaign:' || max(campaign_id) FROM attempt))"
    )(stage)
    sql("DELETE FROM audit_log WHERE action = 'running'")(stage)


def stopped_everything_before_the_send(stage: Stage) -> None:
    at(
        "INSERT INTO audit_log (at, actor, action, subject)"
        " VALUES (:EARLY, 'x', 'pause_everything', 'gate')"
    )(stage)


def replayed_five_times(stage: Stage) -> None:
    for number in range(5):
        replayed(stage, minutes=0, number=number)


def replayed_too_late(stage: Stage) -> None:
    replayed(stage, minutes=46, number=1)


def replayed(stage: Stage, *, minutes: int, number: int) -> None:
    moment = (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S+00")
    sql(
        "INSERT INTO attempt_event (attempt_id, from_status, to_status, at, by, evidence) VALUES"
        f" ({ONE_UNKNOWN}, 'UNKNOWN', 'UNKNOWN', '{stamp(stage, moment)}', 'x', 'replay {number}')"
    )(stage)


def a_new_event(stage: Stage) -> None:
    stage.world.db.transact(lambda tx: webhooks.receive(tx, "old", call_id=None, raw="{}", now=NOW))
    stage.clock.pass_time(seconds=61)


def a_dead_letter(stage: Stage) -> None:
    stage.deliver(b"nonsense")


def an_incident(stage: Stage) -> None:
    stage.world.db.transact(
        lambda tx: incidents.open_incident(tx, "test", subject="x", sentence="It.", now=NOW)
    )


def a_list(counts: str) -> Break:
    return at(
        "INSERT INTO lead_list (campaign_id, file_name, sha256, fingerprint, status, mapping,"
        " rows, imported, updated, duplicates, rejected, blank, undone, stored_row, created_at)"
        f" SELECT id, 'a', 'b', 'c', 'done', '{{}}', {counts}, 0, 0, :NOW FROM campaign"
    )


def absence(*, answers: int) -> Break:
    """Close the unknown attempt as absent after so many answers."""

    def run(stage: Stage) -> None:
        late = stamp(stage, LATE)
        sql(
            "INSERT INTO attempt_event (attempt_id, from_status, to_status, at, by, evidence)"
            f" VALUES ({ONE_UNKNOWN}, 'UNKNOWN', 'NOT_PLACED', '{late}', 'x',"
            " 'absent from 3 answers that show a newer call of ours')",
            "UPDATE lead SET status = 'READY', due_at = created_at WHERE id ="
            f" (SELECT lead_id FROM attempt WHERE id = {ONE_UNKNOWN})",
            f"UPDATE attempt SET status = 'NOT_PLACED', absent_answers = {answers},"
            f" check_at = NULL WHERE id = {ONE_UNKNOWN}",
        )(stage)

    return run


def unproven(stage: Stage) -> None:
    absence(answers=3)(stage)
    sql("UPDATE attempt_event SET evidence = 'given up' WHERE to_status = 'NOT_PLACED'")(stage)


def too_soon(stage: Stage) -> None:
    absence(answers=3)(stage)
    sql("UPDATE attempt_event SET at = (SELECT min(created_at) FROM attempt)")(stage)


def sent_after_the_window(stage: Stage) -> None:
    """Let the window close half an hour from now, which is no harm, and send an hour from now."""
    window = {**stage.campaign_row(1).spec["window"], "closes": "10:30"}
    stage.change_spec(1, make_spec(window=window))
    assert stage.violations() == []
    at(f"UPDATE attempt SET send_started_at = :LATE WHERE id = {ONE_ENDED}")(stage)


def called_again(cap: str, *, hours: int) -> Break:
    """Send somebody's second call in a day, a week or a month for which one is allowed."""

    def run(stage: Stage) -> None:
        later = stamp(stage, (NOW + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S+00"))
        sql(
            f"UPDATE attempt SET send_started_at = '{later}',"
            f" phone = (SELECT phone FROM attempt WHERE id = {ONE_RANG}) WHERE id = {ONE_UNKNOWN}"
        )(stage)
        assert stage.violations() == []
        stage.change_spec(1, make_spec(person={**UNCAPPED, f"calls_per_{cap}": 1}))

    return run


BROKEN: dict[str, list[Break]] = {
    "I1": [
        sql("UPDATE lead SET status = 'IN_FLIGHT', due_at = NULL WHERE status = 'READY'"),
        sql("UPDATE lead SET status = 'HELD' WHERE status = 'IN_FLIGHT'"),
    ],
    "I2": [sql("UPDATE attempt SET lines_limit = 1 WHERE lines_open > 0")],
    "I3": [
        sql("UPDATE attempt SET check_at = NULL WHERE status = 'INTENT'"),
        sql("UPDATE lead SET due_at = NULL WHERE status = 'READY'"),
        sql("UPDATE attempt SET check_at = NULL WHERE analysis = 'pending'"),
    ],
    "I4": [
        at("UPDATE attempt SET check_at = :EARLY WHERE status = 'INTENT'"),
        at("UPDATE campaign SET status = 'scheduled', start_at = :EARLY"),
        at("UPDATE campaign SET status = 'stopped', finished_at = :EARLY"),
        at("UPDATE campaign SET status = 'paused', ends_at = :EARLY"),
    ],
    "I5": [
        sql(
            "INSERT INTO attempt_event (attempt_id, from_status, to_status, at, by) SELECT"
            " attempt_id, 'SENDING', 'SENDING', at, by FROM attempt_event"
            " WHERE to_status = 'SENDING'"
        ),
        replayed_five_times,
        replayed_too_late,
    ],
    "I6": [
        sql("DELETE FROM attempt_event WHERE from_status IS NULL"),
        sql("DELETE FROM attempt_event WHERE to_status = 'SENDING'"),
        sql("UPDATE attempt_event SET from_status = 'INTENT' WHERE to_status = 'ENDED'"),
        sql(f"UPDATE attempt SET status = 'SENDING' WHERE id = {ONE_INTENT}"),
        sql(f"DELETE FROM attempt_event WHERE attempt_id = {ONE_INTENT}"),
    ],
    "I7": [
        opted_out_before_the_send,
        paused_before_the_send,
        stopped_everything_before_the_send,
        at("UPDATE lead SET closed_at = :EARLY WHERE status = 'CLOSED'"),
        at("UPDATE campaign SET ends_at = :EARLY"),
    ],
    "I8": [
        sql(
            "UPDATE attempt SET lead_id ="
            f" (SELECT lead_id FROM attempt WHERE id = {ONE_RANG}), n = 7 WHERE id = {ONE_INTENT}"
        )
    ],
    "I9": [
        called_again("day", hours=23),
        called_again("week", hours=150),
        called_again("month", hours=700),
    ],
    "I10": [
        sql("UPDATE lead SET zones = ''"),
        sql("UPDATE lead SET zones = 'Middle/Earth'"),
        sql("UPDATE campaign SET spec = '{}'"),
        sent_after_the_window,
    ],
    "I11": [
        sql("UPDATE lead SET attempts = attempts + 1 WHERE status = 'CLOSED'"),
        sql(f"UPDATE attempt SET rang = NULL WHERE id = {ONE_RANG}"),
    ],
    "I13": [
        sql(f"UPDATE attempt SET call_id = 'stray' WHERE id = {ONE_INTENT}"),
        sql("UPDATE attempt SET send_started_at = NULL WHERE status = 'ENDED'"),
    ],
    "I14": [a_new_event],
    "I15": [a_dead_letter],
    "I16": [an_incident],
    "I17": [
        a_list("2, 0, 0, 0, 0, 0"),
        a_list("1, 1, 0, 0, 0, 0"),
        a_list("1, 0, 0, 0, 1, 0"),
    ],
    "I18": [sql("UPDATE attempt SET lines_limit = 1")],
    "I20": [absence(answers=2), unproven, too_soon],
    "I21": [
        sql("UPDATE lead SET list_id = 99 WHERE status = 'READY'"),
        sql(
            "INSERT INTO campaign (id, name, status, spec, weight, rejections_in_a_row, created_at)"
            " SELECT 98, name, status, spec, weight, 0, created_at FROM campaign",
            "UPDATE lead SET campaign_id = 98 WHERE status = 'READY'",
            "DELETE FROM campaign WHERE id = 98",
        ),
    ],
}
FORBIDDEN: dict[str, Break] = {
    "I1": sql(
        "UPDATE attempt SET n = 7, lead_id = (SELECT max(lead_id) FROM attempt"
        f" WHERE status = 'UNKNOWN') WHERE id = {ONE_INTENT}"
    ),
    "I12": sql("UPDATE attempt SET call_id = 'one' WHERE status = 'ENDED'"),
}
"""What the schema itself forbids, as long as its indexes stand."""
ALONE = {"I9", "I11", "I14", "I15", "I16", "I17"}
"""Those that can be broken without breaking another one beside them."""


def names(stage: Stage) -> set[str]:
    return {one.name for one in stage.violations()}


def test_every_invariant_is_shown_able_to_fail() -> None:
    assert set(BROKEN) | set(FORBIDDEN) == {one.name for one in INVARIANTS}
    assert len({one.sentence for one in INVARIANTS}) == len(INVARIANTS)


def test_a_healthy_world_breaks_none(stage: Stage) -> None:
    assert stage.violations() == []


@pytest.mark.parametrize(
    ("name", "place"),
    [(name, place) for name, ways in BROKEN.items() for place in range(len(ways))],
)
def test_broken_rows_are_found(stage: Stage, name: str, place: int) -> None:
    BROKEN[name][place](stage)
    found = names(stage)
    assert name in found
    if name in ALONE:
        assert found == {name}
    assert incidents_of(stage) >= found - set(TOLD_ELSEWHERE)


def incidents_of(stage: Stage) -> set[str]:
    """Audit as production does, and give the codes of the incidents that were raised."""
    done = audit(stage.world)
    assert done.recent is not None
    assert done.complete is not None
    return {one.code for one in stage.incidents()}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_an_index_forbids_is_found_when_it_is_gone(stage_of_its_own: Stage, name: str) -> None:
    stage = stage_of_its_own
    with pytest.raises(IntegrityError):
        FORBIDDEN[name](stage)
    for index in ("one_open_per_lead", "one_open_per_phone", "one_call"):
        sql(f"DROP INDEX {index}")(stage)
    FORBIDDEN[name](stage)
    assert name in names(stage)
    assert name in incidents_of(stage)


def test_a_clock_that_was_set_back_during_an_attempt_makes_no_call_too_early(stage: Stage) -> None:
    BROKEN["I8"][0](stage)
    assert "I8" in names(stage)
    sql(f"UPDATE attempt SET closed_at = '2000-01-01 00:00:00+00' WHERE id = {ONE_RANG}")(stage)
    assert "I8" not in names(stage)


def test_the_rows_that_break_it_are_named(stage: Stage) -> None:
    broken = stage.attempts_of(1)[0].id
    sql(f"UPDATE attempt SET check_at = NULL, call_id = 'x' WHERE id = '{broken}'")(stage)
    assert ("I3", (broken,)) in [(one.name, one.ids) for one in stage.violations()]


def test_older_history_can_be_left_out(stage: Stage) -> None:
    sql("DELETE FROM attempt_event WHERE to_status = 'SENDING'")(stage)
    later = NOW + timedelta(seconds=1)
    found = stage.world.db.read(lambda tx: violations(tx, now=NOW, since=later))
    assert "I6" in names(stage)
    assert "I6" not in {one.name for one in found}


@pytest.mark.parametrize(("limit", "expected"), [(4, set()), (3, {"I18"})])
def test_lines_taken_before_count_where_older_history_is_left_out(
    stage: Stage, limit: int, expected: set[str]
) -> None:
    stage.clock.pass_time(seconds=30)
    since = stage.clock.now()
    stage.lead(1)
    stage.dial(waiting := stage.queue.dialed[3])
    stage.deliver(stage.retell.end(waiting))
    newest = stage.queue.dialed[-1]
    assert stage.attempt_row(newest).created_at == since
    sql(f"UPDATE attempt SET lines_limit = {limit} WHERE id = '{newest}'")(stage)
    found = stage.world.db.read(lambda tx: violations(tx, now=since, since=since))
    assert {one.name for one in found} == expected
