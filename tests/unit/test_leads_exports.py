"""Exports: what a spreadsheet gets, and what comes back from it."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import BinaryIO

import openpyxl
import pytest

from dialer.domain.dispositions import Disposition
from dialer.errors import NotFound, UserError
from dialer.leads.cells import clean_cell
from dialer.leads.exports import ExportFormat, format_of, open_export, opened
from dialer.leads.formulas import marked, marked_as_read, marked_in_cell, unmarked
from dialer.leads.rejects import RejectFile, write_rejects
from dialer.leads.rows import AcceptedRow, ImportOptions, RejectedRow, read_leads
from dialer.leads.workbook_sink import MAX_CELL_UNITS, MAX_COLUMNS, WorkbookSink

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NASTY = "'= +-@\t\r\n\u00a0\u200bx\"1\uff1d"
NASTY_TEXTS = ["".join(text) for n in range(5) for text in product(NASTY, repeat=n)]
NASTY_VALUES = [
    "=1+1",
    "'=1+1",
    "''=1+1",
    '=HYPERLINK("http://x","y")',
    "+1 415",
    "+14155552671",
    "'+14155552671",
    "@SUM(A1)",
    "\uff1dcmd",
    "O'Neill",
    "'t Hooft",
    "-5",
    "00415",
    'say "hi", then; go|on',
    "two\nlines",
    "<r><t>bold</t></r>",
    "_x0041_",
]


def written(
    columns: Sequence[str], *rows: Sequence[object], form: ExportFormat = ExportFormat.CSV
) -> str:
    stream = io.BytesIO()
    with open_export(stream, form=form, columns=columns, title="results") as export:
        for row in rows:
            export.add(row)
    assert export.rows == len(rows)
    return stream.getvalue().decode()


def workbook_of(path: Path, *rows: Sequence[object]) -> list[str]:
    """Write rows under the columns a, b, c and so on, and give the warnings."""
    columns = [chr(ord("a") + n) for n in range(len(rows[0]))]
    with open_export(path, form=ExportFormat.XLSX, columns=columns, title="results") as export:
        for row in rows:
            export.add(row)
    return export.warnings


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1 415", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "+", "+0123456", " =1", "\u00a0-1"],
)
def test_a_text_that_could_run_as_a_formula_is_marked(text: str) -> None:
    assert marked(text) == marked_as_read(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+14155552671", "Ann", "", "'x", "O'Neill = Ann", "\u200bx", " "])
def test_phones_and_harmless_texts_are_left_alone(text: str) -> None:
    assert marked(text) == marked_as_read(text) == text


def test_whatever_is_marked_comes_back_as_it_was() -> None:
    assert [text for text in NASTY_TEXTS if unmarked(marked(text)) != text] == []
    assert [text for text in NASTY_TEXTS if unmarked(marked_in_cell(text)) != text] == []
    stored = {clean_cell(text) for text in NASTY_TEXTS}
    assert [text for text in stored if clean_cell(marked(text)) != text] == []


def test_a_marked_cell_of_a_file_is_read_as_the_file_was() -> None:
    wrong = [text for text in NASTY_TEXTS if clean_cell(marked_as_read(text)) != clean_cell(text)]
    assert wrong == []


def test_nothing_that_is_marked_begins_like_a_formula() -> None:
    begins = "=+-@\t\r\n\uff1d"
    for text in NASTY_TEXTS:
        for safe in (marked(text), marked_as_read(text)):
            assert not safe.strip().startswith(tuple(begins)), text


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    form = format_of(path)
    with open_export(path, form=form, columns=["phone", "name", "at"], title="x") as export:
        export.add(["+14155552671", "Zoë", NOON])
        export.add(["+14155552672", "=evil()", None])
        assert not path.exists()  # not before it is whole
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert path.read_bytes().decode("utf-8-sig") == (
        "phone,name,at\r\n+14155552671,Zoë,2026-03-01T12:00:00+00:00\r\n+14155552672,'=evil(),\r\n"
    )
    assert list(tmp_path.iterdir()) == [path]


def test_a_stream_stays_open() -> None:
    assert written(["a"], [1]) == "\ufeffa\r\n1\r\n"


def test_numbers_stay_numbers_and_everything_else_becomes_one_text() -> None:
    rows = [-5, 2.5, True, Disposition.BUSY, ["+14155552671", "b"], [1, {"x": "=1"}], {"a": None}]
    (_, cells) = csv.reader(io.StringIO(written(["h"] * 7, rows), newline=""))
    phones, objects = "'+14155552671, b", '[1,{"x":"=1"}]'
    assert cells == ["-5", "2.5", "true", "busy", phones, objects, '{"a":null}']


def test_json_lines_hold_one_object_each_and_mark_nothing() -> None:
    rows: list[list[object]] = [["=1", NOON], [None, ["b", 2]]]
    text = written(["a", "at"], *rows, form=ExportFormat.JSON_LINES)
    assert [json.loads(line) for line in text.splitlines()] == [
        {"a": "=1", "at": "2026-03-01T12:00:00+00:00"},
        {"a": None, "at": ["b", 2]},
    ]


def stop_in_the_middle(path: Path, *, form: ExportFormat) -> None:
    with open_export(path, form=form, columns=["a"], title="results") as export:
        export.add(["x"])
        raise RuntimeError("enough")


@pytest.mark.parametrize("form", ExportFormat)
def test_a_file_that_is_not_finished_never_appears(tmp_path: Path, form: ExportFormat) -> None:
    path = tmp_path / "results"
    path.write_text("older")
    with pytest.raises(RuntimeError, match="enough"):
        stop_in_the_middle(path, form=form)
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "a.csv"
    with (
        pytest.raises(NotFound, match="nowhere"),
        open_export(target, form=ExportFormat.CSV, columns=["a"], title="x"),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("a.XLSX", "xlsx"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a", "csv"),
    ],
)
def test_the_name_of_a_file_tells_its_format(name: str, form: str) -> None:
    assert format_of(Path(name)) == form


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    row = ["+14155552671", "=1+1", "007", -5, 2.5, True, NOON, None, 10**15, float("inf"), "a\nb"]
    assert workbook_of(path, row) == []
    sheet = openpyxl.load_workbook(path)["results"]
    cells = [(cell.data_type, cell.value) for cell in list(sheet.rows)[1]]
    assert cells == [
        ("s", "+14155552671"),
        ("s", "=1+1"),
        ("s", "007"),
        ("n", -5),
        ("n", 2.5),
        ("b", True),
        ("s", "2026-03-01T12:00:00+00:00"),
        ("n", None),
        ("s", "1000000000000000"),
        ("s", "inf"),
        ("s", "a\nb"),
    ]


def test_rows_beyond_a_sheet_go_on_in_the_next_one() -> None:
    stream = io.BytesIO()
    sink = WorkbookSink(stream, columns=["n"], title="results", max_rows=3)
    for n in range(5):
        sink.add([n])
    sink.finish()
    sink.close()
    book = openpyxl.load_workbook(stream)
    sheets = {sheet.title: [row[0].value for row in sheet.rows] for sheet in book}
    assert sheets == {
        "results": ["n", 0, 1],
        "results 2": ["n", 2, 3],
        "results 3": ["n", 4],
    }
    assert sink.warnings == ["A sheet has at most 3 rows; there are 3 sheets."]


def test_a_text_that_no_cell_holds_is_cut_with_a_mark_and_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    just, long = "x" * MAX_CELL_UNITS, "\U0001f600" * 20_000  # two units each
    (warning,) = workbook_of(path, [just, long])
    assert "1 cells" in warning
    assert "results, row 2" in warning
    _, (first, second) = openpyxl.load_workbook(path)["results"].values
    assert first == just
    assert second.endswith(" … [cut here: 20,000 characters in all]")
    assert len(second.encode("utf-16-le")) <= 2 * MAX_CELL_UNITS


def test_a_workbook_refuses_more_columns_than_it_can_hold() -> None:
    with pytest.raises(UserError, match="16,384"):
        WorkbookSink(io.BytesIO(), columns=["a"] * (MAX_COLUMNS + 1), title="x")


@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.XLSX])
def test_an_export_that_is_imported_loses_nothing(tmp_path: Path, form: ExportFormat) -> None:
    path = tmp_path / f"leads.{form}"
    mark_of_ours = ["a column", "=formula", "'=quoted"]
    with open_export(path, form=form, columns=["phone", *mark_of_ours], title="leads") as export:
        for n, value in enumerate(NASTY_VALUES):
            export.add([f"+1415555{2600 + n}", value, "x", "y"])
    found = []
    with read_leads(path, options=ImportOptions()) as leads:
        for lead in leads:
            assert isinstance(lead, AcceptedRow), lead
            found.append(lead.variables["a column"])
    assert found == NASTY_VALUES


def outcomes(path: Path) -> tuple[Sequence[str], list[AcceptedRow], list[RejectedRow]]:
    with read_leads(path, options=ImportOptions()) as leads:
        found = list(leads)
        accepted = [one for one in found if isinstance(one, AcceptedRow)]
        return leads.header, accepted, [one for one in found if isinstance(one, RejectedRow)]


def test_a_reject_file_is_corrected_and_uploaded_again(tmp_path: Path) -> None:
    source, rejects, again = (tmp_path / name for name in ("a.csv", "rejects.csv", "b.csv"))
    source.write_text(
        'Phone,Name,Plan\n4155552671,Ann,A\nbad,Zoë,=B1\n911,"-",\n', encoding="utf-8"
    )
    header, _, rejected = outcomes(source)
    assert write_rejects(rejects, header, rejected) == 2
    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        names, first, second = csv.reader(stream)
    assert names == ["Phone", "Name", "Plan", "_row", "_code", "_message"]
    assert first[:5] == ["bad", "Zoë", "'=B1", "3", "unparseable_phone"]
    assert second[:5] == ["911", "'-", "", "4", "short_or_emergency"]

    again.write_bytes(rejects.read_bytes().replace(b"bad", b"4155552672"))
    header, (lead,), (still_bad,) = outcomes(again)
    assert lead.variables == {"Phone": "4155552672", "Name": "Zoë", "Plan": "=B1", "name": "Zoë"}

    write_rejects(rejects, header, [still_bad])
    assert rejects.read_text(encoding="utf-8-sig").startswith(
        "Phone,Name,Plan,_row,_code,_message\n"
    )


@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.XLSX])
def test_correcting_rejected_rows_loses_no_cell(tmp_path: Path, form: ExportFormat) -> None:
    """Nasty cells of a good file, and the same after two rounds as rejects, are the same."""
    texts = [*NASTY_VALUES, '="0415"', '\'="0415"', " '=x", "\t=1", '" quoted "', "\u00a0x"]
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    for path, digit in ((good, "2"), (bad, "0")):  # an exchange may not begin with 0
        with path.open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(["Phone", "=odd", "Two\nlines"])
            rows.writerows([f"415{digit}55{2600 + n}", text, "x"] for n, text in enumerate(texts))
    _, expected, none = outcomes(good)
    assert len(expected) == len(texts)
    assert none == []

    header, _, rejected = outcomes(bad)
    assert len(rejected) == len(texts)
    for n in range(2):
        path = tmp_path / f"rejects-{n}.{form}"
        with RejectFile(path, header, form=form) as file:
            for one in rejected:
                file.add(one.row, one.cells, one.reason, one.message)
        assert file.count == len(texts)
        header, _, rejected = outcomes(path)
    corrected = [[cells[0].replace("4150", "4152"), *cells[1:]] for _, cells, *_ in rejected]
    path = tmp_path / "corrected.csv"
    with RejectFile(path, header) as file:
        for n, cells in enumerate(corrected):
            file.add(n, cells, "bad_row", "corrected")
    _, accepted, none = outcomes(path)
    assert none == []
    assert [one.variables for one in accepted] == [one.variables for one in expected]


def test_cells_that_have_no_header_stay_in_the_reject_file(tmp_path: Path) -> None:
    source, rejects = tmp_path / "a.csv", tmp_path / "rejects.csv"
    source.write_text("Phone,Name\n4155552671,Doe, Ann\n")
    header, _, rejected = outcomes(source)
    write_rejects(rejects, header, rejected)

    with rejects.open(encoding="utf-8-sig", newline="") as stream:
        _, row = csv.reader(stream)
    assert row[:4] == ["4155552671", "Doe", "2", "bad_row"]
    assert row[5:] == [" Ann"]


def test_rejected_rows_as_objects_keep_every_cell_under_a_name_of_its_own() -> None:
    stream: BinaryIO = io.BytesIO()
    with RejectFile(stream, ["Name", "", "Name"], form=ExportFormat.JSON_LINES) as file:
        file.add(2, ["Ann", "x", "=B", "more"], "bad_row", "Why.")
    stream.seek(0)
    assert json.loads(stream.read()) == {
        "Name": "Ann",
        "column_2": "x",
        "Name_2": "=B",
        "_row": 2,
        "_code": "bad_row",
        "_message": "Why.",
        "_more": ["more"],
    }


def test_two_who_write_one_file_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    target = tmp_path / "rejects.csv"
    with opened(target) as one, opened(target) as other:
        one.write(b"one")
        other.write(b"other")
    assert target.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["rejects.csv"]
