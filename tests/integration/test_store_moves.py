"""Every pair of states: a move is made and written down, refused, or lost to somebody quicker."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from factories import NOW, Stage, make_stage

from dialer.domain.states import (
    ATTEMPT_MOVES,
    CAMPAIGN_MOVES,
    LEAD_MOVES,
    OPEN_STATUSES,
    RANK,
    AttemptStatus,
    CampaignStatus,
    LeadStatus,
)
from dialer.errors import IllegalMove
from dialer.store import attempts, campaigns, leads

GIVEN_UP = {AttemptStatus.NOT_PLACED, AttemptStatus.CANCELLED}


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    made = make_stage(database_url)
    yield made
    made.world.db.close()


def two_attempts(stage: Stage, status: AttemptStatus) -> tuple[str, str]:
    """Put two attempts into a status by hand."""
    stage.leads(2)
    first, second = stage.claim()
    by_hand = attempts.attempt.update().values(status=status)
    stage.world.db.transact(
        lambda tx: tx.execute(by_hand.where(attempts.attempt.c.id.in_([first, second])))
    )
    return first, second


def move_attempt(stage: Stage, attempt_id: str, **states: AttemptStatus) -> bool:
    def body(tx: Any) -> bool:
        return attempts.move(tx, attempt_id, now=NOW, by="test", evidence="told so", **states)

    return stage.world.db.transact(body)


def move_lead(stage: Stage, lead_id: int, **states: LeadStatus) -> bool:
    return stage.world.db.transact(lambda tx: leads.move(tx, lead_id, **states))


def move_campaign(stage: Stage, campaign_id: int, **states: CampaignStatus) -> bool:
    return stage.world.db.transact(lambda tx: campaigns.move(tx, campaign_id, **states))


@pytest.mark.parametrize("current", AttemptStatus)
def test_attempts_move_as_the_table_says_and_not_otherwise(
    stage: Stage, current: AttemptStatus
) -> None:
    for target in AttemptStatus:
        moving, other = two_attempts(stage, current)
        written = len(stage.history(moving))
        if target not in ATTEMPT_MOVES[current]:
            with pytest.raises(IllegalMove, match=f"{current} may not become {target}"):
                move_attempt(stage, moving, current=current, target=target)
            assert stage.status(moving) is current
            assert len(stage.history(moving)) == written
        else:
            assert move_attempt(stage, moving, current=current, target=target) is True
            assert stage.status(moving) is target
            (event,) = stage.history(moving)[written:]
            assert (event.from_status, event.to_status, event.at) == (current, target, NOW)
            assert (event.by, event.evidence) == ("test", "told so")
        assert stage.status(other) is current
        assert len(stage.history(other)) == written
        end_all(stage)


def end_all(stage: Stage) -> None:
    """Free all lines by hand."""
    stage.world.db.transact(lambda tx: tx.exec_driver_sql("UPDATE attempt SET status = 'ENDED'"))


@pytest.mark.parametrize("current", AttemptStatus)
def test_an_attempt_that_is_elsewhere_does_not_move(stage: Stage, current: AttemptStatus) -> None:
    for elsewhere in set(AttemptStatus) - {current}:
        moving, _ = two_attempts(stage, elsewhere)
        written = len(stage.history(moving))
        for target in ATTEMPT_MOVES[current]:
            assert move_attempt(stage, moving, current=current, target=target) is False
        assert stage.status(moving) is elsewhere
        assert len(stage.history(moving)) == written
        end_all(stage)


def test_an_attempt_that_closes_says_when_and_is_not_looked_at_any_more(stage: Stage) -> None:
    for current, target in product(AttemptStatus, AttemptStatus):
        if target not in ATTEMPT_MOVES[current]:
            continue
        moving, _ = two_attempts(stage, current)
        move_attempt(stage, moving, current=current, target=target)
        row = stage.attempt_row(moving)
        if target in OPEN_STATUSES:
            assert row.closed_at is None
            assert row.check_at is not None
        else:
            assert (row.closed_at, row.check_at, row.evidence) == (NOW, None, "told so")
        end_all(stage)


@pytest.mark.parametrize("current", LeadStatus)
def test_leads_move_as_the_table_says_and_not_otherwise(stage: Stage, current: LeadStatus) -> None:
    for target in LeadStatus:
        moving, other = stage.leads(2, status=current)
        if target not in LEAD_MOVES[current]:
            with pytest.raises(IllegalMove, match=f"{current} may not become {target}"):
                move_lead(stage, moving, current=current, target=target)
            assert stage.lead_row(moving).status is current
        else:
            assert move_lead(stage, moving, current=current, target=target) is True
            assert stage.lead_row(moving).status is target
            assert move_lead(stage, moving, current=current, target=target) is False
        assert stage.lead_row(other).status is current


@pytest.mark.parametrize("current", CampaignStatus)
def test_campaigns_move_as_the_table_says_and_not_otherwise(
    stage: Stage, current: CampaignStatus
) -> None:
    for target in CampaignStatus:
        moving, other = stage.draft(), stage.draft()
        stage.force_campaign(moving, current)
        stage.force_campaign(other, current)
        if target not in CAMPAIGN_MOVES[current]:
            with pytest.raises(IllegalMove, match=f"{current} may not become {target}"):
                move_campaign(stage, moving, current=current, target=target)
            assert stage.campaign_row(moving).status is current
        else:
            assert move_campaign(stage, moving, current=current, target=target) is True
            assert stage.campaign_row(moving).status is target
            assert move_campaign(stage, moving, current=current, target=target) is False
        assert stage.campaign_row(other).status is current


@pytest.mark.parametrize("status", LeadStatus)
def test_only_a_ready_lead_is_taken_off(stage: Stage, status: LeadStatus) -> None:
    lead_id = stage.lead(status=status)
    taken = stage.world.db.transact(lambda tx: leads.take_off(tx, [lead_id]))
    assert taken == (status is LeadStatus.READY)
    assert stage.lead_row(lead_id).tries == taken


def test_evidence_only_raises_the_rank_of_what_was_not_given_up() -> None:
    for current, target in product(set(AttemptStatus) - GIVEN_UP, repeat=2):
        if target in ATTEMPT_MOVES[current] and target not in GIVEN_UP:
            assert RANK[target] > RANK[current]


def test_evidence_of_a_call_is_a_legal_move_from_everything_it_outranks() -> None:
    evidence = (AttemptStatus.PLACED, AttemptStatus.ONGOING, AttemptStatus.ENDED)
    for current, target in product(set(AttemptStatus) - {AttemptStatus.INTENT}, evidence):
        assert attempts.outranks(target, current) == (target in ATTEMPT_MOVES[current])
