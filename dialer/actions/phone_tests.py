"""Phone tests: "my phone as this lead". A person hears the agent on a phone of their own.

A test is a campaign of its own with one lead, made, filled and started in one transaction. From
then on it is called as any other: claim, gates, one request, webhooks, invariants. Lists and
figures leave such campaigns out, and the lead as which somebody is called is never touched.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from dialer.actions.budgets import why_no_budget
from dialer.actions.callers import why_no_number
from dialer.actions.control import begin, find, read_lead
from dialer.actions.facts import known_facts
from dialer.actions.preflight import Preflight
from dialer.actions.world import World
from dialer.domain.cadence import Cadence
from dialer.domain.campaign_limits import CampaignLimits
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import why_not_dial
from dialer.domain.hold import Hold
from dialer.domain.person_caps import PersonCaps
from dialer.domain.phones import Phone, PhoneProblem, parse_phone
from dialer.domain.results import ResultSpec
from dialer.domain.states import LeadStatus
from dialer.domain.window import DAYS, Window
from dialer.domain.zones import LeadZones, zones_for
from dialer.errors import RefusedByRule, UserError
from dialer.log import get_logger
from dialer.store import attempts, campaigns, gate, lead_pages, leads
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Lead

log = get_logger(__name__)

TEST_LIFE = timedelta(minutes=10)
"""Whoever asked for a call does not wait for longer; no test rings a phone after that."""
LONGEST_NAME = 200
_UNCAPPED = PersonCaps(
    gap=timedelta(0), calls_per_day=None, calls_per_week=None, calls_per_month=None
)
"""The person asks for this call; the maximum of the law holds all the same."""


@dataclass(frozen=True, slots=True)
class PhoneTest:
    """A test that waits for a line: its campaign, and the lead whose page shows how it goes."""

    campaign_id: int
    lead_id: int
    until: datetime  # it is not called after that


def call_phone(world: World, lead_id: int, written: str, *, actor: str) -> PhoneTest:
    """Call a phone with what the agent is told of a lead; the lead itself stays as it is.

    Raises:
        NotFound: there is no such lead.
        UserError: that is no telephone number.
        RefusedByRule: it is the lead's own, or a gate refuses to call it now.
    """
    now = world.clock.now()
    make = partial(_make, lead_id=lead_id, written=written, actor=actor, now=now)
    test = world.db.transact(make)
    world.queue.plan()
    log.info("phone_test", lead_id=lead_id, test_lead=test.lead_id, campaign_id=test.campaign_id)
    return test


def call_phone_as_first(world: World, campaign_id: int, written: str, *, actor: str) -> PhoneTest:
    """Call a phone as the lead of a campaign that is called next, or was called first.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it has no lead; or as `call_phone`.
        UserError: as `call_phone`.
    """
    lead_id = world.db.read(partial(_first_lead, campaign_id=campaign_id))
    return call_phone(world, lead_id, written, actor=actor)


def _first_lead(tx: Connection, *, campaign_id: int) -> int:
    row = find(tx, campaign_id)
    leads_first = lead_pages.first(tx, campaign_id, state=None, most=1)
    if not leads_first:
        raise RefusedByRule(f'campaign {row.id} "{row.name}" has no lead', fix="upload a list")
    return leads_first[0].id


def _make(tx: Connection, *, lead_id: int, written: str, actor: str, now: datetime) -> PhoneTest:
    lead = read_lead(tx, lead_id)
    campaign = find(tx, lead.campaign_id)
    if campaign.test_of is not None:
        raise RefusedByRule(
            f"lead {lead_id} is a test itself", fix=f"test lead {campaign.test_of} once more"
        )
    usual = campaigns.spec_of(campaign)
    phone = _read(usual, lead, written)
    until = now + TEST_LIFE
    spec = _spec_of_test(usual, lead, ends_at=until)
    test_id = campaigns.add(tx, spec, now=now, test_of=lead.id)
    stand_in = _add_stand_in(tx, test_id, lead, phone, spec=spec, now=now)
    begin(tx, find(tx, test_id), found=Preflight(()), now=now, actor=actor)
    _refuse_what_cannot_be_called(tx, stand_in, spec, now=now)
    told: dict[str, object] = {"test_lead": stand_in.id}
    subject = f"lead:{lead.id}"
    log_action(tx, actor=actor, action="call_my_phone", subject=subject, now=now, after=told)
    return PhoneTest(test_id, stand_in.id, until)


def _read(spec: CampaignSpec, lead: Lead, written: str) -> Phone:
    """Read the number as the campaign reads those of its lists."""
    phone = parse_phone(
        written,
        country=spec.country,
        allow_fictional=spec.allow_fictional,
        allowed_countries=spec.countries,
    )
    if isinstance(phone, PhoneProblem):
        raise UserError("that number is not called", why=phone.message, fix="write +14155552671")
    if phone.e164 == lead.phone:
        raise RefusedByRule(
            f"that is the number of lead {lead.id} itself",
            why="a test would ring somebody who is called for real",
            fix=f"name a phone of your own; or: dialer leads retry {lead.id}",
        )
    return phone


def _spec_of_test(spec: CampaignSpec, lead: Lead, *, ends_at: datetime) -> CampaignSpec:
    """Give the settings of a test: the agent's stay, and only the law says when it may ring."""
    name = f"Test: lead {lead.id} of {spec.name}"
    return spec.model_copy(
        update={
            "name": name[:LONGEST_NAME],
            "leads": None,
            "start_at": None,
            "ends_at": ends_at,
            "not_called_within": None,
            "require_consent": False,  # who types a number of their own agrees by that
            "weight": 1.0,
            "limits": CampaignLimits(lines=1),
            "window": Window(
                days=DAYS,
                opens=0,
                closes=24 * 60,
                holidays=False,
                emergencies=spec.window.emergencies,
            ),
            "cadence": Cadence(max_attempts=1),
            "person": _UNCAPPED,
            "results": ResultSpec(),  # no other system hears of it
        }
    )


def _add_stand_in(
    tx: Connection, campaign_id: int, lead: Lead, phone: Phone, *, spec: CampaignSpec, now: datetime
) -> Lead:
    """Add the one lead of a test: what the agent is told of another, at somebody's own number."""
    zones = zones_for(phone.e164, country=phone.country, default=spec.default_zone)
    assert isinstance(zones, LeadZones)  # no zone was given that could be wrong
    row = {
        "campaign_id": campaign_id,
        "phone": phone.e164,
        "name": lead.name,
        "zones": zones.joined,
        "zone_source": zones.source,
        "variables": lead.variables,
        "overrides": lead.overrides,
        "status": LeadStatus.READY,
        "due_at": now,
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": now,
    }
    leads.add(tx, [row])
    stand_in = leads.of_phone(tx, campaign_id, phone.e164)
    assert stand_in is not None  # the campaign is new, so nobody else can have it
    return stand_in


def _refuse_what_cannot_be_called(
    tx: Connection, lead: Lead, spec: CampaignSpec, *, now: datetime
) -> None:
    """Refuse at once what a gate would refuse later; nobody sits beside a phone until tomorrow."""
    campaign, state = find(tx, lead.campaign_id), gate.find(tx)
    facts = known_facts(tx, lead, status=campaign.status, spec=spec, state=state, now=now)
    hold = why_not_dial(facts, now=now)
    if hold is None and state is not None:
        hold = why_no_budget(tx, campaign, state, now=now) or why_no_number(tx, campaign, now=now)
    if hold is None and attempts.open_of_phone(tx, lead.phone) is not None:
        raise RefusedByRule("that phone is being called right now", fix="try again after it")
    if hold is not None:
        raise RefusedByRule("that phone may not be called now", why=_told(hold))


def _told(hold: Hold) -> str:
    if hold.until is None:
        return hold.sentence
    return f"{hold.sentence} Not before {hold.until:%Y-%m-%d %H:%M} UTC."
