"""What a worker does about an upload: look what would happen, import it, take it out again."""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from dialer.actions import load
from dialer.actions.control import find
from dialer.actions.drafting import FirstRows
from dialer.actions.errand_hold import ErrandHold
from dialer.actions.file_head import head_of
from dialer.actions.storing import REPEATED, Known
from dialer.actions.undo import Undone, undo
from dialer.actions.uploads import MOST_DOUBTED
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.counts import how_many
from dialer.domain.durations import parse_duration
from dialer.errors import RefusedByRule
from dialer.leads.header_words import LeadField
from dialer.leads.notices import FEW_ROWS, MOST_REJECTED
from dialer.leads.options import MissingVariable
from dialer.store import campaigns
from dialer.store.tables import Errand

SHOWN_ROWS = 20
EXAMPLES = 3
"""Rejected rows shown of each reason."""


def check(hold: ErrandHold) -> None:
    """Read the whole file and put down what would become of it.

    Raises:
        FileProblem: it is no table; there is nothing to decide about.
    """
    world, row, path = hold.world, hold.errand, hold.path
    spec, order = _spec(world, row), _order(hold)
    found = load.look_for(
        world,
        spec,
        path,
        campaign_id=row.campaign_id,
        order=order,
        limit=SHOWN_ROWS,
        per_reason=EXAMPLES,
    )
    options, _ = load.options_for(world, spec, order)
    repeated = sum(found["reasons"].get(reason.value, 0) for reason in REPEATED)
    rows = found["counts"]["accepted"] + found["counts"]["rejected"]
    bad = found["counts"]["rejected"] - repeated
    doubtful = rows >= FEW_ROWS and bad > rows * MOST_REJECTED
    head = head_of(path, options=options, recall=partial(load.recall, world))
    before = _before(world, row.campaign_id, path)
    hold.wait_for_a_person({**found, **head, "doubtful": doubtful, "before": before})


def _before(world: World, campaign_id: int | None, path: Path) -> dict[str, Any] | None:
    """Give what the campaign has of the same file already."""
    row = load.imported_before(world, campaign_id, path) if campaign_id is not None else None
    return None if row is None else {"list_id": row.id, "at": row.created_at.isoformat()}


def import_leads(hold: ErrandHold) -> None:
    """Import the file; one that was interrupted goes on."""
    row, path = hold.errand, hold.path
    assert row.campaign_id is not None
    target = hold.home / "rejects" / f"{path.stem}-campaign{row.campaign_id}-upload{row.id}.csv"
    loaded = load.load(
        hold.world,
        row.campaign_id,
        path,
        actor=row.actor,
        rejects_to=target,
        order=_order(hold),
    )
    figures = asdict(loaded) | {"rejects": loaded.rejects is not None}
    found = {**(row.found or {}), "loaded": figures}
    hold.finish(how_many(loaded.imported, "lead"), list_id=loaded.list_id, found=found)


def undo_list(hold: ErrandHold) -> None:
    """Take an import out again."""
    assert hold.errand.list_id is not None
    done = undo(hold.world, hold.errand.list_id, actor=hold.errand.actor)
    hold.finish(_undone(done))


def _undone(done: Undone) -> str:
    removed = "was removed" if done.removed == 1 else "were removed"
    kept = "was called and stays" if done.kept == 1 else "were called and stay"
    return f"{how_many(done.removed, 'lead')} {removed}; {done.kept:,} {kept}"


def _spec(world: World, row: Errand) -> CampaignSpec:
    if row.campaign_id is None:
        return CampaignSpec.model_validate(row.asked["spec"])
    campaign_id = row.campaign_id
    return campaigns.spec_of(world.db.read(lambda tx: find(tx, campaign_id)))


def _order(hold: ErrandHold) -> load.Order:
    """Give what the importer is told; a person has been asked about bad rows by then."""
    asked = hold.errand.asked

    def doubt(first: FirstRows) -> None:
        if not asked.get("sure"):
            raise RefusedByRule(MOST_DOUBTED, fix="check the file again")

    table = ("country", "encoding", "delimiter", "sheet", "header_row")
    changed = {name: asked[name] for name in table if asked.get(name) is not None}
    changed["overrides"] = {
        LeadField(name): _one_or_more(at) for name, at in asked.get("map", {}).items()
    }
    if asked.get("allowed_countries"):
        changed["allowed_countries"] = frozenset(asked["allowed_countries"])
    if "missing_variable" in asked:
        changed["missing_variable"] = MissingVariable.parse(asked["missing_variable"])
    within = asked.get("not_called_within")
    return load.Order(
        changed=changed,
        known=Known(asked.get("known", Known.SKIP)),
        not_called_within=None if within is None else parse_duration(within),
        tell=lambda progress: hold.tell(progress.rows, progress.fraction),
        doubt=doubt,
    )


def _one_or_more(headers: list[str]) -> str | tuple[str, ...]:
    return tuple(headers) if len(headers) > 1 else "".join(headers)
