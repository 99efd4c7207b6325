"""Schedules as pages show them: what is stamped out, when, and what became of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dialer.domain.cron_words import in_words
from dialer.domain.durations import format_duration
from dialer.domain.occurrences import Missed
from dialer.domain.schedule_spec import LeadChoice, Recipe, RunStatus, ScheduleSpec
from dialer.store import schedules
from dialer.store.tables import Schedule, ScheduleRun
from dialer.web.timed_sentences import IN_WORDS

CHOICES: Mapping[LeadChoice, str] = {
    LeadChoice.EVERYONE: "everyone on the list, each time again",
    LeadChoice.NEW: "only numbers that no earlier run had",
    LeadChoice.NOT_REACHED: "those whom earlier runs did not reach",
}
MISSED: Mapping[Missed, str] = {
    Missed.SKIP: "left out",
    Missed.ONCE: "made up for once, with the latest list",
    Missed.ALL: "all made up for, one after the other",
}
OUTCOMES: Mapping[RunStatus, str] = {
    RunStatus.OPEN: "under way",
    RunStatus.STARTED: "started",
    RunStatus.SKIPPED: "left out",
    RunStatus.FAILED: "failed",
}


def schedule_view(
    row: Schedule, runs: Sequence[ScheduleRun], names: Mapping[int, str]
) -> dict[str, Any]:
    """Give one schedule with its latest runs; `names` are those of their campaigns."""
    recipe = schedules.recipe_of(row)
    spec = recipe.schedule
    return {
        "id": row.id,
        "name": row.name,
        "enabled": row.enabled,
        "deleted_at": row.deleted_at,
        "created_at": row.created_at,
        "campaign": recipe.campaign.name,
        "when": when(spec),
        "zone": zone_of(spec),
        "next_run_at": row.next_run_at,
        "list": list_of(recipe),
        "choice": CHOICES[spec.leads],
        "missed": MISSED[spec.missed],
        "late_by": format_duration(spec.late_by),
        "by_folder": spec.watch is not None,
        "runs": [run_view(run, names) for run in runs],
    }


def run_view(run: ScheduleRun, names: Mapping[int, str]) -> dict[str, Any]:
    """Give one run, and the campaign it became."""
    return {
        "id": run.id,
        "due_at": run.due_at,
        "outcome": OUTCOMES[run.status],
        "status": run.status.value,
        "campaign_id": run.campaign_id,
        "campaign": names.get(run.campaign_id or 0),
        "actor": run.actor if not run.actor.startswith("schedule:") else None,
        "file": run.file and Path(run.file).name,
        "sentence": run.sentence,
        "imported": run.imported,
        "rejected": run.rejected,
        "passed_over": run.passed_over,
    }


def when(spec: ScheduleSpec) -> str:
    """Say in a sentence when a schedule runs."""
    if spec.cron is not None:
        return f"{in_words(spec.cron)}, {(spec.zone or 'UTC').replace('_', ' ')} time"
    if spec.at is not None:
        name = zone_of(spec)
        clock = f"in {name}" if name else f"UTC{spec.at.isoformat()[-6:]}".removesuffix("+00:00")
        return f"Once, at {spec.at:{IN_WORDS}} {clock}"
    return f"When a file appears in the folder {Path(spec.watch or '').parent.name}"


def zone_of(spec: ScheduleSpec) -> str | None:
    """Give the zone whose clock a schedule goes by; None where it has none."""
    if spec.cron is not None:
        return spec.zone
    return getattr(spec.at.tzinfo, "key", None) if spec.at is not None else None


def list_of(recipe: Recipe) -> str:
    """Name the list that each run reads."""
    if recipe.lead_file is not None:
        return Path(recipe.lead_file).name
    return f"the file that appears ({Path(recipe.schedule.watch or '').name})"
