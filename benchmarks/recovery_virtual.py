"""How long does a call of unknown outcome stay unknown? In virtual time, by the real protocol.

The production functions run under a clock that jumps (`dialer.forecast`), against a simulated
Retell that answers some requests with 500: with the call made, or without. Twice each: webhooks
arrive, or none does and only look-ups tell.
"""

import statistics
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chaos.people import numbers, rules
from sqlalchemy import text

from dialer import log
from dialer.actions import control
from dialer.actions.campaign_file import read_campaign_file
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.run import put_in, rehearsal
from dialer.simulator.faults import Faults

LEADS = 600
START = datetime(2026, 3, 2, 15, tzinfo=UTC)
SHARE = 0.04  # below what would stop the claims for a minute again and again
CASES = {
    "the call exists, webhooks arrive": {"answer_500_executed": SHARE},
    "the call exists, no webhook arrives": {"answer_500_executed": SHARE, "webhook_dropped": 1.0},
    "there is no call": {"answer_500_not_executed": SHARE},
}
RESOLVED = """
SELECT u.at AS doubted, (SELECT e.at FROM attempt_event e WHERE e.attempt_id = u.attempt_id
 AND e.id > u.id AND e.to_status <> 'UNKNOWN' ORDER BY e.id LIMIT 1) AS resolved
FROM attempt_event u WHERE u.to_status = 'UNKNOWN' AND u.from_status <> 'UNKNOWN'
"""


def resolved() -> list[dict[str, Any]]:
    """Give how long unknown outcomes stayed so, for each case."""
    log.configure("critical", "console")
    return [_line(case, sorted(_waits(Faults(**faults)))) for case, faults in CASES.items()]


def _line(case: str, waits: list[float]) -> dict[str, Any]:
    cuts = statistics.quantiles(waits, n=20, method="inclusive")
    return {
        "unknown": case,
        "attempts": len(waits),
        "p50_s": round(statistics.median(waits), 1),
        "p95_s": round(cuts[18], 1),
        "longest_s": round(waits[-1], 1),
    }


def _waits(faults: Faults) -> Iterator[float]:
    assumed = Assumptions(lines=50, calls_per_second=1, talk=timedelta(seconds=40))
    with (
        tempfile.TemporaryDirectory(prefix="dialer-") as name,
        rehearsal(assumed, start_at=START) as stage,
    ):
        stage.exchange.set_faults(faults)
        folder = Path(name)
        people = numbers()
        rows = "\n".join(f"{next(people)},Ann" for _ in range(LEADS))
        (folder / "leads.csv").write_text(f"phone,first_name\n{rows}\n")
        path = folder / "campaign.toml"
        path.write_text(f'name = "Unknown"\nleads = "leads.csv"\n{rules(1)}')
        campaign_id = put_in(stage.world, read_campaign_file(path), folder / "leads.csv")
        control.start(stage.world, campaign_id, actor="bench")
        stage.lapse.run(until=START + timedelta(hours=6))
        for doubted, known in stage.world.db.read(lambda tx: tx.execute(text(RESOLVED)).all()):
            assert known is not None, "an unknown call was never resolved"
            yield (_moment(known) - _moment(doubted)).total_seconds()


def _moment(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
