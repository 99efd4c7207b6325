"""The form of a schedule: what a person typed, read as a recipe, and a recipe as what is typed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dialer.actions import schedule_files
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.durations import format_duration, parse_duration
from dialer.domain.local_time import moment_of, zone
from dialer.domain.occurrences import Missed
from dialer.domain.schedule_spec import LeadChoice, Recipe, ScheduleSpec
from dialer.errors import UserError, sentence_of
from dialer.web.form_errors import Unfit

WRITTEN = "%Y-%m-%dT%H:%M"
"""How browsers write a moment without a zone."""
FIELDS = (
    *("name", "how", "cron", "zone", "at", "at_zone", "folder", "list"),
    *("like", "leads", "missed", "late_by", "seen"),
)


def empty(*, zone_name: str) -> dict[str, str]:
    """Give what a new form holds."""
    return dict.fromkeys(FIELDS, "") | {
        "how": "cron",
        "cron": "0 9 * * mon-fri",
        "zone": zone_name,
        "at_zone": zone_name,
        "leads": LeadChoice.NOT_REACHED.value,
        "missed": Missed.SKIP.value,
        "late_by": "15m",
    }


def typed_of(recipe: Recipe, *, zone_name: str) -> dict[str, str]:
    """Give what would have to be typed for a recipe."""
    spec = recipe.schedule
    how = "at" if spec.at is not None else "cron" if spec.cron is not None else "watch"
    at = spec.at.astimezone(zone(zone_name)).strftime(WRITTEN) if spec.at is not None else ""
    return empty(zone_name=zone_name) | {
        "name": spec.name,
        "how": how,
        "cron": spec.cron or "",
        "zone": spec.zone or zone_name,
        "at": at,
        "list": Path(recipe.lead_file).name if recipe.lead_file is not None else "",
        "folder": Path(spec.watch).parent.name if spec.watch is not None else "",
        "like": "",
        "leads": spec.leads.value,
        "missed": spec.missed.value,
        "late_by": format_duration(spec.late_by),
    }


def when_typed(typed: Mapping[str, str]) -> str:
    """Give all that says when it runs, so that two forms can be compared."""
    names = {"at": ("at", "at_zone"), "watch": ("folder",)}.get(typed["how"], ("cron", "zone"))
    return " ".join((typed["how"], *(typed[name].strip() for name in names)))


def spec_of(typed: Mapping[str, str], *, watch: str | None) -> ScheduleSpec:
    """Read when it runs, and whom it calls.

    Raises:
        Unfit: names the field.
    """
    how = typed["how"]
    given: dict[str, Any] = {
        "name": typed["name"].strip(),
        "leads": typed["leads"],
        "missed": typed["missed"],
        "late_by": _duration(typed["late_by"]),
    }
    if how == "at":
        given["at"] = moment(typed["at"], zone_name=typed["at_zone"])
    elif how == "watch":
        given["watch"] = watch
    else:
        given |= {"cron": typed["cron"].strip(), "zone": typed["zone"].strip() or None}
    try:
        return ScheduleSpec.model_validate(given)
    except ValidationError as error:
        raise _unfit(error) from error


def _unfit(error: ValidationError) -> Unfit:
    """Name every field that is not fit."""
    found = {str(one["loc"][0]) if one["loc"] else "cron": one for one in error.errors()}
    told = [
        (field, f"{_WORDS.get(field, field)}: {sentence_of(one)}") for field, one in found.items()
    ]
    (field, what), *others = told
    more = [Unfit(other, sentence, fix="correct it") for other, sentence in others]
    return Unfit(field, what, fix="correct it", more=more)


_WORDS = {
    "name": "the name",
    "cron": "the expression",
    "zone": "the zone",
    "leads": "whom each run calls",
    "missed": "what becomes of missed runs",
}


def moment(text: str, *, zone_name: str) -> datetime:
    """Read a moment by the clock of a zone.

    Raises:
        Unfit: there is no such moment.
    """
    try:
        local = datetime.fromisoformat(text.strip()).replace(tzinfo=None)
        found = moment_of(local, zone_name=zone_name.strip())
    except (ValueError, KeyError, OSError) as error:
        raise Unfit("at", "there is no moment", fix="choose a day, a time and a zone") from error
    if found is None:
        why = f"clocks in {zone_name} are set forward over {text.replace('T', ' ')}"
        raise Unfit("at", "that time does not come", why=why, fix="choose another one")
    return found.astimezone(zone(zone_name.strip()))


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text.strip() or "15m")
    except ValueError as error:
        raise Unfit("late_by", str(error), fix="correct it") from error


def recipe_of(
    typed: Mapping[str, str], *, home: Path, like: CampaignSpec | None, now: Recipe | None
) -> Recipe:
    """Read all of a form; `now` is what the schedule has, where there is one.

    Raises:
        UserError: something in it is not fit; an `Unfit` names the field.
    """
    watch = _watch(typed["folder"], home=home, now=now) if typed["how"] == "watch" else None
    spec = spec_of(typed, watch=watch)
    settings = like or (now.campaign if now is not None else None)
    if settings is None:
        raise Unfit("like", "no campaign was chosen", fix="choose whose settings each run has")
    without = {"leads": None, "start_at": None, "ends_at": None}
    kept = settings.model_dump(mode="json", exclude_unset=True)
    campaign = CampaignSpec.model_validate(kept | without) if like is not None else settings
    path = None if watch is not None else _list(typed["list"], home=home, now=now)
    return Recipe(schedule=spec, campaign=campaign, lead_file=path)


def _watch(name: str, *, home: Path, now: Recipe | None) -> str:
    name = name.strip()
    kept = now.schedule.watch if now is not None else None
    if kept is not None and Path(kept).parent.name == name:
        return kept
    try:
        return schedule_files.watched(home, name)
    except UserError as error:
        raise Unfit("folder", error.what, why=error.why, fix=error.fix) from error


def _list(name: str, *, home: Path, now: Recipe | None) -> str:
    kept = now.lead_file if now is not None else None
    if kept is not None and Path(kept).name == name:
        return kept
    if not name:
        raise Unfit("list", "no list was chosen", fix="choose one, or bring the file")
    try:
        return str(schedule_files.list_path(home, name))
    except UserError as error:
        raise Unfit("list", error.what, why=error.why, fix=error.fix) from error
