"""The numbers of the workspace at Retell, for people: looked at, bought, bound, released."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dialer.actions.retell_trouble import told_of
from dialer.actions.world import World
from dialer.domain.states import CampaignStatus
from dialer.domain.weighted_agents import written
from dialer.errors import RefusedByRule
from dialer.log import get_logger
from dialer.retell.agents import PhoneNumber
from dialer.store import campaigns, numbers
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign

log = get_logger(__name__)

MAY_CALL = (
    CampaignStatus.RUNNING,
    CampaignStatus.PAUSED,
    CampaignStatus.HELD,
    CampaignStatus.SCHEDULED,
    CampaignStatus.DRAFT,
)


def list_numbers(world: World) -> list[dict[str, Any]]:
    """Tell the numbers of the workspace, what calls from each, and how long it rests.

    Raises:
        KeyRefused, Unreachable: Retell does not tell.
    """
    with told_of("the list of numbers"):
        found = world.provider.number_desk.every()
    known = world.db.read(partial(_known, world=world))
    return [_told(one, *known) for one in found]


def show_number(world: World, number: str) -> dict[str, Any]:
    """Tell all of one number.

    Raises:
        NotFound, KeyRefused, Unreachable: Retell does not tell.
    """
    with told_of(f"number {number}"):
        found = world.provider.number_desk.show(number)
    known = world.db.read(partial(_known, world=world))
    return {**found.raw, **_told(found, *known)}


def buy_number(world: World, wishes: Mapping[str, Any], *, actor: str) -> dict[str, Any]:
    """Buy a number; it costs money each month from now on.

    Raises:
        KeyRefused, Unreachable, UserError: it was not bought, as far as we know.
    """
    with told_of("buying a number"):
        bought = world.provider.number_desk.buy(wishes)
    return _changed(world, bought, action="buy_number", after=wishes, actor=actor)


def import_number(world: World, wishes: Mapping[str, Any], *, actor: str) -> dict[str, Any]:
    """Tell Retell of a number of our own carrier. Raises: as `buy_number`."""
    with told_of(f"importing {wishes['phone_number']}"):
        imported = world.provider.number_desk.import_one(wishes)
    return _changed(world, imported, action="import_number", after=wishes, actor=actor)


def update_number(
    world: World, number: str, changes: Mapping[str, Any], *, actor: str
) -> dict[str, Any]:
    """Change a number at Retell; what is not named stays. Raises: as `buy_number`."""
    with told_of(f"number {number}"):
        changed = world.provider.number_desk.update(number, changes)
    return _changed(world, changed, action="update_number", after=changes, actor=actor)


def release_number(world: World, number: str, *, actor: str) -> None:
    """Give a number back to Retell; it cannot be had again.

    Raises:
        RefusedByRule: a campaign that runs calls from it.
        NotFound, KeyRefused, Unreachable, UserError: it was not released, as far as we know.
    """
    using = campaigns_calling_from(world, number)
    running = [one for one in using if one.status is CampaignStatus.RUNNING]
    if running:
        raise RefusedByRule(
            f"{number} is not released",
            why=f'campaign {running[0].id} "{running[0].name}" calls from it now',
            fix=f"dialer campaigns pause {running[0].id}, or edit its from_numbers",
        )
    with told_of(f"number {number}"):
        world.provider.number_desk.release(number)
    after = {"campaigns": [one.id for one in using]}
    _note(world, number, action="release_number", after=after, actor=actor)


def campaigns_calling_from(world: World, number: str) -> list[Campaign]:
    """Give the campaigns that call from a number, or may once they are started."""
    return world.db.read(lambda tx: _using(tx).get(number, []))


def _told(
    one: PhoneNumber, resting: Mapping[str, Any], using: Mapping[str, Sequence[Campaign]]
) -> dict[str, Any]:
    number = one.phone_number or ""
    return {
        "number": one.phone_number,
        "type": one.phone_number_type,
        "nickname": one.nickname,
        "outbound": written(one.callers),
        "inbound": written([each for each in one.inbound_agents or () if each.agent_id]),
        "countries": one.allowed_outbound_country_list or [],
        "campaigns": [each.id for each in using.get(number, ())],
        "resting_until": resting.get(number),
    }


def _known(tx: Connection, *, world: World) -> tuple[dict[str, Any], dict[str, list[Campaign]]]:
    return numbers.resting(tx, now=world.clock.now()), _using(tx)


def _using(tx: Connection) -> dict[str, list[Campaign]]:
    found: dict[str, list[Campaign]] = {}
    for status in MAY_CALL:
        for row in campaigns.in_status(tx, status):
            for number in row.spec.get("from_numbers", ()):
                found.setdefault(number, []).append(row)
    return found


def _changed(
    world: World, one: PhoneNumber, *, action: str, after: Mapping[str, Any], actor: str
) -> dict[str, Any]:
    number = one.phone_number or ""
    shown = {key: value for key, value in after.items() if "password" not in key}
    _note(world, number, action=action, after=shown, actor=actor)
    if path := one.phone_number_type:
        world.db.transact(lambda tx: numbers.set_paths(tx, {number: path}))
    return show_known(world, one)


def show_known(world: World, one: PhoneNumber) -> dict[str, Any]:
    """Tell a number that Retell just showed."""
    known = world.db.read(partial(_known, world=world))
    return _told(one, *known)


def _note(world: World, number: str, *, action: str, after: Mapping[str, Any], actor: str) -> None:
    subject, now = f"number:{number}", world.clock.now()
    world.db.transact(
        lambda tx: log_action(
            tx, actor=actor, action=action, subject=subject, now=now, after=dict(after)
        )
    )
    log.info(action, number=number)
