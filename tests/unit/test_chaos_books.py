"""The books of a chaos run can fail: each thing that must not be is told."""

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from chaos.books import Books, called_twice
from chaos.people import AGAIN, ONCE, numbers

from dialer.simulator.outcomes import MAGIC

CLEAN = Books(
    leads=10,
    calls=12,
    unknown=1,
    most_active=3,
    double_dials=0,
    lost_leads=0,
    overruns=0,
    unrecorded_calls=0,
    unfinished=[],
    violations=[],
)


def call(number: str, *, campaign: int) -> dict[str, Any]:
    return {"to_number": number, "metadata": {"campaign_id": str(campaign)}}


def test_a_second_call_where_everybody_is_called_once_is_a_double_dial() -> None:
    calls = [call("+12125552000", campaign=ONCE)] * 2 + [call("+12125552001", campaign=ONCE)]
    assert called_twice(calls) == 1


def test_a_second_call_where_leads_are_tried_again_is_none() -> None:
    assert called_twice([call("+12125552000", campaign=AGAIN)] * 2) == 0


def test_clean_books_have_no_failure() -> None:
    assert CLEAN.failures() == []


@pytest.mark.parametrize("what", ["double_dials", "lost_leads", "overruns", "unrecorded_calls"])
def test_a_single_wrong_call_or_lead_is_a_failure(what: str) -> None:
    assert replace(CLEAN, **{what: 1}).failures() == [f"{what}: 1"]


@pytest.mark.parametrize("what", ["unfinished", "violations"])
def test_a_campaign_without_end_and_a_broken_invariant_are_failures(what: str) -> None:
    assert replace(CLEAN, **{what: ["I1"]}).failures() == [f"{what}: ['I1']"]


def test_nobody_in_the_lists_has_an_outcome_of_their_own_or_comes_twice() -> None:
    people = list(islice(numbers(), 5000))
    assert len(set(people)) == 5000
    assert not [one for one in people if one[-4:] in MAGIC]
