"""Problems: what waits for a person, what to do about it, and that somebody has seen it."""

from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.findings import acknowledge
from dialer.actions.health import health
from dialer.domain.hold_checks import how_it_goes_on
from dialer.domain.incident_words import what_to_do
from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus
from dialer.errors import UserError
from dialer.store import campaigns, incidents, webhooks
from dialer.store.database import Connection
from dialer.web.access import actor_of, requires
from dialer.web.masking import masked
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

MOST = 100


@viewing.get("/problems")
def problems_page(request: Request) -> Response:
    """Show what waits for a person, the gravest first."""
    world = site_of(request).world()
    now = world.clock.now()

    def body(tx: Connection) -> dict[str, Any]:
        held = campaigns.in_status(tx, CampaignStatus.HELD)
        found = incidents.unclosed(tx, most=MOST)
        state = health(tx, now=now)
        return {
            "doubt": state.doubt,
            "late": [kind.value for kind in state.late],
            "held": [
                {
                    "id": row.id,
                    "name": row.name,
                    "sentence": row.held_text,
                    "goes_on": how_it_goes_on(row.held_reason, campaigns.spec_of(row).hold),
                }
                for row in held
            ],
            "incidents": [
                {
                    "id": one.id,
                    "code": one.code,
                    "sentence": one.sentence,
                    "times": one.times,
                    "opened_at": one.opened_at,
                    "what_to_do": what_to_do(one.code),
                }
                for one in found
            ],
            "more": max(0, state.open_incidents - len(found)),
            "letters": [
                {"id": one.id, "error": one.error, "received_at": one.received_at}
                for one in webhooks.dead(tx, most=MOST)
            ],
        }

    found = world.db.read(body)
    if not actor_of(request).role.includes(Role.OPERATOR):
        found = masked(found)
    return page(request, "problems.html", now=now, **found)


@changing.post("/problems/{incident_id}/acknowledge")
def acknowledge_one(
    request: Request, incident_id: int, note: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Close an incident that somebody has looked at."""
    if not note.strip():
        raise UserError("there is no note", fix="say what it was, in a few words")
    actor = actor_of(request).name
    acknowledge(site_of(request).world(), incident_id, actor=actor, note=note.strip())
    return see("/problems")
