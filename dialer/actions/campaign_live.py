"""What a campaign is doing at this moment, for those who watch it. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.actions.control import find
from dialer.domain.campaign_limits import lines_now
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.hold_checks import how_it_goes_on
from dialer.domain.lines import GateState, LinesInForce, lines_in_force
from dialer.domain.pulse import MINUTES, Speed, by_minute, rate, time_left, why_this_fast
from dialer.domain.states import CampaignStatus
from dialer.store import campaigns, errands, figures, first_lead, gate, pulse
from dialer.store.database import Connection, Database
from dialer.store.figures import Progress
from dialer.store.tables import Campaign, Errand

ERRANDS_SHOWN = 5
NEWS_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Counted:
    """What takes long to count in a long list."""

    progress: Progress
    dispositions: Sequence[tuple[Disposition, int]]
    minutes: Sequence[int]  # calls in each of the last minutes, the present one last
    held: Mapping[str, int]
    rejected: Sequence[tuple[int, str, int]]

    @property
    def attempts(self) -> int:
        """Count the attempts that ended."""
        return sum(count for _, count in self.dispositions)

    @property
    def rang(self) -> int:
        """Count those that rang."""
        return sum(count for word, count in self.dispositions if MEANING[word].rang)

    @property
    def reached(self) -> int:
        """Count those in which somebody talked with the agent."""
        return sum(
            count for word, count in self.dispositions if MEANING[word].verdict is Verdict.REACHED
        )

    @property
    def calls_per_minute(self) -> float:
        """Give the rate of late."""
        return rate(self.minutes)

    def time_left(self, *, now: datetime) -> timedelta | None:
        """Guess how long the rest takes."""
        done = self.progress
        last = done.last_due_at
        return time_left(
            waiting=done.pending + done.retry_later + done.in_flight,
            finished=done.finished,
            attempts=self.attempts,
            calls_per_minute=self.calls_per_minute,
            last_due_in=last - now if last is not None else None,
        )


NOTHING = Counted(Progress(), (), (), {}, ())
"""As long as nothing was counted yet."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is quickly read."""

    campaign: Campaign
    state: GateState
    lines: LinesInForce
    in_use: int
    ours: int
    running: Mapping[int, str]
    errands: Sequence[Errand]
    goes_on: str | None  # how a held campaign goes on
    first_is_called: bool  # and the others wait for a person


def counted(db: Database, campaign_id: int, *, now: datetime) -> Counted:
    """Count what there is to count of a campaign."""

    def body(tx: Connection) -> Counted:
        since = now - timedelta(minutes=MINUTES)
        return Counted(
            figures.progress(tx, [campaign_id])[campaign_id],
            figures.dispositions(tx, [campaign_id])[campaign_id],
            by_minute(pulse.sent_since(tx, campaign_id, since=since), now=now),
            pulse.held_reasons(tx, campaign_id),
            pulse.rejected_lists(tx, campaign_id),
        )

    return db.read(body)


def standing(db: Database, campaign_id: int, *, now: datetime) -> Standing:
    """Read where a campaign stands.

    Raises:
        NotFound: there is no such campaign.
    """

    def body(tx: Connection) -> Standing:
        row = find(tx, campaign_id)
        state = gate.peek(tx)
        held = row.status is CampaignStatus.HELD
        return Standing(
            row,
            state,
            lines_in_force(state, now=now),
            gate.count_open(tx).total,
            pulse.open_attempts(tx, campaign_id),
            pulse.running(tx),
            errands.of_campaign(tx, campaign_id, since=now - NEWS_FOR, most=ERRANDS_SHOWN),
            how_it_goes_on(row.held_reason, campaigns.spec_of(row).hold) if held else None,
            first_lead.is_called(tx, row),
        )

    return db.read(body)


def speed_of(found: Standing, of: Counted, *, now: datetime) -> list[str]:
    """Say why a running campaign runs at the speed it runs."""
    row = found.campaign
    if row.status is not CampaignStatus.RUNNING or found.first_is_called:
        return []
    due = of.progress.next_due_at
    speed = Speed(
        lines=found.lines.lines,
        in_use=found.in_use,
        ours=found.ours,
        cap=lines_now(campaigns.spec_of(row).limits, started_at=row.started_at, now=now),
        calls_per_second=found.state.calls_per_second,
        others=len(found.running.keys() - {row.id}),
        due=due is not None and due <= now,
    )
    return [*why_this_fast(speed), found.lines.sentence]
