"""Health: is everything there that is needed, and how old is what waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.health import LATE_AFTER, Health, health
from dialer.domain.roles import Role
from dialer.queue import workers_that_answer
from dialer.store import migrate, vitals
from dialer.store.audits import AuditKind
from dialer.store.database import Connection
from dialer.store.vitals import Vitals
from dialer.web.access import requires
from dialer.web.health import broker_state, newest
from dialer.web.pages import page
from dialer.web.site import Site, site_of

router = requires(Role.VIEWER)

DUE_LATE = timedelta(minutes=5)
LETTER_LATE = timedelta(seconds=60)
WORKERS_WITHIN_S = 1.0
AUDITS = {
    AuditKind.RECENT: "Audit of what is open",
    AuditKind.COMPLETE: "Audit of all leads",
    AuditKind.PROVIDER: "Comparison with Retell",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One line: what was looked at, whether it is well, and what was seen."""

    name: str
    well: bool | None  # None: nobody can say
    seen: str
    fix: str | None = None


@router.get("/health")
def health_page(request: Request) -> Response:
    """Show the signs, those that are not well first."""
    site = site_of(request)
    world = site.world()
    now = world.clock.now()

    def body(tx: Connection) -> tuple[Health, Vitals, str | None]:
        return health(tx, now=now), vitals.vitals(tx), migrate.revision_of(tx)

    state, found, revision = world.db.read(body)
    signs = [
        _database(revision),
        *_broker(site),
        *(_audit(state, kind) for kind in AuditKind),
        _dialing(found, now=now),
        *_letters(state, found, now=now),
        _retell(found, now=now),
    ]
    signs.sort(key=lambda one: one.well is not False)
    return page(request, "health_page.html", signs=signs, now=now)


def _database(revision: str | None) -> Sign:
    if revision in (newest(), None):
        return Sign("Database", True, "It answers.")
    return Sign("Database", False, f"It is at revision {revision}.", "dialer migrate")


def _broker(site: Site) -> list[Sign]:
    state = broker_state(site.settings.redis_url)
    if state == "unreachable":
        fix = "start it; nothing is lost meanwhile, only slower"
        return [
            Sign("Broker", False, "It does not answer.", fix),
            Sign("Workers", None, "Nobody can ask them without the broker."),
        ]
    names = workers_that_answer(site.settings, within_s=WORKERS_WITHIN_S)
    well = any(name.startswith("worker@") for name in names)
    seen = ", ".join(names) or "None answers."
    broker = Sign("Broker", True if state == "ok" else None, f"It is {state}.")
    return [broker, Sign("Workers", well, seen, None if well else "start worker and worker-files")]


def _audit(state: Health, kind: AuditKind) -> Sign:
    age = state.age(kind)
    if age is None:
        return Sign(AUDITS[kind], None, "It has not run yet.", "worker-files and beat run it")
    broken = state.runs[kind].broken or {}
    seen = f"{_ago(age)}; " + (f"broken: {', '.join(broken)}" if broken else "nothing is broken")
    late = age > LATE_AFTER[kind]
    fix = "look at Problems" if broken else "do worker-files and beat run?" if late else None
    return Sign(AUDITS[kind], not late and not broken, seen + ".", fix)


def _dialing(found: Vitals, *, now: datetime) -> Sign:
    due = found.oldest_due_at
    if due is None or due > now:
        return Sign("Dialing", True, "No lead of a running campaign is overdue.")
    late = now - due > DUE_LATE
    fix = "see each campaign’s page, which says why" if late else None
    return Sign(
        "Dialing", not late, f"The oldest lead that waits is due since {_age(now - due)}.", fix
    )


def _letters(state: Health, found: Vitals, *, now: datetime) -> list[Sign]:
    oldest = found.oldest_letter_at
    late = oldest is not None and now - oldest > LETTER_LATE
    seen = f"{found.waiting_letters:,} wait to be settled."
    if found.lags_s:
        lags = sorted(found.lags_s)
        half = lags[len(lags) // 2]
        seen += f" The latest {len(lags):,} took {half:.1f} s, at most {lags[-1]:.1f} s."
    last = found.last_letter_at
    seen += f" The last one came {_ago(now - last)}." if last is not None else " None came yet."
    signs = [Sign("Webhooks", not late, seen, "does worker run?" if late else None)]
    if state.dead_letters:
        dead = f"{state.dead_letters:,} could not be settled."
        signs.append(Sign("Dead letters", False, dead, "look at Problems"))
    return signs


def _retell(found: Vitals, *, now: datetime) -> Sign:
    asked = found.provider_asked_at
    if asked is None:
        return Sign("Retell", None, "It was not asked yet; it is while a campaign runs.")
    return Sign("Retell", True, f"Asked for its lines {_ago(now - asked)}.")


def _ago(age: timedelta) -> str:
    return f"{_age(age)} ago"


def _age(age: timedelta) -> str:
    seconds = max(0.0, age.total_seconds())
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
