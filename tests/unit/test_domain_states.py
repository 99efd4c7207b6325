"""The transition tables themselves."""

from enum import StrEnum
from pathlib import Path

import pytest

from dialer.domain import diagram
from dialer.domain.diagram import main, page
from dialer.domain.states import (
    ATTEMPT_MOVES,
    CAMPAIGN_MOVES,
    LEAD_MOVES,
    OPEN_STATUSES,
    OVER,
    RANK,
    AttemptStatus,
    CampaignStatus,
    LeadStatus,
    check_move,
)
from dialer.errors import IllegalMove

TABLES = [
    (AttemptStatus, ATTEMPT_MOVES),
    (LeadStatus, LEAD_MOVES),
    (CampaignStatus, CAMPAIGN_MOVES),
]


@pytest.mark.parametrize(("statuses", "moves"), TABLES)
def test_every_status_stands_in_its_table(statuses: type[StrEnum], moves: object) -> None:
    assert set(moves) == set(statuses)  # type: ignore[call-overload]


@pytest.mark.parametrize(("statuses", "moves"), TABLES)
def test_a_move_is_allowed_exactly_when_it_stands_there(
    statuses: type[StrEnum], moves: dict[StrEnum, frozenset[StrEnum]]
) -> None:
    for current in statuses:
        for target in statuses:
            if target in moves[current]:
                check_move(moves, current, target)
            else:
                with pytest.raises(IllegalMove):
                    check_move(moves, current, target)


@pytest.mark.parametrize(("statuses", "moves"), TABLES)
def test_nothing_moves_to_where_it_is(
    statuses: type[StrEnum], moves: dict[StrEnum, frozenset[StrEnum]]
) -> None:
    assert not [status for status in statuses if status in moves[status]]


def test_what_was_sent_is_never_unsent() -> None:
    unsent = {AttemptStatus.INTENT, AttemptStatus.SENDING, AttemptStatus.CANCELLED}
    for status in set(AttemptStatus) - {AttemptStatus.INTENT}:
        assert not unsent & ATTEMPT_MOVES[status]


def test_an_ended_attempt_stays_so_and_a_closed_lead_can_only_wait_again() -> None:
    assert ATTEMPT_MOVES[AttemptStatus.ENDED] == frozenset()
    assert LEAD_MOVES[LeadStatus.CLOSED] == {LeadStatus.READY}


def test_every_status_has_a_rank_and_open_ones_are_not_given_up() -> None:
    assert set(RANK) == set(AttemptStatus)
    assert all(RANK[status] >= 0 for status in OPEN_STATUSES)


def test_a_campaign_that_is_over_calls_nobody_again() -> None:
    for status in OVER:
        assert CAMPAIGN_MOVES[status] <= {CampaignStatus.ARCHIVED}


def test_every_move_is_drawn() -> None:
    drawn = page()
    for moves in (ATTEMPT_MOVES, LEAD_MOVES, CAMPAIGN_MOVES):
        for current, targets in moves.items():
            for target in targets:
                assert f"{current} --> {target}" in drawn


def test_the_page_in_the_documentation_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_page_that_is_out_of_date_is_told_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagram, "PAGE", tmp_path / "states.md")
    assert main(["--check"]) == 1
    assert "fix: python -m dialer.domain.diagram" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0
