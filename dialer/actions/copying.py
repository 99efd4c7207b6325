"""Copying: a new draft with the settings of another campaign, and with leads of it.

Leads are copied part by part (`parts`). The copy stays a draft until all are there, and a copy
that was interrupted goes on by itself, because its row says whose leads it takes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from dialer.actions.control import find, log_legal_override
from dialer.actions.lead_source import source_list
from dialer.actions.parts import called, do_parts
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.selection import LeadSource, Selection
from dialer.domain.states import CampaignStatus
from dialer.errors import RefusedByRule
from dialer.store import campaigns, pending
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy, and how many of the chosen leads it has; the others are not to be called."""

    campaign_id: int
    leads: int
    left_out: int


def redial(
    world: World,
    campaign_id: int,
    *,
    actor: str,
    name: str | None = None,
    selection: Selection = Selection.NOT_REACHED,
    parts_now: int | None = None,
) -> Copied:
    """Make a child campaign of those that a campaign did not reach; a draft until it is started.

    Called again while that is a draft, it gives the same child, with those who were given up
    since; later, one of those whom no child has: nobody is redialed twice. After `parts_now`
    parts of the leads this returns, and `reconcile` goes on; None copies all of them.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: nobody is left to redial.
    """
    now = world.clock.now()

    def body(tx: Connection) -> int:
        find(tx, campaign_id)
        parent = campaigns.lock(tx, campaign_id)
        assert parent is not None
        source = LeadSource(parent.id, selection)
        children = campaigns.children(tx, parent.id)
        for child in children:
            if child.status is CampaignStatus.DRAFT and child.copied_from == source.written():
                campaigns.change(tx, child.id, pending_after=0)  # who was given up since, too
                return child.id
        if not pending.count(tx, source, children=called(children)):
            raise _nobody(parent, children)
        spec = _settings(parent, name or _named(parent.name, "redial"), now=now)
        add = partial(_add, action="redial", source=source, parent_id=parent.id)
        return add(tx, spec, actor=actor, now=now)

    return _fill(world, world.db.transact(body), parts_now=parts_now)


def duplicate(
    world: World,
    campaign_id: int,
    *,
    actor: str,
    name: str | None = None,
    with_leads: bool = False,
    parts_now: int | None = None,
) -> Copied:
    """Make a draft with the same settings, and, where asked for, with the same leads as new ones.

    `parts_now` as for `redial`.

    Raises:
        NotFound: there is no such campaign.
    """
    now = world.clock.now()

    def body(tx: Connection) -> int:
        row = find(tx, campaign_id)
        spec = _settings(row, name or _named(row.name, "copy"), now=now)
        source = LeadSource(row.id) if with_leads else None
        return _add(tx, spec, action="duplicate", source=source, actor=actor, now=now)

    return _fill(world, world.db.transact(body), parts_now=parts_now)


def create_with_leads_of(
    world: World,
    spec: CampaignSpec,
    source_id: int,
    *,
    actor: str,
    parts_now: int | None = None,
) -> Copied:
    """Make a draft with settings of its own and the leads of another campaign, as new ones.

    `parts_now` as for `redial`.

    Raises:
        NotFound: there is no such campaign.
    """
    find_source = lambda tx: LeadSource(find(tx, source_id).id)  # noqa: E731
    return _create(world, spec, find_source, actor=actor, parts_now=parts_now)


def create_with_leads_of_list(
    world: World,
    spec: CampaignSpec,
    list_id: int,
    *,
    actor: str,
    parts_now: int | None = None,
) -> Copied:
    """Make a draft with settings of its own and the leads that a list brought, as new ones.

    `parts_now` as for `redial`. Whatever has become of the list's campaign, its leads are there.

    Raises:
        NotFound: there is no such list.
        RefusedByRule: it was undone, is still being imported, or brought nobody.
    """
    find_source = lambda tx: source_list(tx, list_id)  # noqa: E731
    return _create(world, spec, find_source, actor=actor, parts_now=parts_now)


def _create(
    world: World,
    spec: CampaignSpec,
    find_source: Callable[[Connection], LeadSource],
    *,
    actor: str,
    parts_now: int | None,
) -> Copied:
    now = world.clock.now()

    def body(tx: Connection) -> int:
        return _add(tx, spec, action="create", source=find_source(tx), actor=actor, now=now)

    return _fill(world, world.db.transact(body), parts_now=parts_now)


def _nobody(parent: Campaign, children: Sequence[Campaign]) -> RefusedByRule:
    what = f'campaign {parent.id} "{parent.name}" has nobody to redial'
    if latest := max(called(children), default=None):
        return RefusedByRule(
            what,
            why=f"campaign {latest} has all closed leads that were not reached",
            fix=f"dialer campaigns redial {latest}, once that is over",
        )
    return RefusedByRule(
        what,
        why="only closed leads that were not reached are called again",
        fix="wait until it is further, or --include stopped",
    )


def _settings(row: Campaign, name: str, *, now: datetime) -> CampaignSpec:
    """Give the settings of a copy: the same, without moments that are past."""
    spec = campaigns.spec_of(row)
    past = {
        key: None
        for key, moment in (("start_at", spec.start_at), ("ends_at", spec.ends_at))
        if moment is not None and moment <= now
    }
    given = {**spec.model_dump(mode="json"), **past, "name": name[:LONGEST_NAME]}
    return CampaignSpec.model_validate(given)


def _named(name: str, what: str) -> str:
    return f"{name[: LONGEST_NAME - len(what) - 2]}, {what}"


def _add(
    tx: Connection,
    spec: CampaignSpec,
    *,
    action: str,
    source: LeadSource | None,
    actor: str,
    now: datetime,
    parent_id: int | None = None,
) -> int:
    copied_from = None if source is None else source.written()
    campaign_id = campaigns.add(
        tx,
        spec,
        now=now,
        parent_id=parent_id,
        copied_from=copied_from,
        pending_after=None if source is None else 0,
    )
    subject = f"campaign:{campaign_id}"
    log_action(tx, actor=actor, action=action, subject=subject, now=now, after=copied_from)
    log_legal_override(tx, campaign_id, spec, actor=actor, now=now)
    return campaign_id


def _fill(world: World, campaign_id: int, *, parts_now: int | None) -> Copied:
    do_parts(world, campaign_id, most=parts_now)
    return world.db.read(partial(_counted, campaign_id=campaign_id))


def _counted(tx: Connection, *, campaign_id: int) -> Copied:
    row = find(tx, campaign_id)
    if row.copied_from is None:
        return Copied(campaign_id, 0, 0)
    copied = sum(campaigns.counts(tx, campaign_id).values())
    source = LeadSource.read(row.copied_from)
    others = [one for one in campaigns.children(tx, source.campaign_id) if one.id != campaign_id]
    chosen = pending.count(tx, source, children=called(others))
    return Copied(campaign_id, copied, max(0, chosen - copied))
