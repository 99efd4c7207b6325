"""Whatever the bytes, a file gives rows in order or a file problem, and nothing else."""

import io
from pathlib import Path

import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.leads.problems import FileProblem
from dialer.leads.reading import open_table

TEXT = (
    'sep=,\r\nName,Phone,Note\r\n"Smith, Ann",+14155552601,"two\nlines"\r\n'
    'Zoë,"(415) 555-2602",5" pipe\r\n,,\r\nBob,,\x00\r\n'
)
ENCODINGS = ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
SPLICES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 20), st.binary(max_size=12)), min_size=1, max_size=6
)
thorough = settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Each workbook starts a process.
sparing = settings(thorough, max_examples=15)


def workbook() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        for row in range(30):
            sheet.write_row(row, row % 3, ["Ann", 14155552601.0, True, "x" * row])
    return stream.getvalue()


WORKBOOK = workbook()


def spliced(content: bytes, splices: list[tuple[float, int, bytes]]) -> bytes:
    for where, removed, added in splices:
        place = int(where * len(content))
        content = content[:place] + added + content[place + removed :]
    return content


def check(path: Path, content: bytes, *, width: int | None) -> None:
    path.write_bytes(content)
    last = 0
    try:
        with open_table(path) as table:
            for record in table.records(width=width):
                assert record.row == last + 1
                last = record.row
                "\n".join(record.cells).encode()
                assert not any(char in cell for cell in record.cells for char in "\x00\x07\x1b")
            assert last > 0
            assert 0 <= table.fraction_read() <= 1
            table.notices.details()
    except FileProblem:
        return


@thorough
@given(content=st.binary(max_size=400), width=st.none() | st.integers(1, 5))
def test_any_bytes_give_rows_or_a_file_problem(
    tmp_path: Path, content: bytes, width: int | None
) -> None:
    check(tmp_path / "leads", content, width=width)


@thorough
@given(content=st.text(alphabet=',;"\\\n\r\t x1é\x00', max_size=80), width=st.none() | st.just(2))
def test_any_quotes_and_line_ends_give_rows_or_a_file_problem(
    tmp_path: Path, content: str, width: int | None
) -> None:
    check(tmp_path / "leads", content.encode(), width=width)


@thorough
@given(encoding=st.sampled_from(ENCODINGS), splices=SPLICES, width=st.none() | st.just(3))
def test_a_damaged_text_file_gives_rows_or_a_file_problem(
    tmp_path: Path,
    encoding: str,
    splices: list[tuple[float, int, bytes]],
    width: int | None,
) -> None:
    check(tmp_path / "leads", spliced(TEXT.encode(encoding), splices), width=width)


@sparing
@given(splices=SPLICES)
def test_a_damaged_workbook_gives_rows_or_a_file_problem(
    tmp_path: Path, splices: list[tuple[float, int, bytes]]
) -> None:
    check(tmp_path / "leads", spliced(WORKBOOK, splices), width=None)


@thorough
@given(lines=st.lists(st.text(alphabet="ab1,", min_size=1, max_size=8), min_size=1, max_size=30))
def test_lines_without_quotes_are_each_one_row(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "leads"
    path.write_text("a\n" + "\n".join(lines))
    records = open_table(path, delimiter=",").records()

    assert [record.cells for record in records] == [["a"], *(line.split(",") for line in lines)]
