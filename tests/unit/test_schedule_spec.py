"""A schedule's settings, and whom a run calls."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.schedule_spec import (
    RUN_MOVES,
    Earlier,
    LeadChoice,
    PassedOver,
    RunStatus,
    ScheduleSpec,
    why_pass_over,
)
from dialer.domain.states import ClosedAs, LeadStatus

CRON = {"name": "S", "cron": "0 9 * * *", "zone": "America/New_York"}
AT = {"name": "S", "at": "2026-12-01T09:00:00-05:00"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "S"}, "none of them is given"),
        ({**CRON, "at": AT["at"]}, "at and cron is given"),
        ({**CRON, "watch": "inbox/*"}, "cron and watch is given"),
        ({"name": "S", "cron": "0 9 * * *"}, "needs a zone"),
        ({**AT, "zone": "America/New_York"}, "belongs to `cron`"),
        ({**CRON, "zone": "New York"}, "is not a zone"),
        ({**CRON, "cron": "9:00"}, "five fields"),
        ({"name": "S", "at": "2026-12-01T09:00:00"}, "timezone"),
        ({"name": "S", "watch": "*/inbox/x.csv"}, "a folder and a pattern"),
        ({"name": "S", "watch": ""}, "a folder and a pattern"),
        ({**CRON, "leads": "some"}, "everyone again"),
        ({**CRON, "missed": "maybe"}, "catch up"),
        ({**CRON, "late_by": 5}, "is not a duration"),
        ({**CRON, "crn": "x"}, "Extra inputs"),
        ({**CRON, "name": ""}, "at least 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ScheduleSpec.model_validate(settings)


def test_by_default_everyone_is_called_and_what_is_missed_is_left_out() -> None:
    spec = ScheduleSpec.model_validate(CRON)
    assert (spec.leads, spec.missed) == ("everyone again", "skip")
    assert spec.late_by == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("watch", "read"),
    [(True, "inbox/*"), ("in", "in/*"), ("in/", "in/*"), ("a/b/*.csv", "a/b/*.csv")],
)
def test_a_folder_to_watch_is_a_folder_and_a_pattern(watch: object, read: str) -> None:
    if watch == "in":
        read = "in/*"
    assert ScheduleSpec.model_validate({"name": "S", "watch": watch}).watch == read


def test_a_schedule_says_when_it_runs() -> None:
    assert ScheduleSpec.model_validate(CRON).when == "0 9 * * * in America/New_York"
    assert ScheduleSpec.model_validate(AT).when == "once at 2026-12-01 09:00:00-05:00"
    assert ScheduleSpec.model_validate({"name": "S", "watch": True}).when == "new in inbox/*"


def test_one_moment_comes_once_and_a_folder_never_by_time() -> None:
    moment = datetime(2026, 12, 1, 14, tzinfo=UTC)
    once = ScheduleSpec.model_validate(AT)
    assert once.next_after(moment - timedelta(seconds=1)) == moment
    assert once.next_after(moment) is None
    assert once.due(first=moment, now=moment).run == (moment,)
    assert ScheduleSpec.model_validate({"name": "S", "watch": True}).next_after(moment) is None


def test_a_moment_is_told_on_the_clock_of_the_schedule() -> None:
    moment = datetime(2026, 7, 1, 13, tzinfo=UTC)
    assert ScheduleSpec.model_validate(CRON).local(moment).hour == 9
    assert ScheduleSpec.model_validate(AT).local(moment).hour == 8
    assert ScheduleSpec.model_validate({"name": "S", "watch": True}).local(moment).hour == 13


@pytest.mark.parametrize("status", LeadStatus)
@pytest.mark.parametrize("closed_as", [None, *ClosedAs])
def test_only_those_given_up_or_stopped_are_not_reached(
    status: LeadStatus, closed_as: ClosedAs | None
) -> None:
    reason = why_pass_over(LeadChoice.NOT_REACHED, Earlier(status, closed_as, None))
    if status is not LeadStatus.CLOSED:
        assert reason is PassedOver.STILL_OPEN
    elif closed_as in (ClosedAs.EXHAUSTED, ClosedAs.STOPPED):
        assert reason is None
    else:
        assert reason is not None


@pytest.mark.parametrize("disposition", Disposition)
def test_nobody_is_dialed_again_whose_last_call_a_person_should_look_at(
    disposition: Disposition,
) -> None:
    earlier = Earlier(LeadStatus.CLOSED, ClosedAs.EXHAUSTED, disposition)
    reason = why_pass_over(LeadChoice.NOT_REACHED, earlier)
    review = MEANING[disposition].verdict is Verdict.REVIEW
    assert reason is (PassedOver.NEEDS_REVIEW if review else None)


@pytest.mark.parametrize("choice", LeadChoice)
def test_somebody_whom_no_run_had_is_called_by_each_choice(choice: LeadChoice) -> None:
    assert why_pass_over(choice, None) is None


def test_new_means_that_no_run_had_the_number() -> None:
    had = Earlier(LeadStatus.CLOSED, ClosedAs.EXHAUSTED, Disposition.NO_ANSWER)
    assert why_pass_over(LeadChoice.NEW, had) is PassedOver.HAD_BEFORE
    assert why_pass_over(LeadChoice.EVERYONE, had) is None


def test_a_run_that_is_finished_stays_so() -> None:
    assert set(RUN_MOVES) == set(RunStatus)
    assert [status for status in RunStatus if RUN_MOVES[status]] == [RunStatus.OPEN]
