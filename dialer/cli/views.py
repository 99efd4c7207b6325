"""How campaigns are shown: the fields of JSON objects, of tables and of lines."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dialer.actions.load import Loaded
    from dialer.actions.watch import Sight
    from dialer.store.tables import Campaign

LIST_COLUMNS = ("id", "name", "status", "leads", "closed", "in_flight", "created_at", "held_text")


def campaign_fields(row: "Campaign", counts: dict[Any, int]) -> dict[str, Any]:
    """Give one campaign of a list."""
    return {
        "id": row.id,
        "name": row.name,
        "status": row.status.value,
        "held_reason": row.held_reason,
        "held_text": row.held_text,
        "leads": sum(counts.values()),
        "closed": counts.get("CLOSED", 0),
        "in_flight": counts.get("IN_FLIGHT", 0),
        "start_at": row.start_at,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
    }


def sight_fields(sight: "Sight") -> dict[str, Any]:
    """Give where a campaign stands."""
    from dialer.actions.watch import percentiles

    progress = sight.progress
    return {
        "id": sight.campaign_id,
        "name": sight.name,
        "status": sight.status.value,
        "held_text": sight.held_text,
        "leads": progress.leads,
        "closed": progress.closed,
        "open_attempts": progress.open_attempts,
        "attempts": progress.attempts,
        "sent": progress.sent,
        "by_status": progress.by_status,
        "closed_as": progress.by_closed_as,
        "dispositions": progress.dispositions,
        "rejected_rows": progress.rejected_rows,
        "refill_ms": percentiles(progress.refill_ms),
    }


def loaded_fields(campaign_id: int, loaded: "Loaded") -> dict[str, Any]:
    """Give what an import did."""
    return {
        "campaign_id": campaign_id,
        "list_id": loaded.list_id,
        "imported": loaded.imported,
        "duplicates": loaded.duplicates,
        "rejected": loaded.rejected,
        "blank": loaded.blank,
        "rejects_file": str(loaded.rejects) if loaded.rejects is not None else None,
    }


def sight_line(sight: "Sight") -> str:
    """Say in one line where a campaign stands."""
    progress = sight.progress
    held = f": {sight.held_text}" if sight.held_text else ""
    return (
        f"{sight.status}{held}, {progress.closed:,} of {progress.leads:,} leads closed, "
        f"{progress.open_attempts:,} calls open, {progress.attempts:,} attempts"
    )
