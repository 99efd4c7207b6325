"""`dialer functions`: what agents may ask for during a call."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.output import AsJson, print_fields, print_json, print_rows, say
from dialer.cli.reading import read_pairs
from dialer.cli.worlds import load_settings, opened_world
from dialer.errors import NotFound

if TYPE_CHECKING:
    from dialer.config import Settings

app = typer.Typer(no_args_is_help=True, help="What agents may ask for during a call.")


@app.callback()
def functions() -> None:
    """Look at the functions of agents, try them, and set them up at Retell."""


@app.command("list")
def list_functions(*, as_json: AsJson = False) -> None:
    """Show all functions with their arguments; those with a ? may be left out."""
    from dialer.actions.own_functions import fields_of

    rows = [fields_of(one) for one in _book(load_settings()).values()]
    if as_json:
        print_json(rows)
    else:
        print_rows(("name", "arguments", "whose", "about"), [_brief(row) for row in rows])


@app.command()
def call(
    name: Annotated[str, typer.Argument(help="Function.")],
    given: Annotated[
        list[str] | None, typer.Argument(help="Its arguments: key=value …", metavar="KEY=VALUE")
    ] = None,
    *,
    lead: Annotated[
        int | None, typer.Option("--lead", help="Lead that is talked with.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try a function as an agent would ask for it in a call with a lead.

    Nothing is changed or recorded: what one of ours does is taken back, and one of your own is told
    that it is a test.
    """
    from dialer.actions.trying import try_function

    settings = load_settings()
    wanted = _book(settings).get(name)
    if wanted is None:
        raise NotFound(f"there is no function {name}", fix="dialer functions list")
    arguments = read_pairs(given or (), option=f"dialer functions call {name}")
    with opened_world(settings) as world:
        document = try_function(world, wanted, arguments, lead_id=lead)
    if as_json:
        print_json(document)
    else:
        print_fields(document)
    say("a test: nothing was changed")


@app.command()
def schema(
    names: Annotated[
        list[str] | None, typer.Argument(help="Functions; all of them, if left out.")
    ] = None,
) -> None:
    """Print the functions as Retell's agents take them: the JSON to paste into general_tools."""
    from dialer.actions.own_functions import tool_of

    settings = load_settings()
    book = _book(settings)
    if unknown := set(names or ()) - set(book):
        raise NotFound(
            f"there is no function {', '.join(sorted(unknown))}", fix="dialer functions list"
        )
    address = settings.public_url or settings.web_url
    print_json([tool_of(book[name], address=address) for name in names or book])
    if settings.public_url is None:
        say("DIALER_PUBLIC_URL is not set; Retell cannot reach this address from outside")


def _book(settings: "Settings") -> Any:
    from dialer.actions.own_functions import functions_of

    return functions_of(settings.functions_module)


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    named = [name if name in row["needed"] else f"{name}?" for name in row["arguments"]]
    return {**row, "arguments": named, "about": row["about"].partition("\n")[0]}
