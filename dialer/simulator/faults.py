"""What may go wrong at the simulated Retell, and how often."""

import random
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _ordered(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] < 0 or span[1] < span[0]:
        raise ValueError("a range is two numbers, the lower first, none below zero")
    return span


Span = Annotated[tuple[float, float], AfterValidator(_ordered)]
"""The lowest and the highest value of an even draw, usually seconds."""

Probability = Annotated[float, Field(ge=0, le=1)]


class CreateFault(StrEnum):
    """How the answer to create-phone-call fails. The words before the reason say what is true."""

    ANSWER_429 = "answer_429"  # nothing placed
    ANSWER_429_RETRY_AFTER = "answer_429_retry_after"  # nothing placed, with the header
    ANSWER_500_NOT_EXECUTED = "answer_500_not_executed"  # nothing placed, nobody can tell
    ANSWER_500_EXECUTED = "answer_500_executed"  # the phone rings
    TIMEOUT_BEFORE_ACCEPTANCE = "timeout_before_acceptance"  # nothing placed, no answer
    TIMEOUT_AFTER_ACCEPTANCE = "timeout_after_acceptance"  # the phone rings, no answer
    ACCEPTED_LATE = "accepted_late"  # no answer; the phone rings much later
    RESET_BEFORE_ACCEPTANCE = "reset_before_acceptance"  # nothing placed, connection reset
    RESET_AFTER_ACCEPTANCE = "reset_after_acceptance"  # the phone rings, connection reset
    HALF_ANSWER = "half_answer"  # the phone rings, the answer is cut in the middle
    NOT_JSON = "not_json"  # the phone rings, the answer is a page of text
    WITHOUT_CALL_ID = "without_call_id"  # the phone rings, 201 names no call


class Faults(BaseModel):
    """Probabilities from 0 to 1, and ranges in seconds of real time (`--speed` leaves them)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answer_delay_s: Span = (0.0, 0.0)
    """Every answer to create-phone-call waits this long; the call itself does not."""

    answer_429: Probability = 0
    answer_429_retry_after: Probability = 0
    answer_500_not_executed: Probability = 0
    answer_500_executed: Probability = 0
    timeout_before_acceptance: Probability = 0
    timeout_after_acceptance: Probability = 0
    accepted_late: Probability = 0
    reset_before_acceptance: Probability = 0
    reset_after_acceptance: Probability = 0
    half_answer: Probability = 0
    not_json: Probability = 0
    without_call_id: Probability = 0
    statuses: dict[int, Probability] = Field(default_factory=dict)
    """Fixed answers with nothing placed, by status: 307, 400, 401, 402, 403, 404, 409, 422 …"""

    retry_after_s: int = Field(default=2, ge=0)
    hang_s: float = Field(default=130, gt=0)
    """After this long without an answer the connection is closed."""
    acceptance_delay_s: Span = (1.0, 120.0)
    """How late `accepted_late` places the call."""

    webhook_dropped: Probability = 0
    webhook_duplicated: Probability = 0
    webhook_late: Probability = 0
    webhook_late_s: Span = (1.0, 60.0)
    webhook_forged: Probability = 0
    """A lie about the call, signed with a wrong key, is sent before the true webhook."""
    webhooks_reordered: Probability = 0
    """Per call: the analysis first, then the end, then the start."""
    call_analyzed_missing: Probability = 0

    list_lag_s: float = Field(default=0, ge=0)
    """A call appears in list-calls only this long after it was accepted."""
    list_fails: Probability = 0
    list_cut: Probability = 0
    get_fails: Probability = 0

    @model_validator(mode="after")
    def _one_fault_per_request(self) -> Self:
        if sum(self.create_odds().values()) > 1 + 1e-9:
            raise ValueError("the probabilities of the faults of create-phone-call exceed 1")
        return self

    def create_odds(self) -> dict[CreateFault | int, float]:
        """Give the probability of each way create-phone-call may fail; at most one happens."""
        odds: dict[CreateFault | int, float] = {
            fault: getattr(self, fault) for fault in CreateFault
        }
        return odds | dict(self.statuses)

    def draw_create(self, dice: random.Random) -> CreateFault | int | None:
        """Draw how one create-phone-call fails: a fault, a fixed status, or None for well."""
        left = dice.random()
        for fault, probability in self.create_odds().items():
            if left < probability:
                return fault
            left -= probability
        return None
