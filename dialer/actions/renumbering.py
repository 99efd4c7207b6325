"""Renumbering: a lead's number was wrong, and a person writes the right one.

The calls that were made rang the old number, and caps per person and the audit read them by it. So
the lead with the old number is closed, and one with the new number takes its place: it goes the
way of a row of a file, with all that its number decides anew (zones, law, do-not-call list).
"""

import re
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from dialer.actions.control import lock_lead, read_lead
from dialer.actions.lead_control import skip_in
from dialer.actions.pushing import RequestKey, Understood, push_in, understand
from dialer.actions.storing import Known
from dialer.actions.world import World
from dialer.domain.next_call import REPLACED
from dialer.domain.phones import Phone, parse_phone
from dialer.domain.states import LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.errors import RefusedByRule
from dialer.leads.header_words import LeadField
from dialer.log import get_logger
from dialer.store import leads, lists
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Lead

log = get_logger(__name__)

_OF_CONSENT = {LeadField.CONSENT_AT, LeadField.CONSENT_SOURCE, LeadField.CONSENT_TEXT}
_FIELDS = {one.value for one in set(LeadField) - _OF_CONSENT - {LeadField.EXTERNAL_REF}}
_NOT_TAKEN = {one.value for one in LeadField}
_OTHER_PHONE = re.compile(r"phone_\d+")  # made anew from the other numbers

NO_TOKEN = 0
"""Stands where the token of a program stands for a push."""


def renumber(world: World, lead_id: int, written: str, *, actor: str) -> int:
    """Let another number take a lead's place, and give the lead that has it.

    Consent was given for the old number, and stays there.

    Raises:
        NotFound: there is no such lead.
        RefusedByRule: it is in a call, the campaign is over, or the number cannot be called.
    """
    lead = world.db.read(partial(read_lead, lead_id=lead_id))
    understood = understand(world, lead.campaign_id, [_fields(lead, written)], known=Known.SKIP)
    now = world.clock.now()
    body = partial(_replace, lead_id=lead_id, understood=understood, actor=actor, now=now)
    new_id = world.db.transact(body)
    log.info("lead_renumbered", lead_id=lead_id, new_lead_id=new_id)
    world.queue.plan()
    return new_id


def _fields(lead: Lead, written: str) -> dict[str, Any]:
    """Write a lead as a program would push it, with another number."""
    is_given = lead.zone_source is ZoneSource.GIVEN
    known = {name: _now(lead, value, written) for name, value in lead.variables.items()}
    fields = {
        "name": lead.name,
        "time_zone": lead.zones.partition(",")[0] if is_given else None,
        **_place(lead),
        **{name: value for name, value in known.items() if name in _FIELDS},
        "phone": written,
        "alt_phones": lead.alt_phones,
        "variables": {
            name: value
            for name, value in known.items()
            if name not in _NOT_TAKEN and not _OTHER_PHONE.fullmatch(name)
        },
    }
    return {name: value for name, value in fields.items() if value}


def _place(lead: Lead) -> dict[str, str]:
    """Give the state that its list named; in whatever column, it is a field of ours."""
    country, _, state = (lead.region or "").partition("-")
    if not state or LeadField.STATE in lead.variables:
        return {}
    return {"state": state, "country": country}


def _now(lead: Lead, value: str, written: str) -> str:
    """Give a variable as it is from now on: a column of the list may repeat the number."""
    found = parse_phone(value, country="US", allow_fictional=True, allowed_countries=None)
    return written if isinstance(found, Phone) and found.e164 == lead.phone else value


def _replace(
    tx: Connection, *, lead_id: int, understood: Understood, actor: str, now: datetime
) -> int:
    campaign, old = lock_lead(tx, lead_id)
    if campaign.test_of is not None:
        raise RefusedByRule(f"lead {lead_id} is a test; its number is whoever asked for it")
    key = RequestKey(NO_TOKEN, f"renumber {lead_id} {uuid4()}", uuid4().hex)
    (told,) = push_in(tx, understood=understood, key=key, actor=actor, now=now).answer["leads"]
    if told["result"] != "imported":
        raise RefusedByRule(
            "that number cannot take its place", why=told["message"], fix="correct the number"
        )
    new_id: int = told["lead_id"]
    if old.status is not LeadStatus.CLOSED:
        skip_in(tx, lead_id, reason=f"its number is that of lead {new_id}", actor=actor, now=now)
    # By the reference a later list finds the person, and by the list others copy them: not twice.
    leads.change(tx, lead_id, external_ref=None, held_reason=REPLACED)
    leads.change(tx, new_id, external_ref=old.external_ref, overrides=old.overrides)
    if old.list_id is not None:  # of each list as many leads as it says that it has
        pushed = read_lead(tx, new_id)
        leads.change(tx, lead_id, list_id=pushed.list_id, row=pushed.row)
        leads.change(tx, new_id, list_id=old.list_id, row=old.row)
        lists.reach_last(tx, old.list_id)
    note = partial(log_action, tx, actor=actor, action="renumber", now=now)
    of_list = {} if old.list_id is None else {"list": old.list_id, "row": old.row}
    note(subject=f"lead:{lead_id}", after={"new_lead": new_id, **of_list})
    note(subject=f"lead:{new_id}", after={"instead_of": lead_id})
    return new_id
