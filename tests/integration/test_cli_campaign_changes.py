"""The commands that change, copy, schedule and archive campaigns."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log
from factories import set_gate

from dialer.cli.exits import ExitCode
from dialer.clock import SystemClock
from dialer.config import Settings
from dialer.store import campaigns, gate
from dialer.store.database import Database


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk with the embedded database, whose broker does not run."""
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with kept_log():
        yield Desk(tmp_path, capsys)


def running(desk: Desk) -> int:
    campaign = desk.create()
    assert desk.type("campaigns", "start", campaign, "--yes").code == ExitCode.DONE
    return campaign


def spec(desk: Desk, campaign: int) -> dict[str, object]:
    shown: dict[str, object] = desk.type("campaigns", "show", campaign, "--json").json["spec"]
    return shown


# -- refusals


@pytest.mark.parametrize(
    "words",
    [
        ("edit", "41", "--set", "weight=2"),
        ("redial", "41"),
        ("duplicate", "41"),
        ("archive", "41"),
        ("unschedule", "41"),
        ("start", "41", "--yes", "--at", "2030-01-01T00:00Z"),
    ],
)
def test_a_campaign_that_is_not_there_is_not_found(desk: Desk, words: tuple[str, ...]) -> None:
    answer = desk.type("campaigns", *words)
    assert answer.code == ExitCode.NOT_FOUND
    assert "error: there is no campaign 41\n" in answer.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--set limits.lines=5, or --file FILE"),
        (("--set", "limits.lines"), "--set limits.lines names no key and value"),
        (("--set", "=5"), "--set =5 names no key and value"),
    ],
)
def test_an_edit_that_says_nothing_is_wrong_usage(
    desk: Desk, words: tuple[str, ...], told: str
) -> None:
    answer = desk.type("campaigns", "edit", desk.create(), *words)
    assert answer.code == ExitCode.USAGE
    assert told in answer.err


def test_a_value_that_is_not_valid_is_told_with_key_and_fix(desk: Desk) -> None:
    answer = desk.type("campaigns", "edit", running(desk), "--set", "limits.lines=0")
    assert answer.code == ExitCode.FAILED
    assert "error: --set: limits.lines = 0 is not valid\n" in answer.err
    assert "fix: correct limits.lines in --set\n" in answer.err


def test_what_is_fixed_once_a_campaign_runs_is_refused_with_the_way_out(desk: Desk) -> None:
    campaign = running(desk)
    answer = desk.type("campaigns", "edit", campaign, "--set", "agent_id=agent_2")
    assert answer.code == ExitCode.REFUSED
    assert f"fix: dialer campaigns duplicate {campaign} --with-leads" in answer.err


@pytest.mark.parametrize("at", ["soon", "2030-01-01 09:00", "2030-01-01 09:00 Nowhere"])
def test_a_start_at_no_moment_is_wrong_usage(desk: Desk, at: str) -> None:
    campaign = desk.create()
    answer = desk.type("campaigns", "start", campaign, "--at", at, "--yes")
    assert answer.code == ExitCode.USAGE
    assert "--at is not a moment" in answer.err
    assert desk.type("campaigns", "show", campaign, "--json").json["status"] == "draft"


def test_nobody_is_redialed_where_nobody_was_missed(desk: Desk) -> None:
    answer = desk.type("campaigns", "redial", running(desk))
    assert answer.code == ExitCode.REFUSED
    assert "has nobody to redial" in answer.err


def test_only_what_is_over_is_archived(desk: Desk) -> None:
    assert desk.type("campaigns", "archive", running(desk)).code == ExitCode.REFUSED


# -- edit


def test_settings_are_changed_by_key_as_in_a_campaign_file(desk: Desk) -> None:
    campaign = running(desk)
    pairs = (
        "limits.lines=5",
        "window.closes=19:00",
        "name=Fall and winter",
        'cadence.delays.no_answer=["2h", "1d"]',
        "ends_at=2030-01-01T00:00:00Z",
    )
    words = [word for pair in pairs for word in ("--set", pair)]
    answer = desk.type("campaigns", "edit", campaign, *words)
    assert answer.code == ExitCode.DONE, answer.err
    header, *rows = answer.out.splitlines()
    assert header == "setting\tbefore\tafter"
    assert "limits.lines\tnull\t5" in rows
    assert "window.closes\t24:00\t19:00" in rows
    assert "cadence and callback count from the next attempt on" in answer.err
    assert "5 settings changed; calls in progress go on" in answer.err
    found = spec(desk, campaign)
    assert (found["name"], found["limits"]) == (
        "Fall and winter",
        {"lines": 5, "lines_at_least": 0},
    )
    lifted = desk.type("campaigns", "edit", campaign, "--unset", "limits.lines", "--json").json
    assert (lifted["before"], lifted["after"]) == ({"limits.lines": 5}, {"limits.lines": None})


def test_a_dry_run_shows_before_and_after_and_changes_nothing(desk: Desk) -> None:
    campaign = running(desk)
    before = spec(desk, campaign)
    answer = desk.type("campaigns", "edit", campaign, "--set", "weight=2.5", "--dry-run")
    assert answer.out.splitlines()[1] == "weight\t1.0\t2.5"
    assert "nothing was stored" in answer.err
    assert spec(desk, campaign) == before


def test_a_file_gives_what_may_be_changed_and_the_rest_is_told(desk: Desk) -> None:
    campaign = running(desk)
    text = desk.campaign_file.read_text().replace("Spring", "Fall")
    path = desk.write("fall.toml", text.replace("[window]", 'country = "CA"\n[window]'))
    answer = desk.type("campaigns", "edit", campaign, "--file", path)
    assert answer.code == ExitCode.DONE, answer.err
    assert "not taken over, because the campaign is no draft: country" in answer.err
    found = spec(desk, campaign)
    assert (found["name"], found["country"]) == ("Fall", "US")


def test_a_draft_takes_all_of_a_file(desk: Desk) -> None:
    draft = desk.create()
    text = desk.campaign_file.read_text().replace("[window]", 'country = "CA"\n[window]')
    desk.type("campaigns", "edit", draft, "--file", desk.write("fall.toml", text))
    assert spec(desk, draft)["country"] == "CA"


def test_an_edit_that_changes_nothing_says_so(desk: Desk) -> None:
    answer = desk.type("campaigns", "edit", running(desk), "--set", "weight=1")
    assert answer.code == ExitCode.DONE
    assert "nothing changes" in answer.err


# -- start at, unschedule


def test_a_campaign_is_scheduled_by_local_time_and_made_a_draft_again(desk: Desk) -> None:
    campaign = desk.create()
    at = "2030-01-07 09:00 America/Chicago"
    answer = desk.type("campaigns", "start", campaign, "--at", at, "--yes")
    assert answer.code == ExitCode.DONE, answer.err
    assert "it starts at 2030-01-07 15:00 UTC" in answer.err
    shown = desk.type("campaigns", "show", campaign, "--json").json
    assert (shown["status"], shown["start_at"]) == ("scheduled", "2030-01-07T15:00:00+00:00")
    assert desk.type("campaigns", "unschedule", campaign).code == ExitCode.DONE
    shown = desk.type("campaigns", "show", campaign, "--json").json
    assert (shown["status"], shown["start_at"]) == ("draft", None)


# -- redial, duplicate, archive


def test_those_whom_a_stop_left_uncalled_are_redialed_and_started(desk: Desk) -> None:
    campaign = running(desk)
    desk.type("campaigns", "stop", campaign, "--yes")
    asked = desk.type("campaigns", "redial", campaign, "--include", "stopped", "--start")
    assert asked.code == ExitCode.USAGE
    assert "call 2 leads" in asked.err
    words = ("--include", "stopped", "--start", "--yes", "--json")
    answer = desk.type("campaigns", "redial", campaign, *words)
    assert answer.code == ExitCode.DONE, answer.err
    assert answer.json == {"campaign_id": 2, "status": "running", "leads": 2, "left_out": 0}
    shown = desk.type("campaigns", "show", 2, "--json").json
    assert (shown["name"], shown["parent_id"]) == ("Spring, redial", campaign)


def test_a_duplicate_has_the_settings_and_where_asked_for_the_leads(desk: Desk) -> None:
    campaign = running(desk)
    bare = desk.type("campaigns", "duplicate", campaign, "--name", "Fall")
    assert (bare.fields["leads"], bare.fields["status"]) == ("0", "draft")
    assert "dialer lists import FILE --campaign 2" in bare.err
    full = desk.type("campaigns", "duplicate", campaign, "--with-leads", "--json")
    assert full.json["leads"] == 2
    assert "dialer campaigns start 3" in full.err


def test_an_archived_campaign_is_listed_only_where_all_are(desk: Desk) -> None:
    campaign = running(desk)
    desk.type("campaigns", "stop", campaign, "--yes")
    assert desk.type("campaigns", "archive", campaign).code == ExitCode.DONE
    assert desk.type("campaigns", "list", "--json").json == []
    (listed,) = desk.type("campaigns", "list", "--all", "--json").json
    assert listed["status"] == "archived"


# -- show


def test_a_campaign_that_is_over_is_shown_with_what_came_of_it(desk: Desk) -> None:
    campaign = running(desk)
    assert desk.type("campaigns", "show", campaign, "--json").json["summary"] is None
    desk.type("campaigns", "stop", campaign, "--yes")
    summary = desk.type("campaigns", "show", campaign, "--json").json["summary"]
    assert (summary["leads"], summary["closed_as"], summary["calls"]) == (2, {"stopped": 2}, 0)
    for verb in ("show", "watch"):
        fields = desk.type("campaigns", verb, campaign).fields
        assert fields["summary.closed_as"] == "stopped 2"
        assert fields["summary.rejected_rows"] == "2"


def test_it_is_said_when_everything_is_paused(desk: Desk) -> None:
    campaign = running(desk)
    asked = (("list",), ("show", campaign))
    assert not any("is paused" in desk.type("campaigns", *one).err for one in asked)
    database = Database(Settings.load().database_url)
    set_gate(database)
    database.transact(lambda tx: gate.set_everything_paused(tx, paused=True))
    database.close()
    assert all("everything is paused" in desk.type("campaigns", *one).err for one in asked)


@pytest.mark.parametrize(
    ("reason", "told"), [("http_402", "only by a person"), ("http_401", "by itself once")]
)
def test_a_held_campaign_is_shown_with_how_it_goes_on(desk: Desk, reason: str, told: str) -> None:
    campaign = running(desk)
    database = Database(Settings.load().database_url)
    database.transact(
        lambda tx: campaigns.hold(
            tx, campaign, reason=reason, sentence="No.", now=SystemClock().now()
        )
    )
    database.close()
    assert told in desk.type("campaigns", "show", campaign).fields["goes_on"]


# -- the leads of a list


def without_leads(desk: Desk) -> Path:
    text = desk.campaign_file.read_text().replace('leads = "leads.csv"\n', "")
    return desk.write("anew.toml", text.replace("Spring", "Fall"))


def test_a_campaign_is_made_with_the_leads_of_a_list(desk: Desk) -> None:
    running(desk)
    words = ("campaigns", "create", without_leads(desk), "--leads-of-list", "1")
    dry = desk.type(*words, "--dry-run")
    assert "2 leads could be taken over; nothing was stored" in dry.err
    made = desk.type(*words, "--json")
    assert made.code == ExitCode.DONE, made.err
    assert made.json == {
        "campaign_id": 2,
        "name": "Fall",
        "list_id": 1,
        "leads": 2,
        "left_out": 0,
        "status": "draft",
    }
    assert "dialer campaigns start 2" in made.err
    shown = desk.type("campaigns", "show", 2, "--json").json
    assert shown["leads_from"] == {
        "campaign_id": 1,
        "campaign": "Spring",
        "leads": "everybody",
        "list_id": 1,
        "file_name": "leads.csv",
    }
    lead = desk.type("leads", "show", "3", "--json").json
    assert lead["taken_from"] == shown["leads_from"]


def test_a_list_that_was_undone_makes_no_campaign(desk: Desk) -> None:
    desk.create()
    assert desk.type("lists", "undo", 1, "--yes").code == ExitCode.DONE
    for more in ((), ("--dry-run",)):
        words = ("campaigns", "create", without_leads(desk), "--leads-of-list", "1", *more)
        answer = desk.type(*words)
        assert answer.code == ExitCode.REFUSED
        assert 'error: list 1 "leads.csv" was undone\n' in answer.err
        assert "why: its leads were taken out of campaign 1 again\n" in answer.err
        assert "fix: choose another: dialer lists list shows them all\n" in answer.err
    assert desk.type("campaigns", "show", 2).code == ExitCode.NOT_FOUND


def test_a_list_that_is_not_there_is_not_found(desk: Desk) -> None:
    words = ("campaigns", "create", without_leads(desk), "--leads-of-list", "77")
    answer = desk.type(*words)
    assert answer.code == ExitCode.NOT_FOUND
    assert "error: there is no list 77\n" in answer.err


def test_leads_of_a_file_and_of_a_list_at_once_are_wrong_usage(desk: Desk) -> None:
    desk.create()
    answer = desk.type("campaigns", "create", desk.campaign_file, "--leads-of-list", "1")
    assert answer.code == ExitCode.USAGE
    assert "leads come from one place" in answer.err
    assert desk.type("campaigns", "show", 2).code == ExitCode.NOT_FOUND
