"""Registry files: every line is a number, nothing, or rejected with a reason."""

import tracemalloc
from pathlib import Path

import pytest

from dialer.errors import NotFound
from dialer.leads import registry
from dialer.leads.problems import FileProblem, FileProblemCode
from dialer.leads.registry import RegistryFile


def read(
    folder: Path, content: str | bytes, *, country: str = "US"
) -> tuple[list[int], RegistryFile, list[tuple[int, str, str]]]:
    """Read a file, and give its numbers, what it counted, and what it rejected."""
    path = folder / "registry.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    rejected: list[tuple[int, str, str]] = []
    file = RegistryFile(
        path,
        country=country,
        on_reject=lambda one: rejected.append((one.row, one.cells[0], one.reason.value)),
    )
    numbers = [number for chunk in file.chunks() for number in chunk]
    return numbers, file, rejected


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", FileProblemCode.EMPTY_FILE),
        (b"\n \r\n\n", FileProblemCode.EMPTY_FILE),
        (b"PK\x03\x04rest", FileProblemCode.UNSUPPORTED_FORMAT),
        (b"\x1f\x8b\x08\x00", FileProblemCode.UNSUPPORTED_FORMAT),
        (b'<?xml version="1.0"?><list/>', FileProblemCode.UNSUPPORTED_FORMAT),
        ("4155552671\n".encode("utf-16"), FileProblemCode.UNSUPPORTED_FORMAT),
        (b"4155552671\n\0\0\0\0", FileProblemCode.NOT_TEXT),
        (b"4" * (registry.BLOCK_BYTES + 9), FileProblemCode.NOT_TEXT),
    ],
)
def test_a_file_that_is_no_list_of_numbers_is_refused(
    tmp_path: Path, content: bytes, code: FileProblemCode
) -> None:
    with pytest.raises(FileProblem) as caught:
        read(tmp_path, content)
    assert caught.value.code is code


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        list(RegistryFile(tmp_path / "none.txt", country="US").chunks())


def test_lines_that_are_no_numbers_are_rejected_and_the_others_stay(tmp_path: Path) -> None:
    numbers, file, rejected = read(
        tmp_path, "415,5552671\n015,5552671\n415,555\nhello\n212,5553144\n"
    )
    assert numbers == [12125553144, 14155552671]
    assert rejected == [
        (2, "015,5552671", "invalid_phone"),
        (3, "415,555", "unparseable_phone"),
        (4, "hello", "unparseable_phone"),
    ]
    assert (file.lines, file.numbers, file.blank, file.rejected) == (5, 2, 0, 3)


@pytest.mark.parametrize(
    "line",
    [
        "415,5552671",
        "4155552671",
        "14155552671",
        "+14155552671",
        "415, 5552671",
        "415;5552671",
        "415\t5552671",
        '"415","5552671"',
        "(415) 555-2671",
        " 415,5552671 ",
        "415,5552671,",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_number_is_read_however_it_is_written(tmp_path: Path, line: str, end: str) -> None:
    numbers, file, _ = read(tmp_path, line + end)
    assert (numbers, file.lines, file.numbers) == ([14155552671], 1, 1)


@pytest.mark.parametrize("head", ["", "\ufeff", "area code,number\n", "\ufeffPhone\r\n", "\n\n"])
def test_what_stands_above_the_numbers_is_no_reject(tmp_path: Path, head: str) -> None:
    numbers, file, _ = read(tmp_path, f"{head}415,5552671\n212,5553144\n")
    assert numbers == [12125553144, 14155552671]
    assert file.rejected == 0


def test_a_number_that_is_there_twice_comes_once(tmp_path: Path) -> None:
    numbers, file, _ = read(tmp_path, "415,5552671\n" * 3 + "4155552671\n")
    assert (numbers, file.numbers) == ([14155552671], 4)


def test_bare_digits_belong_to_the_country_of_the_registry(tmp_path: Path) -> None:
    numbers, _, rejected = read(tmp_path, "02079460018\n2155552671\n", country="GB")
    assert numbers == [442079460018]
    assert [row for row, _, _ in rejected] == [2]


def test_lines_that_a_block_cuts_in_two_are_whole(tmp_path: Path) -> None:
    lines = [f"{200 + n % 700},{2000000 + n}" for n in range(200_000)]
    lines[150_000] = "no number"
    numbers, file, rejected = read(tmp_path, "\r\n".join(lines))
    assert len(numbers) == len(set(numbers)) == 199_999
    assert rejected == [(150_001, "no number", "unparseable_phone")]
    assert file.lines == 200_000
    assert file.fraction_read() == 1.0


def test_every_chunk_is_in_order(tmp_path: Path) -> None:
    path = tmp_path / "registry.txt"
    path.write_text("".join(f"{2_999_999_999 - n}\n" for n in range(150_000)))
    chunks = list(RegistryFile(path, country="US", chunk_numbers=80_000).chunks())
    assert len(chunks) == 2
    assert all(chunk == sorted(chunk) for chunk in chunks)
    assert sum(map(len, chunks)) == 150_000


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.txt"
        path.write_text("".join(f"{2_000_000_000 + n}\n" for n in range(count)))
        tracemalloc.start()
        for chunk in RegistryFile(path, country="US", chunk_numbers=50_000).chunks():
            del chunk
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(600_000) < 1.3 * peak(200_000)
