"""Importing a lead file for the commands that do: paths, options, and what is said afterwards."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.output import say

if TYPE_CHECKING:
    from dialer.actions.load import Loaded
    from dialer.config import Settings


def changed_options(
    *, country: str | None, allow: Iterable[str] | None, columns: Iterable[str] | None
) -> dict[str, Any]:
    """Give the import options that flags set, so that they replace the campaign's own.

    Raises:
        WrongUsage: a flag is not understood.
    """
    changed: dict[str, Any] = {}
    if country is not None:
        changed["country"] = _country(country, option="--country")
    allowed = [part for text in allow or () for part in text.split(",") if part.strip()]
    if allowed:
        changed["allowed_countries"] = frozenset(
            _country(part, option="--allow-country") for part in allowed
        )
    if columns:
        changed["overrides"] = dict(_override(text) for text in columns)
    return changed


def rejects_path(settings: "Settings", *, lead_file: Path, campaign_id: int) -> Path:
    """Name a new file for the rejected rows of an import."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    directory = settings.create_home() / "rejects"
    directory.mkdir(exist_ok=True)
    return directory / f"{lead_file.stem}-campaign{campaign_id}-{moment}.csv"


def say_loaded(loaded: "Loaded") -> ExitCode:
    """Say what became of the rows; give the exit code that tells the same."""
    say(
        f"imported {loaded.imported:,} leads; {loaded.duplicates:,} repeated, "
        f"{loaded.rejected:,} rejected, {loaded.blank:,} blank"
    )
    if loaded.rejects is not None:
        say(f"rows to correct and import again: {loaded.rejects}")
    return ExitCode.REJECTED_ROWS if loaded.rejected else ExitCode.DONE


def _country(text: str, *, option: str) -> str:
    from dialer.domain.places import parse_country

    code = parse_country(text.strip())
    if code is None:
        raise WrongUsage(f"{option} {text} is not a country", fix=f"{option} US")
    return code


def _override(text: str) -> tuple[Any, str]:
    from dialer.leads.columns import LeadField

    name, mark, header = (part.strip() for part in text.partition("="))
    names = [field.value for field in LeadField]
    if not mark or not header:
        raise WrongUsage(f"--map {text} names no column", fix='--map "phone=Mobile"')
    if name not in names:
        raise WrongUsage(f'--map knows no field "{name}"', why=f"fields: {', '.join(names)}")
    return LeadField(name), header
