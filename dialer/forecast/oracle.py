"""The oracle: whether a call may start, asked again from the beginning.

It knows nothing of openings, spans or caches: it reads the clock of each zone and compares it with
the campaign's window and the table of the law. What it finds is a fault of the engine.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dialer.domain.blocked_dates import EmergencyBlock
from dialer.domain.legal_hours import legal_table
from dialer.domain.public_holidays import holiday_on
from dialer.domain.regions import country_of, regions_of
from dialer.domain.window import CLOSES, DAYS, DEFAULT_HOURS, OPENS, WEEKDAYS, Hours, Window
from dialer.forecast.virtual_clock import from_ms
from dialer.simulator.calls import Call
from dialer.store.outlook import LeadWhereabouts

LAST_MINUTES = timedelta(minutes=5)
"""A call that starts so long before closing, or later, starts too late."""


def wrong_calls(
    calls: Iterable[Call], *, places: Mapping[str, LeadWhereabouts], window: Window
) -> Iterator[str]:
    """Say of each call that may not have started why; `places` are the leads by number."""
    for call in calls:
        number, moment = call.request.to_number, from_ms(call.created_ms)
        place = places.get(number)
        if place is None:
            yield f"{moment:%Y-%m-%d %H:%M:%S} UTC: {number} is no lead of the list"
        elif why := why_wrong(window, place, at=moment):
            yield f"{moment:%Y-%m-%d %H:%M:%S} UTC, {number}: {why}"


def why_wrong(window: Window, place: LeadWhereabouts, *, at: datetime) -> str | None:
    """Say which rule forbids that a call starts, and in which zone; None when none does."""
    if not place.zones:
        return "nobody knows the local time"
    regions = regions_of(place.phone, own=place.region)
    for zone in place.zones:
        for moment in (at, at + LAST_MINUTES):
            local = moment.astimezone(ZoneInfo(zone))
            if rule := _rule_against(window, regions, local):
                return f"{rule}, and it is {local:%a %Y-%m-%d %H:%M} in {zone}"
    return None


def _rule_against(window: Window, regions: Iterable[str], local: datetime) -> str | None:
    day, regions = local.date(), sorted(regions)
    if any(dates.first <= day <= dates.last for dates in window.blackout):
        return "the date is blacked out"
    if any(_is_emergency(window.emergencies, region, day) for region in regions):
        return "there is a state of emergency"
    if any(holiday_on(day, region=region) for region in _holidays_kept(window, regions)):
        return "it is a holiday"
    if not any(_holds(hours, local) for hours in _hours_of(window)):
        return "the window is closed"
    if window.legal_override is None:
        for region in regions:
            if _is_emergency(legal_table().emergencies, region, day):
                return "there is a state of emergency"
            if not all(_law_allows(one, local) for one in (region, country_of(region))):
                return f"the law of {region} forbids it"
    return None


def _hours_of(window: Window) -> Iterable[Hours]:
    if window.hours is not None:
        return window.hours
    if window.days is None and window.opens is None and window.closes is None:
        return DEFAULT_HOURS
    return (
        Hours(
            days=WEEKDAYS if window.days is None else window.days,
            opens=OPENS if window.opens is None else window.opens,
            closes=CLOSES if window.closes is None else window.closes,
        ),
    )


def _holds(hours: Hours, local: datetime) -> bool:
    return DAYS[local.weekday()] in hours.days and _between(hours.opens, hours.closes, local)


def _between(opens: int, closes: int, local: datetime) -> bool:
    return opens <= 60 * local.hour + local.minute < closes


def _holidays_kept(window: Window, regions: Iterable[str]) -> Iterable[str]:
    if isinstance(window.holidays, bool):
        return regions if window.holidays else ()
    return window.holidays


def _is_emergency(blocks: Iterable[EmergencyBlock], region: str, day: date) -> bool:
    return any(
        block.dates.first <= day <= block.dates.last
        and not {region, country_of(region)}.isdisjoint(block.regions)
        for block in blocks
    )


def _law_allows(region: str, local: datetime) -> bool:
    """Tell whether the rule of a region allows a minute; without a rule everything is allowed."""
    for rule in legal_table().rules:
        if region not in rule.regions:
            continue
        if rule.holidays is not None and holiday_on(local.date(), region=region):
            return any(_between(one.opens, one.closes, local) for one in rule.holidays)
        return any(_holds(hours, local) for hours in rule.hours)
    return True
