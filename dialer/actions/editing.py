"""Editing: other settings for a campaign, also while it runs.

The settings change in one transaction under the lock of the campaign's row, which claims and send
gates hold still: each of them goes by the old settings or by the new ones, and every send after
the commit by the new ones. Then the leads that wait follow a window that was changed, part by
part (`parts`); until it is their turn the gates keep them.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dialer.actions.campaign_file import problems_of, refusal
from dialer.actions.control import find, log_legal_override
from dialer.actions.parts import do_parts
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import has_ended
from dialer.domain.states import OVER, CampaignStatus
from dialer.errors import RefusedByRule, UserError
from dialer.log import get_logger
from dialer.store import attempts, campaigns
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign

log = get_logger(__name__)

ALWAYS = (
    "name",
    "weight",
    "limits",
    "window",
    "cadence",
    "callback",
    "opt_out",
    "person",
    "caller",
    "caller_id",
    "hold",
    "results",
    "ends_at",
)
"""What may be edited at any time. The rest says who calls whom, and stays once calls were made."""

DEFAULT = object()
"""In place of a value: what holds where nothing is set."""

_BEGUN = (CampaignStatus.RUNNING, CampaignStatus.PAUSED, CampaignStatus.HELD)


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit changed, or would change: values by key, before and after."""

    before: dict[str, Any]
    after: dict[str, Any]


def edit(
    world: World,
    campaign_id: int,
    changes: Mapping[str, Any],
    *,
    actor: str,
    source: str = "the edit",
    parts_now: int | None = None,
) -> Edited:
    """Change settings, named by keys such as `limits.lines`; whole sections may be given, too.

    Calls in progress go on; nothing is sent against the new settings once this has returned. After
    `parts_now` parts of the leads this returns, and `reconcile` moves the others; None moves all.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it is over, or the setting cannot be changed any more.
        UserError: the settings would not be valid; `source` is named as their place.
    """
    body = partial(_edit, world=world, campaign_id=campaign_id, actor=actor)
    edited = world.db.transact(partial(body, changes=changes, source=source))
    do_parts(world, campaign_id, most=parts_now)
    world.queue.plan()
    return edited


def preview(
    world: World, campaign_id: int, changes: Mapping[str, Any], *, source: str = "the edit"
) -> Edited:
    """Tell what an edit would change. Raises: as `edit`."""
    row = world.db.read(partial(find, campaign_id=campaign_id))
    spec = changed_spec(row, changes, source=source)
    _refuse(row, spec, world=world)
    return _difference(campaigns.spec_of(row), spec)


def _edit(
    tx: Connection,
    *,
    world: World,
    campaign_id: int,
    changes: Mapping[str, Any],
    actor: str,
    source: str,
) -> Edited:
    find(tx, campaign_id)
    row = campaigns.lock(tx, campaign_id)
    assert row is not None
    now = world.clock.now()  # under the lock: what was sent while this waited was sent before
    old, spec = campaigns.spec_of(row), changed_spec(row, changes, source=source)
    _refuse(row, spec, world=world)
    edited = _difference(old, spec)
    if not edited.after and not edited.before:
        return edited
    values: dict[str, Any] = {}
    if row.status in _BEGUN:
        # Not before what was sent by the old settings, though the clock was set back since.
        values["edited_at"] = attempts.last_send_after(tx, campaign_id, now) or now
        if (spec.window, spec.person) != (old.window, old.person):
            values["pending_after"] = 0
    campaigns.set_spec(tx, campaign_id, spec, **values)
    log_action(
        tx,
        actor=actor,
        action="edit",
        subject=f"campaign:{campaign_id}",
        now=now,
        before=edited.before,
        after=edited.after,
    )
    if spec.window != old.window:
        log_legal_override(tx, campaign_id, spec, actor=actor, now=now)
    log.info("campaign_edited", campaign_id=campaign_id, settings=sorted(edited.after))
    return edited


def changed_spec(row: Campaign, changes: Mapping[str, Any], *, source: str) -> CampaignSpec:
    """Give the settings of a campaign with some of them changed.

    Raises:
        UserError: they are not valid; names the key, its value and what is wanted.
    """
    given = deepcopy(campaigns.spec_of(row).model_dump(mode="json"))
    for key, value in changes.items():
        _put(given, key, value, source=source)
    try:
        return CampaignSpec.model_validate(given)
    except ValidationError as error:
        raise refusal(problems_of(Path(source), error)) from error


def _put(given: dict[str, Any], key: str, value: Any, *, source: str) -> None:
    *sections, name = key.split(".")
    for section in sections:
        found = given.setdefault(section, {})
        if not isinstance(found, dict):
            raise UserError(
                f"{source}: {key} is not a setting",
                why=f"{section} is a single value",
                fix=f"remove {key} from {source}",
            )
        given = found
    if value is DEFAULT:
        given.pop(name, None)
    else:
        given[name] = value


def _refuse(row: Campaign, spec: CampaignSpec, *, world: World) -> None:
    """Refuse what cannot be changed any more.

    Raises:
        RefusedByRule: it is one of these; names the setting and the way out.
    """
    what = f'campaign {row.id} "{row.name}"'
    if row.status in OVER:
        raise RefusedByRule(
            f"{what} is {row.status}, so no setting of it matters any more",
            fix=f"dialer campaigns duplicate {row.id}, or dialer campaigns redial {row.id}",
        )
    old = campaigns.spec_of(row)
    if row.status is not CampaignStatus.DRAFT:
        fixed = [name for name in CampaignSpec.model_fields if name not in ALWAYS]
        for name in fixed:
            if getattr(spec, name) != getattr(old, name):
                raise _fixed(row, name)
    if spec.ends_at != old.ends_at and has_ended(spec.ends_at, at=world.clock.now()):
        raise RefusedByRule(
            f"ends_at = {spec.ends_at:%Y-%m-%d %H:%M} UTC is past",
            why="nobody would be called any more",
            fix=f"name a later moment, or dialer campaigns stop {row.id}",
        )


def _fixed(row: Campaign, name: str) -> RefusedByRule:
    scheduled = row.status is CampaignStatus.SCHEDULED
    return RefusedByRule(
        f'{name} of campaign {row.id} "{row.name}" can be changed only while it is a draft;'
        f" it is {row.status}",
        why=f"what may be changed at any time: {', '.join(ALWAYS)}",
        fix=f"dialer campaigns unschedule {row.id}"
        if scheduled
        else f"dialer campaigns duplicate {row.id} --with-leads, and edit the copy",
    )


def _difference(old: CampaignSpec, new: CampaignSpec) -> Edited:
    before, after = (dict(_flat(one.model_dump(mode="json"))) for one in (old, new))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return Edited({key: before.get(key) for key in keys}, {key: after.get(key) for key in keys})


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Name each value by its whole key; lists are values."""
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        key = f"{prefix}{name}"
        found += _flat(value, f"{key}.") if isinstance(value, dict) else [(key, value)]
    return found
