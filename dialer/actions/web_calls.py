"""Web calls: "talk to the agent as this lead", in a browser. No phone rings, no lead hears of it.

A web call has no attempt, so that nothing of it can become a figure. It uses one of Retell's
lines all the same: it counts with the calls of others from before it is asked for, and is
measured with them from then on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from dialer.actions.control import find, read_lead
from dialer.actions.dial import agent_override_of
from dialer.actions.retell_trouble import told_of
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.trials import MARK
from dialer.errors import ChangeUnknown, NotFound, ProviderUnavailable, RefusedByRule, UserError
from dialer.log import get_logger
from dialer.retell.web_calls import CreateWebCall, TypedTalk, WebCall
from dialer.store import campaigns, gate
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Lead

log = get_logger(__name__)

ASK_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a web call needs of a lead."""

    lead: Lead
    spec: CampaignSpec
    install: str

    @property
    def own(self) -> dict[str, Any]:
        """What the lead's list says of its calls alone."""
        return self.lead.overrides or {}


def open_web_call(world: World, lead_id: int, *, actor: str) -> WebCall:
    """Create a web call with a lead's variables; its token is good for half a minute.

    Raises:
        NotFound: there is no such lead, or Retell knows no such agent.
        RefusedByRule: no line is free.
        KeyRefused, Unreachable, UserError: Retell did not create it, as far as we know.
    """
    wanted = world.db.read(partial(_wanted, lead_id=lead_id))
    agent_id, version = _agent_of(world, wanted)
    request = _request(world, wanted, agent_id=agent_id, version=version)
    world.db.transact(gate.expect_foreign_call)
    write_down = partial(_log, world=world, lead_id=lead_id, actor=actor)
    try:
        with told_of("a web call"):
            call = world.provider.web_call_desk.create(request)
    except UserError as error:
        if isinstance(error.__cause__, ChangeUnknown):
            world.db.transact(partial(write_down, call_id=None))
        raise _busy(error) or error from error.__cause__
    world.db.transact(partial(write_down, call_id=call.call_id))
    log.info("web_call", lead_id=lead_id, call_id=call.call_id)
    return call


def join_talk(world: World, access_token: str) -> TypedTalk:
    """Join a web call of the simulator by typing.

    Raises:
        UserError: its token is not good, or this is no simulator.
    """
    with told_of("the talk"):
        return world.provider.web_call_desk.join(access_token)


def say(world: World, access_token: str, text: str) -> TypedTalk:
    """Say something in it and hear the answer. Raises: as `join_talk`."""
    with told_of("the talk"):
        return world.provider.web_call_desk.say(access_token, text)


def leave_talk(world: World, access_token: str) -> TypedTalk:
    """Hang up; may be asked twice. Raises: as `join_talk`."""
    with told_of("the talk"):
        return world.provider.web_call_desk.leave(access_token)


def _wanted(tx: Connection, *, lead_id: int) -> _Wanted:
    lead = read_lead(tx, lead_id)
    if gate.find(tx) is None:
        raise NotFound("the dial gate has no row", fix="start the dialer once: dialer up")
    spec = campaigns.spec_of(find(tx, lead.campaign_id))
    return _Wanted(lead, spec, gate.install(tx))


def _agent_of(world: World, wanted: _Wanted) -> tuple[str, int | str | None]:
    """Give the agent that would call this lead, and in which version.

    Where the campaign names none, it is the one that is bound to its first number; of several the
    one that calls most.
    """
    own, spec = wanted.own, wanted.spec
    if "agent_id" in own:
        return own["agent_id"], own.get("agent_version")
    if spec.agent_id is not None:
        return spec.agent_id, own.get("agent_version", spec.agent_version)
    number = spec.from_numbers[0]
    with told_of(f"number {number}"):
        callers = world.provider.agents(within=ASK_WITHIN).phone_number(number).callers
    if not callers:
        raise UserError(
            f"nobody knows which agent calls from {number}",
            why="neither the campaign nor the number names one",
            fix="give the campaign an agent_id, or bind one to the number at Retell",
        )
    chosen = max(callers, key=lambda one: one.weight or 0)
    assert chosen.agent_id is not None  # only those with an id are callers
    return chosen.agent_id, own.get("agent_version", chosen.agent_version)


def _request(
    world: World, wanted: _Wanted, *, agent_id: str, version: int | str | None
) -> CreateWebCall:
    """Write the request: what a call to this lead would say, and the mark of a test."""
    lead, spec = wanted.lead, wanted.spec
    try:
        return CreateWebCall(
            agent_id=agent_id,
            agent_version=version,
            agent_override=agent_override_of(spec, webhook_url=world.webhook_url),
            retell_llm_dynamic_variables={**spec.variables, **lead.variables},
            metadata={
                **wanted.own.get("metadata", {}),
                MARK: True,
                "lead_id": str(lead.id),
                "campaign_id": str(lead.campaign_id),
                "install": wanted.install,
            },
        )
    except ValueError as error:
        raise UserError(
            f"no web call can be made as lead {lead.id}", why=str(error), fix="correct the campaign"
        ) from error


def _busy(error: UserError) -> RefusedByRule | None:
    """Say that no line is free, where that is why; a call of a campaign may have it."""
    cause = error.__cause__
    if not isinstance(cause, ProviderUnavailable) or cause.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    return RefusedByRule(
        "no line is free for a web call",
        why=f"Retell says: {cause.message}",
        fix="try again in a moment, or pause a campaign",
    )


def _log(tx: Connection, *, world: World, lead_id: int, actor: str, call_id: str | None) -> None:
    now: datetime = world.clock.now()
    told: dict[str, object] = {"call_id": call_id or "not known"}
    log_action(tx, actor=actor, action="web_call", subject=f"lead:{lead_id}", now=now, after=told)
