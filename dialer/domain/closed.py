"""Why no call may start: the rule that forbids it, and where."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from dialer.domain.blocked_dates import EmergencyBlock
from dialer.domain.hold import CLOSED_NOW, Hold, HoldCode
from dialer.domain.legal_hours import LegalDay, legal_days, legal_emergency
from dialer.domain.local_time import Minutes, format_minute, zone
from dialer.domain.opening import closing, kept_holiday
from dialer.domain.regions import Whereabouts, name_of
from dialer.domain.window import Window

_IN_THE_LAST_MINUTES = ", and no call starts in the last five minutes"


class _Refusal(NamedTuple):
    """One rule that forbids a call in one zone."""

    code: HoldCode
    rule: str  # half a sentence
    zone: str


def why_closed(window: Window, where: Whereabouts, *, now: datetime) -> Hold:
    """Give the gravest reason why no call may start now; ask only when none may."""
    closes_at = closing(window, where, now=now)
    refusals = [
        refusal for name in where.zones for refusal in _refusals(window, where, name, at=closes_at)
    ]
    if not refusals:  # the rules changed while they were asked
        return Hold(HoldCode.OUTSIDE_WINDOW, "No call may start now.")
    gravest = min(refusals, key=lambda refusal: CLOSED_NOW.index(refusal.code))
    clock = now.astimezone(zone(gravest.zone)).strftime("%a %H:%M")
    tail = _IN_THE_LAST_MINUTES if closes_at > now else ""
    return Hold(gravest.code, f"{gravest.rule}; it is {clock} in {gravest.zone}{tail}.")


def _refusals(window: Window, where: Whereabouts, name: str, *, at: datetime) -> Iterator[_Refusal]:
    local = at.astimezone(zone(name))
    day, minute = local.date(), local.hour * 60 + local.minute
    for code, rule in _rules_against(window, where.regions, day, minute):
        yield _Refusal(code, rule, name)


def _rules_against(
    window: Window, regions: frozenset[str], day: date, minute: int
) -> Iterator[tuple[HoldCode, str]]:
    """Give every rule that forbids a call at a minute of a local date."""
    for region in sorted(regions):
        for block in _emergencies(window, region, day):
            yield (
                HoldCode.EMERGENCY_BLOCK,
                f"No calls to {name_of(region)} until {block.dates.last} ({block.reason})",
            )
        for legal in legal_days(region, day) if window.legal_override is None else ():
            if not _contains(legal.minutes, minute):
                yield HoldCode.LEGAL_HOURS, _legal_rule(legal, day, minute)
    if kept := kept_holiday(window, regions, day):
        yield (
            HoldCode.HOLIDAY,
            f"The campaign does not call on holidays, and it is {kept[1]} in {name_of(kept[0])}",
        )
    if window.is_blacked_out(day):
        yield HoldCode.BLACKOUT, f"The campaign does not call on {day}"
    hours = window.minutes_on(day)
    if not _contains(hours, minute):
        yield (
            HoldCode.OUTSIDE_WINDOW,
            f"The campaign's window allows {_allowed(hours, minute, on=f'{day:%A}s')}",
        )


def _emergencies(window: Window, region: str, day: date) -> Iterator[EmergencyBlock]:
    yield from (block for block in window.emergencies if block.covers(region, day))
    if window.legal_override is None and (block := legal_emergency(region, day)):
        yield block


def _legal_rule(legal: LegalDay, day: date, minute: int) -> str:
    on = f"{day:%A}s" if legal.holiday is None else f"holidays ({legal.holiday})"
    allowed = _allowed(legal.minutes, minute, on=on)
    return f"{name_of(legal.region)[:1].upper()}{name_of(legal.region)[1:]} allows {allowed}"


def _allowed(minutes: Sequence[Minutes], minute: int, *, on: str) -> str:
    """Say what is allowed instead of a minute that is not."""
    if not minutes:
        return f"no calls on {on}"
    later = [opens for opens, _ in minutes if opens > minute]
    earlier = [closes for _, closes in minutes if closes <= minute]
    if not earlier:
        return f"calls from {format_minute(later[0])} on"
    until = f"calls until {format_minute(earlier[-1])}"
    return f"{until}, and again from {format_minute(later[0])} on" if later else until


def _contains(minutes: Sequence[Minutes], minute: int) -> bool:
    return any(opens <= minute < closes for opens, closes in minutes)
