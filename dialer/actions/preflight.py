"""Preflight: look at a campaign before it starts, and refuse what must not.

What forbids a start is cheap to ask, for a scheduled campaign is looked at again and again. The
leads are counted outside any transaction that others wait for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dialer.actions.facts import whereabouts_at
from dialer.actions.number_check import findings_at_retell
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.opening import next_opening
from dialer.domain.preflight import (
    Finding,
    LeadFacts,
    RegistryDay,
    caller_findings,
    lead_findings,
    number_findings,
    registry_findings,
)
from dialer.domain.regions import Whereabouts, name_of
from dialer.errors import RefusedByRule
from dialer.log import get_logger
from dialer.store import campaigns, consents, leads, numbers, registries
from dialer.store.database import Connection, Database
from dialer.store.leads import LeadPlace
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign

log = get_logger(__name__)

MOST_PLACES = 5
"""So many places are named; the others are told as a sum."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found, and why somebody starts despite what forbids it."""

    findings: tuple[Finding, ...]
    despite: str | None = None


def look_before_start(
    world: World, row: Campaign, *, now: datetime, despite: str | None = None
) -> Preflight:
    """Tell what is found about a campaign that is to start now.

    Raises:
        RefusedByRule: something forbids the start, and nobody starts it `despite` that.
    """
    db, spec = world.db, campaigns.spec_of(row)
    of_registries = db.read(lambda tx: _registry_findings(tx, spec, now=now))
    refuse_forbidden(row, of_registries, despite=despite)
    at_retell = findings_at_retell(world.provider, spec)
    refuse_forbidden(row, at_retell, despite=despite)
    others = db.read(lambda tx: _of_leads(tx, row.id, spec, now=now))
    found = (*of_registries, *at_retell, *_without_leads(db, spec, now=now), *others)
    return Preflight(found, despite)


def findings_of(world: World, row: Campaign, *, now: datetime) -> list[Finding]:
    """Tell all that is found about a campaign, whether it may start or not."""
    spec = campaigns.spec_of(row)
    others = world.db.read(lambda tx: _of_leads(tx, row.id, spec, now=now))
    return [*findings_without_leads(world, spec, now=now), *others]


def findings_here(db: Database, row: Campaign, *, now: datetime) -> list[Finding]:
    """Tell what is found without asking Retell, for a page that does not wait for others."""
    spec = campaigns.spec_of(row)
    others = db.read(lambda tx: _of_leads(tx, row.id, spec, now=now))
    return [*findings_of_settings(db, spec, now=now), *others]


def findings_of_settings(db: Database, spec: CampaignSpec, *, now: datetime) -> list[Finding]:
    """Tell what is found about settings alone, without asking Retell or looking at leads."""
    of_registries = db.read(lambda tx: _registry_findings(tx, spec, now=now))
    return [*of_registries, *_without_leads(db, spec, now=now)]


def findings_without_leads(world: World, spec: CampaignSpec, *, now: datetime) -> list[Finding]:
    """Tell what is found about settings of which no campaign was made yet."""
    of_registries = world.db.read(lambda tx: _registry_findings(tx, spec, now=now))
    at_retell = findings_at_retell(world.provider, spec)
    return [*of_registries, *at_retell, *_without_leads(world.db, spec, now=now)]


def refuse_forbidden(row: Campaign, findings: Sequence[Finding], *, despite: str | None) -> None:
    """Refuse a start that a finding forbids, unless somebody said why it must be.

    Raises:
        RefusedByRule: one does, and nobody did.
    """
    forbidding = [one for one in findings if one.forbids]
    if forbidding and despite is None:
        raise RefusedByRule(
            f'campaign {row.id} "{row.name}" may not start',
            why="; ".join(one.sentence for one in forbidding),
            fix=f"{forbidding[0].fix}; or, for a reason that is written down:"
            f" dialer campaigns start {row.id} --despite REASON",
        )


def log_preflight(
    tx: Connection, campaign_id: int, found: Preflight, *, actor: str, now: datetime
) -> None:
    """Write down what was known when a campaign started."""
    forbids = any(one.forbids for one in found.findings)
    if not found.findings:
        return
    after: dict[str, object] = {one.code.value: one.sentence for one in found.findings}
    if forbids:
        after["despite"] = found.despite
    action = "start_despite" if forbids else "start_with_findings"
    log_action(
        tx, actor=actor, action=action, subject=f"campaign:{campaign_id}", now=now, after=after
    )
    log.info(action, campaign_id=campaign_id, findings=[one.code.value for one in found.findings])


def _registry_findings(tx: Connection, spec: CampaignSpec, *, now: datetime) -> list[Finding]:
    held = [RegistryDay(one.name, one.dated) for one in registries.every(tx)]
    return registry_findings(spec, held, today=now.astimezone(UTC).date())


def _without_leads(db: Database, spec: CampaignSpec, *, now: datetime) -> list[Finding]:
    resting = db.read(lambda tx: numbers.resting(tx, now=now))
    return [*caller_findings(spec.caller), *number_findings(spec.from_numbers, resting, now=now)]


def _of_leads(
    tx: Connection, campaign_id: int, spec: CampaignSpec, *, now: datetime
) -> list[Finding]:
    counted = consents.count(tx, campaign_id, now=now) if spec.require_consent else None
    return lead_findings(facts_of(spec, leads.count_places(tx, campaign_id), counted, now=now))


def facts_of(
    spec: CampaignSpec,
    places: Mapping[LeadPlace, int],
    counted: consents.Counted | None,
    *,
    now: datetime,
) -> LeadFacts:
    """Tell what settings mean for leads of which only the places are known, and the consents."""
    never: Counter[str] = Counter()
    no_zone = 0
    for place, count in places.items():
        where = whereabouts_at(place)
        if not where.zones:
            no_zone += count
        elif next_opening(spec.window, where, after=now) is None:
            never[_named(place, where)] += count
    waiting = counted.waiting if counted is not None else sum(places.values())
    agreed = counted.agreed if counted is not None else None
    return LeadFacts(waiting, agreed, _shortened(never), no_zone)


def _named(place: LeadPlace, where: Whereabouts) -> str:
    return " and ".join(map(name_of, sorted(where.regions))) or place.zones.partition(",")[0]


def _shortened(counts: Counter[str]) -> dict[str, int]:
    """Name the places with most leads, and give the sum of the others."""
    named = dict(counts.most_common(MOST_PLACES))
    if rest := counts.total() - sum(named.values()):
        named["other places"] = rest
    return named
