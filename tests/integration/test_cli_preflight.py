"""What the commands tell before a campaign starts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_desk import CAMPAIGN, NOBODY_LISTENS, Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import Settings

REASON = "Counsel looked at it on Monday."
CALLER = """
[caller]
legal_name = "Acme Insurance, Inc."
callback_number = "+14155550198"
opt_out_words = "Say stop at any time."
discloses_ai = true
announces_recording = true
"""
DEMO = Path(__file__).parents[2] / "campaigns" / "demo.toml"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk with the embedded database, whose broker does not run."""
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with kept_log():
        yield Desk(tmp_path, capsys)


def register(desk: Desk, *, days_old: int) -> None:
    day = (datetime.now(UTC) - timedelta(days=days_old)).date()
    path = desk.write("registry.txt", "202,5550100\n")
    desk.type("dnc", "import", path, "--registry", "--dated", day)


def test_an_old_registry_forbids_a_start_with_exit_code_5(desk: Desk) -> None:
    campaign = desk.create()
    register(desk, days_old=45)
    answer = desk.type("campaigns", "start", campaign, "--yes")
    assert answer.code == ExitCode.REFUSED
    assert "may not start: the do-not-call registry us-national is of " in answer.err
    assert f"dialer campaigns start {campaign} --despite REASON" in answer.err
    assert desk.type("campaigns", "show", campaign, "--json").json["status"] == "draft"


def test_a_reason_starts_it_all_the_same(desk: Desk) -> None:
    campaign = desk.create()
    register(desk, days_old=45)
    answer = desk.type("campaigns", "start", campaign, "--yes", "--despite", REASON)
    assert answer.code == ExitCode.DONE, answer.err
    assert desk.type("campaigns", "show", campaign, "--json").json["status"] == "running"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--despite", "why not"), "needs a reason"),
        (("--despite", REASON, "--at", "2099-01-01 09:00 UTC"), "counts for a start now"),
    ],
)
def test_a_reason_that_is_none_is_refused(desk: Desk, flags: tuple[str, ...], told: str) -> None:
    answer = desk.type("campaigns", "start", desk.create(), "--yes", *flags)
    assert answer.code == ExitCode.USAGE
    assert told in answer.err


def test_an_appointment_may_be_made_before_the_registry_is_renewed(desk: Desk) -> None:
    campaign = desk.create()
    register(desk, days_old=45)
    answer = desk.type("campaigns", "start", campaign, "--yes", "--at", "2099-01-01 09:00 UTC")
    assert answer.code == ExitCode.DONE
    assert "may not start: " in answer.err


def test_a_start_warns_before_it_asks(desk: Desk) -> None:
    answer = desk.type("campaigns", "start", desk.create())
    assert answer.code == ExitCode.USAGE  # nobody is there to answer
    warned, _, asked = answer.err.partition("error: ")
    assert warned.count("warning: ") == 7  # one of them that Retell does not answer
    assert "warning: nobody wrote down in whose name the agent calls (write under [caller]: " in (
        warned
    )
    assert "Start campaign" in asked


def test_a_campaign_made_and_started_at_once_warns_too(desk: Desk) -> None:
    answer = desk.type("campaigns", "create", desk.campaign_file, "--start")
    assert answer.err.count("write under [caller]: ") == 5


def test_a_file_is_checked_for_what_would_be_found(desk: Desk) -> None:
    desk.without_database()
    answer = desk.type("campaigns", "check", desk.campaign_file)
    assert answer.code == ExitCode.DONE
    assert answer.err.count("warning: ") == 5  # without a database: of the file itself
    register(desk, days_old=45)
    answer = desk.type("campaigns", "check", desk.campaign_file)
    assert "may not start: the do-not-call registry us-national" in answer.err
    found = desk.type("campaigns", "check", desk.campaign_file, "--json").json
    assert [one["code"] for one in found["findings"] if one["forbids"]] == ["registry_too_old"]


def test_checking_a_file_makes_no_database(desk: Desk) -> None:
    desk.without_database()
    desk.type("campaigns", "check", desk.campaign_file)
    assert not list(Settings.load().home.glob("*.db"))


def test_a_file_is_checked_though_the_database_cannot_be_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    monkeypatch.setenv("DATABASE_URL", nobody)
    assert desk.type("campaigns", "check", desk.campaign_file).code == ExitCode.DONE


def test_a_complete_file_and_the_demo_are_checked_without_a_warning(desk: Desk) -> None:
    path = desk.write("whole.toml", CAMPAIGN + CALLER)
    register(desk, days_old=1)
    for file in (path, DEMO):
        answer = desk.type("campaigns", "check", file)
        assert (answer.code, answer.err) == (
            ExitCode.DONE,
            f"{file} is a valid campaign file\n",
        )
