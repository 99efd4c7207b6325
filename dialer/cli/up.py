"""`dialer up`: every process of the dialer, until Ctrl-C."""

from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.output import say

if TYPE_CHECKING:
    from dialer.config import Settings


def up(
    *,
    flower: Annotated[bool, typer.Option("--flower", help="Start Flower as well.")] = False,
    sim_speed: Annotated[
        float, typer.Option(help="How many times faster simulated calls run.")
    ] = 1.0,
    sim_seed: Annotated[int, typer.Option(help="Seed of the simulator.")] = 1,
) -> None:
    """Start web, workers and beat; broker, database and simulator too where none is set.

    Without DATABASE_URL and REDIS_URL everything lives in DIALER_HOME (var/). Real calls need
    DIALER_MODE=live and RETELL_API_KEY.
    """
    from dialer.cli.stack import running_stack
    from dialer.cli.worlds import load_settings

    settings = load_settings()
    own_simulator = settings.mode == "simulator" and (
        "retell_base_url" not in settings.model_fields_set
    )
    simulator = (f"--seed={sim_seed}", f"--speed={sim_speed}", f"--limit={settings.lines}")
    say(f"mode: {settings.mode}")
    with running_stack(
        settings.home,
        environment={},
        simulator=simulator if own_simulator else None,
        say=say,
        with_flower=flower,
    ) as stack:
        say(f"web: {stack.settings.web_url}   broker: {stack.broker}")
        _tell_first_link(stack.settings)
        if flower:
            say(f"flower: http://127.0.0.1:{stack.settings.flower_port}")
        stack.supervisor.run_until_interrupted()


def _tell_first_link(settings: "Settings") -> None:
    """Print the link; a database that is away is no reason to end what runs."""
    from dialer.cli.first_link import first_link
    from dialer.store.database import is_outage

    try:
        link = first_link(settings)
    except Exception as error:
        if not is_outage(error):
            raise
        say("the database does not answer; once it does: dialer users first-link")
    else:
        if link is not None:
            say(f"nobody can sign in yet; the first admin: {link}")
