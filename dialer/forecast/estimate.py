"""Estimate: about how long calls take, without playing them through."""

from dataclasses import dataclass

from dialer.forecast.assumptions import ANSWERED, MACHINE, RINGING, UNANSWERED, Assumptions
from dialer.simulator.outcomes import Outcome

WITH_A_VOICE = (Outcome.VOICEMAIL, Outcome.CALLBACK, Outcome.OPT_OUT)
"""Calls that last as long as `MACHINE` says."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many calls, and hours with every line busy."""

    first_round_hours: float
    calls: float  # with the retries
    hours: float


def estimate(leads: int, assumptions: Assumptions, *, most_attempts: int) -> Estimate:
    """Say about how long it takes to call so many leads once, and as often as it is tried."""
    calls = leads * calls_per_lead(assumptions.answer_rate, most_attempts=most_attempts)
    return Estimate(_hours(leads, assumptions), calls, _hours(calls, assumptions))


def calls_per_lead(answer_rate: float, *, most_attempts: int) -> float:
    """Give the calls one lead takes on average until it answers, or is given up."""
    if answer_rate <= 0:
        return float(most_attempts)
    return float((1 - (1 - answer_rate) ** most_attempts) / answer_rate)


def seconds_per_call(assumptions: Assumptions) -> float:
    """Give how long a call keeps its line on average."""
    machine = sum(MACHINE) / 2
    talked = ANSWERED[Outcome.LONG_TALK] / sum(ANSWERED.values())
    answered = talked * assumptions.talk.total_seconds() + (1 - talked) * machine
    voices = sum(UNANSWERED.get(one, 0.0) for one in WITH_A_VOICE) / sum(UNANSWERED.values())
    rate = assumptions.answer_rate
    return float(sum(RINGING) / 2 + rate * answered + (1 - rate) * voices * machine)


def _hours(calls: float, assumptions: Assumptions) -> float:
    by_lines = calls * seconds_per_call(assumptions) / max(assumptions.lines, 1)
    return max(by_lines, calls / assumptions.calls_per_second) / 3600
