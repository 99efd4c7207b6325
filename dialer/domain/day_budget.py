"""Day budgets: how many calls more may begin today, by their number and by their cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.domain.hold import Hold, HoldCode
from dialer.domain.local_time import clock_in, next_midnight, zone

ASSUMED_CENTS = 25.0
"""What a call is taken to cost while no call's cost is known; rather too much."""

TRUSTED_FOR = timedelta(seconds=60)
"""So long an allowance is not counted anew: only claims use it up, and they are subtracted."""
TRUSTED_WHEN_SHORT = timedelta(seconds=1)
"""The same where money is short: what calls cost is known only after they ended."""
SHORT = 100


@dataclass(frozen=True, slots=True)
class DayLimits:
    """What may be used from one midnight to the next. None sets no limit."""

    calls: int | None
    dollars: float | None
    zone: str  # whose midnight
    whose: str  # half a sentence: "this campaign", "everything together"

    @property
    def are_set(self) -> bool:
        """False when nothing needs to be counted."""
        return self.calls is not None or self.dollars is not None


@dataclass(frozen=True, slots=True)
class DayUse:
    """What was used since midnight, by calls that were made or may have been made."""

    calls: int
    known_cents: float = 0.0  # of the calls whose cost is known
    unknown_costs: int = 0  # calls without a cost so far, open ones included
    usual_cents: float = ASSUMED_CENTS  # what a call costs on average

    @property
    def cents(self) -> float:
        """What today cost, with an estimate for the calls whose cost is not known yet."""
        return self.known_cents + self.unknown_costs * self.usual_cents


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls more may be claimed today: as counted at a moment, less those since."""

    terms: str  # the limits and the day it was counted for
    left: int
    counted_at: datetime

    def is_trusted(self, limits: DayLimits, *, now: datetime) -> bool:
        """Tell whether it need not be counted anew yet."""
        short = limits.dollars is not None and self.left <= SHORT
        age = now - self.counted_at
        return self.terms == terms_of(limits, now=now) and timedelta(0) <= age < (
            TRUSTED_WHEN_SHORT if short else TRUSTED_FOR
        )


def terms_of(limits: DayLimits, *, now: datetime) -> str:
    """Write down what an allowance is counted for: other limits or another day make another one."""
    day = now.astimezone(zone(limits.zone)).date()
    return f"{limits.calls} calls, {limits.dollars} dollars on {day} in {limits.zone}"


def calls_left(limits: DayLimits, use: DayUse) -> int | None:
    """Give how many calls more may begin today, not below zero; None where nothing limits them."""
    left = []
    if limits.calls is not None:
        left.append(limits.calls - use.calls)
    if limits.dollars is not None:
        # Calls that cost nothing are taken to cost a cent: nobody knows what the next one costs.
        left.append(int((limits.dollars * 100 - use.cents) / max(use.usual_cents, 1.0)))
    return max(0, min(left)) if left else None


def why_used_up(limits: DayLimits, use: DayUse, *, now: datetime) -> Hold | None:
    """Say that today's calls or today's money are used up, or None while a call may begin."""
    if calls_left(limits, use) != 0:
        return None
    until = next_midnight(limits.zone, after=now)
    if limits.calls is not None and use.calls >= limits.calls:
        used = f"Today's {limits.calls:,} calls of {limits.whose} are made"
    else:
        used = f"Today's {limits.dollars:,.2f} dollars of {limits.whose} are spent or promised"
    sentence = f"{used}; it goes on {clock_in(until, limits.zone)}."
    return Hold(HoldCode.DAY_USED_UP, sentence, until=until)
