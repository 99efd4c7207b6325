"""One run: start, rage, calm, audit."""

import json
import shutil
import signal
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chaos.blows import Blows
from chaos.books import Books, audit
from chaos.people import People
from chaos.postgres import PostgresServer
from chaos.simulated import KEY, Simulated
from chaos.stack import Stack
from dialer import log
from dialer.domain.states import CampaignStatus
from dialer.embedded.broker import free_port
from dialer.store import migrate

SPEED = 6
QUIET_S = 240
"""After the last blow everything must be over within this time, and by itself."""


def run(database: str, *, seconds: float, seed: int, lines: int, leads: int, keep: bool) -> bool:
    """Run once, print one JSON line, and tell whether all is well."""
    home = Path(tempfile.mkdtemp(prefix=f"dialer-chaos-{database}-"))
    told: dict[str, Any] = {"database": database, "seed": seed, "seconds": seconds}
    began = time.monotonic()
    log.configure("error", "console")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by the door that cleans up
    try:
        told |= _run(home, database, seconds=seconds, seed=seed, lines=lines, leads=leads)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is the reason to show
        traceback.print_exc()
        told["failures"] = [f"{type(error).__name__}: {error}"]
    told["took_s"] = round(time.monotonic() - began, 1)
    well = not told["failures"]
    if not well or keep:
        told["home"] = str(home)
    print(json.dumps(told), flush=True)
    if well and not keep:
        shutil.rmtree(home, ignore_errors=True)
    elif not well:
        sys.stderr.write(f"FAILED with --seed {seed}; database and logs are in {home}\n")
    return well


def _run(
    home: Path, database: str, *, seconds: float, seed: int, lines: int, leads: int
) -> dict[str, Any]:
    with ExitStack() as cleanup:
        postgres = None
        if database == "postgresql":
            home.chmod(0o711)
            postgres = PostgresServer(home / "postgres")
            cleanup.callback(postgres.stop)
            postgres.start()
            migrate.upgrade(postgres.address)
        port = free_port()
        webhook_url = f"http://127.0.0.1:{port}/webhooks/retell"
        # More lines there than here: an overrun is to be seen, not refused.
        simulated = Simulated(
            home / "retell", webhook_url=webhook_url, speed=SPEED, lines=4 * lines, seed=seed
        )
        cleanup.callback(simulated.stop)
        stack = Stack(
            home / "var",
            environment=_environment(simulated, postgres, lines=lines),
            web_port=port,
        )
        cleanup.callback(stack.stop)
        stack.start()
        stack.wait_until_ready()
        stack.start_second_worker()
        say(f"{database}: ready")
        url = postgres.address if postgres else f"sqlite:///{stack.home / 'dialer.db'}"
        people = People(stack, url=url, retell=simulated.url, leads=leads, seed=seed)
        people.begin()
        say(f"{database}: campaigns run; raging for {seconds:g} s")
        blows = Blows(stack, people=people, simulated=simulated, postgres=postgres, seed=seed)
        started = time.monotonic()
        blows.rage(seconds)
        raged_s = time.monotonic() - started
        say(f"{database}: {blows.kills.total()} kills; now quiet")
        blows.calm()
        people.end()
        quiet_s = _wait_for_the_end(people, blows)
        say(f"{database}: over after {quiet_s:.0f} s; auditing")
        books = audit(people, simulated, lines=lines)
        return _told(books, blows, people, raged_s=raged_s, quiet_s=quiet_s, lines=lines)


def say(line: str) -> None:
    """Tell a person how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def _environment(
    simulated: Simulated, postgres: PostgresServer | None, *, lines: int
) -> dict[str, str]:
    environment = {
        "CHAOS_SHORT_PATIENCE": "1",
        "DIALER_LINES": str(lines),
        "DIALER_CALLS_PER_SECOND": "80",
        "DIALER_WORKER_THREADS": "16",
        "RETELL_BASE_URL": simulated.url,
        "RETELL_API_KEY": KEY,
    }
    if postgres is not None:
        environment["DATABASE_URL"] = postgres.address
    return environment


def _wait_for_the_end(people: People, blows: Blows) -> float:
    """Wait until every campaign is over, and every list in the inbox has become one."""
    began = time.monotonic()
    while time.monotonic() - began < QUIET_S:
        blows.tend()
        standing = people.standing()
        over = all(row.status is CampaignStatus.FINISHED for row in standing)
        if over and len(standing) == 2 + len(people.files):
            break
        time.sleep(0.5)
    return time.monotonic() - began


def _told(
    books: Books, blows: Blows, people: People, *, raged_s: float, quiet_s: float, lines: int
) -> dict[str, Any]:
    failures = books.failures()
    if len(people.standing()) != 2 + len(people.files):
        failures.append(f"{len(people.files)} lists, but {len(people.standing())} campaigns")
    return {
        **asdict(books),
        "lines": lines,
        "lists": len(people.files),
        "kills_total": blows.kills.total(),
        "kills": dict(sorted(blows.kills.items())),
        "flushes": blows.others["flush"],
        "stops": blows.others["freeze"],
        "graceful": blows.others["terminate"] + blows.others["restart"],
        "pauses": blows.others["pause"],
        "opt_outs": blows.others["opt-out"],
        "calls_per_s": round(books.calls / (raged_s + quiet_s), 1),
        "quiet_s": round(quiet_s, 1),
        "failures": failures,
    }
