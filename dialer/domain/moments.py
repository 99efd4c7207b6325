"""Moments that are written into settings."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

FIRST_YEAR, LAST_YEAR = 2000, 2200


def in_our_time(moment: datetime) -> datetime:
    """Refuse what another zone's clock could not show, and what nobody can mean.

    Raises:
        ValueError: it is such a moment.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"a moment lies between the years {FIRST_YEAR} and {LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(in_our_time)]
"""An aware moment, with the offset it was written with."""
