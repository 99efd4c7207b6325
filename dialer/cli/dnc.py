"""`dialer dnc`: numbers that are not to be called."""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.exporting import Format, Output, _format, _say_exported, _target
from dialer.cli.output import AsJson, Yes, confirm, print_fields, print_json, print_rows, say
from dialer.cli.reading import read_number
from dialer.cli.worlds import actor, load_settings, opened_database, opened_world
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.domain.do_not_call import OptOut, OptOutSource
    from dialer.store.tables import Registry, Suppression

app = typer.Typer(no_args_is_help=True, help="Keep numbers that are not to be called.")

Phone = Annotated[str, typer.Argument(help="The number.", metavar="PHONE")]
Campaign = Annotated[
    int | None, typer.Option("--campaign", help="Only in this campaign; else everywhere.", min=1)
]
Country = Annotated[
    str, typer.Option("--country", help="Of numbers without a country code.", metavar="XX")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in a few words.")]
Note = Annotated[str | None, typer.Option("--note", help="Anything else worth keeping.")]
Expires = Annotated[
    str | None,
    typer.Option("--expires", help="Day on which it ends; without one, never.", metavar="DAY"),
]
ENTRY_FIELDS = (
    "phone",
    "campaign_id",
    "holds",
    "reason",
    "source",
    "note",
    "since",
    "expires_at",
    "actor",
)
REGISTRY_FIELDS = ("name", "dated", "numbers", "file_name", "loaded_at")


@app.command()
def add(
    phone: Phone,
    *,
    campaign: Campaign = None,
    reason: Reason = "asked",
    note: Note = None,
    expires: Expires = None,
    country: Country = "US",
    as_json: AsJson = False,
) -> None:
    """Never call a number again, and close the leads that wait for a call to it."""
    from dialer.actions import do_not_call
    from dialer.domain.do_not_call import OptOutSource

    number = read_number(phone, country=country)
    said = wish(OptOutSource.HAND, reason, note=note, campaign=campaign, expires=expires)
    with opened_world(load_settings()) as world:
        done = do_not_call.add(world, number, said)
    fields = {
        "phone": number,
        "campaign_id": campaign,
        "expires_at": said.expires_at,
        "changed": done.changed,
        "closed": done.closed,
        "cancelled": done.cancelled,
    }
    (print_json if as_json else print_fields)(fields)
    where = "" if campaign is None else f" by campaign {campaign}"
    already = "" if done.changed else " already"
    closed = done.closed + done.cancelled
    say(f"{number} is not called{where}{already}; {how_many(closed, 'lead')} closed")


@app.command()
def remove(
    phone: Phone,
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; needed.")] = None,
    campaign: Campaign = None,
    country: Country = "US",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Take a number off the list; leads that were closed stay closed."""
    from dialer.actions import do_not_call

    number = read_number(phone, country=country)
    if not reason or not reason.strip():
        raise WrongUsage("why may it be called again?", fix='add --reason "asked to be called"')
    confirm(f"Allow calls to {number} again?", yes=yes, declined="the number stays on the list")
    with opened_world(load_settings()) as world:
        gone = do_not_call.remove(world, number, campaign_id=campaign, reason=reason, actor=actor())
        known = world.db.read(
            lambda tx: do_not_call.look_up(tx, number, campaign_id=campaign, now=world.clock.now())
        )
    (print_json if as_json else print_fields)(_entry_fields(gone) | {"holds": False})
    say(f"{number} was taken off the list; no lead was opened again")
    if known.suppressed:
        say(f"it is still not called: dialer dnc check {number} shows why")


@app.command()
def check(
    phone: Phone, *, campaign: Campaign = None, country: Country = "US", as_json: AsJson = False
) -> None:
    """Tell whether a number may be called; exit code 5 says no."""
    from dialer.actions import do_not_call

    number, now = read_number(phone, country=country), datetime.now(UTC)
    with opened_database(load_settings()) as database:
        known = database.read(
            lambda tx: do_not_call.look_up(tx, number, campaign_id=campaign, now=now)
        )
    entries = [_entry_fields(one) for one in known.entries]
    registries = [_registry_fields(one) for one in known.registries]
    if as_json:
        told = {"phone": number, "suppressed": known.suppressed}
        print_json({**told, "entries": entries, "registries": registries})
    else:
        print_rows(ENTRY_FIELDS, entries)
    for one in known.registries:
        say(f"in the registry {one.name}")
    where = "everywhere" if campaign is None else f"campaign {campaign}"
    verdict = "not to be called" if known.suppressed else "on no list that forbids to call it"
    say(f"{number} ({where}): {verdict}")
    raise typer.Exit(ExitCode.REFUSED if known.suppressed else ExitCode.DONE)


@app.command("list")
def list_entries(
    *,
    limit: Annotated[int, typer.Option("--limit", help="Entries shown at most.", min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the newest entries of the list, and the registries beside it."""
    from dialer.store import registries, suppressions

    with opened_database(load_settings()) as database:
        entries = database.read(lambda tx: suppressions.latest(tx, most=limit))
        count = database.read(suppressions.count)
        others = database.read(registries.every)
    found = [_entry_fields(one) for one in entries]
    if as_json:
        registered = [_registry_fields(one) for one in others]
        print_json({"count": count, "entries": found, "registries": registered})
        return
    print_rows(ENTRY_FIELDS, found)
    if count > len(found):
        say(f"{len(found):,} of {count:,} on the list; dialer dnc export writes them all")
    for one in others:
        dated = f"of {one.dated}" if one.dated else "of an unknown day"
        say(f"registry {one.name}: {how_many(one.numbers, 'number')} {dated}")


@app.command("export")
def export_entries(*, to: Output = None, form: Format = None) -> None:
    """Write all entries of the list; registries are left out."""
    from dialer.actions.opt_out_files import export_opt_outs

    chosen = _format(form, to=to)
    with opened_database(load_settings()) as database:
        _say_exported(export_opt_outs(database, _target(to), form=chosen), "entries", to=to)


def wish(
    source: "OptOutSource",
    reason: str,
    *,
    note: str | None,
    campaign: int | None,
    expires: str | None,
) -> "OptOut":
    """Write down a wish as it was typed.

    Raises:
        WrongUsage: its end is no day.
    """
    from dialer.domain.do_not_call import OptOut

    ends = None if expires is None else _end_of(expires)
    return OptOut(reason, source, actor(), note=note, campaign_id=campaign, expires_at=ends)


def _end_of(text: str) -> datetime:
    """Give the moment at which a day has begun everywhere on earth.

    Raises:
        WrongUsage: it is no day.
    """
    return datetime.combine(day_of(text, option="--expires"), time(12), tzinfo=UTC)


def day_of(text: str, *, option: str) -> date:
    """Read a day.

    Raises:
        WrongUsage: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUsage(f"{option} {text} is not a day", fix=f"{option} 2027-01-31") from error


def _entry_fields(row: "Suppression") -> dict[str, Any]:
    ends = row.expires_at
    return {
        "phone": row.phone,
        "campaign_id": row.campaign_id,
        "holds": ends is None or ends > datetime.now(UTC),
        "reason": row.reason,
        "source": row.source.value,
        "note": row.note,
        "since": row.created_at,
        "expires_at": ends,
        "actor": row.actor,
        "call_id": row.call_id,
    }


def _registry_fields(row: "Registry") -> dict[str, Any]:
    return {
        "name": row.name,
        "dated": row.dated,
        "numbers": row.numbers,
        "file_name": row.file_name,
        "loaded_at": row.loaded_at,
    }
