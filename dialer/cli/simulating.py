"""`dialer campaigns simulate`: how a campaign would go, before anybody's phone rings."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from dialer.cli.exits import ExitCode, WrongUsage
from dialer.cli.output import AsJson, print_fields, print_json, print_rows, say
from dialer.cli.worlds import load_settings
from dialer.domain.counts import how_many

if TYPE_CHECKING:
    from dialer.actions.watch import Sight
    from dialer.forecast.assumptions import Assumptions
    from dialer.forecast.figures import Forecast

NOTICE = "a forecast: a simulated Retell, virtual time, made-up answers; no phone rings"
MOST_SHOWN = 20


def simulate(
    file: Annotated[Path, typer.Argument(help="Campaign file (TOML) that names its leads.")],
    *,
    start: Annotated[
        str | None,
        typer.Option(
            help="When it is started: 2026-03-07T00:00, in the campaign's default zone or UTC, "
            "or with an offset. Now, if left out."
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days of 24 hours.")] = 5,
    lines: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Calls at once; as the settings say.")
    ] = None,
    calls_per_second: Annotated[
        float | None, typer.Option(min=0.001, help="Pace; as the settings say.")
    ] = None,
    answer_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Share of calls that a person answers.")
    ] = 0.3,
    talk: Annotated[str, typer.Option(help="How long a conversation is on average.")] = "2m",
    seed: Annotated[int, typer.Option(help="Another one rolls other dice.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Forecast a campaign: hours needed, first and last call, how its leads end.

    The engine itself runs, in virtual time against a simulated Retell. Nothing is stored, and no
    process has to run. Every call is checked against window and law; exit code 1 when one is wrong.
    """
    from dialer.bootstrap import import_limits
    from dialer.forecast.assumptions import Assumptions
    from dialer.forecast.run import forecast

    settings = load_settings()
    assumptions = Assumptions(
        lines=lines or settings.lines,
        calls_per_second=calls_per_second or settings.calls_per_second,
        answer_rate=answer_rate,
        talk=_talk(talk),
        seed=seed,
    )
    say(NOTICE)
    found = forecast(
        file,
        start=_start(start),
        days=days,
        assumptions=assumptions,
        limits=import_limits(settings),
        tell=_tell,
    )
    raise typer.Exit(show(found, assumptions, days=days, as_json=as_json))


def show(found: "Forecast", assumptions: "Assumptions", *, days: int, as_json: bool) -> ExitCode:
    """Print a forecast; give the exit code that tells whether every call was right."""
    if as_json:
        print_json(_document(found, assumptions, days=days))
    else:
        _print_tables(found, assumptions, days=days)
    _say_end(found, days=days)
    return ExitCode.FAILED if found.violations else ExitCode.DONE


def _start(text: str | None) -> datetime:
    if text is None:
        from dialer.clock import SystemClock

        return SystemClock().now()
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUsage(
            f"--start {text} is not a moment", fix="--start 2026-03-07T09:00"
        ) from error


def _talk(text: str) -> timedelta:
    from dialer.domain.durations import parse_duration

    try:
        length = parse_duration(text)
    except ValueError as error:
        raise WrongUsage(f"--talk: {error}", fix="--talk 90s") from error
    if not timedelta(0) < length <= timedelta(hours=1):
        raise WrongUsage(f"--talk {text} is no length of a conversation", fix="--talk 90s")
    return length


def _tell(moment: datetime, sight: "Sight") -> None:
    progress = sight.progress
    say(f"{moment:%Y-%m-%d %H:%M} UTC: {progress.closed:,} of {progress.leads:,} leads closed")


def _fields(found: "Forecast", assumptions: "Assumptions", *, days: int) -> dict[str, Any]:
    """Give the figures of the whole campaign."""
    progress, calls = found.progress, found.calls
    return {
        "forecast": NOTICE,
        "start": _local(found.start_at, found),
        "days": days,
        "ended": _local(found.ended_at, found),
        "zone": found.zone,
        "lines": assumptions.lines,
        "calls_per_second": assumptions.calls_per_second,
        "answer_rate": assumptions.answer_rate,
        "talk_s": assumptions.talk.total_seconds(),
        "seed": assumptions.seed,
        "status": found.status,
        "held_text": found.held_text,
        "rejected_rows": progress.rejected_rows,
        "leads": progress.leads,
        "closed": progress.closed,
        "waiting": found.waiting,
        "closed_as": progress.by_closed_as,
        "calls": calls.calls,
        "dispositions": progress.dispositions,
        "first_call": _local(calls.first_at, found),
        "last_call": _local(calls.last_at, found),
        "hours": round(calls.hours, 1),
        "most_lines": found.most_lines,
        "busy_share": round(calls.busy_share, 3),
        "violations": len(found.violations),
    }


def _local(moment: datetime | None, found: "Forecast") -> datetime | None:
    return None if moment is None else moment.astimezone(ZoneInfo(found.zone))


def _by_day(found: "Forecast") -> list[dict[str, Any]]:
    return [{"day": f"{day:%a} {day}", "calls": n} for day, n in found.calls.by_day.items()]


def _by_hour(found: "Forecast") -> list[dict[str, Any]]:
    return [{"local_hour": f"{hour:02d}", "calls": n} for hour, n in found.calls.by_hour.items()]


def _by_zone(found: "Forecast") -> list[dict[str, Any]]:
    return [
        {"zone": one.zone, "calls": one.calls, "earliest": one.earliest, "latest": one.latest}
        for one in found.calls.zones
    ]


def _document(found: "Forecast", assumptions: "Assumptions", *, days: int) -> dict[str, Any]:
    return {
        **_fields(found, assumptions, days=days),
        "by_day": {str(day): number for day, number in found.calls.by_day.items()},
        "by_hour": {f"{hour:02d}": number for hour, number in found.calls.by_hour.items()},
        "zones": _by_zone(found),
        "violations": found.violations,
    }


def _print_tables(found: "Forecast", assumptions: "Assumptions", *, days: int) -> None:
    print_fields(_fields(found, assumptions, days=days))
    for columns, rows in (
        (("day", "calls"), _by_day(found)),
        (("local_hour", "calls"), _by_hour(found)),
        (("zone", "calls", "earliest", "latest"), _by_zone(found)),
    ):
        typer.echo()
        print_rows(columns, rows)


def _say_end(found: "Forecast", *, days: int) -> None:
    """Say in a sentence how it ended, and what must never be."""
    if found.held_text is not None:
        say(f"the campaign is {found.status}: {found.held_text}")
    if found.waiting:
        length = "a day" if days == 1 else f"{days} days"
        say(f"not finished: {how_many(found.waiting, 'lead')} still to be called after {length}")
    else:
        say(
            f"finished: {how_many(found.progress.leads, 'lead')} closed"
            f" with {how_many(found.calls.calls, 'call')}"
        )
    _say_violations(found.violations)


def _say_violations(violations: Iterable[str]) -> None:
    told = list(violations)
    for line in told[:MOST_SHOWN]:
        say(f"wrong: {line}")
    if len(told) > MOST_SHOWN:
        say(f"and {len(told) - MOST_SHOWN:,} more; --json has them all")
