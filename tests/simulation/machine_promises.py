"""What schedules promise, kept beside their rows, which may be wrong.

A schedule owes a run for each moment at which it is due while it is enabled. What was missed is
left out or caught up with, as the schedule says; what is left out is told with the reason.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dialer.domain.occurrences import Missed
from dialer.domain.schedule_spec import LeadChoice, RunStatus
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus, ListStatus
from dialer.store import leads, lists, schedule_runs, schedules
from simulation.machine_moments import Hands, Once
from simulation.machine_stage import Stage

MOST_CAUGHT_UP = 100
OF_SEVERAL = re.compile(r"([\d,]+) runs from (\S+ \S+) UTC to (\S+ \S+) UTC (?:missed|left out)")
OF_ONE = re.compile(r"The run of (\S+ \S+) UTC (?:missed|left out)")
BEGUN = re.compile(r"Campaign \d+ was started: ([\d,]+) leads to call")
BY_OTHERS = "by somebody else already."
CALLED_AGAIN = frozenset({ClosedAs.EXHAUSTED, ClosedAs.STOPPED})

Told = tuple[int, str, str]
"""How many runs a row says were left out, the first and the last of them."""


@dataclass(frozen=True)
class Account:
    """What rows say of the moments that were owed: these ran, and so many were left out."""

    at: datetime  # when somebody looked
    run: list[datetime]
    told: list[Told]


@dataclass
class Promise:
    """What one schedule was told, and from when on its moments are owed."""

    when: Hands | Once
    missed: Missed
    late_by: timedelta
    leads: LeadChoice
    since: datetime | None  # None: it is disabled

    def owed(self, *, at: datetime) -> list[datetime]:
        """Give the moments of which nothing is known yet."""
        return [] if self.since is None else self.when.moments(after=self.since, until=at)

    def account(self, *, at: datetime) -> Account:
        """Say what becomes of the owed moments when somebody looks."""
        owed = self.owed(at=at)
        run = self._wanted(owed, at=at) if owed else []
        return Account(at, run, summary([one for one in owed if one not in run]))

    def _wanted(self, owed: list[datetime], *, at: datetime) -> list[datetime]:
        if self.missed is Missed.ALL:
            return owed[-MOST_CAUGHT_UP:]
        is_missed = at - owed[-1] > self.late_by
        return [] if is_missed and self.missed is Missed.SKIP else owed[-1:]


@dataclass
class Promises:
    """All schedules, and what was found wrong with what became of them."""

    stage: Stage
    by_id: dict[int, Promise] = field(default_factory=dict)
    readings: list[datetime] = field(default_factory=list)  # when somebody may have looked
    lists: list[frozenset[str]] = field(default_factory=list)  # what the file ever held
    lists_before: dict[int, int] = field(default_factory=dict)  # a run: lists that it cannot have
    touched: set[int] = field(default_factory=set)  # campaigns that people changed
    had: dict[int, set[str]] = field(default_factory=dict)  # a schedule: whom its runs ever had
    over: dict[int, Any] = field(default_factory=dict)  # runs as they ended
    wrong: list[str] = field(default_factory=list)

    def look(self, *, is_whole: bool = False) -> None:
        """Compare what has become of the schedules; `is_whole`: nothing may be owed any more."""
        for schedule_id, promise in self.by_id.items():
            accounts = [promise.account(at=at) for at in self.readings]
            self._compare(schedule_id, accounts, is_whole=is_whole)
        self._look_at_runs()

    def leave_out(self, schedule_id: int) -> None:
        """Compare after a person took away what was owed: all of it is told of."""
        owed = self.by_id[schedule_id].owed(at=self.stage.now)
        account = Account(self.stage.now, [], summary(owed))
        self._compare(schedule_id, [account], is_whole=True)

    def _compare(self, schedule_id: int, accounts: list[Account], *, is_whole: bool) -> None:
        rows = self._new_rows(schedule_id)
        if not rows and not is_whole:
            return
        told = [found for row in rows if (found := told_of(row)) is not None]
        ran = [row.due_at for row in rows if told_of(row) is None]
        right = [one for one in accounts if (one.run, one.told) == (ran, told)]
        if not right:
            self.wrong.append(f"schedule {schedule_id}: {ran}, {told}, and not {accounts}")
        promise = self.by_id[schedule_id]
        promise.since = promise.since and (right or accounts)[0].at
        for row in rows:
            self.lists_before[row.id] = len(self.lists) - 1

    def _new_rows(self, schedule_id: int) -> list[Any]:
        """Give the runs that were noted since the last look, but for those by hand."""
        run = schedule_runs.run
        rows = self.stage.rows(run, run.c.schedule_id == schedule_id)
        return [row for row in rows if row.id not in self.lists_before and not by_hand(row)]

    def _look_at_runs(self) -> None:
        rows = self.stage.rows(schedule_runs.run)
        campaigns = {row.id: row for row in self.stage.campaign_rows() if row.schedule_id}
        made = [row.campaign_id for row in rows if row.campaign_id is not None]
        moments = [(row.schedule_id, row.due_at) for row in rows if not by_hand(row)]
        if sorted(made) != sorted(campaigns) or len(moments) != len(set(moments)):
            self.wrong.append(f"campaigns {sorted(campaigns)} are not those of runs: {made}")
        for row in rows:
            self.lists_before.setdefault(row.id, len(self.lists) - 1)
            if row.status is RunStatus.OPEN:
                continue
            if row.id not in self.over:
                self.over[row.id] = row
                self._look_at_end(row, campaigns.get(row.campaign_id))
            if self.over[row.id] != row:
                self.wrong.append(f"run {row.id} changed after its end")

    def _look_at_end(self, run: Any, campaign: Any) -> None:
        sentence = run.sentence or ""
        is_draft = campaign is not None and campaign.status is CampaignStatus.DRAFT
        if not sentence or is_draft or "tries ended in" in sentence:
            self.wrong.append(f"run {run.id} ended so: {sentence!r}, draft: {is_draft}")
        if sentence.endswith(BY_OTHERS) and campaign.id not in self.touched:
            self.wrong.append(f"nobody did what run {run.id} says: {sentence!r}")
        begun = BEGUN.match(sentence)
        if begun is None:
            return
        schedule = self.stage.rows(schedules.schedule, schedules.schedule.c.id == run.schedule_id)
        if not schedule[0].enabled and not by_hand(run):
            self.wrong.append(f"run {run.id} began although its schedule was disabled")
        self._count(run, int(begun[1].replace(",", "")))

    def _count(self, run: Any, to_call: int) -> None:
        """Compare the leads of a campaign that was just begun with its list and its run."""
        rows = self.stage.rows(leads.lead, leads.lead.c.campaign_id == run.campaign_id)
        passed = [row for row in rows if row.closed_as is ClosedAs.PASSED_OVER]
        counts = len(rows), len(passed), len(rows) - len(passed)
        if counts != (run.imported, run.passed_over, to_call):
            self.wrong.append(f"run {run.id} counts {run.sentence!r}; its leads: {counts}")
        known = self.stage.rows(lists.lead_list, lists.lead_list.c.campaign_id == run.campaign_id)
        phones = frozenset(row.phone for row in rows)
        is_undone = any(row.status is ListStatus.UNDONE for row in known)
        if not is_undone and phones not in self.lists[self.lists_before[run.id] :]:
            self.wrong.append(f"run {run.id} has leads that no list had: {sorted(phones)}")
        self._look_at_choice(run, {row.phone for row in passed}, phones)

    def _look_at_choice(self, run: Any, passed: set[str], phones: frozenset[str]) -> None:
        choice, had = self.by_id[run.schedule_id].leads, self.had.setdefault(run.schedule_id, set())
        earlier = self._earlier(run)
        if choice is LeadChoice.EVERYONE:
            unwanted = frozenset(passed)
        elif choice is LeadChoice.NEW:
            unwanted = (phones - passed) & earlier.keys()
        else:
            unwanted = frozenset(
                phone
                for phone in (phones - passed) & earlier.keys()
                if earlier[phone].status is not LeadStatus.CLOSED
                or earlier[phone].closed_as not in CALLED_AGAIN
            )
        if unwanted or not passed <= had:
            self.wrong.append(f"run {run.id} chose wrongly: {sorted(unwanted)}, {sorted(passed)}")
        had |= phones - passed

    def _earlier(self, run: Any) -> dict[str, Any]:
        """Give for each number the lead of the latest earlier run that did not pass it over."""
        before = [row for row in self.over.values() if row.schedule_id == run.schedule_id]
        found: dict[str, Any] = {}
        for row in sorted(before, key=lambda one: one.id):
            if row.id < run.id and row.status is RunStatus.STARTED:
                mine = self.stage.rows(leads.lead, leads.lead.c.campaign_id == row.campaign_id)
                found |= {
                    one.phone: one for one in mine if one.closed_as is not ClosedAs.PASSED_OVER
                }
        return found


def summary(left_out: list[datetime]) -> list[Told]:
    """Tell of moments that are left out as one row does."""
    return [(len(left_out), written(left_out[0]), written(left_out[-1]))] if left_out else []


def by_hand(run: Any) -> bool:
    """Tell whether a person asked for a run."""
    return not run.actor.startswith("schedule:")


def told_of(run: Any) -> Told | None:
    """Read which runs a row says were left out; None for one that is a run itself."""
    sentence = run.sentence or ""
    if several := OF_SEVERAL.match(sentence):
        return int(several[1].replace(",", "")), several[2], several[3]
    if single := OF_ONE.match(sentence):
        return 1, single[1], single[1]
    return None


def written(moment: datetime) -> str:
    """Write a moment as rows tell it."""
    return f"{moment:%Y-%m-%d %H:%M}"
