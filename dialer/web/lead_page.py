"""One lead: why it is called or not, when next, and all that happened to it."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.explain import explain
from dialer.actions.lead_history import letters
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.web.access import requires
from dialer.web.error_pages import status_for
from dialer.web.lead_view import seen
from dialer.web.masking import as_seen_by
from dialer.web.pages import page
from dialer.web.site import site_of

router = requires(Role.VIEWER)

SPREADS = ("p50", "p90", "p95", "p99", "min", "max", "num")
"""What is shown of a latency, in this order."""


@router.get("/leads/{lead_id}")
def lead_page(request: Request, lead_id: int) -> Response:
    """Show a lead; viewers see masked numbers."""
    return show(request, lead_id)


def show(
    request: Request,
    lead_id: int,
    *,
    error: UserError | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Show a lead; after an error with what is wrong, and what was typed by the field's id.

    Raises:
        NotFound: there is no such lead.
    """
    world = site_of(request).world()
    now = world.clock.now()
    found = explain(world.db, lead_id, now=now)
    calls = [one["call_id"] for one in found["attempts"] if one["call_id"]]
    view = seen(found, letters(world.db, calls), now=now)
    return page(
        request,
        "lead.html",
        status=status_for(error),
        lead=as_seen_by(request, view),
        error=error,
        typed=typed or {},
        now=now,
        spreads=SPREADS,
    )
