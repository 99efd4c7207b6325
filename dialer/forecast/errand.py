"""Forecasts that people ask for on a page: a worker plays them through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dialer.actions.control import find
from dialer.actions.errand_hold import ErrandHold
from dialer.actions.errands import Works
from dialer.actions.world import World
from dialer.config import MOST_LINES, MOST_PER_SECOND
from dialer.domain.counts import how_many
from dialer.domain.errands import FOR_A_WORKER, ErrandKind, ErrandStatus
from dialer.errors import RefusedByRule, UserError
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.of_campaign import Played, forecast_campaign
from dialer.store import errands
from dialer.store.database import Connection

MOST_DAYS = 60
LONGEST_TALK = timedelta(hours=1)
TELL_EVERY = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is assumed, and for how many days it is played."""

    lines: int
    calls_per_second: float
    answer_rate: float = 0.3
    talk: timedelta = timedelta(minutes=2)
    days: int = 14

    def check(self) -> None:
        """Refuse what cannot be played.

        Raises:
            UserError: it is one of these.
        """
        wrong = (
            (not 1 <= self.days <= MOST_DAYS, f"days must be from 1 to {MOST_DAYS}"),
            (
                not 1 <= self.lines <= MOST_LINES,
                f"lines must be from 1 to {MOST_LINES:,}",
            ),
            (
                not 0.001 <= self.calls_per_second <= MOST_PER_SECOND,
                f"calls per second: from 0.001 to {MOST_PER_SECOND:,}",
            ),
            (not 0 <= self.answer_rate <= 1, "the share who answer must be from 0 to 100 percent"),
            (
                not timedelta(0) < self.talk <= LONGEST_TALK,
                "a conversation lasts up to an hour",
            ),
        )
        for is_wrong, sentence in wrong:
            if is_wrong:
                raise UserError(sentence, fix="correct it")


def ask(world: World, campaign_id: int, wish: Wish, *, actor: str) -> int:
    """Have a campaign played through, and give the errand's id.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it is being played already.
        UserError: what is assumed cannot be.
    """
    wish.check()
    asked = {
        "lines": wish.lines,
        "calls_per_second": wish.calls_per_second,
        "answer_rate": wish.answer_rate,
        "talk_s": wish.talk.total_seconds(),
        "days": wish.days,
    }
    now = world.clock.now()

    def body(tx: Connection) -> int:
        find(tx, campaign_id)
        latest = errands.latest_about(tx, campaign_id, ErrandKind.FORECAST)
        if latest is not None and latest.status in FOR_A_WORKER:
            raise RefusedByRule("it is being played already", fix="wait until that is done")
        values: dict[str, Any] = {"campaign_id": campaign_id, "asked": asked, "actor": actor}
        return errands.add(tx, ErrandKind.FORECAST, now=now, status=ErrandStatus.DOING, **values)

    errand_id = world.db.transact(body)
    world.queue.run_errands()
    return errand_id


def play(hold: ErrandHold) -> None:
    """Play a campaign through, and put down what came of it."""
    row, asked = hold.errand, hold.errand.asked
    assert row.campaign_id is not None
    told_at = hold.world.clock.now()

    def tell(fraction: float) -> None:
        nonlocal told_at
        now = hold.world.clock.now()
        if now - told_at >= TELL_EVERY:
            hold.tell(0, fraction)
            told_at = now

    played = forecast_campaign(
        hold.world.db,
        row.campaign_id,
        days=asked["days"],
        assumptions=Assumptions(
            lines=asked["lines"],
            calls_per_second=asked["calls_per_second"],
            answer_rate=asked["answer_rate"],
            talk=timedelta(seconds=asked["talk_s"]),
        ),
        now=hold.world.clock.now(),
        tell=tell,
    )
    figures = figures_of(played)
    hold.finish(how_many(figures["calls"], "call"), found=figures)


def figures_of(played: Played) -> dict[str, Any]:
    """Write a forecast down; counts are those of the whole, where only a sample was played."""
    found, nth = played.forecast, played.nth

    def times(counts: Mapping[Any, int]) -> dict[str, int]:
        return {str(key): count * nth for key, count in counts.items()}

    return {
        "leads": played.leads,
        "nth": nth,
        "zone": found.zone,
        "status": found.status,
        "held_text": found.held_text,
        "start_at": found.start_at.isoformat(),
        "ended_at": found.ended_at.isoformat(),
        "waiting": found.waiting * nth,
        "closed_as": times(found.progress.by_closed_as),
        "dispositions": times(found.progress.dispositions),
        "calls": found.calls.calls * nth,
        "first_at": found.calls.first_at and found.calls.first_at.isoformat(),
        "last_at": found.calls.last_at and found.calls.last_at.isoformat(),
        "hours": found.calls.hours,
        "most_lines": min(found.most_lines * nth, played.leads),
        "busy_share": found.calls.busy_share,
        "by_day": times(found.calls.by_day),
        "by_hour": times(found.calls.by_hour),
        "zones": [
            {
                "zone": one.zone,
                "calls": one.calls * nth,
                "earliest": one.earliest,
                "latest": one.latest,
            }
            for one in found.calls.zones
        ],
        "violations": list(found.violations[:20]),
    }


MORE_ERRANDS: Works = {ErrandKind.FORECAST: play}
"""The errands that no action can do, because a forecast runs all of them."""
