"""Reading: bytes in, rows of text out, numbered as a spreadsheet numbers them."""

import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.reading import open_table


def written(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "leads.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cells(path: Path) -> list[list[str]]:
    return [record.cells for record in open_table(path).records()]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", FileProblemCode.EMPTY_FILE),
        (b"\xef\xbb\xbf\r\n,,,\r\n", FileProblemCode.EMPTY_FILE),
        (b"PK\x03\x04 a workbook", FileProblemCode.UNSUPPORTED_FORMAT),
        (b"\xd0\xcf\x11\xe0 an old workbook", FileProblemCode.UNSUPPORTED_FORMAT),
        (b"\n <TABLE><tr><td>Phone", FileProblemCode.UNSUPPORTED_FORMAT),
        (b"%PDF-1.7 ...", FileProblemCode.NOT_TEXT),
        (b"\x7fELF" + bytes(range(256)) * 20 + bytes(300), FileProblemCode.NOT_TEXT),
    ],
)
def test_a_file_that_is_no_table_of_text_is_refused_by_its_content(
    tmp_path: Path, content: bytes, code: FileProblemCode
) -> None:
    with pytest.raises(FileProblem) as caught:
        open_table(written(tmp_path, content))

    assert caught.value.code is code


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    text = "Name,Phone,Note\nAnn,1,a\nBob,2,b\n".replace(",", delimiter)

    assert open_table(written(tmp_path, text)).delimiter == delimiter


def test_a_comma_inside_the_cells_of_a_semicolon_file_is_no_delimiter(tmp_path: Path) -> None:
    text = "Name;Phone;City\nDoe, Ann;1;Rome, NY\nRoe, Bob;2;Paris\nPoe;3;Troy, MI\n"

    assert cells(written(tmp_path, text))[1] == ["Doe, Ann", "1", "Rome, NY"]


def test_a_sep_line_names_the_delimiter_and_is_no_row(tmp_path: Path) -> None:
    records = list(open_table(written(tmp_path, "sep=|\r\nPhone|Name\r\n1|a,b,c\r\n")).records())

    assert [(record.row, record.cells) for record in records] == [
        (1, ["Phone", "Name"]),
        (2, ["1", "a,b,c"]),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "Name,Phone\nZoë,1\n".encode(),
        codecs.BOM_UTF8 + "Name,Phone\nZoë,1\n".encode(),
        "Name,Phone\nZoë,1\n".encode("cp1252"),
        "Name,Phone\nZoë,1\n".encode("utf-16"),
        "Name,Phone\nZoë,1\n".encode("utf-16-le"),
        "Name,Phone\nZoë,1\n".encode("utf-16-be"),
        "Name,Phone\rZoë,1\r".encode(),
        "Name,Phone\r\nZoë,1".encode(),
        b"Na\x00me,Phone\nZo\xc3\xab\x07,1\n",
    ],
)
def test_the_same_table_is_read_from_every_encoding(tmp_path: Path, content: bytes) -> None:
    assert cells(written(tmp_path, content)) == [["Name", "Phone"], ["Zoë", "1"]]


def test_two_files_of_different_encodings_glued_together_are_read_line_by_line(
    tmp_path: Path,
) -> None:
    content = "Name,Phone\nZoë,1\n".encode() + "André,2\n".encode("cp1252")

    assert cells(written(tmp_path, content))[1:] == [["Zoë", "1"], ["André", "2"]]


def test_a_cell_with_line_breaks_is_one_row(tmp_path: Path) -> None:
    text = 'Phone,Note\n1,"two\nlines"\n\n2,next\n'
    records = list(open_table(written(tmp_path, text)).records())

    assert [(record.row, record.cells) for record in records] == [
        (1, ["Phone", "Note"]),
        (2, ["1", "two\nlines"]),
        (3, []),
        (4, ["2", "next"]),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_a_file_problem(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path, content)
    try:
        records = list(open_table(path).records())
    except FileProblem:
        return
    assert [record.row for record in records] == list(range(1, len(records) + 1))
