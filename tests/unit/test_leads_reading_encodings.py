"""Encodings and delimiters: found, told, or warned of."""

from pathlib import Path

import pytest

from dialer.leads.notices import Notices
from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.reading import Table, open_table


def opened(
    tmp_path: Path,
    content: bytes | str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Table:
    path = tmp_path / "leads.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_table(path, encoding=encoding, delimiter=delimiter, notices=Notices())


def cells(table: Table) -> list[list[str]]:
    return [record.cells for record in table.records()]


def warned(table: Table) -> dict[object, object]:
    for _ in table.records():
        pass
    return {told["code"]: told["rows"] for told in table.notices.details()}


@pytest.mark.parametrize(
    "content",
    [
        "Name,Phone\nZoë,1\n".encode(),
        "Name,Phone\nZoë,1\n".encode("cp1252"),
        "Name,Phone\nZoë,1\n".encode("utf-16-le") + b"x",
        "Name,Phone\nZoë,1\n".encode("utf-32"),
    ],
)
def test_one_encoding_is_no_reason_to_warn(tmp_path: Path, content: bytes) -> None:
    table = opened(tmp_path, content)

    assert cells(table) == [["Name", "Phone"], ["Zoë", "1"]]
    assert warned(table) == {}


def test_cyrillic_names_in_utf_16_without_a_mark_are_read(tmp_path: Path) -> None:
    table = opened(tmp_path, "Имя;Телефон\nИван;+79161234567\n".encode("utf-16-be"))

    assert cells(table) == [["Имя", "Телефон"], ["Иван", "+79161234567"]]


def test_two_encodings_are_read_each_as_what_it_is_and_warned_of(tmp_path: Path) -> None:
    content = "a,b\nZoë,1\n".encode() + "André,2\n".encode("cp1252")
    content += "Zoë,".encode() + "André\n".encode("cp1252")
    table = opened(tmp_path, content)

    assert cells(table)[1:] == [["Zoë", "1"], ["André", "2"], ["Zoë", "André"]]
    assert warned(table) == {"mixed_encoding": [3, 4]}


def test_bytes_that_no_encoding_explains_are_warned_of(tmp_path: Path) -> None:
    table = opened(tmp_path, b"a,b\nx,1\n\x81\xe9,2\nlost \xef\xbf\xbd,3\n")

    assert cells(table)[2] == ["\ufffdé", "2"]
    assert warned(table)["undecodable_characters"] == [3, 4]


@pytest.mark.parametrize("text", ["JosÃ©", "Itâ€™s", "KrakÃ³w", "ÅÃ³dÅº"])
def test_text_that_was_encoded_twice_is_kept_and_warned_of(tmp_path: Path, text: str) -> None:
    table = opened(tmp_path, f"a,b\nx,1\n{text},2\n")

    assert cells(table)[2] == [text, "2"]
    assert warned(table) == {"suspicious_encoding": [3]}


@pytest.mark.parametrize("text", ["SÃO PAULO", "ÂNGELA", "Ärger", "“CAFÉ”", "Ådne", "Иван"])
def test_rare_letters_alone_are_no_reason_to_warn(tmp_path: Path, text: str) -> None:
    assert warned(opened(tmp_path, f"a,b\n{text},1\n")) == {}


def test_control_characters_are_removed_and_counted_once_a_row(tmp_path: Path) -> None:
    table = opened(tmp_path, b"a,b\n1\x00\x00,2\n3,4\x07\n5,6\n\x1a")
    for _ in range(2):
        assert cells(table) == [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]]

    (told,) = table.notices.details()
    assert (told["code"], told["rows_count"]) == ("control_chars_removed", 2)


def test_zeros_that_a_full_disk_left_at_the_end_are_no_rows(tmp_path: Path) -> None:
    assert cells(opened(tmp_path, b"a,b\n1,2\n" + bytes(70_000)))[:2] == [["a", "b"], ["1", "2"]]


def test_the_mark_of_a_file_that_was_glued_on_is_removed(tmp_path: Path) -> None:
    table = opened(tmp_path, b'\xef\xbb\xbfa,b\n1,2\n\xef\xbb\xbf"x, y",2\n')

    assert cells(table)[2] == ["x, y", "2"]


def test_the_encoding_may_be_told(tmp_path: Path) -> None:
    table = opened(tmp_path, "Имя;Телефон\nИван;1\n".encode("cp1251"), encoding="windows-1251")

    assert cells(table)[1] == ["Иван", "1"]


@pytest.mark.parametrize("name", ["klingon", "rot13", "hex", "idna", "", "a\x00b"])
def test_an_unknown_encoding_is_refused_with_examples(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileProblem) as caught:
        opened(tmp_path, "a,b\n", encoding=name)

    assert caught.value.code is FileProblemCode.UNKNOWN_ENCODING
    assert "windows-1252" in (caught.value.fix or "")


def test_the_delimiter_may_be_told_by_name(tmp_path: Path) -> None:
    assert cells(opened(tmp_path, "a;b,c\n1;2,3\n", delimiter="comma"))[0] == ["a;b", "c"]


@pytest.mark.parametrize("delimiter", ["ab", "", " ", "x", '"', "\n"])
def test_what_cannot_separate_columns_is_refused(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(FileProblem) as caught:
        opened(tmp_path, "a,b\n", delimiter=delimiter)

    assert caught.value.code is FileProblemCode.UNKNOWN_DELIMITER


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_sep_line_is_no_row_in_any_form(tmp_path: Path, line: str, encoding: str) -> None:
    table = opened(tmp_path, f"{line}\r\na;b\r\n1,5;2\r\n".encode(encoding))

    assert [(record.row, record.cells) for record in table.records()] == [
        (1, ["a", "b"]),
        (2, ["1,5", "2"]),
    ]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("Leads, exported, by Ann\n\nName;Phone\na;1\nb;2\n", ";"),
        ("Smith, Ann;+14155552601\nRoe, Bob;+14155552602\n", ";"),
        ("Name;Phone;Due\na;4155552601;1,5\nb;4155552602;2,5\n", ";"),
        ("a;1,5;2,5;4155552601\nb;3,5;4,5;4155552602\n", ";"),
        ("Name|Phone\na,b|1\nc,d|2\n", "|"),
        ('Name,Note\na,"x;y;z"\nb,"x;y;z"\n', ","),
    ],
)
def test_the_delimiter_is_the_one_that_fits_best(tmp_path: Path, text: str, delimiter: str) -> None:
    assert opened(tmp_path, text).delimiter == delimiter


def test_a_cell_with_two_numbers_in_a_file_of_one_column_stays_whole(tmp_path: Path) -> None:
    text = "Phone\n4155552601\n4155552602, 4155552603\n4155552604\n"

    assert cells(opened(tmp_path, text))[2] == ["4155552602, 4155552603"]
