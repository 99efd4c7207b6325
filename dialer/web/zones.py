"""Zones that forms suggest; any other name of the zone database may be typed."""

ZONES = (
    "UTC",
    *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"),
    *("America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Toronto"),
    *("America/Vancouver", "America/Sao_Paulo", "Europe/London", "Europe/Berlin", "Europe/Paris"),
    *("Europe/Madrid", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney"),
)
