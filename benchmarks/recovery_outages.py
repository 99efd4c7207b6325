"""The broker goes away for a while: how long until the next call?"""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from recovery_bench import Bench

FROZEN_S = 30


def outages(bench: Bench) -> list[dict[str, Any]]:
    """Kill, freeze and empty the broker, each while calls are being made."""
    return [
        _timed(bench, "broker killed with -9", lambda: _kill(bench)),
        _timed(bench, f"broker frozen for {FROZEN_S} s", lambda: _freeze(bench)),
        _timed(bench, "FLUSHALL", bench.stack.empty_broker),
    ]


def _kill(bench: Bench) -> None:
    os.kill(bench.stack.pids()["broker"], signal.SIGKILL)


def _freeze(bench: Bench) -> None:
    pid = bench.stack.pids()["broker"]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(FROZEN_S)
    os.kill(pid, signal.SIGCONT)


def _timed(bench: Bench, what: str, act: Callable[[], object]) -> dict[str, Any]:
    """Give the seconds from the end of the outage to the next call that began after it."""
    bench.wait_for_calls(5)
    act()
    back_at = time.time()
    bench.wait_for_calls(5)
    started = (call["simulated"]["created_ms"] / 1000 for call in bench.simulated.calls())
    # What a worker had in its hands is sent in any case; it says nothing about the queue.
    after = sorted(at - back_at for at in started if at > back_at)
    return {
        "outage": what,
        "next_call_s": round(after[0], 2),
        "fifth_call_s": round(after[4], 2),
    }
