"""One run: start, rage, calm, audit."""

import json
import shutil
import signal
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from dataclasses import asdict, dataclass
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
LONGEST_END_S = 900
LAST_LINES = 25


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is asked for; `patience`: after so many seconds without a closed lead it fails."""

    database: str
    seconds: float
    seed: int
    lines: int
    leads: int
    patience: float
    sabotage: str | None
    keep: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that runs."""

    stack: Stack
    people: People
    simulated: Simulated
    postgres: PostgresServer | None


def run(order: Order) -> bool:
    """Run once, print one JSON line, and tell whether all is well."""
    home = Path(tempfile.mkdtemp(prefix=f"dialer-chaos-{order.database}-"))
    told: dict[str, Any] = {"database": order.database, "seed": order.seed}
    began = time.monotonic()
    log.configure("error", "console")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by the door that cleans up
    try:
        with ExitStack() as cleanup:
            told |= _play(_set_up(home, order, cleanup), order)
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is the reason to show
        traceback.print_exc()
        told["failures"] = [f"{type(error).__name__}: {error}"]
    told["took_s"] = round(time.monotonic() - began, 1)
    well = not told["failures"]
    if not well or order.keep:
        told["home"] = str(home)
    print(json.dumps(told), flush=True)
    if well and not order.keep:
        shutil.rmtree(home, ignore_errors=True)
    elif not well:
        sys.stderr.write(last_words(home))
        sys.stderr.write(f"FAILED with --seed {order.seed}; database and logs are in {home}\n")
    return well


def _set_up(home: Path, order: Order, cleanup: ExitStack) -> Scene:
    """Start everything, campaigns included."""
    postgres = None
    if order.database == "postgresql":
        home.chmod(0o711)
        postgres = PostgresServer(home / "postgres")
        cleanup.callback(postgres.stop)
        postgres.start()
        migrate.upgrade(postgres.address)
    port = free_port()
    simulated = Simulated(
        home / "retell",
        webhook_url=f"http://127.0.0.1:{port}/webhooks/retell",
        speed=SPEED,
        lines=4 * order.lines,  # more than here: an overrun is to be seen, not refused
        seed=order.seed,
    )
    cleanup.callback(simulated.stop)
    environment = _environment(order, simulated, postgres)
    stack = Stack(home / "var", environment=environment, web_port=port)
    cleanup.callback(stack.stop)
    stack.start()
    stack.wait_until_ready()
    stack.start_second_worker()
    say(f"{order.database}: ready")
    url = postgres.address if postgres else f"sqlite:///{stack.home / 'dialer.db'}"
    people = People(stack, url=url, retell=simulated.url, leads=order.leads, seed=order.seed)
    people.begin()
    return Scene(stack, people, simulated, postgres)


def _environment(
    order: Order, simulated: Simulated, postgres: PostgresServer | None
) -> dict[str, str]:
    environment = {
        "CHAOS_SHORT_PATIENCE": "1",
        "CHAOS_SABOTAGE": order.sabotage or "",
        "DIALER_LINES": str(order.lines),
        "DIALER_CALLS_PER_SECOND": "80",
        "DIALER_WORKER_THREADS": "16",
        "RETELL_BASE_URL": simulated.url,
        "RETELL_API_KEY": KEY,
    }
    if postgres is not None:
        environment["DATABASE_URL"] = postgres.address
    return environment


def _play(scene: Scene, order: Order) -> dict[str, Any]:
    """Rage, be quiet, and hold the books against the truth."""
    blows = Blows(
        scene.stack,
        people=scene.people,
        simulated=scene.simulated,
        postgres=scene.postgres,
        seed=order.seed,
    )
    say(f"{order.database}: campaigns run; raging for {order.seconds:g} s")
    blows.rage(order.seconds)
    say(f"{order.database}: {blows.kills.total()} kills; now quiet")
    blows.calm()
    scene.people.end(tend=blows.tend)
    quiet_s = _wait_for_the_end(scene.people, blows, patience_s=order.patience)
    say(f"{order.database}: over after {quiet_s:.0f} s; auditing")
    books = audit(scene.people, scene.simulated, lines=order.lines)
    return _told(books, blows, scene.people, order=order, quiet_s=quiet_s)


def _wait_for_the_end(people: People, blows: Blows, *, patience_s: float) -> float:
    """Wait until every campaign is over, and every list in the inbox has become one.

    How long that takes depends on the machine, so only standing still is given up on.
    """
    began = moved = time.monotonic()
    before = -1
    while time.monotonic() - moved < patience_s and time.monotonic() - began < LONGEST_END_S:
        blows.tend()
        standing = people.standing()
        over = all(row.status is CampaignStatus.FINISHED for row in standing)
        if over and len(standing) == 2 + len(people.files):
            break
        if (closed := people.closed()) != before:
            before, moved = closed, time.monotonic()
        time.sleep(0.5)
    return time.monotonic() - began


def _told(
    books: Books, blows: Blows, people: People, *, order: Order, quiet_s: float
) -> dict[str, Any]:
    failures = books.failures()
    if len(people.standing()) != 2 + len(people.files):
        failures.append(f"{len(people.files)} lists, but {len(people.standing())} campaigns")
    failures += [f"no {kind} was ever killed" for kind in blows.never_killed()]
    return {
        "seconds": order.seconds,
        **asdict(books),
        "lines": order.lines,
        "lists": len(people.files),
        "kills_total": blows.kills.total(),
        "kills": dict(sorted(blows.kills.items())),
        "flushes": blows.others["flush"],
        "stops": blows.others["freeze"],
        "graceful": blows.others["terminate"] + blows.others["restart"],
        "pauses": blows.others["pause"],
        "opt_outs": blows.others["opt-out"],
        "calls_per_s": round(books.calls / (order.seconds + quiet_s), 1),
        "quiet_s": round(quiet_s, 1),
        "failures": failures,
    }


def last_words(home: Path) -> str:
    """Give the ends of all logs: where this runs, nobody may be able to look later."""
    ends = []
    for file in (*sorted(home.glob("var/*.log")), *sorted(home.glob("var/log/*.log"))):
        lines = file.read_text(errors="replace").splitlines()[-LAST_LINES:]
        ends.append("\n".join([f"== {file.relative_to(home)}", *lines, ""]))
    return "".join(ends)


def say(line: str) -> None:
    """Tell a person how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
