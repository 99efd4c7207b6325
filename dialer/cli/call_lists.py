"""`dialer calls list`: Retell's list of calls, with all of its filters."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.call_views import show_listed
from dialer.cli.exits import WrongUsage
from dialer.cli.output import AsJson, print_json
from dialer.cli.reading import read_number, read_pairs, read_past, read_values
from dialer.cli.worlds import load_settings, opened_world

if TYPE_CHECKING:
    from dialer.retell.call_desk import SortOrder
    from dialer.retell.call_filters import CallFilters

Words = list[str] | None


class ListedStatus(StrEnum):
    """The states of a call that can be asked for; Retell does not list `registered`."""

    NOT_CONNECTED = "not_connected"
    ONGOING = "ongoing"
    ENDED = "ended"
    ERROR = "error"


def list_calls(
    *,
    agent: Annotated[str | None, typer.Option(help="Of this agent.")] = None,
    version: Annotated[int | None, typer.Option(help="Of this version of it.", min=0)] = None,
    from_: Annotated[str | None, typer.Option("--from", help="From this number.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="To this number.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help='Begun since: "2h", or "2026-12-01 09:00 America/Chicago".'),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Begun until then.")] = None,
    status: Annotated[
        list[ListedStatus] | None, typer.Option(help="In this state; repeat for several.")
    ] = None,
    reason: Annotated[
        Words, typer.Option(help="Ended for this reason, in Retell's word; repeat.")
    ] = None,
    direction: Annotated[Words, typer.Option(help="outbound or inbound.")] = None,
    kind: Annotated[Words, typer.Option("--type", help="phone_call or web_call.")] = None,
    sentiment: Annotated[Words, typer.Option(help="Positive, Neutral, Negative, Unknown.")] = None,
    voicemail: Annotated[
        bool | None, typer.Option("--voicemail/--no-voicemail", help="Reached a voicemail.")
    ] = None,
    successful: Annotated[
        bool | None, typer.Option("--successful/--not-successful", help="By the analysis.")
    ] = None,
    longer_than: Annotated[str | None, typer.Option(help='Such as "30s".')] = None,
    costlier_than: Annotated[float | None, typer.Option(help="Dollars.", min=0)] = None,
    slower_than: Annotated[
        str | None, typer.Option(help='Half of the agent\'s answers took longer: "1.2s".')
    ] = None,
    agent_tag: Annotated[Words, typer.Option(help="By an agent's version with this tag.")] = None,
    tool: Annotated[Words, typer.Option(help="The agent called this function; repeat.")] = None,
    campaign: Annotated[int | None, typer.Option(help="Of this campaign of ours.")] = None,
    lead: Annotated[int | None, typer.Option(help="To this lead of ours.")] = None,
    attempt: Annotated[str | None, typer.Option(help="Of this attempt of ours.")] = None,
    batch: Annotated[str | None, typer.Option(help="Of this batch call.")] = None,
    metadata: Annotated[Words, typer.Option(help="With this metadata.", metavar="K=V")] = None,
    variable: Annotated[Words, typer.Option(help="With this variable.", metavar="K=V")] = None,
    analysis: Annotated[
        Words, typer.Option(help="With this in its custom analysis.", metavar="K=V")
    ] = None,
    attribute: Annotated[
        Words, typer.Option(help="With this custom attribute.", metavar="K=V")
    ] = None,
    criteria: Annotated[
        str | None, typer.Option(help="More filters in Retell's own words, as JSON.")
    ] = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="By their start.")] = False,
    limit: Annotated[int, typer.Option(help="Calls shown at most.", min=1, max=100_000)] = 50,
    as_json: AsJson = False,
) -> None:
    """List calls, the latest first; all that is named must hold of each.

    Calls that still ring may be missing: Retell lists a call by its start.
    """
    from dialer.retell.call_filters import CallFilters

    now = datetime.now(UTC)
    named = {"campaign_id": campaign, "lead_id": lead, "attempt_id": attempt}
    ours = {key: str(value) for key, value in named.items() if value is not None}
    filters = CallFilters(
        agent_id=agent,
        agent_version=_version(version, agent=agent),
        from_number=None if from_ is None else read_number(from_, country="US"),
        to_number=None if to is None else read_number(to, country="US"),
        since=None if since is None else read_past(since, option="--since", now=now),
        until=None if until is None else read_past(until, option="--until", now=now),
        statuses=tuple(status or ()),
        reasons=tuple(reason or ()),
        directions=tuple(direction or ()),
        call_types=tuple(kind or ()),
        sentiments=tuple(sentiment or ()),
        in_voicemail=voicemail,
        call_successful=successful,
        batch_call_id=batch,
        longer_than_ms=_milliseconds(longer_than, option="--longer-than"),
        costlier_than_cents=None if costlier_than is None else costlier_than * 100,
        slower_than_ms=_milliseconds(slower_than, option="--slower-than"),
        agent_tags=tuple(agent_tag or ()),
        tools=tuple(tool or ()),
        metadata={**read_pairs(metadata or (), option="--metadata"), **ours},
        variables=read_pairs(variable or (), option="--variable"),
        analysis=read_values(analysis or (), option="--analysis"),
        attributes=read_values(attribute or (), option="--attribute"),
        further=_read_criteria(criteria),
    )
    order: SortOrder = "ascending" if oldest_first else "descending"
    _print_listed(filters, most=limit, order=order, as_json=as_json)


def _print_listed(filters: "CallFilters", *, most: int, order: "SortOrder", as_json: bool) -> None:
    from dialer.actions import calls as at_retell

    with opened_world(load_settings()) as world:
        found = at_retell.list_calls(world, filters, most=most, order=order)
    shown: list[dict[str, Any]] = [at_retell.call_fields(call) for call in found.calls]
    if as_json:
        print_json({"has_more": found.has_more, "calls": shown})
    else:
        show_listed(shown, has_more=found.has_more)


def _version(version: int | None, *, agent: str | None) -> int | None:
    if version is not None and agent is None:
        raise WrongUsage("--version is of no agent", fix="add --agent AGENT_ID")
    return version


def _milliseconds(text: str | None, *, option: str) -> int | None:
    from dialer.domain.durations import parse_duration

    if text is None:
        return None
    try:
        return round(parse_duration(text).total_seconds() * 1000)
    except ValueError as error:
        raise WrongUsage(f"{option} is no duration", why=str(error), fix=f"{option} 30s") from error


def _read_criteria(text: str | None) -> dict[str, Any]:
    fix = """--criteria '{"call_id": {"type": "string", "op": "sw", "value": "call_"}}'"""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise WrongUsage("--criteria is no JSON", why=str(error), fix=fix) from error
    if not isinstance(found, dict):
        raise WrongUsage("--criteria is no JSON object", fix=fix)
    return found
