"""The commands for campaigns and lists, typed in one process, on the databases they run on."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log

from dialer.cli.exits import ExitCode
from dialer.config import Settings
from dialer.store.database import Database


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk with the embedded database, whose broker does not run."""
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with kept_log():
        yield Desk(tmp_path, capsys)


@pytest.fixture(params=["embedded", "postgresql"])
def any_desk(request: pytest.FixtureRequest, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with the embedded database, and one with a migrated PostgreSQL."""
    if request.param == "postgresql":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("bare_postgres_url"))
        assert desk.type("migrate").code == ExitCode.DONE
    return desk


def test_a_campaign_runs_its_course_by_commands(any_desk: Desk) -> None:
    created = any_desk.type("campaigns", "create", any_desk.campaign_file)
    assert created.code == ExitCode.REJECTED_ROWS
    assert (created.fields["imported"], created.fields["status"]) == ("2", "draft")
    campaign = created.fields["campaign_id"]
    steps = [
        (("start", campaign, "--yes"), "running"),
        (("pause", campaign), "paused"),
        (("resume", campaign), "running"),
        (("stop", campaign, "--yes"), "stopped"),
    ]
    for arguments, status in steps:
        answer = any_desk.type("campaigns", *arguments)
        assert (answer.code, answer.out) == (ExitCode.DONE, ""), answer.err
        shown = any_desk.type("campaigns", "show", campaign, "--json").json
        assert shown["status"] == status
    assert shown["closed_as"] == {"stopped": 2}
    assert shown["lists"] == ["leads.csv"]
    assert shown["spec"]["name"] == "Spring"


def test_the_list_shows_every_campaign(any_desk: Desk) -> None:
    empty = any_desk.type("campaigns", "list", "--json")
    assert (empty.code, empty.json) == (ExitCode.DONE, [])
    any_desk.create()
    any_desk.create()
    (second, first) = any_desk.type("campaigns", "list", "--json").json
    assert (first["id"], second["id"]) == (1, 2)
    assert (first["name"], first["leads"], first["closed"]) == ("Spring", 2, 0)
    header, *rows = any_desk.type("campaigns", "list").out.splitlines()
    assert header.split("\t")[:3] == ["id", "name", "status"]
    assert [row.split("\t")[0] for row in rows] == ["2", "1"]


def test_rejected_rows_are_written_beside_the_database(desk: Desk) -> None:
    created = desk.type("campaigns", "create", desk.campaign_file, "--json")
    path = Path(created.json["rejects_file"])
    assert path.parent == Settings.load().home / "rejects"
    assert str(path) in created.err
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["_code"] for row in rows] == ["duplicate_in_file", "short_or_emergency"]
    assert rows[1]["First Name"] == "Dan"


def test_a_campaign_may_be_started_as_it_is_made(desk: Desk) -> None:
    created = desk.type("campaigns", "create", desk.campaign_file, "--start")
    assert created.fields["status"] == "running"


def test_a_dry_run_of_a_campaign_stores_nothing(desk: Desk) -> None:
    answer = desk.type("campaigns", "create", desk.campaign_file, "--dry-run")
    assert answer.code == ExitCode.DONE
    assert "2 leads could be imported" in answer.err
    assert desk.type("campaigns", "list", "--json").json == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('name = "Spring"\n', ExitCode.FAILED),
        ('name = "Spring"\nfrom_numbers = ["+14155550198"]\nleads = "none.csv"\n', 3),
    ],
)
def test_a_campaign_that_cannot_be_made_leaves_no_draft(desk: Desk, text: str, code: int) -> None:
    path = desk.write("broken.toml", text)
    assert desk.type("campaigns", "create", path).code == code
    assert desk.type("campaigns", "list", "--json").json == []


def test_a_campaign_without_leads_is_not_started(desk: Desk) -> None:
    path = desk.write("bare.toml", 'name = "Bare"\nfrom_numbers = ["+14155550198"]\n')
    created = desk.type("campaigns", "create", path)
    assert "dialer lists import FILE --campaign 1" in created.err
    started = desk.type("campaigns", "start", 1, "--yes")
    assert started.code == ExitCode.FAILED
    assert "has no leads" in started.err


@pytest.mark.parametrize("verb", ["start", "stop"])
def test_a_question_without_a_terminal_names_the_flag(desk: Desk, verb: str) -> None:
    campaign = desk.create()
    answer = desk.type("campaigns", verb, campaign)
    assert answer.code == ExitCode.USAGE
    assert "2 leads" in answer.err
    assert answer.err.endswith("fix: add --yes\n")
    assert desk.type("campaigns", "show", campaign, "--json").json["status"] == "draft"


@pytest.mark.parametrize("verb", ["show", "start", "pause", "resume", "stop", "watch", "export"])
def test_a_campaign_that_is_not_there_is_not_found(desk: Desk, verb: str) -> None:
    answer = desk.type("campaigns", verb, 41)
    assert answer.code == ExitCode.NOT_FOUND
    assert "error: there is no campaign 41\n" in answer.err


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_what_a_state_forbids_is_refused_and_says_what_is_possible(desk: Desk, verb: str) -> None:
    campaign = desk.create()
    answer = desk.type("campaigns", verb, campaign)
    assert answer.code == ExitCode.REFUSED
    assert "why: from draft it can become: running, scheduled, stopped" in answer.err


def test_a_campaign_that_is_over_is_refused_without_a_question(desk: Desk) -> None:
    campaign = desk.create()
    desk.type("campaigns", "stop", campaign, "--yes")
    assert desk.type("campaigns", "start", campaign).code == ExitCode.REFUSED


def test_commands_that_have_to_do_with_calls_name_the_mode(desk: Desk) -> None:
    campaign = desk.create()
    answer = desk.type("campaigns", "start", campaign, "--yes")
    assert answer.err.startswith("mode: simulator, no phone rings")


def test_watching_a_stopped_campaign_ends_at_once_with_its_figures(desk: Desk) -> None:
    campaign = desk.create()
    desk.type("campaigns", "stop", campaign, "--yes")
    watched = desk.type("campaigns", "watch", campaign)
    assert watched.code == ExitCode.FAILED
    assert watched.fields["closed_as"] == "stopped 2"
    (line,) = desk.type("campaigns", "watch", campaign, "--json").out.splitlines()
    assert json.loads(line)["status"] == "stopped"


def test_an_export_has_one_row_per_lead(any_desk: Desk) -> None:
    campaign = any_desk.create()
    answer = any_desk.type("campaigns", "export", campaign)
    assert answer.code == ExitCode.DONE, answer.err
    rows = list(csv.DictReader(io.StringIO(answer.out.removeprefix("\ufeff"))))
    assert [(row["phone"], row["status"]) for row in rows] == [
        ("+14155552671", "READY"),
        ("+12125553144", "READY"),
    ]


@pytest.mark.parametrize("arguments", [("--format", "jsonl"), ()])
def test_an_export_may_be_json_lines(desk: Desk, arguments: tuple[str, ...]) -> None:
    campaign = desk.create()
    path = desk.folder / "results.jsonl"
    answer = desk.type("campaigns", "export", campaign, "--output", path, *arguments)
    assert (answer.code, answer.out) == (ExitCode.DONE, "")
    phones = [json.loads(line)["phone"] for line in path.read_text().splitlines()]
    assert phones == ["+14155552671", "+12125553144"]


def test_an_export_of_an_empty_campaign_is_an_empty_table(desk: Desk) -> None:
    path = desk.write("bare.toml", 'name = "Bare"\nfrom_numbers = ["+14155550198"]\n')
    desk.type("campaigns", "create", path)
    answer = desk.type("campaigns", "export", 1)
    assert (answer.code, answer.err) == (ExitCode.DONE, "0 leads written\n")


def test_a_list_is_imported_into_a_campaign(any_desk: Desk) -> None:
    campaign = any_desk.create()
    more = any_desk.write("more.csv", "Who,Line\nEve,+1 646 555 3190\nAda,4155552671\nX,abc\n")
    rejects = any_desk.folder / "rejects.csv"
    answer = any_desk.type(
        *("lists", "import", more, "--campaign", campaign, "--json"),
        *("--map", "phone=Line", "--map", "name=Who", "--rejects", rejects),
    )
    assert answer.code == ExitCode.REJECTED_ROWS
    assert answer.json == {
        "campaign_id": campaign,
        "list_id": 2,
        "already_imported": False,
        "rows": 3,
        "imported": 1,
        "updated": 0,
        "duplicates": 1,
        "rejected": 1,
        "blank": 0,
        "warnings": ["agent_not_checked"],
        "rejects_file": str(rejects),
    }
    assert "already_in_campaign" in rejects.read_text(encoding="utf-8-sig")


def test_a_list_imported_twice_is_recognised(desk: Desk) -> None:
    campaign = desk.create()
    again = desk.type("lists", "import", desk.lead_file, "--campaign", campaign, "--json")
    assert again.code == ExitCode.REJECTED_ROWS  # as it was the first time
    assert (again.json["already_imported"], again.json["imported"]) == (True, 0)
    assert "nothing was stored" in again.err


def test_known_leads_are_updated_when_that_is_asked_for(desk: Desk) -> None:
    campaign = desk.create()
    more = desk.write("more.csv", "Phone,Name\n4155552671,Somebody else\n")
    answer = desk.type("lists", "import", more, "--campaign", campaign, "--known", "update")
    assert (answer.code, answer.fields["updated"]) == (ExitCode.DONE, "1")


def test_an_import_is_undone(any_desk: Desk) -> None:
    campaign = any_desk.create()
    assert any_desk.type("lists", "undo", 1).code == ExitCode.USAGE
    undone = any_desk.type("lists", "undo", 1, "--yes", "--json")
    assert undone.code == ExitCode.DONE
    assert (undone.json["removed"], undone.json["kept_leads"]) == (2, [])
    listed = any_desk.type("lists", "list", "--campaign", campaign, "--json").json
    assert [(row["status"], row["imported"], row["undone"]) for row in listed] == [("undone", 2, 2)]
    assert any_desk.type("campaigns", "show", campaign, "--json").json["leads"] == 0


def test_there_is_no_list_to_undo(desk: Desk) -> None:
    assert desk.type("lists", "undo", 7, "--yes").code == ExitCode.NOT_FOUND


def test_a_list_without_a_bad_row_exits_with_0(desk: Desk) -> None:
    campaign = desk.create()
    more = desk.write("more.csv", "Phone\n+1 646 555 3190\n")
    answer = desk.type("lists", "import", more, "--campaign", campaign)
    assert (answer.code, answer.fields["rejects_file"]) == (ExitCode.DONE, "")


def test_an_import_needs_a_campaign(desk: Desk) -> None:
    answer = desk.type("lists", "import", desk.lead_file)
    assert answer.code == ExitCode.USAGE
    assert "--campaign" in answer.err


def test_a_campaign_that_is_over_takes_no_leads(desk: Desk) -> None:
    campaign = desk.create()
    desk.type("campaigns", "stop", campaign, "--yes")
    answer = desk.type("lists", "import", desk.lead_file, "--campaign", campaign)
    assert answer.code == ExitCode.REFUSED


def test_a_dry_run_of_an_import_needs_no_campaign_and_stores_nothing(desk: Desk) -> None:
    desk.without_database()
    answer = desk.type("lists", "import", desk.lead_file, "--dry-run", "--json", "--limit", 1)
    assert answer.code == ExitCode.REJECTED_ROWS
    found = answer.json
    assert found["counts"] == {"accepted": 2, "rejected": 2, "blank": 0}
    assert [row["phone"] for row in found["accepted"]] == ["+14155552671"]
    assert [row["reason"] for row in found["rejected"]] == ["duplicate_in_file"]
    assert not (Settings.load().home / "dialer.db").exists()


def test_a_dry_run_follows_the_campaign_it_names(desk: Desk) -> None:
    desk.campaign_file.write_text(
        f"{'allow_fictional = true'}\n{desk.campaign_file.read_text()}", encoding="utf-8"
    )
    campaign = desk.create()
    more = desk.write("more.csv", "Phone\n415-555-0100\n")
    arguments = ("lists", "import", more, "--dry-run", "--json")
    assert desk.type(*arguments).json["counts"]["accepted"] == 0
    assert desk.type(*arguments, "--campaign", campaign).json["counts"]["accepted"] == 1


def test_a_dry_run_shows_people_a_table(desk: Desk) -> None:
    answer = desk.type("lists", "import", desk.lead_file, "--dry-run")
    header, first, *_ = answer.out.splitlines()
    assert header == "row\tresult\tphone\tname\tmessage"
    assert first.split("\t")[:3] == ["2", "lead", "+14155552671"]
    assert "2 rows would become leads, 2 would not" in answer.err


def test_a_file_that_cannot_be_imported_fails(desk: Desk) -> None:
    path = desk.write("notes.csv", "Note,Day\nhello,Monday\n")
    dry = desk.type("lists", "import", path, "--dry-run", "--json")
    assert (dry.code, dry.json["file_error"]) == (ExitCode.FAILED, "no_phone_column")
    assert desk.type("lists", "import", path, "--dry-run").err.startswith("error: No column")
    campaign = desk.create()
    assert desk.type("lists", "import", path, "--campaign", campaign).code == ExitCode.FAILED


def test_a_country_is_the_one_of_numbers_without_a_code(desk: Desk) -> None:
    path = desk.write("london.csv", "Phone\n020 7946 1234\n")
    arguments = ("lists", "import", path, "--dry-run", "--json")
    assert desk.type(*arguments).json["counts"]["accepted"] == 0
    (lead,) = desk.type(*arguments, "--country", "UK").json["accepted"]
    assert lead["phone"] == "+442079461234"


def test_a_database_of_somebody_else_is_not_migrated_unasked(
    desk: Desk, bare_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_postgres_url)
    answer = desk.type("campaigns", "list")
    assert answer.code == ExitCode.FAILED
    assert answer.err.endswith("fix: dialer migrate\n")
    assert desk.type("migrate").code == ExitCode.DONE
    assert desk.type("migrate").code == ExitCode.DONE
    assert desk.type("campaigns", "list", "--json").json == []


def test_commands_leave_the_limits_of_the_running_dialer_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dialer.bootstrap import apply_limits
    from dialer.store import gate

    monkeypatch.setenv("DIALER_LINES", "50")
    settings = Settings.load()
    campaign = desk.create()
    database = Database(settings.database_url)
    apply_limits(database, settings)
    monkeypatch.delenv("DIALER_LINES")
    assert desk.type("campaigns", "start", campaign, "--yes").code == ExitCode.DONE
    assert database.read(gate.peek).lines == 50
    database.close()


def test_secrets_are_shown_as_set_or_not_set(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:hush@db.example/dialer")
    monkeypatch.setenv("DIALER_WEBHOOK_KEYS", "hush-one,hush-two")
    answer = desk.type("config", "show")
    assert "hush" not in answer.out
    assert "sim-key" not in answer.out
    shown = desk.type("config", "show", "--json").json
    assert shown["RETELL_API_KEY"] == shown["DIALER_WEBHOOK_KEYS"] == "set"
    assert shown["DIALER_PUBLIC_URL"] == "not set"
    assert shown["DATABASE_URL"] == "postgresql+psycopg://ann:•••@db.example/dialer"
    assert shown["DIALER_LINES"] == 20


def test_without_a_command_the_help_is_shown(desk: Desk) -> None:
    answer = desk.type()
    assert answer.code == ExitCode.USAGE
    assert "campaigns" in answer.out
    assert answer.err == ""


def test_only_the_first_lead_is_called_and_then_all_of_them(desk: Desk) -> None:
    campaign = desk.create()
    answer = desk.type("campaigns", "start", campaign, "--first-only", "--yes")
    assert answer.code == ExitCode.DONE
    assert f"dialer campaigns call-all {campaign}" in answer.err
    assert desk.type("campaigns", "start", campaign, "--first-only").code != ExitCode.DONE
    assert desk.type("campaigns", "call-all", campaign, "--yes").code == ExitCode.DONE
    again = desk.type("campaigns", "call-all", campaign, "--yes")
    assert again.code == ExitCode.REFUSED
    assert "calls all its leads already" in again.err


def test_only_one_call_cannot_be_made_later(desk: Desk) -> None:
    campaign = desk.create()
    answer = desk.type(
        "campaigns", "start", campaign, "--first-only", "--at", "2030-01-01 09:00 UTC"
    )
    assert answer.code == ExitCode.USAGE
