"""Public holidays, by country and state."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType


def holiday_on(day: date, *, region: str) -> str | None:
    """Name the public holiday of a region on a local date; None when it is none.

    The holidays of a state are those of its country and its own.
    """
    return _holidays(region, day.year).get(day)


def are_known(region: str) -> bool:
    """Tell whether anybody knows the holidays of a region."""
    import holidays  # takes a tenth of a second, and few commands need it

    country, _, part = region.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    return country in known and (not part or part in known[country])


@lru_cache(maxsize=4096)
def _holidays(region: str, year: int) -> Mapping[date, str]:
    import holidays

    country, _, part = region.partition("-")
    if not are_known(country):
        return MappingProxyType({})
    subdivision = part if part and are_known(region) else None
    found = holidays.country_holidays(country, subdiv=subdivision, years=year, language="en_US")
    return MappingProxyType(dict(found))
