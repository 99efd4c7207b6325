"""Health: is everything there that is needed, and how old is what waits."""

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import audit, own_webhook
from dialer.actions.health import health
from dialer.domain.roles import Role
from dialer.store import gate, migrate, vitals
from dialer.store.database import Connection
from dialer.web.access import actor_of, may_operate, requires
from dialer.web.health_signs import Seen, signs_of
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import Site, site_of

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

PATH = "/health"


@viewing.get(PATH)
def health_page(request: Request, done: str = "") -> Response:
    """Show the signs, those that are not well first."""
    told = "The audit ran again: nothing is broken." if done == "well" else None
    if done == "broken":
        told = "The audit ran again, and found something: look at Problems."
    return _page(request, told=told)


@changing.post(PATH + "/audit")
def run_again(request: Request) -> Response:
    """Run the audit of what is open now."""
    found = audit.ask_now(site_of(request).world(), actor=actor_of(request).name)
    return see(f"{PATH}?done={'broken' if found else 'well'}")


@changing.post(PATH + "/webhook")
def send_webhook(request: Request) -> Response:
    """Send a test webhook to our own address, and tell what became of it."""
    site = site_of(request)
    echo = own_webhook.send_to_ourselves(
        site.world(),
        address=site.settings.webhook_url,
        keys=site.webhook_keys,
        actor=actor_of(request).name,
    )
    return _page(request, echo=echo)


def _page(
    request: Request, *, told: str | None = None, echo: own_webhook.Echo | None = None
) -> Response:
    site = site_of(request)
    world = site.world()
    seen = _seen(site)
    now = world.clock.now()
    return page(
        request,
        "health_page.html",
        signs=signs_of(site, seen, now=now),
        told=told,
        echo=echo,
        address=site.settings.webhook_url,
        may_act=may_operate(request),
        now=now,
    )


def _seen(site: Site) -> Seen:
    world = site.world()

    def body(tx: Connection) -> Seen:
        now = world.clock.now()
        return Seen(
            now,
            health(tx, now=now),
            vitals.vitals(tx),
            gate.find(tx),
            migrate.revision_of(tx),
        )

    return world.db.read(body)
