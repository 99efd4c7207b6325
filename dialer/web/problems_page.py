"""Problems: what waits for a person, what to do about it, and that somebody has seen it."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import dead_letters, findings, wrong_numbers
from dialer.actions.glance import what_waits
from dialer.actions.health import health
from dialer.domain.roles import Role
from dialer.domain.states import OVER, CampaignStatus
from dialer.errors import RefusedByRule, UserError
from dialer.store import campaigns, figures, gate, incidents, ledger, lists, webhooks
from dialer.store.database import Connection
from dialer.store.lead_paging import micros_of, moment_of
from dialer.store.tables import Campaign
from dialer.web import problem_view
from dialer.web.access import actor_of, requires
from dialer.web.masking import texts_as_seen_by
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

PATH = "/problems"
MOST = 100
MOST_LISTS = 20
LATELY = timedelta(days=7)
"""Rejected rows of older lists are nobody's problem any more."""
OTHERS = (CampaignStatus.RUNNING, CampaignStatus.PAUSED)
"""Campaigns that do not hold themselves, but leads of which may wait for a person."""
MOST_OTHERS = 50

NOT_OVER = tuple(status for status in CampaignStatus if status not in OVER)

Ids = Annotated[list[int], Form(max_length=MOST)]
Note = Annotated[str, Form(max_length=500)]


@viewing.get(PATH)
def problems_page(request: Request) -> Response:
    """Show what waits for a person, the gravest first."""
    site = site_of(request)
    world = site.world()
    now = world.clock.now()

    def body(tx: Connection) -> tuple[Any, ...]:
        return (
            health(tx, now=now),
            [(row, _held_at(tx, row)) for row in campaigns.in_status(tx, CampaignStatus.HELD)],
            figures.campaigns_in(tx, OTHERS, before=None, most=MOST_OTHERS),
            incidents.unclosed(tx, most=MOST),
            webhooks.dead(tx, most=MOST),
            _who_paused_everything(tx),
            lists.lately_rejecting(tx, NOT_OVER, since=now - LATELY, most=MOST_LISTS),
            wrong_numbers.of_late(tx, now=now),
        )

    state, held, others, found, letters, paused, rejecting, wrong = world.db.read(body)
    begun = [*(row for row, _ in held), *others]
    ids = [row.id for row in begun]
    ask = lambda: what_waits(world.db, ids)  # noqa: E731
    kept = site.figures.soon(("waits", *ids), ask, now=now)
    waiting = None if kept is None else kept.value
    shown: dict[str, Any] = {
        "doubt": state.doubt,
        "late": [kind.value for kind in state.late],
        "paused": paused,
        "held": problem_view.of_held(held, waiting),
        "counting": waiting is None,
        "to_fix": [] if waiting is None else problem_view.of_leads(begun, waiting),
        "rejecting": problem_view.of_rejects(rejecting),
        "wrong": problem_view.of_wrong_numbers(wrong, now=now),
        "incidents": problem_view.of_incidents(found),
        "more": max(0, state.open_incidents - len(found)),
        "letters": problem_view.of_letters(letters),
    }
    return page(request, "problems.html", now=now, **texts_as_seen_by(request, shown))


def _who_paused_everything(tx: Connection) -> dict[str, Any] | None:
    """Give who paused everything and when, while it is paused."""
    if not gate.peek(tx).everything_paused:
        return None
    found = ledger.latest(tx, "gate", action="pause_everything")
    return {} if found is None else {"at": found.at, "actor": found.actor}


def _held_at(tx: Connection, row: Campaign) -> datetime | None:
    """Give since when a campaign is held."""
    found = ledger.latest(tx, f"campaign:{row.id}", action=CampaignStatus.HELD)
    return None if found is None else found.at


@changing.post(f"{PATH}/acknowledge")
def acknowledge(request: Request, ids: Ids, note: Note = "") -> Response:
    """Close the incidents of one cause, as somebody has looked at them."""
    world, actor, said = site_of(request).world(), actor_of(request).name, _given(note)
    _each(ids, lambda one: findings.acknowledge(world, one, actor=actor, note=said))
    return see(PATH)


@changing.post(f"{PATH}/wrong-numbers/acknowledge")
def acknowledge_wrong_numbers(
    request: Request, ids: Ids, until: Annotated[int, Form()], note: Note = ""
) -> Response:
    """Say that the wrong numbers of some campaigns were seen; later ones are told again."""
    world, actor, said = site_of(request).world(), actor_of(request).name, _given(note)
    shown_at = moment_of(max(0, min(until, micros_of(world.clock.now()))))
    acknowledge = partial(wrong_numbers.acknowledge, until=shown_at, actor=actor, note=said)
    _each(ids, lambda one: acknowledge(world, one))
    return see(PATH)


@changing.post(f"{PATH}/webhooks/acknowledge")
def acknowledge_letters(request: Request, ids: Ids, note: Note = "") -> Response:
    """Say that webhooks which could not be settled were seen."""
    world, actor, said = site_of(request).world(), actor_of(request).name, _given(note)
    _each(ids, lambda one: dead_letters.acknowledge(world, one, actor=actor, note=said))
    return see(PATH)


@changing.post(f"{PATH}/webhooks/replay")
def replay_letters(request: Request, ids: Ids) -> Response:
    """Settle webhooks again that could not be settled."""
    world, actor = site_of(request).world(), actor_of(request).name
    _each(ids, lambda one: dead_letters.replay(world, one, actor=actor))
    return see(PATH)


def _each(ids: Iterable[int], do: Callable[[int], None]) -> None:
    """Do so to each; what somebody else did meanwhile is done."""
    for one in ids:
        with suppress(RefusedByRule):
            do(one)


def _given(note: str) -> str:
    if not note.strip():
        raise UserError("there is no note", fix="say what it was, in a few words")
    return note.strip()
