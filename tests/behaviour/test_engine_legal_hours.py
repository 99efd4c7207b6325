"""The law of every place a lead may be in: at the start, at claim, at the send gate, at import."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import ALL_DAY, NOW, Stage
from sqlalchemy import select

from dialer.actions import control
from dialer.actions.openings import AT_ONCE
from dialer.domain.legal_hours import legal_table
from dialer.domain.states import AttemptStatus, CampaignStatus, LeadStatus
from dialer.store import leads
from dialer.store.database import Connection
from dialer.store.ledger import audit_log

HOUR = timedelta(hours=1)
EARLY = NOW - 3 * HOUR  # 07:00 in New York
LAWFUL = {**ALL_DAY, "legal_override": None}
FLORIDA, CONNECTICUT, KENTUCKY, BRITAIN = (
    "+13052000001",
    "+12032000001",
    "+15022000001",
    "+442079460001",
)
OPENINGS = {FLORIDA: EARLY + HOUR, CONNECTICUT: EARLY + 2 * HOUR, KENTUCKY: EARLY + 3 * HOUR}


@pytest.fixture(autouse=True)
def early(stage: Stage) -> None:
    stage.clock.moment = EARLY


def due(stage: Stage, lead_id: int) -> datetime | None:
    return stage.lead_row(lead_id).due_at


def test_at_the_start_leads_of_one_zone_wait_for_the_law_of_their_own_state(stage: Stage) -> None:
    draft = stage.draft(window=LAWFUL)
    made = {phone: stage.lead(draft, phone=phone) for phone in (*OPENINGS, BRITAIN)}
    control.start(stage.world, draft, actor="test")
    assert {phone: due(stage, made[phone]) for phone in OPENINGS} == OPENINGS
    assert due(stage, made[BRITAIN]) == EARLY
    assert len(stage.claim()) == 1


def test_a_claim_lets_all_who_may_not_be_called_wait_each_for_their_own_opening(
    stage: Stage,
) -> None:
    campaign = stage.campaign(window=LAWFUL)
    made = {phone: stage.lead(campaign, phone=phone) for phone in OPENINGS}
    tomorrow = stage.lead(campaign, phone="+13052000002", due_at=NOW + 24 * HOUR)
    abroad = stage.lead(campaign, phone=BRITAIN)
    stage.lines(1)
    assert stage.claim() == []  # the one that was looked at may not be called
    assert len(stage.claim()) == 1
    assert stage.lead_row(abroad).status is LeadStatus.IN_FLIGHT
    assert {phone: due(stage, made[phone]) for phone in OPENINGS} == OPENINGS
    assert due(stage, tomorrow) == NOW + 24 * HOUR


def test_the_state_that_the_list_names_is_asked_beside_that_of_the_number(stage: Stage) -> None:
    campaign = stage.campaign(window=LAWFUL)
    plain = stage.lead(campaign, phone=FLORIDA)
    moved_here = stage.lead(campaign, phone="+13052000002", region="US-KY")
    assert stage.claim() == []
    assert due(stage, plain) == OPENINGS[FLORIDA]
    assert due(stage, moved_here) == OPENINGS[KENTUCKY]


def test_the_send_gate_asks_the_law_again(stage: Stage) -> None:
    stage.clock.moment = NOW + 10 * HOUR - timedelta(minutes=5, seconds=10)  # 19:54:50
    lead_id = stage.lead(stage.campaign(window=LAWFUL), phone=FLORIDA)
    (attempt_id,) = stage.claim()
    stage.clock.pass_time(seconds=20)
    stage.dial(attempt_id)
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.status, attempt.reason) == (AttemptStatus.CANCELLED, "legal_hours")
    history = stage.history(attempt_id)[-1].evidence or ""
    assert "Florida allows calls until 20:00; it is Wed 19:55" in history
    assert due(stage, lead_id) == OPENINGS[FLORIDA] + 24 * HOUR
    assert stage.retell.posted == []


def test_a_retry_waits_for_the_law(stage: Stage) -> None:
    stage.clock.moment = NOW + 9 * HOUR
    lead_id = stage.lead(stage.campaign(window=LAWFUL), phone=FLORIDA)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    retry_at, opening = due(stage, lead_id), OPENINGS[FLORIDA] + 24 * HOUR
    assert retry_at is not None
    assert opening <= retry_at < opening + 12 * HOUR


def test_a_resume_waits_for_the_law(stage: Stage) -> None:
    campaign = stage.campaign(window=LAWFUL)
    lead_id = stage.lead(campaign, phone=KENTUCKY)
    control.pause(stage.world, campaign, actor="test")
    control.resume(stage.world, campaign, actor="test")
    assert due(stage, lead_id) == OPENINGS[KENTUCKY]


def test_leads_in_an_emergency_wait_for_its_end(stage: Stage) -> None:
    block = {"regions": ["US-FL"], "dates": "2026-03-04/2026-03-05", "reason": "hurricane"}
    campaign = stage.campaign(window={**ALL_DAY, "emergencies": [block]})
    lead_id = stage.lead(campaign, phone=FLORIDA)
    assert stage.claim() == []
    assert due(stage, lead_id) == datetime(2026, 3, 6, 5, tzinfo=UTC)


def test_leads_of_more_places_than_one_statement_takes_are_all_moved(stage: Stage) -> None:
    draft = stage.draft(window={**ALL_DAY, "opens": "11:00"})
    rows = [
        _waiting(draft, f"+1{200 + number}2000001", region="US-KY" if number % 2 else None)
        for number in range(700)
    ]
    stage.world.db.transact(lambda tx: leads.add(tx, rows))
    control.start(stage.world, draft, actor="test")
    moved = select(leads.lead.c.id).where(leads.lead.c.due_at == NOW + HOUR)
    assert len(stage.world.db.read(lambda tx: tx.execute(moved).all())) == 700


# -- the override


def overrides(tx: Connection) -> list[tuple[str, str, Any]]:
    rows = tx.execute(
        select(audit_log.c.actor, audit_log.c.subject, audit_log.c.after)
        .where(audit_log.c.action == "legal_override")
        .order_by(audit_log.c.id)
    )
    return [tuple(row) for row in rows]


def test_whoever_sets_the_law_aside_is_written_down_with_the_reason(stage: Stage) -> None:
    draft = stage.draft(window=ALL_DAY)
    control.start(stage.world, draft, actor="Ada")
    written = {"reason": ALL_DAY["legal_override"], "legal_hours": legal_table().version}
    assert stage.world.db.read(overrides) == [
        ("test", f"campaign:{draft}", written),
        ("Ada", f"campaign:{draft}", written),
    ]


def test_a_scheduled_start_writes_it_down_too(stage: Stage) -> None:
    draft = stage.draft(window=ALL_DAY, start_at=EARLY + HOUR)
    stage.lead(draft)
    control.start(stage.world, draft, actor="Ada")
    stage.wait(hours=1)
    assert stage.campaign_row(draft).status is CampaignStatus.RUNNING
    assert [actor for actor, *_ in stage.world.db.read(overrides)] == ["test", "system"]


def test_a_campaign_within_the_law_overrides_nothing(stage: Stage) -> None:
    stage.campaign(window=LAWFUL)
    assert stage.world.db.read(overrides) == []


def test_at_closing_time_a_long_list_is_moved_part_by_part(stage: Stage) -> None:
    campaign = stage.campaign(window=LAWFUL)
    stage.lines(1)
    stage.world.db.transact(
        lambda tx: leads.add(
            tx, [_waiting(campaign, f"+1305{2000000 + number}") for number in range(AT_ONCE + 10)]
        )
    )
    assert stage.claim() == []
    assert _still_due(stage) == 10
    assert stage.claim() == []
    assert _still_due(stage) == 0


def _still_due(stage: Stage) -> int:
    due_now = select(leads.lead.c.id).where(leads.lead.c.due_at <= EARLY)
    return len(stage.world.db.read(lambda tx: tx.execute(due_now).all()))


def _waiting(campaign: int, phone: str, **changes: Any) -> dict[str, Any]:
    return {
        "campaign_id": campaign,
        "phone": phone,
        "zones": "America/New_York",
        "zone_source": "number",
        "variables": {},
        "status": LeadStatus.READY,
        "due_at": EARLY,
        "created_at": EARLY,
        **changes,
    }
