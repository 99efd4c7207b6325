"""The checks of `dialer doctor`. Each looks at one thing and gives findings, with a fix."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialer.actions.health import Health
    from dialer.config import Settings
    from dialer.store.about import DatabaseFacts

FIRST_PYTHON = (3, 11)
CLOCK_OFF_WARN = timedelta(seconds=5)
CLOCK_OFF_FAIL = timedelta(minutes=1)  # webhook signatures are good for five
PING_WITHIN_S = 1.0


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    WARN = "warn"  # works, or will once started
    FAIL = "fail"  # must be mended before calls are placed


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    name: str
    verdict: Verdict
    sentence: str
    fix: str | None = None


def ok(name: str, sentence: str) -> Finding:
    """Give a finding of something that is as it should be."""
    return Finding(name, Verdict.OK, sentence)


def every_finding(settings: "Settings") -> Iterator[Finding]:
    """Run all checks, one after the other; a check that breaks is a finding too."""
    for name, check in CHECKS.items():
        try:
            yield from check(settings)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what was looked for
            text = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            yield Finding(name, Verdict.FAIL, f"{type(error).__name__}: {text}", _FIXES.get(name))


def check_python(_settings: "Settings") -> Iterator[Finding]:
    """Python itself."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= FIRST_PYTHON:
        yield ok("python", f"Python {version}")
    else:
        yield Finding("python", Verdict.FAIL, f"Python {version} is too old", "install 3.11")


def check_transport(_settings: "Settings") -> Iterator[Finding]:
    """Whether the HTTP library tells sent requests from unsent ones."""
    from dialer.retell.selftest import check_trace

    check_trace()
    yield ok("http", "the HTTP library tells a sent request from one that never left")


def check_database(settings: "Settings") -> Iterator[Finding]:
    """Whether the database answers, what it is, its tables and its clock."""
    from dialer.store.about import about
    from dialer.store.database import Database

    place = sqlite_file(settings)
    if place is not None and not place.exists():
        verdict = Verdict.WARN if settings.is_embedded else Verdict.FAIL
        yield Finding("database", verdict, f"{place} is not there yet", "dialer migrate")
        return
    database = Database(settings.database_url)
    try:
        facts = database.read(about)
    finally:
        database.close()
    journal = f", journal mode {facts.journal_mode}" if facts.journal_mode else ""
    yield ok("database", f"{facts.name} answers{journal}")
    yield _tables(settings, facts)
    yield _clock(facts)


def sqlite_file(settings: "Settings") -> Path | None:
    """Give the file that the database is in; None when it is a server's, or in memory."""
    scheme, _, path = settings.database_url.partition(":///")
    return Path(path) if scheme == "sqlite" and path and path != ":memory:" else None


def _tables(settings: "Settings", facts: "DatabaseFacts") -> Finding:
    if facts.revision == facts.newest:
        return ok("tables", f"at revision {facts.revision}, the newest")
    state = f"at revision {facts.revision}" if facts.revision else "not made yet"
    verdict = Verdict.WARN if settings.is_embedded else Verdict.FAIL
    return Finding("tables", verdict, f"{state}; newest is {facts.newest}", "dialer migrate")


def _clock(facts: "DatabaseFacts") -> Finding:
    now = datetime.now(UTC)
    off = abs(now - facts.now)
    sentence = f"{now:%Y-%m-%d %H:%M:%S} UTC, {off.total_seconds():.1f} s off the database's"
    fix = "let NTP set the clocks of both machines"
    if off >= CLOCK_OFF_FAIL:
        return Finding("clock", Verdict.FAIL, sentence, fix)
    return (
        Finding("clock", Verdict.WARN, sentence, fix)
        if off >= CLOCK_OFF_WARN
        else ok("clock", sentence)
    )


def check_broker(settings: "Settings") -> Iterator[Finding]:
    """Whether the broker answers, and workers behind it."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from dialer.config import hide_password

    client = redis.Redis.from_url(
        settings.redis_url,
        socket_connect_timeout=2,
        socket_timeout=2,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        client.ping()
    except redis.RedisError as error:
        place = hide_password(settings.redis_url)
        yield _not_running(settings, "broker", f"{place} does not answer ({type(error).__name__})")
        return
    finally:
        client.close()
    yield ok("broker", f"{hide_password(settings.redis_url)} answers")
    yield _workers(settings)


def _workers(settings: "Settings") -> Finding:
    from dialer.queue import make_app

    app = make_app(settings)
    try:
        answers = app.control.ping(timeout=PING_WITHIN_S)
    finally:
        app.close()
    names = sorted(name for answer in answers or [] for name in answer)
    if names:
        return ok("workers", f"{len(names)} answer: {', '.join(names)}")
    return Finding("workers", Verdict.FAIL, "none answers: nothing will be dialed", "dialer up")


def _not_running(settings: "Settings", name: str, sentence: str) -> Finding:
    """Judge what does not answer: in embedded mode it starts with the rest of the dialer."""
    if settings.is_embedded:
        return Finding(name, Verdict.WARN, f"{sentence}; it starts with the dialer", "dialer up")
    return Finding(name, Verdict.FAIL, sentence, _FIXES.get(name))


def check_embedded(settings: "Settings") -> Iterator[Finding]:
    """Whether this machine can run a broker of its own."""
    from dialer.embedded.broker import valkey_binary

    binary = valkey_binary()
    if binary is not None:
        yield ok("embedded broker", f"Valkey runs here ({binary.name})")
    elif settings.is_embedded:
        yield Finding(
            "embedded broker",
            Verdict.WARN,
            "no Valkey binary runs here; a slower stand-in is used",
            "set REDIS_URL to a Redis or Valkey server",
        )
    else:
        yield ok("embedded broker", "none, and none is needed: REDIS_URL or DATABASE_URL is set")


def check_key(settings: "Settings") -> Iterator[Finding]:
    """Whether there is a key, and Retell or the simulator takes it."""
    from dialer.bootstrap import open_provider
    from dialer.errors import AccountProblem, ProviderUnavailable

    if settings.retell_api_key is None:
        yield Finding("key", Verdict.FAIL, "RETELL_API_KEY is not set", _FIXES["key"])
        return
    provider = open_provider(settings)
    try:
        owner = provider.get_api_key_info()
    except AccountProblem as error:
        sentence = f"{settings.retell_base_url} refuses the key: {error.message}"
        yield Finding("key", Verdict.FAIL, sentence, _FIXES["key"])
    except ProviderUnavailable as error:
        sentence = f"{settings.retell_base_url} does not answer ({error.code})"
        if settings.mode == "simulator":
            yield Finding("key", Verdict.WARN, sentence, "dialer up, or dialer sim")
        else:
            yield Finding("key", Verdict.FAIL, sentence, "look at the network, then again")
    else:
        yield ok("key", f"accepted by {settings.retell_base_url} ({owner.org_name or 'no name'})")
    finally:
        provider.close()


def check_webhooks(settings: "Settings") -> Iterator[Finding]:
    """Whether webhooks can be believed, and can reach us."""
    if not settings.webhook_keys:
        yield Finding(
            "webhook keys",
            Verdict.FAIL,
            "none is set: every webhook is refused",
            _FIXES["webhooks"],
        )
    else:
        yield ok("webhook keys", f"{len(settings.webhook_keys)} set")
    if settings.mode == "live" and settings.public_url is None:
        yield Finding(
            "webhook address",
            Verdict.WARN,
            "DIALER_PUBLIC_URL is not set: calls close by look-ups only, minutes later,"
            " unless the agent has a webhook address",
            f"set DIALER_PUBLIC_URL to the https:// address of {settings.web_url}",
        )


def check_audit(settings: "Settings") -> Iterator[Finding]:
    """Whether the audit runs, what it found, and whether the database is trusted."""
    from dialer.actions.health import health
    from dialer.store.database import Database
    from dialer.store.migrate import newest, revision_of

    place = sqlite_file(settings)
    if place is not None and not place.exists():
        return
    database = Database(settings.database_url)
    try:
        if database.read(revision_of) != newest():
            return  # said of the tables already
        found = database.read(lambda tx: health(tx, now=datetime.now(UTC)))
    finally:
        database.close()
    yield _standing(found)
    yield from _runs(found)
    if found.open_incidents:
        sentence = f"{found.open_incidents} are open: {found.incidents[0].sentence}"
        yield Finding("incidents", Verdict.WARN, sentence, "dialer incidents list")


def _standing(found: "Health") -> Finding:
    if found.doubt is None:
        return ok("restore", "the database is trusted: nothing says that it went back in time")
    fix = "leave the dialer running; `dialer audit --provider` compares at once"
    return Finding("restore", Verdict.FAIL, found.doubt, fix)


def _runs(found: "Health") -> Iterator[Finding]:
    from dialer.store.audits import AuditKind

    age = found.age(AuditKind.RECENT)
    if found.broken:
        names = ", ".join(f"{name} ({' '.join(ids[:3])})" for name, ids in found.broken.items())
        yield Finding("audit", Verdict.FAIL, f"broken: {names}", "dialer audit")
    elif age is None:
        yield Finding("audit", Verdict.WARN, "none has run here yet", "dialer up, or dialer audit")
    elif found.late:
        late = ", ".join(found.late)
        sentence = f"late: {late}; the last one began {age.total_seconds():.0f} s ago"
        yield Finding("audit", Verdict.WARN, sentence, "look whether worker-files and beat run")
    else:
        yield ok("audit", f"nothing is broken; asked {age.total_seconds():.0f} s ago")


def check_results(settings: "Settings") -> Iterator[Finding]:
    """Whether the addresses that are told results take them."""
    from dialer.cli.result_checks import addresses_of_results

    yield from addresses_of_results(settings)


CHECKS: dict[str, Callable[["Settings"], Iterator[Finding]]] = {
    "python": check_python,
    "http": check_transport,
    "database": check_database,
    "audit": check_audit,
    "broker": check_broker,
    "embedded broker": check_embedded,
    "key": check_key,
    "webhooks": check_webhooks,
    "results": check_results,
}
_FIXES = {
    "http": "install the pinned version of httpx; nothing is dialed until then",
    "database": "start the database, or correct DATABASE_URL",
    "broker": "start the broker, or correct REDIS_URL",
    "key": "set RETELL_API_KEY to a key of your workspace",
    "webhooks": "set DIALER_WEBHOOK_KEYS to the key that signs webhooks",
}
