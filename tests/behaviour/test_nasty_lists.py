"""Damaged lead files, each with what becomes of every one of its rows."""

import json
from pathlib import Path
from typing import Any

import pytest
from nasty_cells import CELL_FILES
from nasty_columns import COLUMNS
from nasty_files import Accepted, NastyFile
from nasty_systems import SYSTEMS
from nasty_texts import TEXTS
from nasty_values import VALUES
from nasty_workbooks import WORKBOOK_FILES

from dialer.cli.run import run

NASTY = [*TEXTS, *CELL_FILES, *COLUMNS, *VALUES, *SYSTEMS, *WORKBOOK_FILES]


def looked_at(file: NastyFile, *, folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    path = folder / file.file_name
    path.write_bytes(file.bytes)
    run(["lists", "import", str(path), *file.arguments, "--dry-run", "--json", "--processes", "1"])
    said = capsys.readouterr()
    assert said.err == ""
    return json.loads(said.out)


def as_expected(row: dict[str, Any], *, expected: Accepted | None) -> Accepted:
    """Give an accepted row; what the expectation leaves open is left out."""
    return Accepted(
        row["row"],
        row["phone"],
        row["name"],
        row["email"],
        tuple(row["alt_phones"]),
        row["data"] if expected is None or expected.data is not None else None,
        row["zone"] if expected is None or expected.zone is not None else None,
    )


def is_sentence(text: str) -> bool:
    return len(text.split()) > 2 and text[-1] in ".?"


def test_every_nasty_file_has_a_name_of_its_own() -> None:
    assert len({file.name for file in NASTY}) == len(NASTY) > 200


@pytest.mark.parametrize("file", NASTY, ids=lambda file: file.name)
def test_every_row_becomes_what_a_person_expects(
    file: NastyFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = looked_at(file, folder=tmp_path, capsys=capsys)

    assert found["file_error"] == file.error
    expected = {row.row: row for row in file.accepted}
    accepted = [as_expected(row, expected=expected.get(row["row"])) for row in found["accepted"]]
    assert accepted == list(file.accepted)
    assert [(row["row"], row["reason"]) for row in found["rejected"]] == list(file.rejected)
    assert found["counts"] == {
        "accepted": len(file.accepted),
        "rejected": len(file.rejected),
        "blank": file.blank,
    }
    assert frozenset(found["warnings"]) == file.warnings
    messages = [row["message"] for row in found["rejected"]]
    messages += [warning["message"] for warning in found["warning_details"]]
    messages += [found["message"]] if file.error else []
    assert [text for text in messages if not is_sentence(text)] == []


@pytest.mark.parametrize(
    "file", [file for file in NASTY if file.error is None], ids=lambda file: file.name
)
def test_no_row_under_the_header_is_left_out(file: NastyFile) -> None:
    rows = [row.row for row in file.accepted] + [row for row, _ in file.rejected]
    under = max(rows) - min(rows) + 1

    assert len(set(rows)) == len(rows)
    assert under <= len(rows) + file.blank


def test_a_preview_gives_whole_counts_and_as_many_rows_as_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Phone,Name,Plan\n415-555-2671,Ann,\n212-555-2368,Bob,Pro\nbad,Cy,\nworse,Di,\n"
    path = tmp_path / "leads.csv"
    path.write_text(text, encoding="utf-8")
    run(["lists", "import", str(path), "--dry-run", "--json", "--limit", "1"])
    found = json.loads(capsys.readouterr().out)

    assert found["counts"] == {"accepted": 2, "rejected": 2, "blank": 0}
    assert found["columns"] == {"phone": "Phone", "name": "Name"}
    assert [(row["row"], row["data"]) for row in found["accepted"]] == [(2, {"Plan": None})]
    assert found["rejected"] == [
        {
            "row": 4,
            "reason": "unparseable_phone",
            "message": '"bad" is not a phone number. Write one number in digits.',
        }
    ]


def test_people_are_told_what_would_happen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Phone,Name\n415-555-2671,Ann\nbad,Cy\ntbd,Di\n,Ed\n", encoding="utf-8")
    run(["lists", "import", str(path), "--dry-run"])
    said = capsys.readouterr()

    assert 'The phone cell says only "tbd". Ask for the number.' in said.out
    assert said.err.splitlines() == [
        "columns: phone is Phone; name is Name",
        "rejected: missing_phone 2, unparseable_phone 1",
        "1 row would become a lead, 3 would not, 0 blank; nothing was stored",
    ]
