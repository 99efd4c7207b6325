"""`dialer results`: what other systems are told, and what became of it."""

from enum import StrEnum
from typing import Annotated

import typer

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.output import AsJson, print_fields, print_json, print_rows, say
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.result_events import ResultEvent

app = typer.Typer(help="See what other systems are told, and tell it again.", no_args_is_help=True)

CampaignId = Annotated[int, typer.Argument(metavar="CAMPAIGN", help="The campaign.", min=1)]
ResultId = Annotated[int, typer.Argument(metavar="ID", help="As `results list` shows it.", min=1)]
_COLUMNS = (
    "id",
    "campaign_id",
    "event",
    "lead_id",
    "status",
    "tries",
    "created_at",
    "next_at",
    "answer",
    "error",
)


class State(StrEnum):
    """What became of a result."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@app.command("list")
def list_results(
    *,
    campaign: Annotated[int | None, typer.Option("--campaign", min=1, help="Only its.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="Only these.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Shown at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show results, the newest first."""
    from dialer.store import result_delivery

    status = None if state is None else state.name
    with opened_database(load_settings()) as database:
        found = database.read(
            lambda tx: result_delivery.latest(tx, campaign_id=campaign, status=status, most=limit)
        )
    rows = [{name: getattr(one, name) for name in _COLUMNS} for one in found]
    if as_json:
        print_json(rows)
    else:
        print_rows(_COLUMNS, rows)


@app.command()
def show(result_id: ResultId, *, as_json: AsJson = False) -> None:
    """Show one result with the body that was sent."""
    import json

    from dialer.actions.telling import read_message

    with opened_database(load_settings()) as database:
        row = database.read(lambda tx: read_message(tx, result_id))
    names = (*_COLUMNS, "attempt_id", "first_tried_at", "settled_at", "acknowledged_at")
    fields = {name: getattr(row, name) for name in names}
    body = None if row.body is None else json.loads(row.body)
    if as_json:
        print_json({**fields, "body": body})
        return
    print_fields(fields)
    if body is not None:
        print_json(body)


@app.command()
def replay(
    result_id: Annotated[int | None, typer.Argument(metavar="[ID]", min=1)] = None,
    *,
    campaign: Annotated[
        int | None, typer.Option("--campaign", min=1, help="All dead letters of it.")
    ] = None,
) -> None:
    """Send a result again, or all dead letters of a campaign: same body, same webhook-id."""
    from dialer.actions import telling

    if (result_id is None) == (campaign is None):
        raise WrongUsage("which result is to be sent again?", fix="name an ID, or --campaign ID")
    with opened_world(load_settings()) as world:
        if result_id is not None:
            telling.replay(world, result_id, actor=actor())
            say(f"result {result_id} is sent again within seconds")
            return
        assert campaign is not None
        count = telling.replay_dead(world, campaign, actor=actor())
    say(f"{count:,} results are sent again within seconds")


@app.command()
def acknowledge(
    campaign_id: CampaignId,
    *,
    note: Annotated[str, typer.Option(help="What it was, for the activity log.")],
) -> None:
    """Say that a campaign's dead letters were seen and are not to be sent any more."""
    from dialer.actions import telling

    with opened_world(load_settings()) as world:
        count = telling.acknowledge(world, campaign_id, actor=actor(), note=note)
    say(f"{count:,} dead letters of campaign {campaign_id} are acknowledged")


@app.command("on")
def switch_on(campaign_id: CampaignId) -> None:
    """Send to a campaign's address again after it answered 410."""
    from dialer.actions import telling

    with opened_world(load_settings()) as world:
        telling.switch_on(world, campaign_id, actor=actor())
    say(f"results of campaign {campaign_id} are sent again")


@app.command("test")
def send_test(
    campaign_id: CampaignId,
    *,
    event: Annotated[
        ResultEvent, typer.Option("--event", help="What to tell.")
    ] = ResultEvent.LEAD_CLOSED,
    as_json: AsJson = False,
) -> None:
    """Send a sample to a campaign's address and print the answer. Exit code 1 unless it is 2xx."""
    from dialer.actions import telling
    from dialer.bootstrap import open_sender

    settings = load_settings()
    with opened_world(settings) as world:
        tested = telling.test(world, campaign_id, open_sender(settings), event=event)
    answered = tested.answered
    fields = {
        "address": tested.address,
        "status": answered.status,
        "took_ms": round(tested.took.total_seconds() * 1000),
        "error": answered.error,
        "answer": answered.text,
    }
    if as_json:
        print_json({**fields, "body": tested.body})
    else:
        print_fields(fields)
    if not tested.is_taken:
        raise typer.Exit(ExitCode.FAILED)
