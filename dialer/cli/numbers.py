"""`dialer numbers`: the numbers of the workspace at Retell."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dialer.cli.exits import WrongUsage
from dialer.cli.output import (
    AsJson,
    Yes,
    confirm,
    print_fields,
    print_json,
    print_rows,
    say,
    say_mode,
)
from dialer.cli.reading import read_number
from dialer.cli.worlds import actor, load_settings, opened_world
from dialer.errors import UserError

if TYPE_CHECKING:
    from dialer.actions.world import World

app = typer.Typer(no_args_is_help=True, help="Look at our numbers, buy, bind, release them.")

COLUMNS = ("number", "type", "nickname", "outbound", "inbound", "campaigns", "resting_until")
Number = Annotated[str, typer.Argument(help="Number of the workspace.", metavar="NUMBER")]
Bound = list[str] | None
Nickname = Annotated[str | None, typer.Option(help="What we call it.")]
Outbound = Annotated[
    Bound,
    typer.Option(
        "--outbound", metavar="AGENT[@VERSION][=WEIGHT]", help="Agent that calls from it; repeat."
    ),
]
Inbound = Annotated[
    Bound,
    typer.Option(
        "--inbound", metavar="AGENT[@VERSION][=WEIGHT]", help="Agent that answers; repeat."
    ),
]
Countries = Annotated[
    Bound, typer.Option("--to-country", metavar="XX", help="Only to this country; repeat.")
]
Transport = Annotated[
    Literal["TLS", "TCP", "UDP"] | None, typer.Option(help="How the SIP trunk is reached.")
]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="File with the trunk's password; - for stdin."),
]


@app.callback()
def numbers() -> None:
    """Work with the numbers of the workspace."""


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the numbers: which agents call from each, and which campaigns."""
    from dialer.actions.workspace_numbers import list_numbers

    with opened_world(load_settings()) as world:
        found = list_numbers(world)
    if as_json:
        print_json(found)
        return
    print_rows(COLUMNS, found)
    if unbound := [one["number"] for one in found if not one["outbound"]]:
        say(f"no agent calls from {', '.join(unbound)}: dialer numbers update NUMBER --outbound …")


@app.command()
def show(number: Number, *, as_json: AsJson = False) -> None:
    """Show all of one number, as Retell has it."""
    from dialer.actions.workspace_numbers import show_number

    with opened_world(load_settings()) as world:
        found = show_number(world, read_number(number, country="US"))
    print_json(found) if as_json else print_fields(found)


@app.command()
def buy(
    *,
    area_code: Annotated[int | None, typer.Option(help="Such as 415.", min=200, max=999)] = None,
    country: Annotated[Literal["US", "CA"], typer.Option(help="Where it is.")] = "US",
    provider: Annotated[
        Literal["twilio", "telnyx"], typer.Option(help="Carrier behind it.")
    ] = "twilio",
    toll_free: Annotated[bool, typer.Option("--toll-free", help="One that is free to call.")] = (
        False
    ),
    number: Annotated[str | None, typer.Option(help="This number and no other.")] = None,
    nickname: Nickname = None,
    outbound: Outbound = None,
    inbound: Inbound = None,
    to_country: Countries = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Buy a number, after a question; it costs money each month."""
    from dialer.actions.workspace_numbers import buy_number

    wishes = {
        "area_code": area_code,
        "country_code": country,
        "number_provider": provider,
        "toll_free": toll_free or None,
        "phone_number": None if number is None else read_number(number, country=country),
        **_binding(nickname, outbound, inbound, to_country),
    }
    settings = load_settings()
    say_mode(settings)
    money = (
        "it costs money each month" if settings.mode == "live" else "simulator, it costs nothing"
    )
    confirm(f"Buy a number of {provider} ({money})?", yes=yes, declined="no number was bought")
    with opened_world(settings) as world:
        _print(buy_number(world, _given(wishes), actor=actor()), as_json=as_json)


@app.command("import")
def import_(
    number: Annotated[str, typer.Argument(help="Number of our carrier.", metavar="NUMBER")],
    *,
    termination_uri: Annotated[str, typer.Option(help="Where its SIP trunk takes calls.")],
    username: Annotated[str | None, typer.Option(help="User of the trunk.")] = None,
    password_file: PasswordFile = None,
    transport: Transport = None,
    codec: Annotated[Bound, typer.Option(help="Such as PCMU; repeat.")] = None,
    nickname: Nickname = None,
    outbound: Outbound = None,
    inbound: Inbound = None,
    to_country: Countries = None,
    as_json: AsJson = False,
) -> None:
    """Tell Retell of a number of our own carrier, and over which SIP trunk it calls."""
    from dialer.actions.workspace_numbers import import_number

    wishes = {
        "phone_number": read_number(number, country="US"),
        "termination_uri": termination_uri,
        "sip_trunk_auth_username": username,
        "sip_trunk_auth_password": _password(password_file),
        "transport": transport,
        "codecs": codec,
        **_binding(nickname, outbound, inbound, to_country),
    }
    settings = load_settings()
    say_mode(settings)
    with opened_world(settings) as world:
        _print(import_number(world, _given(wishes), actor=actor()), as_json=as_json)


@app.command()
def update(
    number: Number,
    *,
    nickname: Nickname = None,
    outbound: Outbound = None,
    no_outbound: Annotated[bool, typer.Option("--no-outbound", help="Nobody calls.")] = False,
    inbound: Inbound = None,
    no_inbound: Annotated[bool, typer.Option("--no-inbound", help="Nobody answers.")] = False,
    to_country: Countries = None,
    termination_uri: Annotated[str | None, typer.Option(help="Of its SIP trunk.")] = None,
    username: Annotated[str | None, typer.Option(help="Of its SIP trunk.")] = None,
    password_file: PasswordFile = None,
    transport: Transport = None,
    as_json: AsJson = False,
) -> None:
    """Change a number; what is not named stays as it is."""
    from dialer.actions.workspace_numbers import update_number

    changes = _given(
        {
            **_binding(nickname, outbound, inbound, to_country),
            "termination_uri": termination_uri,
            "auth_username": username,
            "auth_password": _password(password_file),
            "transport": transport,
        }
    )
    changes |= _nobody("outbound", outbound) if no_outbound else {}
    changes |= _nobody("inbound", inbound) if no_inbound else {}
    if not changes:
        raise WrongUsage("nothing is to be changed", fix="add --nickname, --outbound …")
    with opened_world(load_settings()) as world:
        named = read_number(number, country="US")
        _print(update_number(world, named, changes, actor=actor()), as_json=as_json)


@app.command()
def release(number: Number, *, yes: Yes = False) -> None:
    """Give a number back, after a question; somebody else may have it then."""
    from dialer.actions.workspace_numbers import release_number

    named = read_number(number, country="US")
    with opened_world(load_settings()) as world:
        question = _releasing_question(world, named)
        confirm(question, yes=yes, declined=f"{named} stays ours")
        release_number(world, named, actor=actor())
    say(f"{named} is released")


def _releasing_question(world: "World", number: str) -> str:
    from dialer.actions.workspace_numbers import campaigns_calling_from

    using = campaigns_calling_from(world, number)
    names = ", ".join(f'{one.id} "{one.name}" ({one.status})' for one in using)
    told = f" Campaigns call from it: {names}." if using else ""
    return f"Give {number} back for good?{told}"


def _binding(nickname: str | None, outbound: Bound, inbound: Bound, to: Bound) -> dict[str, Any]:
    """Give what every request about a number may hold."""
    return {
        "nickname": nickname,
        "outbound_agents": _agents(outbound, option="--outbound"),
        "inbound_agents": _agents(inbound, option="--inbound"),
        "allowed_outbound_country_list": None if to is None else [one.upper() for one in to],
    }


def _agents(texts: Bound, *, option: str) -> list[dict[str, Any]] | None:
    from dialer.domain.weighted_agents import read_agents

    try:
        return read_agents(texts) if texts else None
    except ValueError as error:
        fix = f"{option} agent_a=0.7 {option} agent_b@prod=0.3"
        raise WrongUsage(f"{option} is not valid", why=str(error), fix=fix) from error


def _nobody(way: str, agents: Bound) -> dict[str, Any]:
    if agents:
        raise WrongUsage(f"--no-{way} and --{way} exclude each other", fix="leave one of them out")
    return {f"{way}_agents": []}


def _given(wishes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wishes.items() if value is not None}


def _password(file: Path | None) -> str | None:
    """Read a password from a file: on a command line everybody on the machine could read it."""
    if file is None:
        return None
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read", why=str(error), fix="correct its name") from error
    if not text.strip():
        raise WrongUsage(f"{file} holds no password", fix="write the password into it")
    return text.strip()


def _print(found: dict[str, Any], *, as_json: bool) -> None:
    print_json(found) if as_json else print_fields(found)
    if not found["outbound"]:
        say(f"no agent calls from it: dialer numbers update {found['number']} --outbound AGENT")
