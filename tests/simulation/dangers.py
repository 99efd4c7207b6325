"""What may go wrong in one run, and how often: drawn from its seed."""

import random
from dataclasses import dataclass, field

from dialer.simulator.faults import Faults
from simulation.points import CrashPoint

POINTS = tuple(CrashPoint)


@dataclass(frozen=True)
class Target:
    """A crash point at which a process dies when it comes by for the n-th time."""

    point: CrashPoint
    hit: int


@dataclass(frozen=True)
class Dangers:
    """Chances from 0 to 1 at each occasion, unless a name says otherwise."""

    target: Target
    kill: float  # at each call of a port
    kill_within: float  # at each transaction, at one of its statements
    freeze: float
    database_dropped: float
    commit_unknown: float
    transaction_again: float
    database_slow: float
    not_connected: float
    late_start: float  # a request that is not written at once, because nobody has time
    message_lost: float
    message_twice: float
    message_late: float
    webhook_strange: float
    spite: float  # at each claim: somebody forbids just what was claimed
    incidents_per_hour: float  # outages, restarts, flushes, things people do
    faults: Faults = field(default_factory=Faults)


def draw_dangers(seed: int, dice: random.Random) -> Dangers:
    """Draw the dangers of a run; half of the classes are left out of each."""

    def some(low: float, high: float) -> float:
        return 0.0 if dice.random() < 0.5 else low * (high / low) ** dice.random()

    return Dangers(
        target=_target(POINTS[seed % len(POINTS)], 1 + int(dice.random() ** 2 * 12)),
        kill=some(0.0002, 0.01),
        kill_within=some(0.0005, 0.02),
        freeze=some(0.0002, 0.003),
        database_dropped=some(0.001, 0.03),
        commit_unknown=some(0.001, 0.03),
        transaction_again=some(0.005, 0.1),
        database_slow=some(0.001, 0.02),
        not_connected=some(0.005, 0.1),
        late_start=some(0.005, 0.1),
        message_lost=some(0.005, 0.3),
        message_twice=some(0.005, 0.3),
        message_late=some(0.005, 0.2),
        webhook_strange=some(0.01, 0.2),
        spite=some(0.02, 0.4),
        incidents_per_hour=dice.choice((4, 15, 40)),
        faults=_draw_faults(dice, some),
    )


def _target(point: CrashPoint, hit: int) -> Target:
    """Give a target that the run is likely to come by: few imports come by theirs often."""
    return Target(point, 1 + (hit - 1) % 3 if point is CrashPoint.IN_IMPORT else hit)


def _draw_faults(dice: random.Random, some: object) -> Faults:
    assert callable(some)
    storm = dice.random() < 0.15
    return Faults(
        answer_delay_s=dice.choice(((0.0, 0.05), (0.0, 0.05), (0.1, 3.0), (0.0, 90.0))),
        answer_429=0.3 if storm else some(0.01, 0.06),
        answer_429_retry_after=some(0.01, 0.06),
        answer_500_not_executed=some(0.01, 0.05),
        answer_500_executed=some(0.01, 0.05),
        timeout_before_acceptance=some(0.01, 0.05),
        timeout_after_acceptance=some(0.01, 0.05),
        accepted_late=some(0.01, 0.06),
        reset_before_acceptance=some(0.01, 0.05),
        reset_after_acceptance=some(0.01, 0.05),
        half_answer=some(0.01, 0.05),
        not_json=some(0.01, 0.03),
        without_call_id=some(0.01, 0.03),
        statuses={400: some(0.01, 0.05), 409: some(0.01, 0.03)}
        | {status: some(0.002, 0.01) for status in (401, 402, 403, 404, 422)},
        retry_after_s=dice.choice((1, 5, 20)),
        webhook_dropped=dice.choice((0.0, 0.05, 0.2, 1.0)) if dice.random() < 0.6 else 0.0,
        webhook_duplicated=some(0.02, 0.5),
        webhook_late=some(0.02, 0.3),
        webhook_late_s=(1.0, dice.choice((20.0, 200.0, 900.0))),
        webhooks_reordered=some(0.02, 0.5),
        call_analyzed_missing=some(0.05, 0.5),
        list_lag_s=dice.choice((0.0, 0.0, 3.0, 30.0, 120.0)),
        list_fails=some(0.02, 0.3),
        list_cut=some(0.02, 0.2),
        get_fails=some(0.02, 0.3),
    )
