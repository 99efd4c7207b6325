"""Zones that forms suggest; any other name of the zone database may be typed."""

from dialer.domain.occurrences import check_zone

ZONES = (
    "UTC",
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"),
    *("America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Toronto"),
    *("America/Vancouver", "America/Sao_Paulo", "Europe/London", "Europe/Berlin", "Europe/Paris"),
    *("Europe/Madrid", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney"),
)


def typed_zone(text: str, *, fallback: str) -> tuple[str, str | None]:
    """Read a zone, and say what is wrong with it, if so; `fallback` is used then, or for none."""
    name = text.strip() or fallback
    try:
        check_zone(name)
    except ValueError as error:
        return fallback, str(error)
    return name, None
