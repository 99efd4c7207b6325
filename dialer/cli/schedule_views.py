"""How schedules and their runs are shown: the fields of JSON objects, of tables and of lines."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dialer.store.tables import InboxFile, Schedule, ScheduleRun

LIST_COLUMNS = ("id", "name", "enabled", "when", "next_run_at", "last_run_at", "last_outcome")
RUN_COLUMNS = (
    "id",
    "due_at",
    "outcome",
    "campaign_id",
    "rows",
    "imported",
    "passed_over",
    "rejected",
    "sentence",
)
FILE_COLUMNS = ("name", "seen_at", "taken")


def schedule_fields(row: "Schedule", last: "ScheduleRun | None") -> dict[str, Any]:
    """Give one schedule of a list."""
    from dialer.store import schedules

    recipe = schedules.recipe_of(row)
    return {
        "id": row.id,
        "name": row.name,
        "enabled": row.enabled,
        "when": recipe.schedule.when,
        "leads": recipe.schedule.leads.value,
        "missed": recipe.schedule.missed.value,
        "lead_file": recipe.lead_file,
        "next_run_at": row.next_run_at,
        "last_run_at": last.due_at if last is not None else None,
        "last_outcome": last.status.value if last is not None else None,
        "created_at": row.created_at,
    }


def run_fields(run: "ScheduleRun") -> dict[str, Any]:
    """Give one run."""
    return {
        "id": run.id,
        "schedule_id": run.schedule_id,
        "occurrence": run.occurrence,
        "due_at": run.due_at,
        "actor": run.actor,
        "file": run.file,
        "outcome": run.status.value,
        "campaign_id": run.campaign_id,
        "rows": run.rows,
        "imported": run.imported,
        "duplicates": run.duplicates,
        "rejected": run.rejected,
        "passed_over": run.passed_over,
        "sentence": run.sentence,
        "tries": run.tries,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def file_fields(row: "InboxFile") -> dict[str, Any]:
    """Give one file of a watched folder. Taken, or known as a file that was taken before."""
    return {
        "name": row.name,
        "size": row.size,
        "seen_at": row.seen_at,
        "taken": row.sha256 is not None,
        "sha256": row.sha256,
    }
