"""`dialer leads`, consent at the start, and the question before a doubtful import, as typed."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import CAMPAIGN, Desk, kept_log

from dialer.cli.exits import ExitCode

ADA, BEN = "+14155552671", "+12125553144"


class Terminal(io.StringIO):
    """A terminal at which somebody has typed an answer."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with kept_log():
        yield Desk(tmp_path, capsys)


def test_a_lead_is_shown_by_its_number_and_by_its_telephone_number(desk: Desk) -> None:
    campaign = desk.create()
    ((lead_id, phone),) = [
        (one["id"], one["phone"])
        for one in desk.type("leads", "list", "--campaign", campaign, "--json").json["leads"]
        if one["phone"] == ADA
    ]
    shown = desk.type("leads", "show", lead_id, "--json").json
    assert (shown["phone"], shown["state"], shown["variables"]["Plan"]) == (
        phone,
        "pending",
        "Team",
    )
    assert shown["imports"][0]["file_name"] == "leads.csv"
    assert shown["imports"][0]["row"] == 2
    assert shown["why_not_now"]["code"] == "not_running"
    assert desk.type("leads", "show", "415 555 2671", "--json").json["id"] == lead_id


def test_a_number_in_two_campaigns_is_shown_in_both(desk: Desk) -> None:
    desk.create()
    desk.create()
    found = desk.type("leads", "show", ADA, "--json").json
    assert [one["campaign_id"] for one in found] == [1, 2]
    assert desk.type("leads", "show", ADA).out.count("campaign_id\t") == 2


def test_what_happened_to_a_lead_is_told_in_order(desk: Desk) -> None:
    campaign = desk.create()
    desk.type("leads", "retry", 1, "--at", "tomorrow at 3 pm")
    desk.type("dnc", "add", desk.type("leads", "show", 1, "--json").json["phone"])
    answer = desk.type("leads", "show", 1)
    fields, events = answer.out.split("\n\n")
    assert "state\tclosed" in fields
    assert "suppressed\tyes" in fields
    header, *lines = events.splitlines()
    assert header == "at\twhat\tchange\tby\tevidence"
    assert [line.split("\t")[1] for line in lines] == [f"list {campaign}", "lead", "do not call"]
    assert "next: No further call: the number is not to be called." in answer.err
    assert "not now: The number is on the do-not-call list." in answer.err


def test_leads_are_listed_by_their_state(desk: Desk) -> None:
    campaign = desk.create()
    desk.type("leads", "skip", 1, "--reason", "staff", "--yes")
    pending = desk.type("leads", "list", "--campaign", campaign, "--state", "pending")
    header, *rows = pending.out.splitlines()
    assert header.split("\t")[:4] == ["id", "phone", "name", "state"]
    assert [row.split("\t")[0] for row in rows] == ["2"]
    some = desk.type("leads", "list", "--campaign", campaign, "--limit", "1")
    assert "1 of 2 leads" in some.err
    none = desk.type("leads", "list", "--campaign", campaign, "--state", "in flight")
    assert (none.code, "no such lead" in none.err) == (ExitCode.DONE, True)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["show", "99"], ExitCode.NOT_FOUND),
        (["show", BEN], ExitCode.NOT_FOUND),
        (["show", "hello"], ExitCode.USAGE),
        (["list", "--campaign", "99"], ExitCode.NOT_FOUND),
        (["list", "--campaign", "1", "--state", "lost"], ExitCode.USAGE),
        (["skip", "99", "--reason", "x", "--yes"], ExitCode.NOT_FOUND),
        (["skip", "1"], ExitCode.USAGE),
        (["skip", "1", "--reason", "x"], ExitCode.USAGE),
        (["skip", "1", "--reason", " ", "--yes"], ExitCode.USAGE),
        (["retry", "99"], ExitCode.NOT_FOUND),
    ],
)
def test_what_cannot_be_done_has_an_exit_code(desk: Desk, typed: list[str], code: int) -> None:
    assert desk.type("leads", *typed).code == code


def test_a_skipped_lead_is_not_skipped_twice_and_may_be_retried(desk: Desk) -> None:
    desk.create()
    assert desk.type("leads", "skip", 1, "--reason", "staff", "--yes").code == ExitCode.DONE
    again = desk.type("leads", "skip", 1, "--reason", "staff", "--yes")
    assert (again.code, "closed already" in again.err) == (ExitCode.REFUSED, True)
    assert "a person skipped it" in desk.type("leads", "show", 1).err
    retried = desk.type("leads", "retry", 1)
    assert (retried.code, "lead 1 is due at" in retried.err) == (ExitCode.DONE, True)
    assert desk.type("leads", "retry", 1, "--at", "some day").code == ExitCode.FAILED


def with_consent(desk: Desk) -> int:
    """Make a campaign that needs consent, which one of two leads has given."""
    desk.write(
        "leads.csv",
        f"Phone,Consent date,Consent source\n{ADA},2026-01-05,web\n{BEN},,\n",
    )
    head, window = CAMPAIGN.split("[window]")
    desk.campaign_file = desk.write(
        "spring.toml", f"{head}require_consent = true\n[window]{window}"
    )
    return desk.create()


def test_a_start_says_how_many_leads_have_consent(desk: Desk) -> None:
    campaign = with_consent(desk)
    asked = desk.type("campaigns", "start", campaign)
    assert asked.code == ExitCode.USAGE
    assert "1 of 2 leads has consent; 1 will not be called" in asked.err
    assert "call 1 lead" in asked.err
    assert desk.type("campaigns", "start", campaign, "--yes").code == ExitCode.DONE
    (held,) = desk.type("leads", "list", "--campaign", campaign, "--state", "held", "--json").json[
        "leads"
    ]
    assert (held["phone"], held["held_reason"]) == (BEN, "no_consent")
    shown = desk.type("leads", "show", BEN)
    assert "not now: Held for its consent. Nothing is known of a consent" in shown.err
    refused = desk.type("leads", "retry", held["id"])
    assert (refused.code, "needs it" in refused.err) == (ExitCode.REFUSED, True)


def test_a_start_without_the_need_says_nothing_of_consent(desk: Desk) -> None:
    assert "consent" not in desk.type("campaigns", "start", desk.create(), "--yes").err


def test_leads_come_back_from_an_export_with_their_consent(desk: Desk) -> None:
    campaign = with_consent(desk)
    out = desk.type("campaigns", "export", campaign, "--leads").out
    header, first, _ = out.lstrip("\ufeff").splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    assert (cells["consent_source"], cells["consent_text"]) == ("web", "")
    desk.write("again.csv", out)
    other = desk.create()
    desk.type(
        "lists", "import", desk.folder / "again.csv", "--campaign", other, "--known", "update"
    )
    shown = desk.type("leads", "list", "--campaign", other, "--json").json["leads"]
    ids = [one["id"] for one in shown if one["phone"] == ADA]
    assert desk.type("leads", "show", ids[0], "--json").json["consent"]["at"] == cells["consent_at"]


def doubtful(desk: Desk, name: str = "doubtful.csv") -> Path:
    good = "".join(f"+1212555{3000 + n},Good\n" for n in range(9))
    return desk.write(name, "Phone,Name\n" + good + "911,Bad\n" * 11)


def test_a_file_with_mostly_bad_rows_is_not_imported_without_a_yes(desk: Desk) -> None:
    campaign = desk.create()
    lists = desk.type("lists", "list", "--json").json
    refused = desk.type("lists", "import", doubtful(desk), "--campaign", campaign)
    assert refused.code == ExitCode.USAGE
    assert "11 of the first 20 rows of doubtful.csv are no leads" in refused.err
    assert "fix: add --yes" in refused.err
    assert desk.type("lists", "list", "--json").json == lists
    done = desk.type("lists", "import", doubtful(desk), "--campaign", campaign, "--yes")
    assert (done.code, done.fields["imported"]) == (ExitCode.REJECTED_ROWS, "9")
    again = desk.type("lists", "import", doubtful(desk), "--campaign", campaign)
    assert "already" in again.err


@pytest.mark.parametrize(("answer", "lists"), [("n\n", 1), ("y\n", 2)])
def test_at_a_terminal_a_doubtful_file_is_asked_about(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str, lists: int
) -> None:
    campaign = desk.create()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    desk.type("lists", "import", doubtful(desk), "--campaign", campaign)
    assert len(desk.type("lists", "list", "--json").json) == lists


def test_a_file_of_which_half_is_good_is_imported_without_a_question(desk: Desk) -> None:
    campaign = desk.create()
    good = "".join(f"+1212555{3000 + n},Good\n" for n in range(10))
    file = desk.write("half.csv", "Phone,Name\n" + good + "911,Bad\n" * 10)
    done = desk.type("lists", "import", file, "--campaign", campaign)
    assert (done.code, done.fields["imported"]) == (ExitCode.REJECTED_ROWS, "10")


def test_no_campaign_is_made_of_a_doubtful_file_without_a_yes(desk: Desk) -> None:
    doubtful(desk, "leads.csv")
    refused = desk.type("campaigns", "create", desk.campaign_file)
    assert refused.code == ExitCode.USAGE
    assert desk.type("campaigns", "list", "--json").json == []
    assert desk.type("campaigns", "create", desk.campaign_file, "--dry-run").code == ExitCode.DONE
    made = desk.type("campaigns", "create", desk.campaign_file, "--yes")
    assert made.code == ExitCode.REJECTED_ROWS


MINE = "+12126661234"


def test_ones_own_phone_is_called_as_a_lead(desk: Desk) -> None:
    desk.write("spring.toml", f"allow_fictional = true\n{CAMPAIGN}")
    desk.create()
    fictional = "+12125550142"  # no law says when it may ring
    answer = desk.type("leads", "call-me", 1, "--to", fictional, "--yes", "--json")
    assert (answer.code, answer.json["lead_id"]) == (ExitCode.DONE, 1)
    shown = desk.type("leads", "show", answer.json["test_lead_id"], "--json").json
    assert (shown["phone"], shown["test_of"]) == (fictional, 1)
    assert [one["id"] for one in desk.type("campaigns", "list", "--json").json] == [1]


def test_a_phone_that_must_not_ring_is_refused_with_the_exit_code_of_a_rule(desk: Desk) -> None:
    desk.create()
    desk.type("dnc", "add", MINE)
    answer = desk.type("leads", "call-me", 1, "--to", MINE, "--yes")
    assert answer.code == ExitCode.REFUSED
    assert "do-not-call" in answer.err


def test_nobody_is_called_for_a_test_without_a_yes(desk: Desk) -> None:
    desk.create()
    answer = desk.type("leads", "call-me", 1, "--to", MINE)
    assert answer.code == ExitCode.USAGE
    assert "--yes" in answer.err
