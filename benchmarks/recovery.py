"""How long after kill -9 is the dialer at work again, at each point at which it may die?

A process kills itself exactly at the point (`tests/chaos/seam`); the periods of patience are those
of production. `next call` is the next call anywhere, `next step` what happens next to the attempt
that was being worked on, `line` when its line was free again or its call known.

    python benchmarks/recovery.py [--database postgresql] [--workers 2] [--points POINT …] [--json]

| goal | |
|---|---|
| the attempt was not sent yet | next step within 90 s |
| the call may exist | next step within 5 min |

What takes a quarter of an hour by the protocol is measured in virtual time (`recovery_virtual`).
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from recovery_bench import Bench, running
from recovery_outages import outages
from recovery_points import EXISTS, POINTS, Point
from recovery_virtual import resolved

from dialer.clock import SystemClock
from dialer.store.invariants import violations


@dataclass(frozen=True, slots=True)
class Recovery:
    """One line of the table; seconds after the kill, None where there is nothing to wait for."""

    point: str
    next_call_s: float | None
    next_step_s: float | None
    step: str
    line_s: float | None
    goal_s: int
    met: bool


def recoveries(bench: Bench, points: Sequence[Point]) -> list[Recovery]:
    """Die at every point, wait until everything that was hit has gone on, and look back."""
    seen: list[tuple[Point, dict[str, Any]]] = []
    for point in points:
        if point.lost:
            continue
        say(point.name)
        if point.armed == "after import":
            seen.append((point, bench.import_list()))
        elif point.armed.startswith("after step"):
            seen.append((point, bench.migrate()))
        else:
            seen.append((point, bench.strike(point)))
    lost = [point for point in points if point.lost]
    if lost:
        seen += _without_webhooks(bench, lost)
    _wait_for_steps(bench, seen)
    started = sorted(call["simulated"]["created_ms"] / 1000 for call in bench.simulated.calls())
    return [_recovery(bench, point, died, started) for point, died in seen]


def _without_webhooks(bench: Bench, points: Sequence[Point]) -> list[tuple[Point, dict[str, Any]]]:
    """Let them die in a time in which no webhook arrives."""
    bench.wait_for_calls(3)
    bench.simulated.set_faults({"webhook_dropped": 1.0})
    seen = []
    for point in points:
        say(f"{point.name}, no webhooks")
        # Look-ups need a call of unknown outcome; too many of those would stop the claims.
        is_look_up = point.name.startswith("reconcile")
        bench.simulated.set_faults({"answer_500_executed": 0.3 if is_look_up else None})
        bench.arm(point)
        seen.append((point, bench.wait_for_hit(point)))
    time.sleep(8)  # until the calls of those who died are over, too
    bench.simulated.set_faults({"webhook_dropped": None, "answer_500_executed": None})
    return seen


def _wait_for_steps(bench: Bench, seen: Sequence[tuple[Point, dict[str, Any]]]) -> None:
    """Wait until every attempt that was hit has gone on, and is over where there is a call."""
    named = [one for one in seen if one[1].get("attempt_id") or one[1].get("call_id")]
    deadline = time.monotonic() + EXISTS + 60
    while time.monotonic() < deadline:
        calls = bench.simulated.calls()
        called = {call["call_id"] for call in calls}
        called |= {call["simulated"]["attempt_id"] for call in calls}
        waiting = [point.name for point, died in named if not _gone_on(bench, point, died, called)]
        if not waiting:
            return
        say("waiting for " + ", ".join(waiting))
        time.sleep(5)


def _gone_on(bench: Bench, point: Point, died: dict[str, Any], called: Collection[str]) -> bool:
    if point.armed == "after settle":
        return True
    has_gone_on = bool(bench.history(died)) or bench.settled_at(died) is not None
    # To be sure that there is no call takes a quarter of an hour; only the doubt is waited for.
    is_called = {died.get("attempt_id"), died.get("call_id")} & set(called)
    return has_gone_on and (not is_called or bench.is_over(died))


def _recovery(
    bench: Bench, point: Point, died: dict[str, Any], started: Sequence[float]
) -> Recovery:
    at = died["at"]
    history = bench.history(died)
    step_at, step = None, ""
    if "done_at" in died:
        step_at, step = died["done_at"], died["done"]
    elif history:
        step_at, status, evidence = history[0]
        step = status if status == "SENDING" else f"{status} by {evidence}"
    elif not died.get("attempt_id") and not died.get("call_id"):
        step_at, step = bench.next_claim(died), "the next claim"
    elif (settled_at := bench.settled_at(died)) is not None:
        step_at, step = settled_at, "the webhook is settled: nothing was news any more"
    elif point.armed == "after settle":
        step_at, step = at, "nothing was left to do"
    ends = [moment for moment, status, _ in history if _over(status)]
    step_s = None if step_at is None else round(step_at - at, 2)
    return Recovery(
        point=point.name,
        next_call_s=next((round(one - at, 2) for one in started if one > at), None),
        next_step_s=step_s,
        step=step,
        line_s=round(ends[0] - at, 2) if ends else None,
        goal_s=point.goal_s,
        met=step_s is not None and step_s <= point.goal_s,
    )


def _over(status: str) -> bool:
    return status in ("ENDED", "CANCELLED", "NOT_PLACED")


def say(line: str) -> None:
    """Tell a person how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def main() -> int:
    """Run everything, or what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=2)
    parser.add_argument("--points", nargs="*", help="parts of the points' names; all, if left out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    chosen = [
        one for one in POINTS if not asked.points or any(part in one.name for part in asked.points)
    ]
    told: dict[str, Any] = {"database": asked.database, "workers": asked.workers}
    home = Path(tempfile.mkdtemp(prefix="dialer-recovery-"))
    with running(home, database=asked.database, workers=asked.workers) as bench:
        lines = recoveries(bench, chosen)
        if not asked.points:
            told["outages"] = outages(bench)
        now = SystemClock().now()
        told["violations"] = [
            one.name for one in bench.database.read(lambda tx: violations(tx, now=now))
        ]
        truth = bench.simulated.truth()
        told["double_dials"] = truth["attempts_with_two_calls"] + truth["persons_in_two_calls"]
    shutil.rmtree(home, ignore_errors=True)
    if not asked.points:
        told["unknown"] = resolved()
    told["points"] = [asdict(one) for one in lines]
    print(json.dumps(told) if asked.json else table(told))
    return 0 if all(one.met for one in lines) and not told["double_dials"] else 1


def table(told: dict[str, Any]) -> str:
    """Write everything as tables."""
    parts = []
    for name in ("points", "outages", "unknown"):
        if rows := told.get(name):
            shown = [list(rows[0]), *([str(v) for v in row.values()] for row in rows)]
            widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
            parts += [
                "  ".join(v.ljust(w) for v, w in zip(row, widths, strict=True)) for row in shown
            ]
            parts.append("")
    parts.append(
        f"violations: {told['violations'] or 'none'}; double dials: {told['double_dials']}"
    )
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
