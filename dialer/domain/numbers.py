"""Numbers: from which of a campaign's numbers a lead is called.

A number is passed over while it rests, while it has called as often as it may in 24 hours, and
while its last call, or the last one over its telephony path, was too short a time ago. Whose turn
it is among the others is told by the lead and the weights alone, not by how often each has called:
a number that is new, or back from its rest, does not call again and again until it has caught up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from dialer.domain.caller_id import DAY, CallerIdSpec
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.pacing import CLAIM_AHEAD, Moments
from dialer.domain.regions import START, country_of, regions_of
from dialer.domain.rotation import whose_turn

NUMBER_RESTS = timedelta(hours=24)


class RestReason(StrEnum):
    """Why a number rests. Stable words, with which the reason in its row begins."""

    NOT_OURS = "not_ours"  # Retell does not know it; a person who starts or resumes ends the rest
    BLOCKED = "blocked"  # carriers block it or mark it as spam


@dataclass(slots=True)
class NumberUse:
    """The calls of one number, in whatever campaign; grows within a claim."""

    calls: int = 0  # in the last 24 hours; counted no further than any cap goes
    oldest_at: datetime | None = None  # of those
    last_send_at: datetime | None = None
    first_at: datetime | None = None  # its first one ever


class Callee(NamedTuple):
    """What of a lead matters for the number it is called from."""

    phone: str
    region: str | None  # the one its list names
    turn: int  # grows by one from lead to lead and from try to try
    failed_from: str | None = None  # where its last attempt was blocked or could not connect


class Chosen(NamedTuple):
    """A number for one lead, and the moment of its call."""

    number: str
    send_at: datetime


@dataclass(slots=True)
class Numbers:
    """What is known of our numbers in one claim, for all campaigns together."""

    moments: Moments
    resting: Mapping[str, datetime] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)  # as far as they are known
    uses: dict[str, NumberUse] = field(default_factory=dict)  # where a campaign limits them

    def take(self, number: str) -> Chosen:
        """Give the next call to this number."""
        send_at = self.moments.take(self.paths.get(number))
        if use := self.uses.get(number):
            use.calls += 1
            use.last_send_at = send_at
            use.oldest_at = use.oldest_at or self.moments.now
            use.first_at = use.first_at or self.moments.now
        return Chosen(number, send_at)


class _Wait(NamedTuple):
    """Why a number may not call now, and until when."""

    until: datetime
    why: str  # as it stands in a sentence before ": 2"


@dataclass
class Pool:
    """The numbers of one campaign, in one claim."""

    spec: CallerIdSpec
    from_numbers: Sequence[str]
    known: Numbers

    def choose(self, callee: Callee) -> Chosen | Hold:
        """Give the number that calls this lead, or say why none does.

        While some number is free a number is given. A lead that could not be reached from one
        number is called from another one if it can be.
        """
        free = self._free()
        if not free:
            return self._nothing_free()
        others = [number for number in free if number != callee.failed_from] or free
        nearest = self._nearest(others, callee)
        weights = [self.spec.weights.get(number, 1.0) for number in nearest]
        return self.known.take(nearest[whose_turn(weights, turn=callee.turn)])

    def why_none(self) -> Hold | None:
        """Say why no lead may be called from any number now; None when one is free."""
        return None if self._free() else self._nothing_free()

    @cached_property
    def _awake(self) -> list[str]:
        numbers = dict.fromkeys(self.from_numbers)
        return [number for number in numbers if number not in self.known.resting]

    def _free(self) -> list[str]:
        moments = self.known.moments
        paths = self.known.paths
        at = {path: moments.of(path) for path in {paths.get(number) for number in self._awake}}
        return [
            number
            for number in self._awake
            if moments.is_near(at[paths.get(number)])
            and (not self.spec.is_limited or self._wait(number, at=at[paths.get(number)]) is None)
        ]

    def _wait(self, number: str, *, at: datetime) -> _Wait | None:
        """Say why a number that is awake may not call at a moment."""
        now, spec = self.known.moments.now, self.spec
        use = self.known.uses.get(number, NumberUse())
        cap = spec.cap(first_at=use.first_at, now=now)
        if cap is not None and use.calls >= cap:
            return _Wait(self._used_until(use), "used up for the day")
        last = use.last_send_at
        # A send further ahead than any claim looks was written before the clock was set back.
        near = last is not None and last < now + 2 * CLAIM_AHEAD
        if spec.spacing and last is not None and near and last + spec.spacing > at:
            return _Wait(last + spec.spacing, "called a moment ago")
        if not self.known.moments.is_near(at):
            return _Wait(at, "waiting for their provider's pace")
        return None

    def _used_until(self, use: NumberUse) -> datetime:
        """Give the moment from which a number that is used up may call again, at the earliest."""
        now = self.known.moments.now
        until = (use.oldest_at or now) + DAY
        day = (now - (use.first_at or now)) // DAY
        if use.first_at is None or day >= len(self.spec.warm_up):
            return until
        return min(until, use.first_at + (day + 1) * DAY)  # then its cap is another one

    def _nothing_free(self) -> Hold:
        known = self.known
        waits = [
            _Wait(known.resting[number], "resting")
            if number in known.resting
            else self._wait(number, at=known.moments.of(known.paths.get(number)))
            for number in dict.fromkeys(self.from_numbers)
        ]
        told = [wait for wait in waits if wait is not None]
        counts = {wait.why: sum(one.why == wait.why for one in told) for wait in told}
        why = ", ".join(f"{why}: {count}" for why, count in counts.items())
        return Hold(
            HoldCode.NO_NUMBER,
            f"None of the campaign's numbers may call now ({why}).",
            until=min(wait.until for wait in told),
        )

    def _nearest(self, numbers: Sequence[str], callee: Callee) -> Sequence[str]:
        """Leave the numbers that look most like the lead's own, where the campaign wants that."""
        if self.spec.choose == "round robin" or len(numbers) == 1:
            return numbers
        code = _area_code(callee.phone)
        if near := [number for number in numbers if code and _area_code(number) == code]:
            return near
        regions = _regions(callee.phone, callee.region)
        if near := [number for number in numbers if regions & _regions(number)]:
            return near
        countries = set(map(country_of, regions))
        return [
            number for number in numbers if countries & set(map(country_of, _regions(number)))
        ] or numbers


def _area_code(phone: str) -> str | None:
    return phone[2:5] if phone.startswith("+1") else None


def _regions(phone: str, own: str | None = None) -> frozenset[str]:
    """Give the regions of a number; the start of a fictional one tells them too."""
    return regions_of(phone[:START], own=own)
