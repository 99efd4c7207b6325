"""Exports out of both databases: which rows and columns, and in which order."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_desk import NOBODY_LISTENS, Desk, kept_log
from factories import Stage, make_stage

from dialer.actions import export
from dialer.actions.control import find
from dialer.actions.load import load
from dialer.actions.profile_export import export_profile, read_profile
from dialer.cli.exits import WrongUsage
from dialer.cli.exporting import export_list
from dialer.config import Settings
from dialer.domain.states import CampaignStatus
from dialer.errors import NotFound
from dialer.leads.exports import ExportFormat
from dialer.store import attempts
from dialer.store import exports as statements
from dialer.store.database import Connection

LEADS = """Phone,Full Name,Plan,Notes
(212) 555-3144,Ben,Team,=1+1
(212) 555-3145,Ann,Starter,'quoted
12,Short,Team,-5
(212) 555-3144,Twice,Team,@x
"""


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    made = make_stage(database_url)
    yield made
    made.world.db.close()


def imported(stage: Stage, folder: Path, text: str = LEADS) -> tuple[int, int]:
    """Import a file into a new campaign; gives the ids of campaign and list."""
    campaign_id = stage.draft()
    path = folder / f"leads-{campaign_id}.csv"
    path.write_text(text, encoding="utf-8")
    loaded = load(stage.world, campaign_id, path, actor="test", rejects_to=folder / "rejects.csv")
    return campaign_id, loaded.list_id


def lines_of(stage: Stage, write: Any, which: int) -> list[dict[str, Any]]:
    stream = io.BytesIO()
    exported = write(stage.world.db, which, stream, form=ExportFormat.JSON_LINES)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert exported.rows == len(lines)
    return lines


def analyse(stage: Stage, attempt_id: str, **values: Any) -> None:
    """Put what Retell found in a call into an attempt."""
    changed = attempts.attempt.update().where(attempts.attempt.c.id == attempt_id)
    stage.world.db.transact(lambda tx: tx.execute(changed.values(**values)))


def test_results_hold_each_lead_with_its_latest_attempt_and_every_key_of_analysis(
    stage: Stage,
) -> None:
    campaign_id = stage.campaign()
    called, _ = stage.leads(2, campaign_id)
    first, _second = stage.claim()
    assert stage.attempt_row(first).lead_id == called
    analyse(
        stage, first, custom_analysis={"wants \u0000": ["a", "b"], "budget": -5}, summary="=fine"
    )
    other = stage.lead(stage.campaign())
    (foreign,) = stage.claim()
    assert stage.attempt_row(foreign).lead_id == other
    analyse(stage, foreign, custom_analysis={"of another campaign": 1})

    one, two = lines_of(stage, export.export_results, campaign_id)
    assert list(one)[:3] == ["lead_id", "row", "phone"]
    assert list(one)[-2:] == ["analysis.budget", "analysis.wants \u0000"]
    assert (one["lead_id"], one["summary"], one["analysis.budget"]) == (called, "=fine", -5)
    assert one["analysis.wants \u0000"] == ["a", "b"]
    assert (two["status"], two["summary"], two["analysis.budget"]) == ("IN_FLIGHT", None, None)


def test_analysis_that_is_no_object_has_no_columns(stage: Stage) -> None:
    campaign_id = stage.campaign()
    stage.lead(campaign_id)
    (attempt_id,) = stage.claim()
    analyse(stage, attempt_id, custom_analysis=["a", "list"])
    (line,) = lines_of(stage, export.export_results, campaign_id)
    assert list(line) == list(statements.RESULT_COLUMNS)


def test_leads_hold_every_variable_and_their_status_in_words(stage: Stage, tmp_path: Path) -> None:
    campaign_id, list_id = imported(stage, tmp_path)
    held = stage.lead(
        campaign_id, variables={"name": "x", "phone": "y"}, alt_phones=["+12125553146"]
    )
    ben, ann, by_hand = sorted(
        lines_of(stage, export.export_leads, campaign_id), key=lambda line: line["lead_id"] == held
    )
    assert ben["row"] == 2
    assert (ben["phone"], ben["name"], ben["status"]) == ("+12125553144", "Ben", "waiting")
    assert (ben["Phone"], ben["Notes"], ben["due_at"][:4]) == ("(212) 555-3144", "=1+1", "2026")
    assert (ann["zone_source"], ann["Plan"], ann["variable.phone"]) == ("number", "Starter", None)
    assert (by_hand["variable.name"], by_hand["variable.phone"]) == ("x", "y")
    assert by_hand["alt_phones"] == ["+12125553146"]
    assert lines_of(stage, export.export_list, list_id) == [
        {name: line[name] for name in line if name != "variable.phone"} for line in (ben, ann)
    ]


def test_every_lead_is_written_once_in_the_order_of_its_file(stage: Stage, tmp_path: Path) -> None:
    """Leads are stored in another order than they have in the file, and read page by page."""
    stage.lead()  # somebody else's, before and after
    count = export.STRETCH_IDS + export.PAGE_LEADS
    phones = [f"+121223{count - n:05d}" for n in range(count)]
    rows = "".join(f"{phone},Person {n}\n" for n, phone in enumerate(phones))
    campaign_id, list_id = imported(stage, tmp_path, f"Phone,Name\n{rows}")
    stage.lead()
    for write, which in (
        (export.export_results, campaign_id),
        (export.export_leads, campaign_id),
        (export.export_list, list_id),
    ):
        lines = lines_of(stage, write, which)
        assert [line["phone"] for line in lines] == phones
        assert [line["row"] for line in lines] == list(range(2, 2 + count))


def test_rejected_rows_are_read_page_by_page(stage: Stage, tmp_path: Path) -> None:
    count = 2 * export.PAGE_LEADS
    rows = "".join(f"bad,{n}\n" for n in range(count))
    _, list_id = imported(stage, tmp_path, f"Phone,Name\n2125553144,Ben\n{rows}")
    lines = lines_of(stage, export.export_rejects, list_id)
    assert [(line["_row"], line["Name"]) for line in lines] == [
        (n + 3, str(n)) for n in range(count)
    ]


def test_rejected_rows_are_corrected_and_imported_again(stage: Stage, tmp_path: Path) -> None:
    campaign_id, list_id = imported(stage, tmp_path)
    path = tmp_path / "again.csv"
    assert export.export_rejects(stage.world.db, list_id, path).rows == 2
    assert path.read_bytes() == (tmp_path / "rejects.csv").read_bytes()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, short, twice = csv.reader(stream)
    assert header == ["Phone", "Full Name", "Plan", "Notes", "_row", "_code", "_message"]
    assert short[:6] == ["12", "Short", "Team", "'-5", "4", "short_or_emergency"]
    assert twice[:6] == ["(212) 555-3144", "Twice", "Team", "'@x", "5", "duplicate_in_file"]

    path.write_bytes(path.read_bytes().replace(b"\n12,", b"\n2125553147,"))
    loaded = load(stage.world, campaign_id, path, actor="test", rejects_to=tmp_path / "r.csv")
    assert (loaded.imported, loaded.duplicates) == (1, 1)
    (line,) = lines_of(stage, export.export_list, loaded.list_id)
    assert (line["phone"], line["Full Name"], line["Notes"]) == ("+12125553147", "Short", "-5")


def test_leads_that_are_exported_and_imported_again_lose_no_variable(
    stage: Stage, tmp_path: Path
) -> None:
    campaign_id, list_id = imported(stage, tmp_path)
    before = lines_of(stage, export.export_list, list_id)
    for form in (ExportFormat.CSV, ExportFormat.XLSX):
        path = tmp_path / f"leads.{form}"
        export.export_leads(stage.world.db, campaign_id, path, form=form)
        other = stage.draft()
        load(stage.world, other, path, actor="test", rejects_to=tmp_path / "r.csv")
        after = lines_of(stage, export.export_leads, other)
        for name in ("phone", "name", "zones", "Phone", "Full Name", "Plan", "Notes"):
            assert [line[name] for line in after] == [line[name] for line in before], name


@pytest.mark.parametrize("form", ExportFormat)
def test_what_is_empty_is_exported_as_an_empty_table(
    stage: Stage, tmp_path: Path, form: ExportFormat
) -> None:
    campaign_id, list_id = imported(stage, tmp_path, "Phone\n2125553144\n")
    bare = stage.draft()
    path = tmp_path / "empty"
    for write, which in (
        (export.export_results, bare),
        (export.export_leads, bare),
        (export.export_rejects, list_id),
    ):
        assert write(stage.world.db, which, path, form=form).rows == 0
        assert path.exists()
    assert export.export_leads(stage.world.db, campaign_id, path, form=form).rows == 1


def test_what_does_not_exist_is_named_and_no_file_is_made(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "nothing.csv"
    for write, named in (
        (export.export_results, "no campaign 77"),
        (export.export_leads, "no campaign 77"),
        (export.export_list, "no list 77"),
        (export.export_rejects, "no list 77"),
    ):
        with pytest.raises(NotFound, match=named):
            write(stage.world.db, 77, path)
    assert not path.exists()


def test_a_campaign_goes_on_while_it_is_exported(stage: Stage, tmp_path: Path) -> None:
    """Writes between two rows of an export neither wait for it nor break it."""
    campaign_id = stage.campaign()
    stage.leads(3, campaign_id)

    class Meddler(io.BytesIO):
        def write(self, line: Any, /) -> int:
            stage.lead(campaign_id)
            return super().write(line)

    stream = Meddler()
    exported = export.export_results(
        stage.world.db, campaign_id, stream, form=ExportFormat.JSON_LINES
    )
    assert exported.rows == 3
    row = stage.world.db.read(lambda tx: _campaign(tx, campaign_id))
    assert row is CampaignStatus.RUNNING


def _campaign(tx: Connection, campaign_id: int) -> CampaignStatus:
    return find(tx, campaign_id).status


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    """A desk with the embedded database, whose broker does not run."""
    home = Settings.load().create_home()
    (home / "broker.url").write_text(NOBODY_LISTENS, encoding="utf-8")
    with kept_log():
        yield Desk(tmp_path, capsys)


def test_the_ending_of_the_file_or_the_flag_tells_the_format(desk: Desk) -> None:
    campaign = desk.create()
    for name, flags, begins in (
        ("a.csv", (), b"\xef\xbb\xbflead_id,row,"),
        ("a.xlsx", (), b"PK"),
        ("a.jsonl", (), b'{"lead_id":'),
        ("a.txt", ("--format", "xlsx"), b"PK"),
        ("b.csv", ("--leads",), b"\xef\xbb\xbflead_id,list_id,"),
    ):
        path = desk.folder / name
        answer = desk.type("campaigns", "export", campaign, "-o", path, *flags)
        assert (answer.code, answer.err) == (0, f"2 leads written to {path}\n")
        assert path.read_bytes().startswith(begins), name


def test_a_list_gives_its_rejects_or_its_leads(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.create()
    capsys.readouterr()
    export_list(1, rejects=True)
    rejects = capsys.readouterr()
    assert rejects.out.startswith("\ufeffFirst Name,Mobile Phone,Plan,_row,_code")
    assert rejects.err == "2 rows written\n"
    export_list(1, leads=True)
    assert capsys.readouterr().err == "2 leads written\n"
    with pytest.raises(WrongUsage, match="of the list"):
        export_list(1)


def test_a_workbook_is_not_shown_on_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.create()

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdout", Terminal())
    with pytest.raises(WrongUsage, match="terminal"):
        export_list(1, leads=True, form=ExportFormat.XLSX)


# -- profiles for other systems


def profiled(stage: Stage, campaign_id: int, name: str) -> list[dict[str, str]]:
    stream = io.BytesIO()
    export_profile(stage.world.db, campaign_id, stream, profile=read_profile(name))
    return list(csv.DictReader(io.StringIO(stream.getvalue().decode("utf-8-sig"))))


def test_calls_are_written_as_salesforce_reads_tasks(stage: Stage) -> None:
    campaign_id = stage.campaign(name="Spring")
    lead_id = stage.lead(campaign_id, external_ref="00Q5e00000Abc12")
    stage.lead(campaign_id)  # not called yet: no task
    attempt_id = next(one for one in stage.claim() if stage.attempt_row(one).lead_id == lead_id)
    stage.dial(attempt_id)
    stage.deliver(stage.retell.end(attempt_id, duration_ms=61_400))
    stage.deliver(stage.retell.analyze(attempt_id))
    rows = [row for row in profiled(stage, campaign_id, "salesforce") if row["WhoId"]]
    assert rows == [
        {
            "WhoId": "00Q5e00000Abc12",
            "Subject": "Call: Spring",
            "Status": "Completed",
            "Priority": "Normal",
            "TaskSubtype": "Call",
            "CallType": "Outbound",
            "ActivityDate": "2026-03-04",
            "CallDurationInSeconds": "61",
            "CallDisposition": "talked",
            "CallObject": "call_1",
            "Description": "They talked.",
        }
    ]


@pytest.mark.parametrize("name", ["hubspot", "pipedrive"])
def test_other_profiles_write_who_was_called(stage: Stage, name: str) -> None:
    campaign_id = stage.campaign(name="Spring")
    lead_id = stage.lead(campaign_id, external_ref="17", name="Ada")
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "dial_busy"))
    (row,) = profiled(stage, campaign_id, name)
    assert row["Record ID" if name == "hubspot" else "Person - ID"] == "17"
    assert ("Busy" if name == "hubspot" else "busy") in row.values()


def test_profiles_run_nothing_in_a_spreadsheet(stage: Stage, tmp_path: Path) -> None:
    campaign_id = stage.campaign()
    evil = '=HYPERLINK("http://x","y")'
    stage.lead(campaign_id, name=evil, variables={"note": "+1+1", "tab": "\t=1"})
    path = tmp_path / "ours.toml"
    path.write_text(
        '[columns]\nName = "name"\nNote = "variable.note"\nTab = "variable.tab"\nPhone = "phone"\n'
        '"=cmd" = { value = "@SUM(1)" }\nBoth = { field = "name", before = "-" }\n',
        encoding="utf-8",
    )
    (row,) = profiled(stage, campaign_id, str(path))
    assert row["Name"] == f"'{evil}"
    assert (row["Note"], row["Tab"], row["'=cmd"]) == ("'+1+1", "'\t=1", "'@SUM(1)")
    assert row["Both"] == f"'-{evil}"
    assert row["Phone"].startswith("+1212")
