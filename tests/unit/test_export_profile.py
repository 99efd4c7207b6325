"""Export profiles: columns, words, dates and numbers as another system wants them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dialer.actions.profile_export import read_profile
from dialer.domain.dispositions import Disposition
from dialer.domain.states import ClosedAs
from dialer.errors import NotFound, UserError
from dialer.leads.export_profile import ExportProfile, shipped_profiles, written_phone

FIELDS: dict[str, Any] = {
    "phone": "+12125550144",
    "call_id": "call_1",
    "closed_as": ClosedAs.REACHED,
    "disposition": Disposition.TALKED,
    "started_at": datetime(2026, 3, 4, 23, 30, tzinfo=UTC),
    "duration_ms": 3_725_400,
    "variable.plan": "Team",
    "analysis.interest": True,
}


def cells(columns: dict[str, Any], **changes: Any) -> list[object]:
    profile = ExportProfile.model_validate({"columns": columns, **changes})
    return list(profile.cells(FIELDS))


def test_a_column_holds_a_field_a_text_or_a_variable() -> None:
    columns = {"A": "call_id", "B": {"value": "Call"}, "C": "variable.plan", "D": "variable.none"}
    assert cells(columns) == ["call_1", "Call", "Team", None]


def test_moments_are_written_in_the_profiles_zone_and_pattern() -> None:
    column = {"A": "started_at", "B": {"field": "started_at", "date": "%H:%M"}}
    assert cells(column, date="%m/%d/%Y", zone="Asia/Tokyo") == ["03/05/2026", "08:30"]
    assert cells(column)[0] == "2026-03-04T23:30:00+00:00"


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("e164", "+12125550144"),
        ("digits", "12125550144"),
        ("international", "+1 212-555-0144"),
        ("national", "(212) 555-0144"),
    ],
)
def test_numbers_are_written_as_the_profile_says(form: Any, text: str) -> None:
    assert cells({"A": "phone"}, phone=form) == [text]
    assert written_phone("+442071838750", form="national") == "020 7183 8750"


def test_words_are_exchanged_and_others_stay() -> None:
    words = {"field": "disposition", "words": {"talked": "Connected"}, "before": "Call: "}
    assert cells({"A": words}) == ["Call: Connected"]
    assert cells({"A": {"field": "disposition", "words": {"busy": "Busy"}}}) == ["talked"]


def test_a_duration_may_be_written_as_hours() -> None:
    assert cells({"A": {"field": "duration_ms", "as": "hh:mm:ss"}}) == ["01:02:05"]


@pytest.mark.parametrize(
    ("rows", "changes", "written"),
    [
        ("all", {"call_id": None, "closed_as": None}, True),
        ("called", {"call_id": None}, False),
        ("called", {}, True),
        ("closed", {"closed_as": None}, False),
        ("closed", {"call_id": None}, True),
    ],
)
def test_a_profile_chooses_its_rows(rows: str, changes: dict[str, Any], written: bool) -> None:
    profile = ExportProfile.model_validate({"rows": rows, "columns": {"A": "phone"}})
    assert profile.has_row(FIELDS | changes) is written


@pytest.mark.parametrize(
    "given",
    [
        {"columns": {}},
        {"columns": {"A": "no_such_field"}},
        {"columns": {"A": "variable."}},
        {"columns": {"A": {"field": "phone", "value": "x"}}},
        {"columns": {"A": {}}},
        {"columns": {"A": "phone"}, "date": "tomorrow"},
        {"columns": {"A": "phone"}, "zone": "Mars/Base"},
        {"columns": {"A": "phone"}, "phone": "short"},
        {"columns": {"A": "phone"}, "colour": "red"},
    ],
)
def test_what_is_no_profile_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ExportProfile.model_validate(given)


@pytest.mark.parametrize("name", ["hubspot", "pipedrive", "salesforce"])
def test_every_shipped_profile_is_valid_and_speaks_our_words(name: str) -> None:
    assert name in shipped_profiles()
    known = {"disposition": set(Disposition), "closed_as": set(ClosedAs)}
    for column in read_profile(name).columns.values():
        if column.words is not None:
            assert column.field is not None
            assert set(column.words) <= {one.value for one in known[column.field]}


def test_an_own_profile_is_a_file_and_its_mistakes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('date = "%d.%m.%Y"\n[columns]\nTelefon = "phone"\n', encoding="utf-8")
    assert list(read_profile(str(path)).columns) == ["Telefon"]
    path.write_text('[columns]\nTelefon = "fone"\n', encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_profile(str(path))
    assert "columns.Telefon" in refused.value.what
    assert "fone is no field" in str(refused.value.why)
    with pytest.raises(NotFound, match="no file"):
        read_profile(str(tmp_path / "none.toml"))
    with pytest.raises(NotFound, match="no profile zoho"):
        read_profile("zoho")
