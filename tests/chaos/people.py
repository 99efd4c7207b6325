"""What people do meanwhile: lists come in, numbers are struck off, campaigns are paused."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chaos.stack import Stack
from dialer.actions import control, do_not_call, lead_control
from dialer.actions.world import World
from dialer.clock import SystemClock
from dialer.domain.cadence import DEFAULT_DELAYS
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.states import CampaignStatus
from dialer.errors import DialerError
from dialer.retell.client import RetellClient
from dialer.store import campaigns
from dialer.store.database import Connection, Database

ONCE, AGAIN = 1, 2
"""The campaign in which nobody is called twice, and the one that tries again."""
LIST_ROWS = 200
INBOX_ROWS = 40
FEW_LEFT = 100
MOST_KILLS = 3  # of one import
"""With fewer leads waiting in a campaign, its next list is imported."""
CLOSED = "SELECT count(*) FROM lead WHERE status = 'CLOSED'"
AREAS = (212, 213, 312, 415, 512, 617, 702, 206, 303, 404, 503, 602)
RULES = """
from_numbers = ["+14155550198"]
agent_id = "agent_1"
purpose = "other"
[window]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
opens = "00:00"
closes = "24:00"
holidays = false
legal_override = "Nobody's phone rings in a test."
[callback]
keys = []
[person]
gap = "0s"
calls_per_day = "none"
calls_per_week = "none"
calls_per_month = "none"
[cadence]
max_free_tries = 100
quick_hangup = "0s"
"""
SOON = "\n[cadence.delays]\n" + "\n".join(f'{one.value} = "1s"' for one in DEFAULT_DELAYS)


class Silence:
    """A queue that loses every message."""

    def dial(self, attempt_id: str, *, label: str) -> None:
        """Lose it."""

    def settle(self, event_row: int) -> None:
        """Lose it."""

    def plan(self) -> None:
        """Lose it."""

    def run_errands(self) -> None:
        """Lose it."""


class People:
    """Runs in a thread of its own from `begin` to `end`."""

    def __init__(self, stack: Stack, *, url: str, retell: str, leads: int, seed: int) -> None:
        self.folder = stack.home / "lists"
        self.inbox = self.folder / "inbox"
        self.inbox.mkdir(parents=True)
        self.world = World(
            db=Database(url, pool_size=4),
            provider=RetellClient(retell, "sim-key", clock=SystemClock()),
            queue=Silence(),
            clock=SystemClock(),
        )
        self.importer: subprocess.Popen[bytes] | None = None
        self.fed: list[str] = []
        self.files: list[Path] = []
        self.held_open: list[str] = []
        self._stack = stack
        self._leads = leads
        self._dice = random.Random(f"people {seed}")
        self._numbers = numbers()
        self._lists = count(1)
        self._over = threading.Event()
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._feed, name="people", daemon=True)

    def begin(self) -> None:
        """Make two campaigns and a schedule, start them, and go on feeding them."""
        for name, tries in (("Once", 1), ("Again", 3)):
            leads = self.write(self._leads // 2, folder=self.folder)
            path = self.folder / f"{name}.toml"
            path.write_text(f'name = "{name}"\nleads = "{leads.name}"\n{rules(tries)}')
            self._type("campaigns", "create", str(path))
            self._keep_open(self.fed[-1])
        for campaign_id in (ONCE, AGAIN):
            self._type("campaigns", "start", str(campaign_id), "--yes")
        nested = rules(1).replace("\n[", "\n[campaign.")
        schedule = self.folder / "inbox.toml"
        schedule.write_text(
            f'[schedule]\nname = "Inbox"\nwatch = true\n[campaign]\nname = "Inbox"\n{nested}'
        )
        self._type("schedules", "create", str(schedule))
        self._thread.start()

    def end(self, *, tend: Callable[[], None]) -> None:
        """Begin nothing more, finish what was begun, and let the campaigns end.

        Meanwhile what was killed is started again by `tend`.
        """
        self._over.set()
        while self._thread.is_alive():
            tend()
            self._thread.join(0.5)
        if self._problem is not None:
            raise self._problem
        for phone in self.held_open:
            lead_id = self.world.db.read(lambda tx, one=phone: _lead_of(tx, one))
            lead_control.skip(self.world, lead_id, reason="the test is over", actor="chaos")

    def _keep_open(self, phone: str) -> None:
        """Promise a lead a call in two days, so that its campaign does not end by itself."""
        lead_id = self.world.db.read(lambda tx: _lead_of(tx, phone))
        day = self.world.clock.now() + timedelta(days=2)
        lead_control.retry(self.world, lead_id, at=f"{day:%Y-%m-%d} 12:00", actor="chaos")
        self.held_open.append(phone)

    # -- what somebody may do at any moment

    def pause_for(self, seconds: float) -> None:
        """Pause a campaign, and resume it later."""
        campaign_id = self._dice.choice((ONCE, AGAIN))
        if not self._tried(lambda: control.pause(self.world, campaign_id, actor="chaos")):
            return
        timer = threading.Timer(seconds, self.resume_all)
        timer.daemon = True
        timer.start()

    def resume_all(self) -> None:
        """Let every paused campaign go on."""
        for row in self.standing():
            if row.status in (CampaignStatus.PAUSED, CampaignStatus.HELD):
                self._tried(lambda one=row.id: control.resume(self.world, one, actor="chaos"))

    def opt_out(self) -> None:
        """Strike a number off for good."""
        phone = self._dice.choice([one for one in self.fed[-400:] if one not in self.held_open])
        wish = OptOut("asked", OptOutSource.HAND, "chaos")
        self._tried(lambda: do_not_call.add(self.world, phone, wish))

    def drop_list(self) -> None:
        """Put a list into the folder that the schedule watches."""
        self.files.append(self.write(INBOX_ROWS, folder=self.inbox))

    def standing(self) -> list:
        """Give every campaign as it stands; none while the database is away."""
        with suppress(SQLAlchemyError):
            return self.world.db.read(campaigns.every)
        return []

    def closed(self) -> int:
        """Count the leads that are closed; none while the database is away."""
        with suppress(SQLAlchemyError):
            return self.world.db.read(lambda tx: int(tx.execute(text(CLOSED)).scalar_one()))
        return 0

    def write(self, rows: int, *, folder: Path) -> Path:
        """Write a list of people nobody has seen before."""
        numbers = [next(self._numbers) for _ in range(rows)]
        path = folder / f"list-{next(self._lists)}.csv"
        draft = self.folder / f"{path.name}.part"
        draft.write_text("\n".join(["phone,first_name", *(f"{one},Ann" for one in numbers)]) + "\n")
        draft.replace(path)
        self.fed += numbers
        return path

    # -- the thread

    def _feed(self) -> None:
        try:
            while not self._over.wait(0.5):
                for campaign_id in (ONCE, AGAIN):
                    if self._waiting(campaign_id) < FEW_LEFT:
                        self._import(self.write(LIST_ROWS, folder=self.folder), campaign_id)
        except Exception as error:  # noqa: BLE001  # told by `end`, in the main thread
            self._problem = error

    def _waiting(self, campaign_id: int) -> int:
        with suppress(SQLAlchemyError):
            counts = self.world.db.read(lambda tx: campaigns.counts(tx, campaign_id))
            return counts.get("READY", 0) + counts.get("IN_FLIGHT", 0)
        return FEW_LEFT

    def _import(self, path: Path, campaign_id: int) -> None:
        """Import a list; whoever kills that must bear its being begun again."""
        self._type(
            *("lists", "import", str(path), "--campaign", str(campaign_id), "--yes"),
            *("--rejects", str(path.with_suffix(".rejects"))),
        )

    def _type(self, *arguments: str) -> None:
        """Give a command of the dialer until it succeeds."""
        log_path = self._stack.home / "commands.log"
        for attempt in range(60):
            with log_path.open("ab") as log:
                command = subprocess.Popen(
                    [sys.executable, "-m", "dialer.cli", *arguments],
                    env=self._stack.environment,
                    stdout=log,
                    stderr=log,
                )
                # A busy machine takes longer over a list than blows are apart.
                self.importer = command if attempt < MOST_KILLS else None
                if command.wait() in (0, 7):
                    return
            time.sleep(0.5)
        raise AssertionError(f"{' '.join(arguments)} does not succeed; see {log_path}")

    def _tried(self, act: Callable[[], object]) -> bool:
        """Do something as a person would, who shrugs when it does not work now."""
        with suppress(DialerError, SQLAlchemyError):
            act()
            return True
        return False


def _lead_of(tx: Connection, phone: str) -> int:
    found = tx.execute(text("SELECT id FROM lead WHERE phone = :phone"), {"phone": phone})
    return int(found.scalar_one())


def rules(tries: int) -> str:
    """Give the settings of a campaign that calls everybody so often."""
    return f"{RULES}max_attempts = {tries}\n{SOON}\n"


def numbers() -> Iterator[str]:
    """Give numbers of which none has an outcome of its own in the simulator."""
    for last in range(2000, 10_000):
        for exchange in range(220, 555):
            if exchange % 100 != 11:
                for area in AREAS:
                    yield f"+1{area}{exchange}{last}"
