"""What people tell the schedules of the state machine."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
from factories import NOW, make_spec

from dialer.domain.durations import format_duration
from dialer.domain.occurrences import Missed
from dialer.domain.schedule_spec import LeadChoice, Recipe, ScheduleSpec
from simulation.machine_moments import LORD_HOWE, Hands, Once
from simulation.machine_promises import Promise
from simulation.machine_stage import QUICK

HOURLY, OFTEN = Hands((0,)), Hands((0, 20, 40))
DAILY = (
    Hands((0,), hours=(9, 15)),
    Hands((30,), hours=(1, 2)),  # one is jumped over in spring, one is shown twice in autumn
    Hands((0, 45), hours=(2,), zone=LORD_HOWE),  # where clocks are set by half an hour
    Hands((15,), hours=(2, 12), days=(0, 1, 2, 3, 4, 6)),
)
SOON = (timedelta(minutes=1), timedelta(hours=5))
"""Once, so long from now."""
BEGINNINGS = (
    NOW,
    datetime(2026, 3, 8, 5, 0, tzinfo=UTC),  # in two hours clocks go forward in New York
    datetime(2026, 11, 1, 4, 30, tzinfo=UTC),  # and back
    datetime(2026, 10, 3, 14, 0, tzinfo=UTC),  # forward on Lord Howe Island
    datetime(2026, 4, 4, 13, 30, tzinfo=UTC),  # and back
)


@dataclass(frozen=True)
class Wish:
    """The settings of a schedule, as a person gives them."""

    name: str = "Spring"
    when: Hands | timedelta = HOURLY
    missed: Missed = Missed.SKIP
    leads: LeadChoice = LeadChoice.EVERYONE
    late_by: timedelta = timedelta(minutes=15)
    ends_in: timedelta | None = None  # the campaigns

    def promise(self, *, now: datetime) -> Promise:
        """Give what the schedule promises from now on."""
        due = Once(now + self.when) if isinstance(self.when, timedelta) else self.when
        return Promise(due, self._missed, self.late_by, self.leads, since=now)

    def recipe(self, lead_file: Path, *, now: datetime) -> Recipe:
        """Say it to the product."""
        settings = {
            **self.promise(now=now).when.settings,
            "name": self.name,
            "leads": self.leads,
            "missed": self._missed,
            "late_by": format_duration(self.late_by),
        }
        ends_at = None if self.ends_in is None else now + self.ends_in
        return Recipe(
            schedule=ScheduleSpec.model_validate(settings),
            campaign=make_spec(name=self.name, agent_id="agent_1", ends_at=ends_at, **QUICK),
            lead_file=str(lead_file),
        )

    @property
    def _missed(self) -> Missed:
        """Of two days that run every hour, to catch up with all would take long."""
        is_much = self.when in (HOURLY, OFTEN) and self.missed is Missed.ALL
        return Missed.ONCE if is_much else self.missed


WISHES = st.builds(
    Wish,
    name=st.sampled_from(["Spring", "Summer"]),
    when=st.sampled_from([*DAILY, *DAILY, HOURLY, OFTEN, *SOON]),
    missed=st.sampled_from(Missed),
    leads=st.sampled_from(LeadChoice),
    late_by=st.sampled_from([timedelta(minutes=15), timedelta(0), timedelta(hours=5)]),
    ends_in=st.sampled_from([None, None, timedelta(hours=10)]),
)
