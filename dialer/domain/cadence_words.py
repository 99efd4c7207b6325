"""A cadence in words: how long a lead waits after each way a call may come out."""

from dialer.domain.cadence import DEFAULT_DELAYS, Cadence
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.durations import format_duration
from dialer.domain.local_time import format_minute


def rules_of(cadence: Cadence) -> list[tuple[Disposition, str, str]]:
    """Give each disposition after which a lead is called again: its waits, and what is special."""
    return [
        (disposition, waits_of(cadence, disposition), _special(cadence, disposition))
        for disposition in DEFAULT_DELAYS
    ]


def waits_of(cadence: Cadence, disposition: Disposition) -> str:
    """Say how long a lead waits the first time, the second, and so on."""
    waits = cadence.delays.get(disposition) or DEFAULT_DELAYS[disposition]
    said = [str(wait) for wait in waits]
    if len(said) == 1:
        return f"{said[0]}, each time"
    return f"{', then '.join(said)}, then the same again"


def _special(cadence: Cadence, disposition: Disposition) -> str:
    found = []
    meaning = MEANING[disposition]
    if (most := cadence.most_of(disposition)) is not None:
        found.append(f"after {most} of them no more")
    if meaning.verdict is Verdict.WAIT:
        found.append("as often as it takes")
    elif not cadence.is_counted(disposition, rang=meaning.rang):
        found.append("does not count as an attempt")
    return "; ".join(found)


def sentences_of(cadence: Cadence) -> list[str]:
    """Say what holds for all calls to a lead."""
    parts = [format_minute(minute) for minute in cadence.day_parts]
    found = [
        f"At most {cadence.max_attempts} attempts that count, within {cadence.max_days} days of"
        f" the first; {cadence.max_free_tries} more may fail without ringing.",
        f"“At another time of day” means another of these parts: {' to '.join(parts)}.",
    ]
    if cadence.min_gap is not None:
        found.append(f"At least {format_duration(cadence.min_gap)} after a call that rang.")
    if cadence.jitter:
        found.append(f"Up to {format_duration(cadence.jitter)} longer, so that retries spread.")
    fresh = "before" if cadence.retries == "before fresh" else "after"
    found.append(f"Retries that are due are called {fresh} leads that were never called.")
    return found
