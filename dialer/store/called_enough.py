"""Who was called more often than law and caps allow: the rows that break I9.

The counting is done anew here, in plain words: what checks a rule must not lean on it. Calls of
other systems are left out, because nobody can tell when they were learned of, and so are calls
that turned up after they had been given up.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, or_, select, text

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.legal_hours import legal_maximum
from dialer.domain.regions import regions_of
from dialer.domain.states import OPEN_STATUSES
from dialer.store.scope import Scope, remembered
from dialer.store.tables import Attempt, Campaign, Lead, table

attempt = table(Attempt)
campaign = table(Campaign)
lead = table(Lead)
earlier = attempt.alias("earlier")

_SENT = (
    select(
        attempt.c.id,
        attempt.c.phone,
        attempt.c.campaign_id,
        attempt.c.send_started_at,
        attempt.c.promised_at,
        lead.c.region,
        earlier.c.send_started_at.label("earlier_at"),
    )
    .join(lead, lead.c.id == attempt.c.lead_id)
    .join(
        earlier,
        (earlier.c.phone == attempt.c.phone)
        & (earlier.c.send_started_at < attempt.c.send_started_at)
        & earlier.c.late.is_(False)
        & or_(earlier.c.rang.is_(True), earlier.c.status.in_(OPEN_STATUSES)),
    )
)


def sent_too_often(tx: Connection, scope: Scope) -> list[str]:
    """Give the attempts that were sent to a person who had been called enough.

    A campaign that was edited is judged by what it sent since then.
    """
    chosen = scope.chosen("attempt", "attempt"), text(remembered("attempt"))
    rows = tx.execute(_SENT.where(*chosen))
    calls: dict[str, list[datetime]] = defaultdict(list)
    sends: dict[str, Any] = {}
    for row in rows:
        sends[row.id] = row
        calls[row.id].append(row.earlier_at)
    specs = _specs(tx, {row.campaign_id for row in sends.values()})
    return [
        attempt_id
        for attempt_id, row in sends.items()
        if _was_enough(row, calls[attempt_id], specs.get(row.campaign_id))
    ]


def _specs(
    tx: Connection, campaign_ids: set[int]
) -> dict[int, tuple[CampaignSpec, datetime | None]]:
    """Read campaigns; one whose settings cannot be read any more proves nothing."""
    chosen = select(campaign.c.id, campaign.c.spec, campaign.c.edited_at)
    found = {}
    for row in tx.execute(chosen.where(campaign.c.id.in_(campaign_ids))):
        try:
            found[row.id] = (CampaignSpec.model_validate(row.spec), row.edited_at)
        except ValidationError:
            continue
    return found


def _was_enough(
    row: Any, calls: Sequence[datetime], settings: tuple[CampaignSpec, datetime | None] | None
) -> bool:
    if settings is None:
        return False
    spec, edited_at = settings
    if edited_at is not None and row.send_started_at <= edited_at:
        return False
    allowed: list[tuple[int, int | None]] = []  # days, and the most calls within them
    if row.promised_at is None:
        caps = spec.person
        allowed += [
            (1, caps.calls_per_day),
            (7, caps.calls_per_week),
            (30, caps.calls_per_month),
        ]
    if spec.window.legal_override is None:
        legal = legal_maximum(regions_of(row.phone, own=row.region))
        allowed.append((1, None if legal is None else legal.calls))
    return any(
        most is not None and _count_before(row.send_started_at, calls, days=days) >= most
        for days, most in allowed
    )


def _count_before(sent_at: datetime, calls: Sequence[datetime], *, days: int) -> int:
    return sum(at > sent_at - timedelta(days=days) for at in calls)
