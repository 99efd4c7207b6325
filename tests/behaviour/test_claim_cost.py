"""What a claim reads: a range of the index for each priority, however long the list is."""

from datetime import timedelta
from typing import Any

import pytest
from factories import NOW, Stage
from sqlalchemy import event

from dialer.domain.priority import Priority
from dialer.store import attempts, gate, latest_calls, leads, other_calls, person_calls
from dialer.store.database import Connection
from dialer.store.latest_calls import Moment

_EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}


def plans_of(stage: Stage, act: Any) -> list[str]:
    """Give how the database finds what `act` reads."""
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "EXPLAIN" not in statement:
            seen.append((statement, parameters))

    def explain(tx: Connection) -> list[str]:
        event.listen(tx, "before_cursor_execute", note)
        act(tx)
        event.remove(tx, "before_cursor_execute", note)
        found = []
        for statement, parameters in seen:
            rows = tx.exec_driver_sql(_EXPLAIN[tx.dialect.name] + statement, parameters)
            found.append("\n".join(str(row[-1]) for row in rows))
        return found

    return stage.world.db.transact(explain)


@pytest.mark.parametrize("due", [False, True])
def test_a_claim_reads_a_range_of_the_index_for_each_priority(stage: Stage, due: bool) -> None:
    campaign_id = stage.campaign()
    at = NOW if due else NOW + timedelta(days=1)
    stage.world.db.transact(lambda tx: fill(tx, campaign_id, at=at))
    plans = plans_of(stage, lambda tx: leads.take_due(tx, campaign_id, now=NOW, most=10))
    # None due: every priority is asked; else the fresh ones are enough.
    assert len(plans) == (Priority.FRESH + 1 if due else len(Priority))
    for plan in plans:
        assert_is_range(plan)


@pytest.mark.parametrize("due", [False, True])
def test_counting_due_leads_reads_ranges_of_the_index_whoever_came_first(
    stage: Stage, due: bool
) -> None:
    campaigns = [stage.campaign(), stage.campaign()]
    at = NOW if due else NOW + timedelta(days=1)
    for campaign_id in campaigns:
        stage.world.db.transact(lambda tx, one=campaign_id: fill(tx, one, at=at))  # type: ignore[misc]
    for campaign_id in campaigns:
        (plan,) = plans_of(
            stage, lambda tx, one=campaign_id: leads.count_due(tx, one, now=NOW, most=10)
        )
        assert_is_range(plan)


def assert_is_range(plan: str) -> None:
    """Check that a range of the index is all that is read of the leads."""
    assert "lead_due" in plan
    assert "SCAN lead" not in plan
    assert "Seq Scan on lead" not in plan
    assert "B-TREE" not in plan  # nothing is sorted
    assert "Sort" not in plan


def test_a_claim_counts_the_open_attempts_without_reading_those_that_ended(stage: Stage) -> None:
    # Nobody asks SQLite to gather figures of its tables, so their size changes no plan there.
    if not stage.world.db.is_sqlite:
        stage.excused |= {"I6", "I11"}  # the calls are made up
        campaign_id = stage.campaign()
        stage.world.db.transact(lambda tx: fill_calls(tx, campaign_id))
    (plan,) = plans_of(stage, gate.count_open)
    assert "one_open_per" in plan


def fill(tx: Connection, campaign_id: int, *, at: Any) -> None:
    """Make two thousand leads that are due at a moment, and let the database know."""
    rows = [
        {
            "campaign_id": campaign_id,
            "phone": f"+1{campaign_id % 100 + 211}{3_000_000 + number}",
            "zones": "America/New_York",
            "zone_source": "number",
            "variables": {},
            "status": "READY",
            "due_at": at,
            "row": number,
            "attempts": 0,
            "free_tries": 0,
            "tries": 0,
            "created_at": NOW,
        }
        for number in range(2000)
    ]
    for start in range(0, len(rows), 500):
        leads.add(tx, rows[start : start + 500])
    tx.exec_driver_sql("ANALYZE")


def test_the_calls_of_people_are_found_by_their_numbers(stage: Stage) -> None:
    stage.excused |= {"I6", "I11"}  # the calls are made up
    campaign_id = stage.campaign()
    stage.world.db.transact(lambda tx: fill_calls(tx, campaign_id))
    phones = [f"+1212{3_000_000 + number}" for number in range(20)]
    (plan,) = plans_of(stage, lambda tx: person_calls.among(tx, phones, now=NOW))
    for index in ("attempt_phone", "other_call_phone"):
        assert index in plan
    for table in ("attempt", "other_call"):
        assert f"SCAN {table}" not in plan
        assert f"Seq Scan on {table}" not in plan


def test_the_latest_calls_of_a_campaign_are_a_range_of_the_index(stage: Stage) -> None:
    stage.excused |= {"I6", "I11"}  # the calls are made up
    campaign_id = stage.campaign()
    stage.world.db.transact(lambda tx: fill_calls(tx, campaign_id))
    after = Moment(NOW + timedelta(days=1), "x")
    for place in (None, after):
        plans = plans_of(
            stage, lambda tx, place=place: latest_calls.page(tx, campaign_id, after=place, most=51)
        )
        assert "attempt_campaign" in plans[0]
        for plan in plans:
            assert "Seq Scan" not in plan
            assert not {"SCAN attempt", "SCAN lead"} & set(plan.splitlines())


def fill_calls(tx: Connection, campaign_id: int) -> None:
    """Make two thousand leads with a call each from forty numbers, and as many other calls."""
    fill(tx, campaign_id, at=NOW + timedelta(days=1))
    ids = {row.phone: row.id for row in tx.execute(leads.lead.select())}
    calls = [
        {
            "id": phone,
            "lead_id": lead_id,
            "campaign_id": campaign_id,
            "phone": phone,
            "n": 1,
            "from_number": f"+1212555{place % 40:04}",
            "status": "ENDED",
            "analysis": "done",
            "rang": True,
            "lines_open": 1,
            "lines_limit": 1,
            "created_at": NOW - timedelta(minutes=place),
            "send_at": NOW - timedelta(minutes=place),
        }
        for place, (phone, lead_id) in enumerate(ids.items())
    ]
    tx.execute(attempts.attempt.insert(), calls)
    others = [{"call_id": phone, "phone": phone, "started_at": NOW} for phone in ids]
    other_calls.add(tx, others)
    tx.exec_driver_sql("ANALYZE")
