"""What the send gate found: the record of why a call was allowed, in one line."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from dialer.domain.consent import Kept, agreed_at
from dialer.domain.legal_hours import legal_table
from dialer.domain.person_caps import DAY, PersonCall
from dialer.domain.window import Window


def what_was_checked(
    window: Window,
    *,
    sent_local: Mapping[str, str],
    regions: Iterable[str],
    consent: Kept | None,
    consent_needed: bool,
    from_number: str,
    calls: Iterable[PersonCall],
    now: datetime,
) -> str:
    """Say by which rules, clocks, consent, earlier calls and caller id a call was let through.

    Nothing in it tells who was called.
    """
    version = legal_table().version
    law = f"law {version}" if window.legal_override is None else f"law {version} lifted"
    where = ", ".join(sorted(regions)) or "no region"
    clocks = ", ".join(f"{name} {clock}" for name, clock in sent_local.items())
    agreed = agreed_at(consent) if consent_needed else None
    told = "not required" if agreed is None else f"of {agreed:%Y-%m-%d %H:%M} UTC"
    had = sum(now - call.at < DAY for call in calls)
    return (
        f"{law} for {where}; {clocks}; consent {told}; {had} calls in 24 h before;"
        f" from {from_number}"
    )
