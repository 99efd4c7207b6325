"""What the send gate found: the record of why a call was allowed, in one line."""

from collections.abc import Iterable, Mapping

from dialer.domain.consent import Kept, agreed_at
from dialer.domain.legal_hours import legal_table
from dialer.domain.window import Window


def what_was_checked(
    window: Window,
    *,
    sent_local: Mapping[str, str],
    regions: Iterable[str],
    consent: Kept | None,
    consent_needed: bool,
    from_number: str,
) -> str:
    """Say under which rules, local times, consent and caller id a call was let through.

    Nothing in it tells who was called.
    """
    version = legal_table().version
    law = f"law {version}" if window.legal_override is None else f"law {version} lifted"
    where = ", ".join(sorted(regions)) or "no region"
    clocks = ", ".join(f"{name} {clock}" for name, clock in sent_local.items())
    agreed = agreed_at(consent) if consent_needed else None
    told = "not required" if agreed is None else f"of {agreed:%Y-%m-%d %H:%M} UTC"
    return f"{law} for {where}; {clocks}; consent {told}; from {from_number}"
