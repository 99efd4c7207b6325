"""What the figures of a campaign tell: how fast it is, how long it takes, and why not faster."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTES = 30
"""Shown of the past."""
RATE_OVER = 10
"""Minutes over which the present rate is taken."""
FEW_FINISHED = 20
"""So few finished leads say nothing of how many calls one takes."""


def by_minute(moments: Iterable[datetime], *, now: datetime) -> list[int]:
    """Count moments by minute, the present minute last."""
    ages = Counter(int((now - at).total_seconds() // 60) for at in moments if at <= now)
    return [ages.get(age, 0) for age in reversed(range(MINUTES))]


def rate(minutes: Sequence[int]) -> float:
    """Give the calls per minute of late, since calling began if that was later.

    Minutes that were not whole do not count: the present one, and the first one of a beginning.
    A pause between calls is none: it counts.
    """
    past = minutes[:-1]
    began = next((place for place, calls in enumerate(past) if calls), 0)
    if 0 < began < len(past) - 1:
        began += 1
    counted = past[max(began, len(past) - RATE_OVER) :]
    return sum(counted) / len(counted) if counted else 0.0


def time_left(
    *,
    waiting: int,
    finished: int,
    attempts: int,
    calls_per_minute: float,
    last_due_in: timedelta | None,
) -> timedelta | None:
    """Guess how long the calls take that are left; None where nothing is known to guess by.

    No less than until the last lead is due, `last_due_in` from now.
    """
    later = last_due_in if last_due_in is not None and last_due_in > timedelta(0) else None
    if not waiting or calls_per_minute <= 0:
        return later if waiting else None
    calls_per_lead = max(1.0, attempts / finished) if finished >= FEW_FINISHED else 1.0
    calling = timedelta(minutes=waiting * calls_per_lead / calls_per_minute)
    return max(calling, later or calling)


@dataclass(frozen=True, slots=True)
class Speed:
    """What bounds a running campaign."""

    lines: int  # in force, over everything
    in_use: int  # over everything
    ours: int  # of this campaign
    cap: int | None  # of this campaign
    calls_per_second: float | None
    others: int  # campaigns that run beside it
    due: bool  # somebody may be called now


def why_this_fast(speed: Speed) -> list[str]:
    """Say why a running campaign runs at the speed it runs, what weighs most first."""
    found = []
    if not speed.due and not speed.ours:
        found.append("No lead is due now.")
    if speed.cap is not None and speed.ours >= speed.cap:
        found.append(f"It uses all {speed.cap:,} lines it may use itself.")
    elif speed.in_use >= speed.lines:
        found.append("All lines are in use: the next call starts when one ends.")
    elif speed.due and speed.calls_per_second is not None:
        found.append(
            f"Lines are free; at most {_per_second(speed.calls_per_second)} started per second."
        )
    if speed.others:
        others = "Another campaign runs" if speed.others == 1 else f"{speed.others} others run"
        found.append(f"{others} beside it; free lines are dealt by weight.")
    return found


def _per_second(calls: float) -> str:
    return f"{calls:g} call is" if calls == 1 else f"{calls:g} calls are"
