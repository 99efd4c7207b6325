"""The process tree of `dialer up` and `dialer demo`: broker, simulator, web, workers, beat."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import redis

from dialer.config import Settings
from dialer.embedded import processes
from dialer.embedded.broker import EmbeddedBroker, free_port
from dialer.embedded.processes import web_answers
from dialer.embedded.supervisor import Supervisor
from dialer.store import migrate

READY_WITHIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Stack:
    """A running process tree."""

    settings: Settings  # as every process of it sees them
    supervisor: Supervisor
    broker: str  # what runs as broker
    simulator_url: str | None


@contextmanager
def running_stack(
    home: Path,
    *,
    environment: dict[str, str],
    simulator: tuple[str, ...] | None,
    say: Callable[[str], None],
    with_files: bool = True,
    with_flower: bool = False,
) -> Iterator[Stack]:
    """Start everything, wait until it can be used, and stop it at the end.

    `environment` are settings for all processes, over those of this one. `simulator` are the
    arguments of the simulator, without its address; None starts none. The addresses of broker
    and simulator are written into `home`, where every process finds them.

    Raises:
        UserError: another one runs in `home`.
    """
    os.environ.update({"DIALER_HOME": str(home), **environment})
    home.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(home, report=say)
    supervisor.hold_home()  # before a broker of ours writes its address over another's
    broker = None
    try:
        settings = Settings.load()
        broker_name = settings.redis_url
        if "redis_url" not in settings.model_fields_set:
            broker = EmbeddedBroker(home, leash=supervisor.leash)
            broker.start()
            broker_name = broker.kind
            supervisor.add(broker.process())
        simulator_url = None
        if simulator is not None:
            simulator_url = _add_simulator(supervisor, settings, simulator)
        settings = Settings.load()
        if "database_url" not in settings.model_fields_set:
            migrate.upgrade(settings.database_url)
        _add_processes(supervisor, settings, with_files=with_files, with_flower=with_flower)
        supervisor.start()
        supervisor.wait_ready(READY_WITHIN)
        yield Stack(settings, supervisor, broker_name, simulator_url)
    finally:
        # A process that is starting still reads the addresses: without them it would take others'.
        supervisor.stop_processes()
        # While the home is still ours: whoever comes next writes the same files.
        (home / "simulator.url").unlink(missing_ok=True)
        if broker is not None:
            broker.stop()
        supervisor.stop()


def _add_simulator(supervisor: Supervisor, settings: Settings, arguments: tuple[str, ...]) -> str:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings.simulator_file.write_text(url + "\n", encoding="utf-8")
    key = settings.retell_api_key
    supervisor.add(
        processes.simulator(
            (
                f"--port={port}",
                f"--api-key={key.get_secret_value() if key else ''}",
                f"--webhook-url={settings.webhook_url}",
                *arguments,
            ),
            ready=lambda: web_answers("127.0.0.1", port, path="/_sim/truth"),
        )
    )
    return url


def _add_processes(
    supervisor: Supervisor, settings: Settings, *, with_files: bool, with_flower: bool
) -> None:
    supervisor.add(processes.web(settings))
    supervisor.add(processes.worker(settings, ready=_listening(settings, "dial")))
    if with_files:
        supervisor.add(processes.worker_files(settings))
    supervisor.add(processes.beat(settings))
    if with_flower:
        supervisor.add(processes.flower(settings))


def _listening(settings: Settings, queue: str) -> Callable[[], bool]:
    """Tell when a worker has told the broker that it takes from `queue`."""

    def listens() -> bool:
        try:
            with redis.Redis.from_url(settings.redis_url, socket_timeout=1) as client:
                return bool(client.exists(f"_kombu.binding.{queue}"))
        except redis.RedisError:
            return False

    return listens
