"""Rows: every filled row is a lead, or says why it is none."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.domain.phones import PhoneReason
from dialer.domain.zones import ZoneSource
from dialer.errors import NotFound
from dialer.leads.columns import LeadField
from dialer.leads.preview import preview
from dialer.leads.problems import FileProblem, FileProblemCode, RejectReason
from dialer.leads.rows import AcceptedRow, ImportOptions, LeadFile, RejectedRow, read_leads

GOOD = "(415) 555-2671"


def lead_file(tmp_path: Path, text: str, **options: object) -> LeadFile:
    path = tmp_path / "leads.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return read_leads(path, options=ImportOptions(**options))  # type: ignore[arg-type]


def only(outcomes: LeadFile) -> AcceptedRow:
    (outcome,) = outcomes
    assert isinstance(outcome, AcceptedRow), outcome
    return outcome


def only_reject(outcomes: LeadFile) -> RejectedRow:
    (outcome,) = outcomes
    assert isinstance(outcome, RejectedRow), outcome
    return outcome


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("Phone,Name\n", {}, FileProblemCode.NO_DATA_ROWS),
        ("Phone,Name\n,\n\n", {}, FileProblemCode.NO_DATA_ROWS),
        ("Name,City\nAnn,Rome\n", {}, FileProblemCode.NO_PHONE_COLUMN),
        ("4155552671\n4155552672\n", {}, FileProblemCode.NO_PHONE_COLUMN),
        ("Phone,direction\n1,in\n", {}, FileProblemCode.RESERVED_COLUMN),
        ("Phone,Name\n1,a\n", {"max_bytes": 10}, FileProblemCode.FILE_TOO_LARGE),
        ("Phone,Name\n1,a\n", {"max_columns": 1}, FileProblemCode.FILE_TOO_LARGE),
        (
            "Phone,Name\n1,a\n",
            {"overrides": {LeadField.PHONE: "Mobile"}},
            FileProblemCode.UNKNOWN_COLUMN,
        ),
    ],
)
def test_a_file_that_cannot_be_imported_says_why(
    tmp_path: Path, text: str, options: dict[str, object], code: FileProblemCode
) -> None:
    with pytest.raises(FileProblem) as caught:
        lead_file(tmp_path, text, **options)

    assert caught.value.code is code


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nothing\.csv"):
        read_leads(tmp_path / "nothing.csv", options=ImportOptions())


def test_a_file_with_more_rows_than_allowed_stops_there(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, "Phone\n1\n2\n3\n", max_rows=2)

    with pytest.raises(FileProblem) as caught:
        list(leads)

    assert caught.value.code is FileProblemCode.FILE_TOO_LARGE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Phone,Name\nN/A,Ann\n", RejectReason.MISSING_PHONE),
        ("Phone,Name\n1.41556E+10,Ann\n", RejectReason.DAMAGED_PHONE),
        ("Phone,Name\n876-555-2734,Ann\n", RejectReason.COUNTRY_NOT_ALLOWED),
        (f"Phone,Time Zone\n{GOOD},Mars\n", RejectReason.BAD_ROW),
        (f"Phone,Country\n{GOOD},Freedonia\n", RejectReason.BAD_ROW),
        (f"Phone,Name\n{GOOD},Doe, Ann\n", RejectReason.BAD_ROW),
        (f"Phone,DNC\n{GOOD},Yes\n", RejectReason.SUPPRESSED),
        (f"Phone,Note\n{GOOD},{'x' * 9000}\n", RejectReason.FIELD_TOO_LONG),
        (f"Phone,A,B,C\n{GOOD}{(',' + 'é' * 3000) * 3}\n", RejectReason.FIELD_TOO_LONG),
        (f"Phone,Note\n{GOOD},{'x' * 200_000}\n", RejectReason.BAD_ROW),
    ],
)
def test_a_row_that_is_no_lead_is_rejected_with_a_reason(
    tmp_path: Path, text: str, reason: RejectReason
) -> None:
    rejected = only_reject(lead_file(tmp_path, text))

    assert (rejected.row, rejected.reason) == (2, reason)
    assert rejected.message.endswith(".")


def test_the_second_row_with_a_number_names_the_first(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, f"Phone\nbad\n{GOOD}\n+1 415 555 2671\n")
    *_, repeated = leads

    assert isinstance(repeated, RejectedRow)
    assert repeated.reason is RejectReason.DUPLICATE_IN_FILE
    assert "row 3" in repeated.message


def test_blank_rows_are_counted_and_every_row_keeps_its_number(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, f"Phone,Name\n,\n{GOOD},Ann\n\nbad,Bob\n")

    assert [outcome.row for outcome in leads] == [3, 5]
    assert (leads.accepted, leads.rejected, leads.blank) == (1, 1, 2)


def test_a_file_may_be_read_twice(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, f"Phone\n{GOOD}\nbad\n")

    assert list(leads) == list(leads)
    assert (leads.accepted, leads.rejected, leads.blank) == (1, 1, 0)


def test_title_rows_above_the_header_are_skipped(tmp_path: Path) -> None:
    lead = only(lead_file(tmp_path, f"Leads of March,\n,\nPhone,Name\n{GOOD},Ann\n"))

    assert (lead.row, lead.name) == (4, "Ann")


def test_a_lead_carries_its_fields_and_speaks_every_column(tmp_path: Path) -> None:
    lead = only(
        lead_file(
            tmp_path,
            "First Name,Last Name,Phone,E-mail,Company,Account Ref,Plan\n"
            f" Ann\u00a0,Null,{GOOD},ann@example.com,N/A,A-1,=2+3\n",
        )
    )

    assert (lead.name, lead.first_name, lead.last_name) == ("Ann Null", "Ann", "Null")
    assert (lead.phone.e164, lead.email, lead.company) == ("+14155552671", "ann@example.com", "")
    assert lead.external_ref == "A-1"
    assert lead.variables == {
        "First Name": "Ann",
        "Last Name": "Null",
        "Phone": GOOD,
        "E-mail": "ann@example.com",
        "Company": "",
        "Account Ref": "A-1",
        "Plan": "=2+3",
        "first_name": "Ann",
        "last_name": "Null",
        "email": "ann@example.com",
        "company": "",
        "name": "Ann Null",
    }


def test_a_column_that_is_called_first_name_is_not_touched(tmp_path: Path) -> None:
    lead = only(lead_file(tmp_path, f"phone,first_name\n{GOOD},Ann\n"))

    assert lead.variables == {"phone": GOOD, "first_name": "Ann", "name": "Ann"}


def test_the_first_valid_phone_is_dialed_and_the_others_are_kept(tmp_path: Path) -> None:
    lead = only(
        lead_file(
            tmp_path,
            "Home Phone,Mobile,Phone\n415-555-2672,4155552673 / 4155552674,not yet\n",
        )
    )

    assert lead.phone.e164 == "+14155552673"
    assert lead.alt_phones == ("+14155552674", "+14155552672")


def test_a_country_column_says_where_a_number_is_from(tmp_path: Path) -> None:
    lead = only(
        lead_file(
            tmp_path,
            "Phone,Country\n020 8366 1177,United Kingdom\n",
            allowed_countries=frozenset({"US", "GB"}),
        )
    )

    assert lead.phone.e164 == "+442083661177"


def test_an_unknown_country_does_no_harm_to_an_international_number(tmp_path: Path) -> None:
    assert only(lead_file(tmp_path, "Phone,Country\n+14155552671,Freedonia\n")).row == 2


@pytest.mark.parametrize(
    ("phone", "given", "default", "zones", "source"),
    [
        (GOOD, "", None, ("America/Los_Angeles",), ZoneSource.NUMBER),
        (GOOD, "EST", None, ("America/Los_Angeles", "America/New_York"), ZoneSource.GIVEN),
        ("800-555-2671", "EST", None, ("America/New_York",), ZoneSource.GIVEN),
        ("800-555-2671", "", "America/Chicago", ("America/Chicago",), ZoneSource.LIST_DEFAULT),
        ("800-555-2671", "", None, (), ZoneSource.NONE),
    ],
)
def test_zones_are_what_is_given_and_what_the_number_says(
    tmp_path: Path,
    phone: str,
    given: str,
    default: str | None,
    zones: tuple[str, ...],
    source: ZoneSource,
) -> None:
    text = f"Phone,Time Zone,Name\n{phone},{given},Ann\n"
    lead = only(lead_file(tmp_path, text, default_zone=default))

    assert (lead.zones, lead.zone_source) == (zones, source)


def test_every_reason_of_a_phone_is_a_reason_to_reject() -> None:
    assert {reason.value for reason in PhoneReason} <= {reason.value for reason in RejectReason}


def test_a_preview_gives_whole_counts_and_as_many_rows_as_wanted(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(f"Phone,Name,Plan\n{GOOD},Ann,\n4155552672,Bob,Pro\nbad,Cy,\n")

    assert preview(path, options=ImportOptions(), limit=1) == {
        "file_error": None,
        "message": None,
        "warnings": [],
        "counts": {"accepted": 2, "rejected": 1, "blank": 0},
        "columns": {"phone": ["Phone"], "name": "Name"},
        "accepted": [
            {
                "row": 2,
                "phone": "+14155552671",
                "name": "Ann",
                "email": None,
                "alt_phones": [],
                "zone": ["America/Los_Angeles"],
                "data": {"Plan": None},
            }
        ],
        "rejected": [
            {
                "row": 4,
                "reason": "unparseable_phone",
                "message": '"bad" is not a phone number. Write one number in digits.',
            }
        ],
    }


def test_a_preview_of_a_hopeless_file_names_the_error(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("Name\nAnn\n")
    shown = preview(path, options=ImportOptions())

    assert shown["file_error"] == "no_phone_column"
    assert "--map" in str(shown["message"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400))
def test_any_bytes_under_a_header_give_one_outcome_per_filled_row(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"Phone,Name,Time Zone,Country\n" + content)
    try:
        leads = read_leads(path, options=ImportOptions())
    except FileProblem:
        return
    rows = [outcome.row for outcome in leads]

    assert rows == sorted(set(rows))
    assert len(rows) == leads.accepted + leads.rejected
