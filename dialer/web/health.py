"""Health: is the process alive, and can it do its work."""

from functools import lru_cache
from http import HTTPStatus

import orjson
import redis
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dialer.log import get_logger
from dialer.store import migrate
from dialer.web.access import open_to_all
from dialer.web.site import Site, site_of

log = get_logger(__name__)
router = open_to_all()

BROKER_WITHIN_S = 1.0

newest = lru_cache(maxsize=1)(migrate.newest)


@router.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process lives; asks nobody else."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """Answer 200 when webhooks can be kept, else 503 with the reasons.

    The broker is told but not required: without it the work is found in the database.
    """
    site = site_of(request)
    revision, reasons = _revision(site)
    broker = broker_state(site.settings.redis_url)
    document = {
        "ready": not reasons,
        "reasons": reasons,
        "revision": revision,
        "broker": broker,
        "mode": site.settings.mode,
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return Response(orjson.dumps(document), status_code=status, media_type="application/json")


def _revision(site: Site) -> tuple[str | None, list[str]]:
    try:
        with site.database() as database:
            revision = database.read(migrate.revision_of)
    except Exception as error:  # noqa: BLE001  # whatever it is, we are not ready
        log.warning("not_ready", error=type(error).__name__)
        return None, ["The database does not answer."]
    if revision == newest():
        return revision, []
    found = f"is at revision {revision}" if revision else "was never migrated"
    return revision, [f"The database {found}; this release needs {newest()}. Run `dialer migrate`."]


def broker_state(url: str) -> str:
    """Tell whether the broker answers: `ok`, `unreachable`, or `unknown` for other addresses."""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        return "unknown"  # several servers behind one address; the workers know how to ask
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=BROKER_WITHIN_S, socket_timeout=BROKER_WITHIN_S
        ) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return "unreachable"
    return "ok"
