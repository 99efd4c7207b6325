"""`dialer leads`: single leads."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from dialer.cli.creating import say_unless_it_runs
from dialer.cli.exits import WrongUsage
from dialer.cli.lead_views import show_lead, show_leads
from dialer.cli.output import AsJson, Yes, confirm, print_fields, print_json, say, say_mode
from dialer.cli.reading import read_number
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.states import LeadState

app = typer.Typer(no_args_is_help=True, help="Look at single leads, and decide about them.")

LONGEST_ID = 9
"""So many digits are a lead's number at most; more are a telephone number."""

Lead = Annotated[int, typer.Argument(help="Lead, by its number.", metavar="LEAD")]


@app.callback()
def leads() -> None:
    """Work with single leads."""


@app.command()
def show(
    lead: Annotated[
        str, typer.Argument(help="Lead, by its number or its telephone number.", metavar="LEAD")
    ],
    *,
    country: Annotated[
        str, typer.Option("--country", help="Of numbers without a country code.", metavar="XX")
    ] = "US",
    as_json: AsJson = False,
) -> None:
    """Show a lead: why it is called or not, when next, and all that happened to it.

    A telephone number shows its leads in all campaigns.
    """
    from dialer.actions.explain import explain, explain_number

    now = datetime.now(UTC)
    with opened_database(load_settings()) as database:
        if lead.isdecimal() and len(lead) <= LONGEST_ID:
            found: list[dict[str, Any]] = [explain(database, int(lead), now=now)]
        else:
            found = explain_number(database, read_number(lead, country=country), now=now)
    if as_json:
        print_json(found if len(found) > 1 else found[0])
        return
    for one in found:
        show_lead(one)


@app.command("list")
def list_leads(
    *,
    campaign: Annotated[int, typer.Option("--campaign", help="Campaign of the leads.", min=1)],
    state: Annotated[
        LeadState | None, typer.Option("--state", help="Only leads in this state.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Leads shown at most.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show leads of a campaign, those that are called next first."""
    from dialer.actions.explain import first_leads

    with opened_database(load_settings()) as database:
        rows, count = first_leads(database, campaign, state=state, most=limit)
    if as_json:
        print_json({"count": count, "leads": rows})
    else:
        show_leads(rows, count=count)


@app.command()
def skip(
    lead: Lead,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a few words.")],
    yes: Yes = False,
) -> None:
    """Close a lead without a further call."""
    from dialer.actions.lead_control import skip as leave_alone

    if not reason.strip():
        raise WrongUsage("--reason says nothing", fix='write for example --reason "our own staff"')
    confirm(f"Call lead {lead} no more?", yes=yes, declined=f"lead {lead} stays as it is")
    with opened_world(load_settings()) as world:
        leave_alone(world, lead, reason=reason, actor=actor())
    say(f"lead {lead} is closed and not called any more")


@app.command()
def retry(
    lead: Lead,
    *,
    at: Annotated[
        str | None,
        typer.Option("--at", help='When, by the clock where the lead is: "2026-12-01 15:00".'),
    ] = None,
) -> None:
    """Call a lead as soon as it may be, or at a time; also one that was given up or held.

    The law and the campaign's window hold for it as for any call.
    """
    from dialer.actions.lead_control import retry as call_again

    with opened_world(load_settings()) as world:
        due_at = call_again(world, lead, at=at, actor=actor())
    say(f"lead {lead} is due at {due_at:%Y-%m-%d %H:%M} UTC")


@app.command("renumber")
def renumber(
    lead: Lead,
    number: Annotated[str, typer.Argument(help="The number that is right.", metavar="NUMBER")],
    *,
    as_json: AsJson = False,
) -> None:
    """Let a lead with the right number take a lead's place, which is closed.

    Zone, law and do-not-call list are those of the new number; consent is not taken along.
    """
    from dialer.actions.renumbering import renumber as take_place

    with opened_world(load_settings()) as world:
        new_id = take_place(world, lead, number, actor=actor())
    fields = {"lead_id": lead, "new_lead_id": new_id}
    print_json(fields) if as_json else print_fields(fields)


@app.command("note")
def note(lead: Lead, text: Annotated[str, typer.Argument(help="What is to be kept.")]) -> None:
    """Keep a note with a lead, for whoever looks at it next."""
    from dialer.actions.lead_control import note as keep

    with opened_world(load_settings()) as world:
        keep(world, lead, text, actor=actor())
    say(f"the note is kept: dialer leads show {lead}")


@app.command("call-me")
def call_me(
    lead: Lead,
    *,
    to: Annotated[
        str, typer.Option("--to", help="A phone of your own; never the lead's.", metavar="NUMBER")
    ],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Call a phone of your own with what the agent is told of a lead: a test, which counts nowhere.

    Do-not-call list, law and lines hold for it as for any call. The lead itself stays as it is.
    """
    from dialer.actions.phone_tests import call_phone

    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        confirm(f"Call {to} as lead {lead}?", yes=yes, declined="nobody is called")
        test = call_phone(world, lead, to, actor=actor())
    fields = {"lead_id": lead, "test_lead_id": test.lead_id, "not_after": test.until}
    print_json(fields) if as_json else print_fields(fields)
    say(f"a test: how it goes shows dialer leads show {test.lead_id}")
    say_unless_it_runs(settings)


@app.command("callback")
def promise(
    lead: Lead,
    time: Annotated[
        str, typer.Argument(help='When, by the clock where the lead is: "2026-12-01 15:00".')
    ],
) -> None:
    """Promise a lead a call at a time; it goes before everybody else of its campaign.

    The law and the campaign's window hold for it as for any call.
    """
    from dialer.actions.callbacks import promise_callback

    with opened_world(load_settings()) as world:
        due_at = promise_callback(world, lead, time, actor=actor())
    if due_at is None:
        say(f"lead {lead} is in a call; the promise is kept after it")
    else:
        say(f"lead {lead} is called at {due_at:%Y-%m-%d %H:%M} UTC")
