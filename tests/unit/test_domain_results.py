"""Results: what an address may be, and when a message is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from dialer.domain.results import (
    DELAYS,
    GIVEN_UP_AFTER,
    JITTER,
    LONGEST_REST,
    MOST_WAIT,
    Next,
    ResultSpec,
    Step,
    after_try,
    rest_after,
)

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def after(
    tries: int, status: int | None, *, wait: timedelta | None = None, chance: float = 0
) -> Next:
    return after_try(tries, status=status, retry_after=wait, now=NOW, chance=chance)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_only_success_is_a_delivery(status: int) -> None:
    assert after(1, status).step is Step.DELIVERED


@pytest.mark.parametrize("status", [None, 100, 199, 301, 307, 400, 401, 404, 429, 500, 503])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert after(1, status) == (Step.LATER, NOW + DELAYS[0])


def test_tries_go_on_for_a_day_and_then_no_more() -> None:
    assert timedelta(hours=23) < sum(DELAYS, timedelta(0)) <= DAY
    for tries, delay in enumerate(DELAYS, start=1):
        assert after(tries, 500) == (Step.LATER, NOW + delay)
    assert after(len(DELAYS) + 1, 500) == (Step.DEAD, None)
    assert sum(DELAYS, timedelta(0)) * (1 + JITTER) < GIVEN_UP_AFTER


def test_chance_makes_a_delay_longer_by_a_fifth_at_most() -> None:
    assert after(4, 500, chance=1).at == NOW + timedelta(minutes=36)


def test_retry_after_lengthens_a_delay_and_never_shortens_it() -> None:
    assert after(1, 503, wait=timedelta(minutes=3)).at == NOW + timedelta(minutes=3)
    assert after(4, 503, wait=timedelta(minutes=3)).at == NOW + DELAYS[3]
    assert after(1, 503, wait=timedelta(days=400)).at == NOW + MOST_WAIT
    assert after(1, 503, wait=timedelta(seconds=-5)).at == NOW + DELAYS[0]


def test_gone_is_final_at_any_try() -> None:
    assert after(1, 410).step is Step.GONE
    assert after(len(DELAYS) + 1, 410).step is Step.GONE


def test_an_address_rests_longer_with_each_failure() -> None:
    rests = [rest_after(failures, retry_after=None) for failures in range(1, 40)]
    assert rests == sorted(rests)
    assert rests[0] == timedelta(seconds=2)
    assert rests[-1] == LONGEST_REST
    assert rest_after(1, retry_after=timedelta(hours=2)) == timedelta(hours=2)


@pytest.mark.parametrize(
    "address",
    [
        "crm.example.com",
        "ftp://crm.example.com/x",
        "https:///x",
        "https://user:secret@crm.example.com/",
        "https://crm.example.com/#here",
        "https://crm.example.com/a b",
        "https://crm.example.com/\n",
        "https://crm\u0430.example.com/",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        ResultSpec.model_validate({"address": address, "secret": "crm"})


def test_an_address_needs_a_secret() -> None:
    with pytest.raises(ValidationError, match="needs the name of a secret"):
        ResultSpec.model_validate({"address": "https://crm.example.com/"})
    with pytest.raises(ValidationError):
        ResultSpec.model_validate({"address": "https://crm.example.com/", "secret": "whsec_a/b="})
