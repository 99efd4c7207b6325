"""`dialer campaigns create`: a campaign of a campaign file and its leads."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.findings import say_before_start
from dialer.cli.importing import Asked, asking, progress_shown, rejects_path, say_loaded
from dialer.cli.output import AsJson, Yes, print_fields, print_json, say, say_mode
from dialer.cli.views import loaded_fields
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.actions.world import World
    from dialer.config import Settings
    from dialer.domain.campaign_spec import CampaignSpec


def create(
    file: Annotated[Path, typer.Argument(help="Campaign file (TOML).")],
    *,
    start_now: Annotated[bool, typer.Option("--start", help="Start it at once.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the files; store nothing.")
    ] = False,
    leads_of_list: Annotated[
        int | None,
        typer.Option("--leads-of-list", metavar="ID", help="Call the leads of this list anew."),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make a campaign of a campaign file, with the leads it names. It is a draft until started."""
    from dialer.actions.campaign_file import read_campaign_file

    settings = load_settings()
    spec = read_campaign_file(file)
    _check_leads(spec, file, of_list=leads_of_list, yes=yes or dry_run)
    if dry_run and leads_of_list is not None:
        expected = _count_of_list(settings, leads_of_list)
        say(
            f"{file} is a campaign; {how_many(expected, 'lead')} could be taken over; "
            "nothing was stored"
        )
        return
    if dry_run:
        expected = _count_leads(spec, file)
        say(
            f"{file} is a campaign; {how_many(expected, 'lead')} could be imported; "
            "nothing was stored"
        )
        return
    say_mode(settings)
    with opened_world(settings) as world:
        if leads_of_list is not None:
            fields, code = _create_of_list(world, spec, leads_of_list), ExitCode.DONE
        else:
            fields, code = _create(world, settings, spec, file)
        campaign_id = fields["campaign_id"]
        if start_now:
            say_before_start(world, campaign_id)
            fields["status"] = start_campaign(world, settings, campaign_id)
        else:
            fields["status"] = "draft"
            say(f"campaign {campaign_id} is a draft: dialer campaigns start {campaign_id}")
    (print_json if as_json else print_fields)(fields)
    raise typer.Exit(code)


def _check_leads(
    spec: "CampaignSpec", file: Path, *, of_list: int | None = None, yes: bool
) -> None:
    """Open the lead file before anything is stored, so that no campaign without leads stays.

    Asks when most of its first rows are no leads.

    Raises:
        WrongUsage: there is one, and a list besides.
        NotFound: the file is not there.
        FileProblem: nothing of it can be imported.
    """
    from dialer.actions.campaign_file import lead_file_of
    from dialer.actions.drafting import look_first
    from dialer.actions.load import options_of
    from dialer.leads.rows import read_leads

    path = lead_file_of(spec, file)
    if path is None:
        return
    if of_list is not None:
        raise WrongUsage(
            f"leads come from one place: {file} names {path.name}, --leads-of-list names a list",
            fix=f"take `leads` out of {file}, or leave --leads-of-list out",
        )
    with read_leads(path, options=options_of(spec, read_at=datetime.now(UTC))) as leads:
        first = look_first(leads)
    if first.are_doubtful:
        asking(path, yes=yes)(first)


def _count_leads(spec: "CampaignSpec", file: Path) -> int:
    """Count the leads that would be imported."""
    from dialer.actions.campaign_file import lead_file_of
    from dialer.actions.load import options_of
    from dialer.actions.preview import Preview

    path = lead_file_of(spec, file)
    if path is None:
        return 0
    now = datetime.now(UTC)
    found = Preview(path, options=options_of(spec, read_at=now), limit=0).look(now=now)
    return int(found["counts"]["accepted"])


def _count_of_list(settings: "Settings", list_id: int) -> int:
    """Count the leads that would be taken over."""
    from dialer.actions.campaign_review import leads_to_copy_of_list

    with opened_database(settings) as database:
        return sum(leads_to_copy_of_list(database, list_id).places.values())


def _create_of_list(world: "World", spec: "CampaignSpec", list_id: int) -> dict[str, Any]:
    from dialer.actions import copying

    made = copying.create_with_leads_of_list(world, spec, list_id, actor=actor())
    if made.left_out:
        say(f"left out: {how_many(made.left_out, 'lead')} not to be called any more")
    fields: dict[str, Any] = {"campaign_id": made.campaign_id, "name": spec.name}
    return {**fields, "list_id": list_id, "leads": made.leads, "left_out": made.left_out}


def _create(
    world: "World", settings: "Settings", spec: "CampaignSpec", file: Path
) -> tuple[dict[str, Any], ExitCode]:
    from dialer.actions import control
    from dialer.actions.campaign_file import lead_file_of
    from dialer.actions.load import load

    campaign_id = control.create(world, spec, actor=actor())
    fields: dict[str, Any] = {"campaign_id": campaign_id, "name": spec.name}
    path = lead_file_of(spec, file)
    if path is None:
        say(f"no leads yet: dialer lists import FILE --campaign {campaign_id}")
        return fields, ExitCode.DONE
    target = rejects_path(settings, lead_file=path, campaign_id=campaign_id)
    with progress_shown(path) as tell:
        loaded = load(
            world,
            campaign_id,
            path,
            actor=actor(),
            rejects_to=target,
            order=Asked.of().order(tell),
        )
    return fields | loaded_fields(campaign_id, loaded), say_loaded(loaded)


def start_campaign(
    world: "World",
    settings: "Settings",
    campaign_id: int,
    *,
    despite: str | None = None,
    first_only: bool = False,
) -> str:
    """Start a campaign, or only its first call, say so, and give its status."""
    from dialer.actions import control

    started = control.start(
        world, campaign_id, actor=actor(), despite=despite, first_only=first_only
    )
    say_running(settings, campaign_id, started.status)
    return started.status.value


def say_running(settings: "Settings", campaign_id: int, status: str) -> None:
    """Say what comes next for a campaign that was started."""
    say(f"campaign {campaign_id} is {status}; dialer campaigns watch {campaign_id}")
    say_unless_it_runs(settings)


def say_unless_it_runs(settings: "Settings") -> None:
    """Say what is missing where nothing would be dialed."""
    if settings.is_embedded and not settings.broker_file.exists():
        say("nothing is dialed until the dialer runs: dialer up")
