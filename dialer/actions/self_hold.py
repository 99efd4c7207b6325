"""Self-hold: hold a campaign whose calls fail, or whose people do not want them."""

from collections.abc import Sequence
from datetime import datetime

from dialer.domain.dispositions import Disposition
from dialer.domain.hold import SelfHold
from dialer.domain.self_hold import ANSWERED, FAILED, too_many_failed, too_many_opted_out
from dialer.log import get_logger
from dialer.store import campaigns, day_use
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Campaign

log = get_logger(__name__)


def hold_if_calls_go_wrong(
    tx: Connection, attempt: Attempt, disposition: Disposition, *, now: datetime
) -> None:
    """Hold the campaign of an attempt whose call is just ending when it is one too many.

    Asked before the attempt and its lead are locked: somebody else may have ended it by now. Only
    calls since the campaign was last started or resumed count: whoever resumes it has seen the
    earlier ones.
    """
    if disposition not in FAILED and disposition is not Disposition.OPTED_OUT:
        return
    campaign = campaigns.get(tx, attempt.campaign_id)
    if campaign is None:
        return
    judge = _judge_failed if disposition in FAILED else _judge_opted_out
    found = judge(tx, campaign, disposition, but=attempt.id, now=now)
    if found is None:
        return
    reason, sentence = found.reason, found.sentence
    if campaigns.hold(tx, campaign.id, reason=reason, sentence=sentence, now=now):
        log.error("campaign_held", campaign_id=campaign.id, reason=reason)


def _judge_failed(
    tx: Connection, campaign: Campaign, this: Disposition, *, but: str, now: datetime
) -> SelfHold | None:
    rules = campaigns.spec_of(campaign).hold
    if rules.failed_share is None:
        return None
    since = _since(campaign, now - rules.failed_within)
    ended = day_use.ended_since(tx, campaign.id, since=since, but=but)
    return too_many_failed(rules, [*ended, this])


def _judge_opted_out(
    tx: Connection, campaign: Campaign, this: Disposition, *, but: str, now: datetime
) -> SelfHold | None:
    rules = campaigns.spec_of(campaign).hold
    if rules.opted_out_share is None:
        return None
    earlier: Sequence[Disposition] = day_use.latest_among(
        tx,
        campaign.id,
        dispositions=sorted(ANSWERED),
        since=_since(campaign, campaign.created_at),
        most=rules.opted_out_among - 1,
        but=but,
    )
    return too_many_opted_out(rules, [*earlier, this])


def _since(campaign: Campaign, earliest: datetime) -> datetime:
    return max(earliest, campaign.resumed_at or earliest)
