"""How campaigns are shown: the fields of JSON objects, of tables and of lines."""

from typing import TYPE_CHECKING, Any

from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.actions.load import Loaded
    from dialer.actions.watch import Sight
    from dialer.store.tables import Campaign, LeadList

LIST_FIELDS = (
    "id",
    "campaign_id",
    "file_name",
    "status",
    "rows",
    "imported",
    "updated",
    "duplicates",
    "rejected",
    "undone",
    "created_at",
)
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


def summary_fields(summary: dict[str, Any]) -> dict[str, Any]:
    """Give what came of a campaign, as lines beside where it stands."""
    return {f"summary.{name}": value for name, value in summary.items()}


def loaded_fields(campaign_id: int, loaded: "Loaded") -> dict[str, Any]:
    """Give what an import did."""
    return {
        "campaign_id": campaign_id,
        "list_id": loaded.list_id,
        "already_imported": loaded.already,
        "rows": loaded.rows,
        "imported": loaded.imported,
        "updated": loaded.updated,
        "duplicates": loaded.duplicates,
        "rejected": loaded.rejected,
        "blank": loaded.blank,
        "warnings": [warning["code"] for warning in loaded.warnings],
        "rejects_file": str(loaded.rejects) if loaded.rejects is not None else None,
    }


def list_fields(row: "LeadList") -> dict[str, Any]:
    """Give one lead list."""
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "file_name": row.file_name,
        "status": row.status.value,
        "rows": row.rows,
        "imported": row.imported,
        "updated": row.updated,
        "duplicates": row.duplicates,
        "rejected": row.rejected,
        "blank": row.blank,
        "undone": row.undone,
        "created_at": row.created_at,
    }


def sight_line(sight: "Sight") -> str:
    """Say in one line where a campaign stands."""
    progress = sight.progress
    held = f": {sight.held_text}" if sight.held_text else ""
    return (
        f"{sight.status}{held}, {progress.closed:,} of {how_many(progress.leads, 'lead')} closed, "
        f"{how_many(progress.open_attempts, 'call')} open, {how_many(progress.attempts, 'attempt')}"
    )
