"""When a new lead is due for the first time."""

from datetime import datetime

import orjson

from dialer.actions.facts import split_zones
from dialer.domain.consent import why_no_consent
from dialer.domain.hold import HoldCode
from dialer.domain.opening import next_opening
from dialer.domain.regions import START, Whereabouts, regions_of, rings_nobody
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.domain.window import Window

FirstMoment = tuple[LeadStatus, datetime | None, datetime | None, str | None]
"""A new lead's status, when it is due, when it would be if any hour were allowed (None: the same
moment), and why it is held."""
_BEGUN = (CampaignStatus.RUNNING, CampaignStatus.PAUSED, CampaignStatus.HELD)


class FirstDue:
    """The first due time of leads that are added at one moment.

    Thousands of leads share a handful of places, so each place is worked out once. Before a
    campaign has begun leads are due at once: its start moves them into their windows, and holds
    those who have not agreed to be called where it must.
    """

    def __init__(
        self,
        status: CampaignStatus,
        window: Window,
        *,
        require_consent: bool = False,
        now: datetime,
    ) -> None:
        self._begun = status in _BEGUN
        self.asks_consent = self._begun and require_consent
        self._window = window
        self._now = now
        self._known: dict[
            tuple[str, str | None, str, datetime | None],
            FirstMoment,
        ] = {}

    def of(
        self, zones: str, *, phone: str, region: str | None = None, not_before: datetime | None
    ) -> FirstMoment:
        """Give a new lead's status, when it is due and was wanted, and why it is held.

        `region` is the one its list names ("US-FL").
        """
        start = "" if rings_nobody(phone) else phone[:START]
        key = (zones, region, start, not_before)
        found = self._known.get(key)
        if found is None:
            where = Whereabouts(split_zones(zones), regions_of(phone, own=region))
            found = self._known[key] = self._work_out(where, not_before=not_before)
        return found

    def why_no_consent(self, written: str | None) -> HoldCode | None:
        """Say why a lead is held for its consent (JSON), or None when it counts."""
        consent = orjson.loads(written) if written else None
        return HoldCode.NO_CONSENT if why_no_consent(consent, now=self._now) else None

    def _work_out(self, where: Whereabouts, *, not_before: datetime | None) -> FirstMoment:
        earliest = self._now if not_before is None else max(self._now, not_before)
        if not self._begun:
            return LeadStatus.READY, earliest, None, None
        opening = next_opening(self._window, where, after=earliest)
        if opening is not None:
            wanted = earliest if earliest < opening else None
            return LeadStatus.READY, opening, wanted, None
        reason = HoldCode.NEVER_OPEN if where.zones else HoldCode.NO_ZONE
        return LeadStatus.HELD, None, earliest, reason
