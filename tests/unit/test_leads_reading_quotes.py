"""Quotation marks: one that is never closed costs its own row and no other."""

from pathlib import Path

import pytest

from dialer.leads.notices import Notices
from dialer.leads.reading import Record, open_table


def read(tmp_path: Path, text: str, *, width: int | None) -> list[Record]:
    path = tmp_path / "leads.csv"
    path.write_bytes(text.encode())
    return list(open_table(path, delimiter=",").records(width=width))


def good(records: list[Record]) -> dict[int, list[str]]:
    return {record.row: record.cells for record in records if record.problem is None}


def bad(records: list[Record]) -> list[int]:
    return [record.row for record in records if record.problem is not None]


def test_a_quote_that_is_never_closed_swallows_no_row(tmp_path: Path) -> None:
    text = 'Name,Phone\n"Ann,1\nBob,2\nCal,3\n'
    records = read(tmp_path, text, width=2)

    assert bad(records) == [2]
    assert good(records) == {1: ["Name", "Phone"], 3: ["Bob", "2"], 4: ["Cal", "3"]}


def test_a_quote_that_a_later_quoted_cell_seems_to_close_swallows_no_row(tmp_path: Path) -> None:
    text = 'Name,Phone\n"Ann,1\nBob,2\n"Cal",3\n"Dan, Jr.",4\n'
    records = read(tmp_path, text, width=2)

    assert bad(records) == [2]
    assert good(records) == {
        1: ["Name", "Phone"],
        3: ["Bob", "2"],
        4: ["Cal", "3"],
        5: ["Dan, Jr.", "4"],
    }


def test_two_stray_quotes_that_close_each_other_swallow_no_row_between_them(
    tmp_path: Path,
) -> None:
    text = (
        "Name,Phone,Note\n"
        'Ann,+14155552601,"likes\n'
        "Bob,+14155552602,tall\n"
        'Cal,+14155552603,5"\n'
        "Dan,+14155552604,x\n"
    )
    records = read(tmp_path, text, width=3)

    assert bad(records) == [2]
    assert [cells[0] for cells in good(records).values()] == ["Name", "Bob", "Cal", "Dan"]


def test_a_quote_alone_in_a_later_column_costs_its_row(tmp_path: Path) -> None:
    records = read(tmp_path, 'Name,Phone\nAnn,"\nBob,2\n', width=2)

    assert bad(records) == [2]
    assert good(records)[3] == ["Bob", "2"]


def test_a_cell_with_many_lines_is_one_row_and_one_with_too_many_is_none(tmp_path: Path) -> None:
    note = "\n".join(f"line {n}" for n in range(90))
    records = read(tmp_path, f'Name,Note\nAnn,"{note}"\nBob,"{note}\n{note}"\nCal,c\n', width=2)

    assert records[1] == Record(2, ["Ann", note])
    assert records[2].problem is not None
    assert records[-1] == Record(len(records), ["Cal", "c"])


@pytest.mark.parametrize("width", [2, 3])
def test_an_address_on_two_lines_stays_one_cell(tmp_path: Path, width: int) -> None:
    more = ",x" * (width - 2)
    records = read(
        tmp_path, f'A,B{more}\n1,"12 Main St, Apt 4\nSpringfield, IL"{more}\n', width=width
    )

    assert records[1].cells[:2] == ["1", "12 Main St, Apt 4\nSpringfield, IL"]


def test_a_cell_with_line_breaks_in_a_row_of_the_wrong_width_stays_one_cell(
    tmp_path: Path,
) -> None:
    records = read(tmp_path, 'A,B\n1,"a\nb",c\n2,x\n', width=2)

    assert records[1:] == [Record(2, ["1", "a\nb", "c"]), Record(3, ["2", "x"])]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('"Joe "the man" Smith",1', ['Joe "the man" Smith', "1"]),
        ('"Joe ""the man"" Smith",1', ['Joe "the man" Smith', "1"]),
        (r'"Joe \"the man\" Smith",1', ['Joe "the man" Smith', "1"]),
        (r'"Smith, \"Joe\"",1', ['Smith, "Joe"', "1"]),
        ('"Smith, Joe" ,1', ["Smith, Joe", "1"]),
        ('1, "Smith, Joe"', ["1", "Smith, Joe"]),
        ('Joe "the man" Smith,1', ['Joe "the man" Smith', "1"]),
        ('5" pipe,1', ['5" pipe', "1"]),
        ('"",1', ["", "1"]),
        (r'"C:\leads\",1', ["C:\\leads\\", "1"]),
    ],
)
def test_quotes_inside_a_cell_are_text_where_the_row_is_as_wide_as_it_should_be(
    tmp_path: Path, line: str, cells: list[str]
) -> None:
    records = read(tmp_path, f"Name,Phone\n{line}\nBob,2\n", width=2)

    assert records[1:] == [Record(2, cells), Record(3, ["Bob", "2"])]


def test_quotes_that_do_not_pair_up_in_a_row_of_the_wrong_width_make_it_a_bad_row(
    tmp_path: Path,
) -> None:
    assert bad(read(tmp_path, 'A,B\n"a "b", c",1\n2,x\n', width=2)) == [2]


def test_the_rows_with_unclosed_quotes_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text('A,B\n"x,1\ny,2\n"z,3\n')
    notices = Notices()
    table = open_table(path, notices=notices)
    for _ in range(2):
        list(table.records(width=2))

    (told,) = notices.details()
    assert told["code"] == "unclosed_quote"
    assert (told["rows_count"], told["rows"]) == (2, [2, 4])


def test_rows_that_are_each_one_quoted_cell_are_read_as_rows(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text('"Name;Phone"\n"Ann;1"\n"""Bo; Jr."";2"\n')

    assert [record.cells for record in open_table(path).records()] == [
        ["Name", "Phone"],
        ["Ann", "1"],
        ["Bo; Jr.", "2"],
    ]


def test_one_row_that_is_a_quoted_cell_is_read_as_a_row(tmp_path: Path) -> None:
    records = read(tmp_path, 'Name,Phone\n"Ann,1"\nBob,2\n', width=2)

    assert records[1] == Record(2, ["Ann", "1"])


def test_one_column_of_quoted_cells_stays_one_column(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text('"Phone"\n"4155552601"\n"4155552602"\n')

    assert [record.cells for record in open_table(path).records()][1:] == [
        ["4155552601"],
        ["4155552602"],
    ]


def test_a_long_run_of_quotes_takes_no_long_time(tmp_path: Path) -> None:
    text = "A,B\n" + '"' * 400_001 + ',1\n"' + '" ' * 200_000 + "\n2,x\n"

    assert read(tmp_path, text, width=2)[-1].cells == ["2", "x"]
