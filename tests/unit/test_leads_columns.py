"""Columns: told by the words people write above them."""

import pytest

from dialer.leads.batch_template import CallOverride
from dialer.leads.columns import ColumnMap, LeadField, headers_key, map_columns
from dialer.leads.content import ColumnSample
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


def test_a_column_that_would_replace_one_of_retells_variables_gets_a_safe_name() -> None:
    columns = map_columns(["Phone", "call_id", "lead_call_id", "current_time"], {})

    assert dict(columns.renamed) == {
        "call_id": "lead_call_id_2",
        "current_time": "lead_current_time",
    }
    assert columns.variables[2] == "lead_call_id"


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
        "Phone #",
        "Ph. No.",
        "tel.",
        "Primary Phone",
        "Phone 1 - Value",
        "MobilePhone",
        "Mobile Phone Number",
        "Numéro de téléphone",
        "Número de teléfono",
        "Numero di telefono",
        "Telefone celular",
        "Telefoonnummer",
        "Telefonnummer (mobil)",
        "電話番号",
        "手机号码",
        "Телефон",
        "رقم الهاتف",
        "Borrower phone",
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


@pytest.mark.parametrize(
    "header",
    [
        "Phone Type",
        "Phone Ext",
        "phone_id",
        "Phone Opt-In",
        "Best time to call",
        "Phone status",
        "Fax",
        "Cell carrier",
        "Mobile OS",
        "ID",
        "Number",
        "Contact",
    ],
)
def test_a_column_that_only_speaks_of_phones_is_none(header: str) -> None:
    with pytest.raises(FileProblem, match="phone"):
        map_columns([header, "City"], {})


def sampled(table: dict[str, list[str]], **overrides: str) -> ColumnMap:
    samples = [ColumnSample(cells, country="US") for cells in table.values()]
    chosen = {LeadField(key): value for key, value in overrides.items()}
    return map_columns(list(table), chosen, samples=samples)


NUMBERS = ["415-555-2671", "(212) 736-5000", "+1 312 555 2368"]


@pytest.mark.parametrize(
    "cells",
    [
        ["1001", "1002", "1003"],
        ["mobile", "home", "mobile"],
        ["2026-11-23", "2026-11-24", "2026-12-01"],
    ],
)
def test_a_phone_column_without_phones_steps_back_where_another_has_them(cells: list[str]) -> None:
    columns = sampled({"Phone": cells, "Mobile": NUMBERS})

    assert [columns.headers[place] for place in columns.phones] == ["Mobile"]
    assert "Phone" in columns.other_variables().values()


def test_a_phone_column_of_bad_numbers_stays_where_there_is_no_other() -> None:
    columns = sampled({"Phone": ["bad", "none yet", "call me"], "Order": NUMBERS})

    assert columns.phones == (0,)


def test_a_contact_column_is_a_name_unless_it_holds_numbers() -> None:
    assert sampled({"Phone": NUMBERS, "Contact": ["Ann", "Bob", "Cy"]}).fields == {
        LeadField.NAME: 1
    }
    assert sampled({"Contact": NUMBERS, "Name": ["Ann", "Bob", "Cy"]}).phones == (0,)


def test_cells_tell_where_no_word_does() -> None:
    columns = sampled(
        {"ID": ["7", "8", "9"], "Kunde X": ["Ann", "Bob", "Cy"], "Erreichbar": NUMBERS}
    )

    assert columns.phones == (2,)


@pytest.mark.parametrize("header", ["Order", "Zip", "Account Number", "Invoice", "Fax", "Lead ID"])
def test_cells_never_make_a_phone_of_a_column_that_says_it_is_something_else(header: str) -> None:
    with pytest.raises(FileProblem, match="phone"):
        sampled({header: NUMBERS})


def test_ids_that_count_up_are_never_dialed() -> None:
    with pytest.raises(FileProblem, match="phone"):
        sampled({"Satz": ["4155552671", "4155552672", "4155552673"]})


def test_a_metadata_column_of_plain_text_is_a_variable() -> None:
    plain = sampled({"Phone": NUMBERS, "metadata": ["a", "b", "c"]})
    template = sampled({"Phone": NUMBERS, "metadata": ['{"a": 1}', "", '{"a": 2}']})

    assert (dict(plain.overrides), plain.variables[1]) == ({}, "metadata")
    assert (dict(template.overrides), 1 in template.variables) == (
        {1: CallOverride.METADATA},
        False,
    )


@pytest.mark.parametrize("wanted", ["#2", "column_2", "2", "call THIS one"])
def test_a_mapping_names_a_column_by_its_header_or_its_place(wanted: str) -> None:
    assert sampled({"A": ["x"], "Call this one": NUMBERS}, phone=wanted).phones == (1,)


def test_several_columns_may_be_mapped_to_the_phone() -> None:
    columns = map_columns(["A", "B", "Phone"], {LeadField.PHONE: ("B", "A")})

    assert columns.phones == (1, 0, 2)
    assert map_columns(["A", "B"], {LeadField.PHONE: "B, A"}).phones == (1, 0)


def test_a_mapping_to_nothing_leaves_a_column_a_variable() -> None:
    columns = map_columns(["Phone", "Call after"], {LeadField.NOT_BEFORE: ""})

    assert LeadField.NOT_BEFORE not in columns.fields
    assert columns.other_variables() == {1: "Call after"}


def test_a_remembered_mapping_is_used_where_its_columns_still_are() -> None:
    remembered = {LeadField.PHONE: ["Ruf"], LeadField.NAME: ["Gone"], LeadField.COMPANY: ["X"]}
    columns = map_columns(["Ruf", "Name", "X"], {LeadField.COMPANY: "Name"}, remembered=remembered)

    assert columns.phones == (0,)
    assert columns.fields == {LeadField.COMPANY: 1}


def test_a_mapping_can_be_remembered_and_gives_the_same_columns() -> None:
    headers = ["Phone", "Phone", "Name", "Mobile", ""]
    columns = map_columns(headers, {LeadField.EXTERNAL_REF: "#5"})

    assert map_columns(headers, {}, remembered=columns.as_mapping()) == columns


def test_the_same_headers_in_any_order_have_the_same_key() -> None:
    assert headers_key(["Phone", "E-Mail", ""]) == headers_key(["e mail", "PHONE", "_row"])
    assert headers_key(["Phone"]) != headers_key(["Phone", "Name"])


def test_state_and_postal_code_stay_among_the_other_columns() -> None:
    columns = map_columns(["Phone", "State", "Zip"], {})

    assert set(columns.fields) == {LeadField.STATE, LeadField.POSTAL_CODE}
    assert list(columns.other_variables().values()) == ["State", "Zip"]


def test_a_fields_own_word_wins_over_its_synonyms() -> None:
    assert map_columns(["Phone", "Customer", "Name"], {}).fields == {LeadField.NAME: 2}


@pytest.mark.parametrize(
    "name", ["id", "status", "campaign_id", "data", "__proto__", "constructor"]
)
def test_a_column_with_the_name_of_something_technical_is_a_variable(name: str) -> None:
    assert map_columns(["Phone", name], {}).other_variables() == {1: name}
