"""What was sent outside the window of its lead: the rows that break I10.

Judged by the clock of each zone, not by the openings that the engine works out.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection, select, text

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.local_time import zone
from dialer.domain.window import Window
from dialer.store.scope import Scope, remembered
from dialer.store.tables import Attempt, Campaign, Lead, table

attempt = table(Attempt)
campaign = table(Campaign)
lead = table(Lead)


def outside_window(tx: Connection, scope: Scope) -> list[object]:
    """Give the attempts that were sent at a minute that the window of a zone does not hold."""
    windows: dict[int, tuple[Window | None, datetime | None]] = {}
    sent = tx.execute(
        select(
            attempt.c.id,
            attempt.c.send_started_at,
            attempt.c.campaign_id,
            lead.c.zones,
            campaign.c.edited_at,
        )
        .join(lead, lead.c.id == attempt.c.lead_id)
        .join(campaign, campaign.c.id == attempt.c.campaign_id)
        .where(
            attempt.c.send_started_at.is_not(None),
            scope.chosen("attempt", "attempt"),
            text(remembered("attempt")),
            # What was sent before an edit was sent by another window.
            campaign.c.edited_at.is_(None) | (attempt.c.send_started_at > campaign.c.edited_at),
        )
    )
    found = []
    for attempt_id, started_at, campaign_id, zones, edited_at in sent.all():
        if campaign_id not in windows:
            windows[campaign_id] = _window_of(tx, campaign_id)
        window, of = windows[campaign_id]
        if of != edited_at:
            continue  # edited between these two statements: sent by the window before
        names = tuple(name for name in zones.split(",") if name)
        if not _was_open(window, names, at=started_at):
            found.append(attempt_id)
    return found


def _window_of(tx: Connection, campaign_id: int) -> tuple[Window | None, datetime | None]:
    """Read a campaign's window, and since when it may have been this one."""
    asked = select(campaign.c.spec, campaign.c.edited_at).where(campaign.c.id == campaign_id)
    spec, edited_at = tx.execute(asked).one()
    try:
        return CampaignSpec.model_validate(spec).window, edited_at
    except ValidationError:
        return None, edited_at


def _was_open(window: Window | None, zones: Sequence[str], *, at: datetime) -> bool:
    """A window or a zone that cannot be read any more proves nothing, so it does not count."""
    try:
        if window is None or not zones:
            return False
        return all(_covers(window, name, at=at) for name in zones)
    except (KeyError, ValueError):
        return False


def _covers(window: Window, name: str, *, at: datetime) -> bool:
    local = at.astimezone(zone(name))
    minute, day = local.hour * 60 + local.minute, local.date()
    hours = () if window.is_blacked_out(day) else window.minutes_on(day)
    return any(opens <= minute < closes for opens, closes in hours)
