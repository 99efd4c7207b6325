"""Exports: what a spreadsheet gets, and what comes back from it."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.leads.exports import escape_cell, write_results, write_results_as_json_lines
from dialer.leads.rejects import write_rejects
from dialer.leads.rows import AcceptedRow, ImportOptions, RejectedRow, read_leads


@pytest.mark.parametrize(
    "text", ["=1+1", "+1 415", "-2", "@SUM(A1)", "\tx", "\rx", "+", "+0123456"]
)
def test_a_text_that_could_run_as_a_formula_is_escaped(text: str) -> None:
    assert escape_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["+14155552671", "Ann", "", "'x", -5, 2.5, None, True])
def test_phones_and_numbers_are_left_alone(value: object) -> None:
    assert escape_cell(value) == value


def test_results_are_written_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    rows = (
        {"phone": "+14155552671", "name": "Zoë", "at": datetime(2026, 3, 1, tzinfo=UTC)},
        {"phone": "+14155552672", "name": "=evil()", "more": 1},
    )

    assert write_results(path, iter(rows), ["phone", "name", "at"]) == 2
    assert path.read_bytes().decode("utf-8-sig") == (
        "phone,name,at\r\n+14155552671,Zoë,2026-03-01T00:00:00+00:00\r\n+14155552672,'=evil(),\r\n"
    )
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_stream_stays_open() -> None:
    stream = io.StringIO()
    write_results(stream, [{"a": 1}], ["a"])

    assert stream.getvalue() == "\ufeffa\r\n1\r\n"


def test_json_lines_hold_one_object_each_and_escape_nothing() -> None:
    stream = io.StringIO()
    rows: list[dict[str, object]] = [
        {"a": "=1", "at": datetime(2026, 3, 1, tzinfo=UTC)},
        {"a": None, "b": 2},
    ]

    assert write_results_as_json_lines(stream, rows, ["a", "at"]) == 2
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"a": "=1", "at": "2026-03-01T00:00:00+00:00"},
        {"a": None, "at": None},
    ]


def test_a_reject_file_is_corrected_and_uploaded_again(tmp_path: Path) -> None:
    source, rejects, again = (tmp_path / name for name in ("a.csv", "rejects.csv", "b.csv"))
    source.write_text(
        'Phone,Name,Plan\n4155552671,Ann,A\nbad,Zoë,=B1\n911,"-",\n', encoding="utf-8"
    )
    leads = read_leads(source, options=ImportOptions())
    rejected = [outcome for outcome in leads if isinstance(outcome, RejectedRow)]

    assert write_rejects(rejects, leads.header, rejected) == 2
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        header, first, second = csv.reader(stream)
    assert header == ["Phone", "Name", "Plan", "_row", "_code", "_message"]
    assert first[:5] == ["bad", "Zoë", "'=B1", "3", "unparseable_phone"]
    assert second[:5] == ["911", "'-", "", "4", "short_or_emergency"]

    again.write_bytes(rejects.read_bytes().replace(b"bad", b"4155552672"))
    corrected = read_leads(again, options=ImportOptions())
    lead, still_bad = corrected
    assert isinstance(lead, AcceptedRow)
    assert lead.variables == {"Phone": "4155552672", "Name": "Zoë", "Plan": "=B1", "name": "Zoë"}

    assert isinstance(still_bad, RejectedRow)
    write_rejects(rejects, corrected.header, [still_bad])
    assert rejects.read_text(encoding="utf-8-sig").startswith(
        "Phone,Name,Plan,_row,_code,_message\n"
    )


def test_cells_that_have_no_header_stay_in_the_reject_file(tmp_path: Path) -> None:
    source, rejects = tmp_path / "a.csv", tmp_path / "rejects.csv"
    source.write_text("Phone,Name\n4155552671,Doe, Ann\n")
    leads = read_leads(source, options=ImportOptions())
    write_rejects(rejects, leads.header, [one for one in leads if isinstance(one, RejectedRow)])

    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        _, row = csv.reader(stream)
    assert row[:4] == ["4155552671", "Doe", "2", "bad_row"]
    assert row[5:] == [" Ann"]
