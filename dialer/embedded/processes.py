"""The processes of the dialer and the commands that start them."""

import http.client
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from subprocess import Popen
from urllib.parse import urlsplit

from dialer.config import Settings

# A request to Retell may take two minutes; a worker that stops waits for those under way.
WORKER_STOPS_WITHIN = timedelta(seconds=150)
# What it is at goes on at the next start, and one whose child was killed may not end by itself.
FILES_STOP_WITHIN = timedelta(seconds=30)
FILE_PROCESSES = 3

_CELERY = (sys.executable, "-m", "celery", "-A", "workers.app")
# Workers need not know each other, and asking around delays their start by a second.
_ALONE = ("--without-gossip", "--without-mingle")


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process to keep running.

    `ready` tells whether it can be used yet; without it, it counts as ready once started.
    `running` is the first child where somebody else has started it already.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    running: "Popen[bytes] | None" = None
    stops_within: timedelta = timedelta(seconds=10)


def web(settings: Settings) -> Process:
    """The web process: webhooks, pages, API."""
    listen = ("--host", settings.web_host, "--port", str(settings.web_port))
    return Process(
        name="web",
        argv=(
            *(sys.executable, "-m", "uvicorn", "dialer.web.app:create_app", "--factory"),
            *listen,
            # Open pages hold event streams; a stop must not wait for people to close them.
            *("--no-access-log", "--no-server-header", "--timeout-graceful-shutdown", "5"),
        ),
        env={"DIALER_PRINT_FIRST_LINK": "false"},  # whoever starts us prints it, not into our log
        ready=lambda: web_answers(urlsplit(settings.web_url).hostname or "", settings.web_port),
    )


def worker(settings: Settings, *, ready: Callable[[], bool] | None = None) -> Process:
    """The worker for all that waits for others: calls, webhooks, plans."""
    return Process(
        name="worker",
        argv=(
            *(*_CELERY, "worker", "--pool", "threads"),
            *("--concurrency", str(settings.worker_threads)),
            *("-Q", "dial,events,plan", "-n", "worker@%h"),
            *("--loglevel", settings.log_level, *_ALONE),
        ),
        ready=ready,
        stops_within=WORKER_STOPS_WITHIN,
    )


def worker_files(settings: Settings, *, ready: Callable[[], bool] | None = None) -> Process:
    """The worker for imports, which need a processor each, and for results that others are told."""
    return Process(
        name="worker-files",
        argv=(
            *(*_CELERY, "worker", "--pool", "prefork", "--concurrency", str(FILE_PROCESSES)),
            *("-Q", "files,results", "-n", "files@%h", "--loglevel", settings.log_level, *_ALONE),
        ),
        ready=ready,
        stops_within=FILES_STOP_WITHIN,
    )


def beat(settings: Settings) -> Process:
    """The clock that sends the ticks."""
    schedule = settings.home / "beat-schedule"
    return Process(
        name="beat",
        argv=(*_CELERY, "beat", "-s", str(schedule), "--loglevel", settings.log_level),
    )


def flower(settings: Settings) -> Process:
    """The page that shows workers and tasks; on loopback only."""
    return Process(
        name="flower",
        argv=(*_CELERY, "flower", "--address=127.0.0.1", f"--port={settings.flower_port}"),
    )


def simulator(arguments: Sequence[str], *, ready: Callable[[], bool] | None = None) -> Process:
    """The local Retell; `arguments` are those of `dialer sim`."""
    return Process(
        name="simulator",
        argv=(sys.executable, "-m", "dialer.cli", "sim", *arguments),
        ready=ready,
    )


def web_answers(host: str, port: int, *, path: str = "/healthz") -> bool:
    """Tell whether a GET of `path` is answered with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
