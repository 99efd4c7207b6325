"""`dialer dnc`: what people and scripts type about numbers that are not to be called."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import Desk, kept_log

from dialer.cli.exits import ExitCode

ADA, BEN = "+14155552671", "+12125553144"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with kept_log():
        yield Desk(tmp_path, capsys)


def closed(desk: Desk, campaign: int) -> int:
    found: int = desk.type("campaigns", "show", campaign, "--json").json["closed"]
    return found


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        (["add", "hello"], ExitCode.USAGE, "hello is not a telephone number"),
        (["add", ADA, "--expires", "soon"], ExitCode.USAGE, "--expires 2027-01-31"),
        (["add", ADA, "--expires", "2020-01-01"], ExitCode.REFUSED, "is over already"),
        (["add", ADA, "--campaign", "41"], ExitCode.NOT_FOUND, "there is no campaign 41"),
        (["remove", ADA, "--yes"], ExitCode.USAGE, "why may it be called again?"),
        (["remove", ADA, "--reason", "x"], ExitCode.USAGE, "fix: add --yes"),
        (
            ["remove", ADA, "--reason", "x", "--yes"],
            ExitCode.NOT_FOUND,
            "is not on the do-not-call",
        ),
        (["import", "none.csv"], ExitCode.NOT_FOUND, "There is no file none.csv"),
        (["import", "none.txt", "--registry"], ExitCode.NOT_FOUND, "There is no file none.txt"),
        (["import", "a", "--dated", "2026-01-01"], ExitCode.USAGE, "add --registry"),
        (["import", "a", "--registry", "--campaign", "1"], ExitCode.USAGE, "holds everywhere"),
        (["import", "a", "--registry", "--dated", "2999-01-01"], ExitCode.USAGE, "not come yet"),
    ],
)
def test_what_cannot_be_done_is_refused(
    desk: Desk, typed: list[str], code: ExitCode, says: str
) -> None:
    answer = desk.type("dnc", *typed)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err


def test_a_number_is_added_once_checked_and_removed(desk: Desk) -> None:
    campaign = desk.create()
    assert desk.type("dnc", "check", "(415) 555-2671").code == ExitCode.DONE
    added = desk.type("dnc", "add", "(415) 555-2671", "--note", "by mail", "--json")
    assert added.json["phone"] == ADA
    assert (added.json["changed"], added.json["closed"]) == (True, 1)
    assert desk.type("dnc", "add", ADA, "--json").json["changed"] is False
    checked = desk.type("dnc", "check", ADA, "--json")
    assert checked.code == ExitCode.REFUSED
    assert checked.json["suppressed"] is True
    assert checked.json["entries"][0]["note"] == "by mail"
    removed = desk.type("dnc", "remove", ADA, "--reason", "wants calls", "--yes")
    assert removed.code == ExitCode.DONE
    assert "no lead was opened again" in removed.err
    assert desk.type("dnc", "check", ADA).code == ExitCode.DONE
    assert closed(desk, campaign) == 1


def test_an_entry_may_be_for_one_campaign_and_end(desk: Desk) -> None:
    campaign = desk.create()
    desk.type("dnc", "add", ADA, "--campaign", campaign, "--expires", "2999-01-01")
    assert desk.type("dnc", "check", ADA).code == ExitCode.DONE
    assert desk.type("dnc", "check", ADA, "--campaign", campaign).code == ExitCode.REFUSED
    (entry,) = desk.type("dnc", "list", "--json").json["entries"]
    assert (entry["campaign_id"], entry["expires_at"]) == (campaign, "2999-01-01T12:00:00+00:00")


def test_a_lead_file_becomes_opt_outs_and_its_bad_rows_a_file(desk: Desk) -> None:
    campaign = desk.create()
    answer = desk.type("dnc", "import", desk.lead_file, "--json")
    assert answer.code == ExitCode.REJECTED_ROWS
    told = answer.json
    assert (told["rows"], told["numbers"], told["added"]) == (4, 3, 2)
    assert (told["rejected"], told["closed"]) == (1, 2)
    assert told["reasons"] == {"short_or_emergency": 1}
    with Path(told["rejects_file"]).open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["First Name"], row["_row"], row["_code"]) == ("Dan", "5", "short_or_emergency")
    assert closed(desk, campaign) == 2
    again = desk.type("dnc", "import", desk.lead_file, "--json").json
    assert (again["added"], again["closed"]) == (0, 0)


def test_only_marked_rows_of_a_file_that_marks_some_are_opt_outs(desk: Desk) -> None:
    path = desk.write("people.csv", f"Name,Phone,DNC\nAda,{ADA},yes\nBen,{BEN},no\n")
    told = desk.type("dnc", "import", path, "--json").json
    assert (told["added"], told["unmarked"]) == (1, 1)
    assert desk.type("dnc", "check", ADA).code == ExitCode.REFUSED
    assert desk.type("dnc", "check", BEN).code == ExitCode.DONE


def test_all_numbers_of_a_row_are_opt_outs_whatever_their_country(desk: Desk) -> None:
    path = desk.write("people.csv", f"Name,Phone,Mobile\nAda,{ADA},+442079460018\n")
    assert desk.type("dnc", "import", path, "--json").json["added"] == 2
    assert desk.type("dnc", "check", "+442079460018").code == ExitCode.REFUSED


def test_a_registry_closes_the_leads_that_wait(desk: Desk) -> None:
    campaign = desk.create()
    path = desk.write("registry.txt", "415,5552671\n415,5552671\n212,55\n4085550199\n")
    answer = desk.type("dnc", "import", path, "--registry", "--dated", "2026-11-01", "--json")
    assert answer.code == ExitCode.REJECTED_ROWS
    told = answer.json
    assert (told["registry"], told["dated"]) == ("us-national", "2026-11-01")
    assert (told["numbers"], told["added"], told["rejected"]) == (3, 2, 1)
    assert (told["closed"], closed(desk, campaign)) == (1, 1)
    with Path(told["rejects_file"]).open(encoding="utf-8-sig", newline="") as stream:
        assert [row["_row"] for row in csv.DictReader(stream)] == ["3"]
    checked = desk.type("dnc", "check", ADA)
    assert checked.code == ExitCode.REFUSED
    assert "in the registry us-national" in checked.err
    removed = desk.type("dnc", "remove", ADA, "--reason", "x", "--yes")
    assert removed.code == ExitCode.NOT_FOUND
    assert "not ours to change" in removed.err
    assert desk.type("dnc", "import", path, "--registry", "--json").json["added"] == 0
    (one,) = desk.type("dnc", "list", "--json").json["registries"]
    assert (one["numbers"], one["dated"]) == (2, None)


def test_numbers_of_a_registry_are_not_imported_as_leads(desk: Desk) -> None:
    path = desk.write("registry.txt", "415,5552671\n")
    desk.type("dnc", "import", path, "--registry")
    campaign = desk.create()
    assert desk.type("campaigns", "show", campaign, "--json").json["leads"] == 1


def test_an_export_is_read_back_by_an_import(desk: Desk) -> None:
    desk.type("dnc", "add", ADA, "--reason", "by mail")
    desk.type("dnc", "add", BEN)
    answer = desk.type("dnc", "export")
    rows = list(csv.DictReader(io.StringIO(answer.out.removeprefix("\ufeff"))))
    assert [row["reason"] for row in rows] == ["by mail", "asked"]
    path = desk.folder / "list.csv"
    assert desk.type("dnc", "export", "-o", path).code == ExitCode.DONE
    told = desk.type("dnc", "import", path, "--json").json
    assert (told["numbers"], told["added"], told["rejected"]) == (2, 0, 0)
