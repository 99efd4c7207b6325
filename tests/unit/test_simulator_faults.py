"""How answers to create-phone-call go wrong, in virtual time."""

from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from dialer.simulator.answers import Answer, Travel
from dialer.simulator.engine import Exchange
from dialer.simulator.faults import CreateFault, Faults
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import play

START = 1_800_000_000_000
BODY = {"from_number": "+14155550199", "to_number": "+12125550100"}


def ask(**faults: Any) -> tuple[Answer, Exchange]:
    exchange = Exchange(SimulatorSettings(faults=Faults(**faults)))
    return exchange.create_call(BODY, now_ms=START), exchange


PLACED = {
    CreateFault.ANSWER_500_EXECUTED: (500, Travel.WHOLE),
    CreateFault.TIMEOUT_AFTER_ACCEPTANCE: (201, Travel.NEVER),
    CreateFault.RESET_AFTER_ACCEPTANCE: (201, Travel.RESET),
    CreateFault.HALF_ANSWER: (201, Travel.HALF),
    CreateFault.NOT_JSON: (201, Travel.WHOLE),
    CreateFault.WITHOUT_CALL_ID: (201, Travel.WHOLE),
}
NOT_PLACED = {
    CreateFault.ANSWER_429: (429, Travel.WHOLE),
    CreateFault.ANSWER_429_RETRY_AFTER: (429, Travel.WHOLE),
    CreateFault.ANSWER_500_NOT_EXECUTED: (500, Travel.WHOLE),
    CreateFault.TIMEOUT_BEFORE_ACCEPTANCE: (500, Travel.NEVER),
    CreateFault.ACCEPTED_LATE: (500, Travel.NEVER),
    CreateFault.RESET_BEFORE_ACCEPTANCE: (500, Travel.RESET),
}


def test_every_fault_is_tested_here() -> None:
    assert set(PLACED) | set(NOT_PLACED) == set(CreateFault)


@pytest.mark.parametrize("fault", CreateFault)
def test_a_fault_places_a_call_or_places_none(fault: CreateFault) -> None:
    answer, exchange = ask(**{fault.value: 1})
    assert (answer.status, answer.travel) == (PLACED | NOT_PLACED)[fault]
    assert exchange.truth(now_ms=START)["calls"] == (1 if fault in PLACED else 0)


def test_retry_after_is_told_only_when_asked_for() -> None:
    assert ask(answer_429=1)[0].headers == {}
    assert ask(answer_429_retry_after=1, retry_after_s=9)[0].headers == {"Retry-After": "9"}


def test_a_call_may_be_accepted_long_after_the_caller_gave_up() -> None:
    _, exchange = ask(accepted_late=1, acceptance_delay_s=(90, 90))
    assert exchange.truth(now_ms=START + 89_999)["calls"] == 0
    assert exchange.truth(now_ms=START + 90_000)["calls"] == 1


def test_a_late_acceptance_meets_the_same_key_again() -> None:
    exchange = Exchange(SimulatorSettings(faults=Faults(accepted_late=1)))
    exchange.create_call({**BODY, "idempotency_key": "k"}, now_ms=START)
    exchange.set_faults(Faults())
    assert exchange.create_call({**BODY, "idempotency_key": "k"}, now_ms=START + 1).status == 201
    play(exchange, until_ms=START + 600_000)
    assert exchange.truth(now_ms=START + 600_000)["calls"] == 1


@pytest.mark.parametrize("status", [307, 400, 401, 402, 403, 404, 409, 422])
def test_a_fixed_status_places_nothing(status: int) -> None:
    answer, exchange = ask(statuses={status: 1})
    assert answer.status == status
    assert isinstance(answer.body, dict)
    assert answer.body["status"] == "error"
    assert exchange.truth(now_ms=START)["calls"] == 0


def test_an_answer_may_wait() -> None:
    assert 3 <= ask(answer_delay_s=(3, 4))[0].delay_s <= 4


def draws(seed: int, numbers: list[str]) -> dict[str, int]:
    faults = Faults(answer_429=0.3, answer_500_executed=0.3)
    exchange = Exchange(SimulatorSettings(seed=seed, faults=faults, limit=1000))
    return {
        number: exchange.create_call(BODY | {"to_number": number}, now_ms=START).status
        for number in numbers
    }


def test_faults_follow_their_probabilities_and_the_seed() -> None:
    numbers = [f"+1415555{n:04}" for n in range(1000, 1400)]
    drawn = draws(3, numbers)
    assert drawn == draws(3, numbers[::-1])
    shares = Counter(drawn.values())
    assert all(80 < shares[status] < 200 for status in (201, 429, 500))


def test_probabilities_must_fit_into_one() -> None:
    with pytest.raises(ValidationError, match="exceed 1"):
        Faults(answer_429=0.6, statuses={402: 0.6})


def test_a_range_has_its_lower_end_first() -> None:
    with pytest.raises(ValidationError, match="lower first"):
        Faults(webhook_late_s=(5, 1))


def test_look_ups_may_fail_or_be_cut() -> None:
    exchange = Exchange(SimulatorSettings(faults=Faults(list_fails=1, get_fails=1)))
    assert exchange.list_calls({}, now_ms=START).status == 500
    assert exchange.get_call("call_x", now_ms=START).status == 500
    exchange.set_faults(Faults(list_cut=1))
    assert exchange.list_calls({}, now_ms=START).travel is Travel.HALF
