"""The simulator in a process of its own, which nobody kills: what really happened is kept there."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

KEY = "sim-key"
SHORT_CALLS = ("ring_s=1,2", "talk_s=2,4", "mix.talk=40", "mix.voicemail=25", "mix.no_answer=30")
SHORT_CALLS += ("mix.busy=5", "analysis_s=0.5,1.5")

USUAL: dict[str, Any] = {"answer_delay_s": [0.05, 0.4]}
"""As the real one: long enough for many requests to be under way when a worker dies."""
BAD_WEATHER: dict[str, Any] = {
    "webhook_dropped": 0.05,
    "webhook_duplicated": 0.05,
    "webhook_late": 0.05,
    "webhook_late_s": [1, 8],
    "webhooks_reordered": 0.05,
    "answer_500_executed": 0.004,
    "answer_500_not_executed": 0.004,
    "reset_after_acceptance": 0.004,
    "half_answer": 0.004,
}
"""No call is accepted late: the shortened patience could not know of it."""


class Simulated:
    """A running simulator."""

    def __init__(
        self, home: Path, *, webhook_url: str, speed: float, lines: int, seed: int
    ) -> None:
        home.mkdir(parents=True)
        options = [f"--set={one}" for one in SHORT_CALLS]
        with (home / "simulator.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "dialer.cli", "sim", "--port", "0"),
                    *("--api-key", KEY, "--webhook-url", webhook_url),
                    *(f"--speed={speed}", f"--limit={lines}", f"--seed={seed}", *options),
                ],
                env={
                    "PATH": os.environ["PATH"],
                    "DIALER_HOME": str(home),
                    "DIALER_ENV_FILE": os.devnull,
                },
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, f"the simulator does not start; see {home / 'simulator.log'}"
        self.port = int(self.url.rpartition(":")[2])
        self.set_faults(USUAL)

    def truth(self) -> dict[str, Any]:
        """Give what really happened so far."""
        found: dict[str, Any] = self._ask("/_sim/truth")
        return found

    def calls(self) -> list[dict[str, Any]]:
        """Give every call there ever was."""
        found: list[dict[str, Any]] = self._ask("/_sim/calls")
        return found

    def set_faults(self, faults: dict[str, Any]) -> None:
        """Change what goes wrong from now on; None sets a fault back."""
        self._ask("/_sim/faults", faults)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()

    def _ask(self, path: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data=content), timeout=60) as answer:
            return json.load(answer)
