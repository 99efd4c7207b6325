"""Whatever the bytes, looking at a file raises nothing, loses no row and invents no number."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nasty_cells import CELL_FILES
from nasty_columns import COLUMNS
from nasty_systems import SYSTEMS
from nasty_texts import TEXTS
from nasty_values import VALUES

from dialer.actions.preview import Preview
from dialer.leads.options import ImportOptions
from dialer.leads.problems import FileProblemCode, RejectReason

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
E164 = re.compile(r"\+[1-9]\d{6,14}")
SMALL = [
    file.bytes
    for file in [*TEXTS, *CELL_FILES, *COLUMNS, *VALUES, *SYSTEMS]
    if isinstance(file.content, bytes) and len(file.content) < 1500
]
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from(
        [b'"', b"\n", b"\r", b",", b";", b"\t", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"'", b"="]
    ),
    st.sampled_from([b"+", b"0", b"1", b"911", b"E+10", b".0", b"(", b"\xe2\x80\xae", b"\xe9"]),
)
SPLICES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20), PIECES), min_size=1, max_size=6)
thorough = settings(
    max_examples=400,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def check(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    found = Preview(path, options=ImportOptions()).look(now=NOW)
    if found["file_error"]:
        assert found["file_error"] in set(FileProblemCode)
        assert found["message"]
    check_rows(found)


def check_rows(found: dict[str, Any]) -> None:
    accepted, rejected = found["accepted"], found["rejected"]
    assert found["counts"]["accepted"] == len(accepted)
    assert found["counts"]["rejected"] == len(rejected)
    rows = [row["row"] for row in [*accepted, *rejected]]
    assert len(set(rows)) == len(rows)
    if rows:
        assert max(rows) - min(rows) + 1 <= len(rows) + found["counts"]["blank"]
    numbers = [number for row in accepted for number in (row["phone"], *row["alt_phones"])]
    assert all(E164.fullmatch(number) for number in numbers)
    assert len({row["phone"] for row in accepted}) == len(accepted)
    assert all(row["reason"] in set(RejectReason) and row["message"] for row in rejected)
    assert str(found).encode()  # no half of a surrogate pair, which nothing could store


@given(content=st.binary(max_size=300))
@thorough
def test_any_bytes_are_looked_at(tmp_path: Path, content: bytes) -> None:
    check(tmp_path / "leads.csv", content)


@given(
    start=st.sampled_from([b"Phone,Name\n", b"\xff\xfeP\0h\0o\0n\0e\0\n\0"]), content=st.binary()
)
@thorough
def test_any_bytes_under_a_header_are_looked_at(
    tmp_path: Path, start: bytes, content: bytes
) -> None:
    check(tmp_path / "leads.csv", start + content)


@given(content=st.sampled_from(SMALL), splices=SPLICES)
@thorough
def test_nasty_files_that_are_damaged_further_are_looked_at(
    tmp_path: Path, content: bytes, splices: list[tuple[float, int, bytes]]
) -> None:
    for where, removed, added in splices:
        place = int(where * len(content))
        content = content[:place] + added + content[place + removed :]
    check(tmp_path / "leads.csv", content)
