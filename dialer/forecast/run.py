"""Run: a campaign file goes in, a forecast comes out. Nothing is stored anywhere."""

import random
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from dialer.actions import control
from dialer.actions.campaign_file import lead_file_of, read_campaign_file
from dialer.actions.load import Order, load
from dialer.actions.watch import Sight, look
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.errors import UserError
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.figures import Forecast, count_calls
from dialer.forecast.messages import Messages
from dialer.forecast.oracle import wrong_calls
from dialer.forecast.time_lapse import TimeLapse
from dialer.forecast.virtual_clock import VirtualClock
from dialer.leads.table import Limits
from dialer.retell.client import RetellClient
from dialer.simulator.engine import Exchange
from dialer.simulator.in_process import InProcess
from dialer.store import gate, outlook
from dialer.store.database import Database
from dialer.store.invariants import violations
from dialer.store.outlook import LeadWhereabouts
from dialer.store.scratch import scratch_database

ACTOR = "forecast"
NO_RETELL = "http://forecast.invalid"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A world in virtual time, and what is around it."""

    world: World
    clock: VirtualClock
    exchange: Exchange
    lapse: TimeLapse


@contextmanager
def rehearsal(
    assumptions: Assumptions, *, start_at: datetime, limits: Limits | None = None
) -> Iterator[Rehearsal]:
    """Open a world with an empty database, in which it is `start_at`."""
    with scratch_database() as db:
        clock, messages = VirtualClock(start_at), Messages(db)
        exchange = Exchange(assumptions.simulated())
        provider = RetellClient(
            NO_RETELL,
            exchange.settings.api_key,
            clock=clock,
            transport=InProcess(exchange, now_ms=clock.now_ms),
        )
        world = World(
            db=db,
            provider=provider,
            queue=messages,
            clock=clock,
            import_limits=limits or Limits(),
            new_id=_ids(assumptions.seed),
        )
        _set_lines(db, assumptions)
        try:
            lapse = TimeLapse(world, clock=clock, messages=messages, exchange=exchange)
            yield Rehearsal(world, clock, exchange, lapse)
        finally:
            provider.close()


def _ids(seed: int) -> Callable[[], str]:
    dice = random.Random(seed)
    return lambda: str(uuid.UUID(int=dice.getrandbits(128), version=4))


def _set_lines(db: Database, assumptions: Assumptions) -> None:
    db.transact(
        lambda tx: gate.ensure(
            tx,
            lines=assumptions.lines,
            calls_per_second=assumptions.calls_per_second,
            headroom=0,
        )
    )


def forecast(
    path: Path,
    *,
    start: datetime,
    days: int,
    assumptions: Assumptions,
    limits: Limits | None = None,
    tell: Callable[[datetime, Sight], None] = lambda moment, sight: None,
) -> Forecast:
    """Let the campaign of a file run for some days, as if it were started at `start`.

    A `start` without an offset is on the clock of the campaign's default zone, else in UTC.
    `tell` hears at the end of each day where the campaign stands.

    Raises:
        NotFound: there is no such file, or no lead file.
        UserError: they cannot be used; the text says why.
    """
    spec = read_campaign_file(path)
    lead_file = lead_file_of(spec, path)
    if lead_file is None:
        raise UserError(
            f"{path} names no leads", why="a forecast needs a list", fix='write leads = "leads.csv"'
        )
    start_at = moment_of(start, spec)
    with rehearsal(assumptions, start_at=start_at, limits=limits) as stage:
        campaign_id = put_in(stage.world, spec, lead_file)
        places = places_by_number(stage.world)
        control.start(stage.world, campaign_id, actor=ACTOR)
        pass_days(stage, campaign_id, days=days, tell=tell)
        return sum_up(stage, campaign_id, spec, places=places, start_at=start_at)


def moment_of(start: datetime, spec: CampaignSpec) -> datetime:
    """Give the moment at which a campaign begins."""
    if start.tzinfo is None:
        start = start.replace(tzinfo=ZoneInfo(zone_of(spec)))
    return start.astimezone(UTC)


def zone_of(spec: CampaignSpec) -> str:
    """Give the zone in which a campaign's days are counted."""
    return spec.default_zone or "UTC"


def put_in(world: World, spec: CampaignSpec, lead_file: Path) -> int:
    """Make the campaign with its leads, and give its id."""
    campaign_id = control.create(world, spec, actor=ACTOR)
    with tempfile.TemporaryDirectory(prefix="dialer-") as folder:
        load(
            world,
            campaign_id,
            lead_file,
            actor=ACTOR,
            rejects_to=Path(folder) / "rejects.csv",
            order=Order(check_agent=False),  # the simulated agent says nothing of the real one
        )
    return campaign_id


def places_by_number(world: World) -> dict[str, LeadWhereabouts]:
    """Give where every lead is."""
    return {place.phone: place for place in world.db.read(outlook.places_of_leads)}


def pass_days(
    stage: Rehearsal, campaign_id: int, *, days: int, tell: Callable[[datetime, Sight], None]
) -> None:
    """Let days pass, or as many of them as there is something to do on."""
    start_at = stage.clock.now()
    for day in range(1, days + 1):
        until = start_at + day * DAY
        goes_on = stage.lapse.run(until=until)
        tell(until, look(stage.world.db, campaign_id))
        if not goes_on:
            break


def sum_up(
    stage: Rehearsal,
    campaign_id: int,
    spec: CampaignSpec,
    *,
    places: Mapping[str, LeadWhereabouts],
    start_at: datetime,
) -> Forecast:
    """Count what happened, and check all of it."""
    sight = look(stage.world.db, campaign_id)
    truth = stage.exchange.truth(now_ms=stage.clock.now_ms())
    return Forecast(
        status=sight.status.value,
        held_text=sight.held_text,
        start_at=start_at,
        ended_at=stage.clock.now(),
        zone=zone_of(spec),
        progress=sight.progress,
        calls=count_calls(
            stage.exchange.calls,
            places=places,
            zone=zone_of(spec),
            lines=stage.exchange.limit,
            now_ms=stage.clock.now_ms(),
        ),
        most_lines=truth["most_active"],
        violations=list(_violations(stage, spec, places=places, truth=truth)),
    )


def _violations(
    stage: Rehearsal,
    spec: CampaignSpec,
    *,
    places: Mapping[str, LeadWhereabouts],
    truth: Mapping[str, int],
) -> Iterator[str]:
    yield from wrong_calls(stage.exchange.calls, places=places, window=spec.window)
    for name in ("attempts_with_two_calls", "persons_in_two_calls", "over_limit_calls"):
        if truth[name]:
            yield f"{name.replace('_', ' ')}: {truth[name]}"
    now = stage.clock.now()
    for one in stage.world.db.read(lambda tx: violations(tx, now=now)):
        yield f"{one.name}: {one.sentence} Broken by {', '.join(one.ids[:10])}"
