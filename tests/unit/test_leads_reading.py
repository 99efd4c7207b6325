"""Reading: bytes in, rows of text out, numbered as a spreadsheet numbers them."""

import codecs
from pathlib import Path

import pytest

from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.reading import Limits, Record, open_table


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
        (b"sep=;\r\n", FileProblemCode.EMPTY_FILE),
        (b"PK\x03\x04 a workbook", FileProblemCode.UNSUPPORTED_FORMAT),
        (b"\xd0\xcf\x11\xe0 an old workbook", FileProblemCode.UNSUPPORTED_FORMAT),
        (b"\n <TABLE><tr><td>Phone", FileProblemCode.UNSUPPORTED_FORMAT),
        ("<html><body>".encode("utf-16"), FileProblemCode.UNSUPPORTED_FORMAT),
        (b'[{"phone": "+14155552601"}]', FileProblemCode.UNSUPPORTED_FORMAT),
        (b"\x09\x04\x06\x00 Excel 4", FileProblemCode.UNSUPPORTED_FORMAT),
        (b"%PDF-1.7 ...", FileProblemCode.NOT_TEXT),
        (b"\x1f\x8b\x08 gzip", FileProblemCode.NOT_TEXT),
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


def test_a_line_without_an_end_costs_its_row_and_is_not_held_in_memory(tmp_path: Path) -> None:
    content = b"Phone,Note\n1," + b"x" * 5_000_000 + b"\n2,fine\n3," + b"y" * 3_000_000
    records = list(open_table(written(tmp_path, content)).records())

    assert [record.row for record in records] == [1, 2, 3, 4]
    assert "1,638,400" in (records[1].problem or "")
    assert sum(len(cell) for cell in records[1].cells) < 2000
    assert records[2] == Record(3, ["2", "fine"])
    assert records[3].problem is not None


def test_a_long_cell_is_given_whole(tmp_path: Path) -> None:
    text = f'Phone,Note\n1,{"x" * 200_000}\n2,"{"y" * 200_000}"\n'

    assert [len(row[1]) for row in cells(written(tmp_path, text))[1:]] == [200_000, 200_000]


def test_a_file_over_the_limit_is_refused_with_both_figures(tmp_path: Path) -> None:
    path = written(tmp_path, "Phone\n" + "1\n" * 1000)
    with pytest.raises(FileProblem) as caught:
        open_table(path, limits=Limits(max_bytes=1500))

    assert caught.value.code is FileProblemCode.FILE_TOO_LARGE
    assert "2,006 bytes" in (caught.value.why or "")
    assert "1,500" in (caught.value.why or "")


def test_blocks_and_lines_end_where_the_file_says(tmp_path: Path) -> None:
    ends = ["\n", "\r\n", "\r"]
    lines = [f"{n},{'é' * (n % 50)}" for n in range(60_000)]
    text = "".join(line + ends[n % 3] for n, line in enumerate(lines))

    assert cells(written(tmp_path, text)) == [line.split(",") for line in lines]


def test_how_much_was_read_can_be_asked(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, "Phone,Name\n" + "1,x\n" * 1_000_000))
    records = table.records()
    before = table.fraction_read()
    next(records)
    during = table.fraction_read()
    for _ in records:
        pass

    assert before == 0
    assert 0 < during < 1
    assert table.fraction_read() == 1
