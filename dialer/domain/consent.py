"""Consent: when, where and to what somebody agreed to be called, as a lead's row keeps it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from dialer.domain.hold import Hold, HoldCode

Kept = Mapping[str, str | None]
"""A consent as it is stored: `at` (ISO 8601, UTC, whole seconds), `source`, `text`."""

_REMEDY = (
    "Import a file with consent_at and consent_source, with --known update; or leave this person "
    "alone."
)


def kept_consent(*, at: datetime | None, source: str, text: str) -> dict[str, str | None] | None:
    """Write down what a list says of a consent; None when it says nothing."""
    if at is None and not source and not text:
        return None
    moment = None if at is None else stored_moment(at)
    return {"at": moment, "source": source or None, "text": text or None}


def stored_moment(moment: datetime) -> str:
    """Write a moment so that texts compare as the moments do."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def agreed_at(consent: Kept | None) -> datetime | None:
    """Give when somebody agreed; None when nobody knows."""
    try:
        moment = datetime.fromisoformat((consent or {}).get("at") or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def why_no_consent(consent: Kept | None, *, now: datetime) -> Hold | None:
    """Say why a consent does not count, or None when it does.

    It counts when it is known when it was given, and where or in which words.
    """
    if not consent:
        return _refused("Nothing is known of a consent")
    moment = agreed_at(consent)
    if moment is None:
        return _refused("Nobody knows when the lead agreed to be called")
    if moment > now:
        return _refused(f"The consent is dated {moment:%Y-%m-%d}, which has not come yet")
    if not (consent.get("source") or consent.get("text")):
        return _refused("Nobody knows where the lead agreed to be called, or to which words")
    return None


def _refused(missing: str) -> Hold:
    return Hold(HoldCode.NO_CONSENT, f"{missing}, and the campaign needs it. {_REMEDY}")
