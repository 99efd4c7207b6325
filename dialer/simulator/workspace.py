"""What stands around the calls in a Retell workspace: whose key it is, and its lines."""

from dialer.simulator.answers import Answer
from dialer.simulator.settings import SimulatorSettings


def api_key() -> Answer:
    """GET /get-api-key-info."""
    names = {"org_id": "org_simulated", "org_name": "Simulated", "api_key_name": "simulator"}
    return Answer(200, names)


def concurrency(*, settings: SimulatorSettings, limit: int, active: int) -> Answer:
    """GET /get-concurrency."""
    base = min(limit, 20)
    return Answer(
        200,
        {
            "current_concurrency": active + settings.foreign_calls,
            "concurrency_limit": limit,
            "base_concurrency": base,
            "purchased_concurrency": limit - base,
            "concurrency_purchase_limit": 100,
            "remaining_purchase_limit": max(0, 100 - (limit - base)),
            "concurrency_burst_enabled": False,
            "concurrency_burst_limit": 0,
            "reserved_inbound_concurrency": settings.reserved_inbound,
        },
    )
