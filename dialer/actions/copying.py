"""Copying: a new draft with the settings of another campaign, and with leads of it.

Leads are copied part by part (`parts`). The copy stays a draft until all are there, and a copy
that was interrupted goes on by itself, because its row says whose leads it takes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from dialer.actions.control import find, log_legal_override
from dialer.actions.parts import called, do_parts
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.selection import Selection
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
        source = {"campaign": parent.id, "leads": selection.value}
        children = campaigns.children(tx, parent.id)
        for child in children:
            if child.status is CampaignStatus.DRAFT and child.copied_from == source:
                campaigns.change(tx, child.id, pending_after=0)  # who was given up since, too
                return child.id
        if not pending.count(tx, selection, source=parent.id, children=called(children)):
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
        source = {"campaign": row.id, "leads": Selection.EVERYBODY.value} if with_leads else None
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
    now = world.clock.now()

    def body(tx: Connection) -> int:
        source = {"campaign": find(tx, source_id).id, "leads": Selection.EVERYBODY.value}
        return _add(tx, spec, action="create", source=source, actor=actor, now=now)

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
    source: dict[str, Any] | None,
    actor: str,
    now: datetime,
    parent_id: int | None = None,
) -> int:
    campaign_id = campaigns.add(
        tx,
        spec,
        now=now,
        parent_id=parent_id,
        copied_from=source,
        pending_after=None if source is None else 0,
    )
    subject = f"campaign:{campaign_id}"
    log_action(tx, actor=actor, action=action, subject=subject, now=now, after=source)
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
    selection, source = Selection(row.copied_from["leads"]), row.copied_from["campaign"]
    children = [one for one in campaigns.children(tx, source) if one.id != campaign_id]
    chosen = pending.count(tx, selection, source=source, children=called(children))
    return Copied(campaign_id, copied, max(0, chosen - copied))
