"""Schedule files: when, whom, and the campaign that each run is made of.

    campaign = "spring.toml"     # or a section [campaign]

    [schedule]
    name = "Weekday mornings"
    cron = "0 9 * * mon-fri"
    zone = "America/New_York"

Files are named relative to the file that names them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from dialer.actions.campaign_file import (
    Problem,
    lead_file_of,
    problems_of,
    read_toml,
    refusal,
)
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.schedule_spec import DEFAULT_WATCH, Recipe, ScheduleSpec
from dialer.errors import UserError

M = TypeVar("M", bound=BaseModel)

SECTIONS = ("schedule", "campaign")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file is, and all that is wrong with it."""

    kind: str  # campaign or schedule
    problems: tuple[Problem, ...]
    campaign: CampaignSpec | None = None  # its settings; None when something is wrong with them


def read_schedule_file(path: Path) -> Recipe:
    """Read and check a schedule file.

    Raises:
        NotFound: there is no such file.
        UserError: it cannot be read; the text names file, key, value and what is wanted.
    """
    found = _Reading(path)
    recipe = found.read(read_toml(path))
    if recipe is None:
        raise refusal(found.problems)
    return recipe


def read_recipe(given: dict[str, Any], *, folder: Path, source: str) -> Recipe:
    """Read a schedule that comes without a file; its lists lie beneath `folder`, on this machine.

    Raises:
        UserError: it is not valid, or names what lies elsewhere.
    """
    found = _Reading(Path(source))
    campaign, schedule = dict(given.get("campaign") or {}), dict(given.get("schedule") or {})
    for section, key in ((campaign, "leads"), (schedule, "watch")):
        if isinstance(section.get(key), str):
            section[key] = str(_beneath(folder, section[key], key=key))
        elif section.get(key) is True:
            section[key] = str(_beneath(folder, DEFAULT_WATCH, key=key))
    recipe = found.read({**given, "campaign": campaign, "schedule": schedule})
    if recipe is None:
        raise refusal(found.problems)
    return recipe


def _beneath(folder: Path, text: str, *, key: str) -> Path:
    """Keep whoever is not at this machine from reading other files of it."""
    home = folder.resolve()
    try:
        place = (home / text).resolve()
    except (OSError, RuntimeError, ValueError):
        place = home.parent
    if not place.is_relative_to(home) or place == home:
        raise UserError(
            f"{key} = “{text[:60]}” does not lie beneath the folder for lists",
            fix=f"put it into {home}, and name it as it is called there",
        )
    return place


def check_file(path: Path) -> Checked:
    """Tell all that is wrong with a campaign file or a schedule file.

    Raises:
        NotFound: there is no such file.
        UserError: it is not TOML.
    """
    given = read_toml(path)
    found = _Reading(path)
    if "schedule" in given:
        recipe = found.read(given)
        campaign = recipe.campaign if recipe is not None else None
        return Checked("schedule", tuple(found.problems), campaign)
    spec = found.validated(CampaignSpec, given, file=path)
    leads = lead_file_of(spec, path) if spec is not None else None
    if leads is not None and not leads.is_file():
        found.add(
            f'leads = "{leads.name}" is not there', f"there is no file {leads}", "correct leads"
        )
    return Checked("campaign", tuple(found.problems), spec)


class _Reading:
    """One schedule file, and what was found wrong with it so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def add(self, what: str, why: str, fix: str, *, file: Path | None = None) -> None:
        self.problems.append(Problem(file or self.path, what, why, fix))

    def read(self, given: dict[str, Any]) -> Recipe | None:
        """Give the recipe, or None when something is wrong."""
        given = self._with_campaign_above(given)
        for key in given.keys() - set(SECTIONS):
            self.add(
                f"{key} is not a setting",
                f"known here: {', '.join(SECTIONS)}",
                f"move it into [schedule] or [campaign], or remove {key}",
            )
        spec = self.validated(
            ScheduleSpec, given.get("schedule"), file=self.path, section=("schedule",)
        )
        campaign, file = self._campaign(given.get("campaign"))
        if campaign is None or spec is None:
            return None
        self._check_together(spec, campaign, file)
        if self.problems:
            return None
        leads = lead_file_of(campaign, file)
        if spec.watch is not None:
            watch = str(self.path.parent.resolve() / spec.watch)
            spec = spec.model_copy(update={"watch": watch})
        return Recipe(
            schedule=spec,
            campaign=campaign,
            lead_file=str(leads.resolve()) if leads is not None else None,
        )

    def validated(
        self, model: type[M], given: object, *, file: Path, section: tuple[str, ...] = ()
    ) -> M | None:
        """Read one section; None when something is wrong with it."""
        if given is None:
            name = ".".join(section)
            self.add(f"[{name}] is missing", "a schedule is made of both", f"write [{name}]")
            return None
        try:
            return model.model_validate(given)
        except ValidationError as error:
            self.problems += problems_of(file, error, model=model, section=section)
            return None

    def _with_campaign_above(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take `campaign` out of [schedule], where it lands when it is written below that line."""
        schedule = given.get("schedule")
        if not isinstance(schedule, dict) or "campaign" not in schedule:
            return given
        self.add(
            "schedule.campaign is not a setting",
            "what stands below [schedule] belongs to that section",
            "move the line with campaign above [schedule]",
        )
        rest = {name: value for name, value in schedule.items() if name != "campaign"}
        return {"campaign": schedule["campaign"], **given, "schedule": rest}

    def _campaign(self, given: object) -> tuple[CampaignSpec | None, Path]:
        """Read the campaign, from this file or from the one it names."""
        if not isinstance(given, str):
            spec = self.validated(CampaignSpec, given, file=self.path, section=("campaign",))
            return spec, self.path
        file = self.path.parent / given
        try:
            told = read_toml(file)
        except UserError as error:
            self.add(f'campaign = "{given}" cannot be read', error.what, "correct campaign")
            return None, file
        return self.validated(CampaignSpec, told, file=file), file

    def _check_together(self, spec: ScheduleSpec, campaign: CampaignSpec, file: Path) -> None:
        if campaign.start_at is not None:
            self.add(
                "start_at is not for a campaign with a schedule",
                "each run starts its campaign at once",
                "remove start_at",
                file=file,
            )
        if spec.watch is None and campaign.leads is None:
            self.add(
                "leads is missing in the campaign",
                "each run imports the list afresh",
                'write leads = "…"',
                file=file,
            )
        if spec.watch is not None and campaign.leads is not None:
            self.add(
                f'leads = "{campaign.leads}" has no use beside `watch`',
                "the files that appear are the lists",
                "remove leads",
                file=file,
            )
