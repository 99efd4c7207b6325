"""Workbooks: one sheet of XLSX, XLS or ODS, unpacked in a process of its own."""

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
import xlwt
from odf import table as odf_table
from odf.opendocument import OpenDocumentSpreadsheet
from odf.text import P

from dialer.leads.notices import Notices
from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.reading import Limits, Record, open_table

ROWS = [["Name", "Phone"], ["Zoë", "+14155552601"], ["Null", "0415"]]


def xlsx(
    path: Path, *, sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = ()
) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name in hidden:
                sheet.hide()
            else:
                sheet.activate()  # the active sheet is never hidden
            for place, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write(place, column, value)
    return path


def write_xlsx(path: Path) -> None:
    xlsx(path, sheets={"Leads": [list(row) for row in ROWS]})


def write_xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Leads")
    for place, row in enumerate(ROWS):
        for column, value in enumerate(row):
            sheet.write(place, column, value)
    book.save(str(path))


def write_ods(path: Path) -> None:
    book = OpenDocumentSpreadsheet()
    sheet = odf_table.Table(name="Leads")
    for row in ROWS:
        line = odf_table.TableRow()
        for value in row:
            cell = odf_table.TableCell(valuetype="string")
            cell.addElement(P(text=value))
            line.addElement(cell)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    book.write(str(path))


def records(path: Path, *, sheet: str | None = None) -> list[Record]:
    with open_table(path, sheet=sheet) as table:
        return list(table.records())


def problem(path: Path, *, limits: Limits | None = None, sheet: str | None = None) -> FileProblem:
    with pytest.raises(FileProblem) as caught:
        open_table(path, limits=limits, sheet=sheet)
    return caught.value


@pytest.mark.parametrize("name", ["leads.csv", "leads.xlsx", "leads"])
@pytest.mark.parametrize(
    ("write", "kind"), [(write_xlsx, "xlsx"), (write_xls, "xls"), (write_ods, "ods")]
)
def test_a_workbook_is_read_whatever_its_name(
    tmp_path: Path, write: Callable[[Path], None], kind: str, name: str
) -> None:
    write(tmp_path / "made")
    path = (tmp_path / "made").rename(tmp_path / name)
    with open_table(path) as table:
        assert table.kind == kind
        assert (table.sheet, table.sheets) == ("Leads", ("Leads",))
        assert list(table.records()) == [Record(row, cells) for row, cells in enumerate(ROWS, 1)]


def test_a_text_file_called_xlsx_is_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    path.write_text("Name,Phone\nAnn,1\n")

    assert open_table(path).kind == "csv"


def test_cells_read_as_the_person_saw_them(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        day, moment, time, long = (
            book.add_format({"num_format": form})
            for form in ("yyyy-mm-dd", "dd/mm/yyyy hh:mm", "hh:mm", "[h]:mm:ss")
        )
        sheet.write_number(0, 0, 14155552613)
        sheet.write_number(0, 1, 1.41555526e20)
        sheet.write_number(0, 2, 1.5)
        sheet.write_number(0, 3, 0.00001)
        sheet.write_number(0, 4, -7)
        sheet.write_datetime(0, 5, dt.datetime(2026, 11, 23), day)  # noqa: DTZ001
        sheet.write_datetime(0, 6, dt.datetime(2026, 11, 23, 14, 30), moment)  # noqa: DTZ001
        sheet.write_datetime(0, 7, dt.datetime(2026, 11, 23, 14, 30, 5), moment)  # noqa: DTZ001
        sheet.write_datetime(0, 8, dt.time(14, 30), time)
        sheet.write_number(0, 9, 1.25, long)
        sheet.write_boolean(0, 10, True)
        sheet.write_string(0, 11, "+0041 ")
        sheet.write_formula(0, 12, "=1+1", None, 2)

    (record,) = records(path)
    assert record.cells == [
        "14155552613",
        "141555526000000000000",
        "1.5",
        "0.00001",
        "-7",
        "2026-11-23",
        "2026-11-23 14:30",
        "2026-11-23 14:30:05",
        "14:30",
        "30:00",
        "TRUE",
        "+0041 ",
        "2",
    ]


def test_rows_keep_the_numbers_they_have_in_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "leads.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        form = book.add_format({"bold": True})
        sheet.write_row(2, 1, ["Name", "Phone"])
        sheet.write_row(4, 1, ["Ann", "1"])
        for row in range(5, 3000):
            sheet.write_blank(row, 1, None, form)

    assert records(path) == [
        Record(1, []),
        Record(2, []),
        Record(3, ["Name", "Phone"]),
        Record(4, []),
        Record(5, ["Ann", "1"]),
    ]


def test_short_rows_are_filled_up_to_the_width_asked_for(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", sheets={"A": [["Name", "Phone", "Note"], ["Ann"]]})
    with open_table(path) as table:
        assert list(table.records(width=3))[1].cells == ["Ann", "", ""]
        assert list(table.records())[1].cells == ["Ann"]


@pytest.mark.slow
def test_a_cell_far_down_costs_no_memory_and_one_far_out_only_its_file(tmp_path: Path) -> None:
    down = tmp_path / "down.xlsx"
    out = tmp_path / "out.xlsx"
    for path, column in ((down, 1), (out, 16_383)):
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["Name", "Phone"])
            sheet.write(1_048_575, column, "x")

    assert records(down)[-1] == Record(1_048_576, ["", "x"])
    refused = problem(out)
    assert refused.code is FileProblemCode.FILE_TOO_LARGE
    assert "2,048 MB" in (refused.why or "")


def test_the_first_sheet_that_is_shown_and_holds_a_table_is_read(tmp_path: Path) -> None:
    notices = Notices()
    path = xlsx(
        tmp_path / "a.xlsx",
        sheets={
            "Old": [["Phone"], ["1"]],
            "Cover": [["Our leads"]],
            "Empty": [],
            "Leads": [["Phone"], ["2"]],
            "More": [["Phone"], ["3"]],
        },
        hidden=("Old",),
    )
    with open_table(path, notices=notices) as table:
        assert table.sheet == "Leads"
        assert [record.cells for record in table.records()] == [["Phone"], ["2"]]

    (told,) = notices.details()
    assert told["code"] == "multiple_sheets"
    assert all(f'"{name}"' in str(told["message"]) for name in ("Leads", "Cover", "More", "Old"))
    assert '"Empty"' not in str(told["message"])


@pytest.mark.parametrize("sheet", ["More", "more ", "2"])
def test_a_sheet_is_chosen_by_name_or_number_and_then_others_are_no_warning(
    tmp_path: Path, sheet: str
) -> None:
    notices = Notices()
    path = xlsx(tmp_path / "a.xlsx", sheets={"Leads": [["1"], ["2"]], "More": [["3"], ["4"]]})
    with open_table(path, sheet=sheet, notices=notices) as table:
        assert table.sheet == "More"
    assert notices.codes() == []


@pytest.mark.parametrize("sheet", ["Nope", "3", "0", "-x", "\x00", "\ud800", ""])
def test_an_unknown_sheet_is_refused_with_the_names_there_are(tmp_path: Path, sheet: str) -> None:
    path = xlsx(tmp_path / "a.xlsx", sheets={"Leads": [["1"]], "More": [["3"]]})
    refused = problem(path, sheet=sheet)

    assert refused.code is FileProblemCode.UNKNOWN_SHEET
    assert "Leads, More" in (refused.why or "")


def test_a_workbook_without_a_filled_cell_is_empty(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", sheets={"Leads": [], "More": []})

    assert problem(path).code is FileProblemCode.EMPTY_FILE


def test_control_characters_in_a_workbook_are_removed_and_warned_of(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", sheets={"A": [["Phone"], ["1\x07\u00e9"]]})
    with open_table(path) as table:
        assert [record.cells for record in table.records()] == [["Phone"], ["1é"]]
        assert table.notices.codes() == ["control_chars_removed"]


def test_every_limit_is_told_with_both_figures(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", sheets={"A": [["Phone"], ["1"]] * 5000})
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        inflated = sum(entry.file_size for entry in archive.infolist())

    for limits, figures in (
        (Limits(max_bytes=100), (size, 100)),
        (Limits(max_workbook_bytes=100), (size, 100)),
        (Limits(max_inflated_bytes=1000), (inflated, 1000)),
    ):
        refused = problem(path, limits=limits)
        assert refused.code is FileProblemCode.FILE_TOO_LARGE
        assert all(f"{figure:,}" in (refused.why or "") for figure in figures)


def test_an_archive_of_very_many_files_is_refused_before_it_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(10_001):
            archive.writestr(f"xl/{n}", b"")

    assert "10,001" in (problem(path).why or "")


def test_a_sheet_that_says_it_is_small_and_is_not_costs_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path)
    sheet = "xl/worksheets/sheet1.xml"
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            text = old.read(entry)
            new.writestr(
                entry.filename, text + b" " * 10_000_000 if entry.filename == sheet else text
            )
    content = bomb.read_bytes()
    real = 10_000_000 + len(zipfile.ZipFile(path).read(sheet))
    bomb.write_bytes(content.replace(real.to_bytes(4, "little"), (1000).to_bytes(4, "little")))

    assert problem_or_rows(bomb)


def problem_or_rows(path: Path) -> bool:
    try:
        return bool(records(path))
    except FileProblem as refused:
        return refused.code in (
            FileProblemCode.UNSUPPORTED_FORMAT,
            FileProblemCode.FILE_TOO_LARGE,
        )


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            FileProblemCode.UNSUPPORTED_FORMAT,
            "password",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
            FileProblemCode.UNSUPPORTED_FORMAT,
            "no workbook",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + bytes(999),
            FileProblemCode.UNSUPPORTED_FORMAT,
            "cannot be read",
        ),
    ],
)
def test_an_office_file_that_cannot_be_read_is_refused_with_a_sentence(
    tmp_path: Path, content: bytes, code: FileProblemCode, words: str
) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    refused = problem(path)

    assert refused.code is code
    assert words in refused.what


def test_an_archive_without_a_workbook_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("leads.csv", "Phone\n1\n")

    assert problem(path).code is FileProblemCode.NOT_TEXT


def test_a_workbook_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path)
    path.write_bytes(path.read_bytes()[:-100])

    assert problem(path).code is FileProblemCode.UNSUPPORTED_FORMAT


def test_what_was_unpacked_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(room))
    write_xlsx(tmp_path / "a.xlsx")
    table = open_table(tmp_path / "a.xlsx")
    assert len(list(room.iterdir())) == 1
    table.close()
    table.close()
    problem(tmp_path / "a.xlsx", sheet="Nope")

    assert list(room.iterdir()) == []
