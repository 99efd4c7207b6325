"""Columns: told by the words people write above them."""

import pytest

from dialer.leads.columns import LeadField, map_columns
from dialer.leads.problems import FileProblem, FileProblemCode


def field_headers(headers: list[str]) -> dict[LeadField, str]:
    columns = map_columns(headers, {})
    return {field: columns.headers[place] for field, place in columns.fields.items()}


def phone_headers(headers: list[str], **overrides: str) -> list[str]:
    columns = map_columns(headers, {LeadField(key): value for key, value in overrides.items()})
    return [columns.headers[place] for place in columns.phones]


@pytest.mark.parametrize("headers", [["Name", "City"], ["", ""], ["ID", "Number", "Fax"]])
def test_a_file_without_a_phone_column_is_refused(headers: list[str]) -> None:
    with pytest.raises(FileProblem) as caught:
        map_columns(headers, {})

    assert caught.value.code is FileProblemCode.NO_PHONE_COLUMN


def test_a_mapping_to_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(FileProblem) as caught:
        map_columns(["Phone", "Name"], {LeadField.COMPANY: "Firm"})

    assert caught.value.code is FileProblemCode.UNKNOWN_COLUMN
    assert "Phone, Name" in str(caught.value.why)


def test_a_column_that_would_replace_one_of_retells_variables_is_refused() -> None:
    with pytest.raises(FileProblem) as caught:
        map_columns(["Phone", "call_id", "current_time"], {})

    assert caught.value.code is FileProblemCode.RESERVED_COLUMN
    assert "call_id, current_time" in caught.value.what
    assert "lead_call_id" in str(caught.value.fix)


@pytest.mark.parametrize(
    "header",
    [
        "phone",
        "Phone Number",
        "PHONE_NUMBER",
        "phone number",
        "Mobile Phone",
        "Cell",
        "Telephone #",
        "Contact Number",
        "Teléfono",
        "Téléphone",
        "Handynummer",
        "ＰＨＯＮＥ",
    ],
)
def test_a_phone_column_is_known_by_many_names(header: str) -> None:
    assert phone_headers(["Name", header]) == [header]


def test_the_best_phone_comes_first_and_the_others_stay() -> None:
    headers = ["Work Phone", "Cell", "Phone", "Home Phone"]

    assert phone_headers(headers) == ["Phone", "Cell", "Work Phone", "Home Phone"]


def test_a_mapping_wins_over_the_words() -> None:
    headers = ["Phone", "Best number to reach"]

    assert phone_headers(headers, phone="best NUMBER to reach") == [
        "Best number to reach",
        "Phone",
    ]


def test_a_phone_column_mapped_to_something_else_is_not_dialed() -> None:
    assert phone_headers(["Phone", "Mobile"], external_ref="Phone") == ["Mobile"]


def test_the_known_fields_are_found_in_any_spelling() -> None:
    headers = [
        "Vorname",
        "SURNAME",
        "E-Mail",
        "Company Name",
        "Time Zone",
        "País",
        "Lead ID",
        "Tel",
    ]

    assert field_headers(headers) == {
        LeadField.FIRST_NAME: "Vorname",
        LeadField.LAST_NAME: "SURNAME",
        LeadField.EMAIL: "E-Mail",
        LeadField.COMPANY: "Company Name",
        LeadField.TIME_ZONE: "Time Zone",
        LeadField.COUNTRY: "País",
        LeadField.EXTERNAL_REF: "Lead ID",
    }


def test_columns_are_variables_under_their_own_header_and_repeated_ones_are_numbered() -> None:
    columns = map_columns(["Phone", "Plan", "Plan", "Plan_2", "", "_row", "status", "id"], {})

    assert list(columns.variables.values()) == [
        "Phone",
        "Plan",
        "Plan_3",
        "Plan_2",
        "column_5",
        "status",
        "id",
    ]
    assert list(columns.other_variables().values()) == [
        "Plan",
        "Plan_3",
        "Plan_2",
        "column_5",
        "status",
        "id",
    ]
