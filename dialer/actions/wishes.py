"""Wishes: who says in a call that they are not to be called again is not.

How the call ended may tell it (`user_requested_dnc`), or the agent's analysis of it. Either holds
at once and for every campaign, in whatever order the events come, and however late.
"""

from datetime import datetime

from dialer.actions.do_not_call import suppress
from dialer.actions.settling import opt_out
from dialer.domain.dispositions import Disposition
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.evidence import CallEvidence
from dialer.domain.opt_out_words import Wish, wish_of
from dialer.domain.states import AttemptStatus
from dialer.log import get_logger
from dialer.store import attempts, campaigns
from dialer.store.database import Connection
from dialer.store.tables import Attempt, Lead

log = get_logger(__name__)


def wish_in(tx: Connection, lead: Lead, evidence: CallEvidence) -> Wish | None:
    """Find what the analysis says of the wish not to be called again; None: nothing."""
    custom = evidence.custom_analysis
    if not custom or not isinstance(custom, dict):
        return None
    return wish_of(campaigns.settings_of(tx, lead.campaign_id).opt_out, custom)


def heed_wish(
    tx: Connection,
    lead: Lead,
    attempt: Attempt,
    evidence: CallEvidence,
    wish: Wish | None,
    *,
    now: datetime,
) -> Lead:
    """Put the number on the do-not-call list where the call says so; gives the lead as it is then.

    Waiting leads with the number close, in all campaigns; one that is closed already, such as a
    lead that was reached, stays as it is. May be called twice.
    """
    if evidence.disposition is Disposition.OPTED_OUT:
        reason, source = evidence.reason or "opted_out", OptOutSource.CALL
    elif wish is not None and wish.is_clear:
        reason, source = f"analysis: {wish.key}", OptOutSource.ANALYSIS
    else:
        return lead
    call_id = evidence.call_id
    return opt_out(tx, lead, attempt, reason=reason, source=source, call_id=call_id, now=now)


def heed_without_lead(tx: Connection, evidence: CallEvidence, *, by: str, now: datetime) -> None:
    """Heed what somebody said in a call of ours whose lead is forgotten. May be called twice.

    Only how the call ended is asked: what its analysis means is told by a campaign.
    """
    if evidence.disposition is not Disposition.OPTED_OUT or not evidence.to_number:
        return
    reason = evidence.reason or "opted_out"
    said = OptOut(reason, OptOutSource.CALL, actor=by, call_id=evidence.call_id)
    suppress(tx, evidence.to_number, said, now=now)


def tell_unclear(
    tx: Connection, attempt: Attempt, wish: Wish | None, *, by: str, now: datetime
) -> None:
    """Write into the history that nobody could tell whether somebody opted out."""
    if wish is None or wish.is_clear:
        return
    sentence = f'the analysis says {wish.key} = "{wish.text}", which is neither yes nor no'
    ended = AttemptStatus.ENDED
    attempts.note(tx, attempt.id, current=ended, target=ended, now=now, by=by, evidence=sentence)
    log.warning("opt_out_unclear", attempt_id=attempt.id)
