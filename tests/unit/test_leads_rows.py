"""Rows: every filled row is a lead, or says why it is none."""

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.domain.phones import PhoneReason
from dialer.domain.zones import ZoneSource
from dialer.errors import NotFound
from dialer.leads.columns import LeadField
from dialer.leads.options import MissingVariable
from dialer.leads.problems import FileProblem, FileProblemCode, RejectReason
from dialer.leads.reading import Limits
from dialer.leads.rows import (
    AcceptedRow,
    ImportOptions,
    LeadFile,
    RejectedRow,
    RowReader,
    read_leads,
)

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
        ("Ann,Rome\nBob,Paris\n", {}, FileProblemCode.NO_PHONE_COLUMN),
        ("Phone,Name\n1,a\n", {"header_row": 9}, FileProblemCode.NO_DATA_ROWS),
        ("Phone,Name\n1,a\n", {"limits": Limits(max_bytes=10)}, FileProblemCode.FILE_TOO_LARGE),
        ("Phone,Name\n1,a\n", {"limits": Limits(max_columns=1)}, FileProblemCode.FILE_TOO_LARGE),
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
    leads = lead_file(tmp_path, "Phone\n1\n2\n3\n", limits=Limits(max_rows=2))

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
        (f"Phone,Note\n{GOOD},{'x' * 200_000}\n", RejectReason.FIELD_TOO_LONG),
        (f"Phone,Callback date\n{GOOD},soon\n", RejectReason.BAD_ROW),
        (f"Phone,DNC\n{GOOD},2024-01-05\n", RejectReason.SUPPRESSED),
        (f"phone number,metadata\n{GOOD},{{broken\n", RejectReason.BAD_ROW),
        ("Phone,Name\n#REF!,Ann\n", RejectReason.DAMAGED_PHONE),
    ],
)
def test_a_row_that_is_no_lead_is_rejected_with_a_reason(
    tmp_path: Path, text: str, reason: RejectReason
) -> None:
    rejected = only_reject(lead_file(tmp_path, text))

    assert (rejected.row, rejected.reason) == (2, reason)
    assert rejected.message.endswith(".")


def test_what_every_lead_is_given_counts_as_text_of_the_row(tmp_path: Path) -> None:
    text = MissingVariable.parse(f"default={'x' * 9000}")
    needed = frozenset({"plan", "region"})
    rejected = only_reject(
        lead_file(tmp_path, f"Phone\n{GOOD}\n", required_variables=needed, missing_variable=text)
    )

    assert rejected.reason is RejectReason.FIELD_TOO_LONG


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
    assert (lead.phone, lead.email, lead.company) == ("+14155552671", "ann@example.com", "")
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

    assert lead.phone == "+14155552673"
    assert lead.alt_phones == ("+14155552674", "+14155552672")


def test_a_country_column_says_where_a_number_is_from(tmp_path: Path) -> None:
    lead = only(
        lead_file(
            tmp_path,
            "Phone,Country\n020 8366 1177,United Kingdom\n",
            allowed_countries=frozenset({"US", "GB"}),
        )
    )

    assert lead.phone == "+442083661177"


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

    assert (lead.zones, lead.zone_source) == (",".join(zones), source)


def test_every_reason_of_a_phone_is_a_reason_to_reject() -> None:
    assert {reason.value for reason in PhoneReason} <= {reason.value for reason in RejectReason}


def test_a_file_without_a_header_is_taken_by_its_cells(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, "7,Ann,ann@example.com,415-555-2671\n8,Bob,,bad\n")
    lead, bad = leads

    assert isinstance(lead, AcceptedRow)
    assert (lead.row, lead.phone, lead.email, lead.name) == (
        1,
        "+14155552671",
        "ann@example.com",
        "",
    )
    assert lead.variables["column_2"] == "Ann"
    assert isinstance(bad, RejectedRow)
    assert leads.header == ("column_1", "column_2", "email", "phone")
    assert leads.notices.codes() == ["no_header"]


def test_whoever_says_that_there_is_no_header_is_believed(tmp_path: Path) -> None:
    leads = lead_file(
        tmp_path, f"Phone,Name\n{GOOD},Ann\n", header_row=0, overrides={LeadField.PHONE: "1"}
    )

    assert [outcome.row for outcome in leads] == [1, 2]


def test_a_header_may_be_named_by_its_row(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, f"Name,Phone\nKunde,Ruf\nAnn,{GOOD}\n", header_row=2)

    assert only(leads).variables == {"Kunde": "Ann", "Ruf": GOOD}


@pytest.mark.parametrize(
    "above",
    ["Leads of March\n", "Leads of March,,\n\n", "Customer\n", "Questions?,415-555-2600\n"],
)
def test_lines_above_the_header_are_no_header(tmp_path: Path, above: str) -> None:
    leads = lead_file(tmp_path, f"{above}Phone,Name,City\n{GOOD},Ann,Rome\n")

    assert only(leads).name == "Ann"
    assert leads.notices.codes() == ["title_rows_skipped"]


def test_an_unknown_language_is_no_reason_to_lose_the_header(tmp_path: Path) -> None:
    lead = only(lead_file(tmp_path, f"Ime,Grad,Broj\nAna,Split,{GOOD}\n"))

    assert lead.variables == {"Ime": "Ana", "Grad": "Split", "Broj": GOOD}


def test_a_row_may_be_shorter_than_the_header_or_end_in_empty_cells(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, f"Phone,Name,City\n{GOOD}\n{GOOD},Ann,Rome,,,\n")

    assert [isinstance(outcome, AcceptedRow) for outcome in leads] == [True, True]


def test_a_column_without_a_header_is_a_variable_where_it_is_filled(tmp_path: Path) -> None:
    first, second = lead_file(tmp_path, f"Phone,,\n{GOOD},x,\n{GOOD},,\n")

    assert isinstance(first, AcceptedRow)
    assert isinstance(second, AcceptedRow)
    assert (first.variables.get("column_2"), second.variables) == ("x", {"Phone": GOOD})


def test_retells_batch_template_works_as_it_is(tmp_path: Path) -> None:
    leads = lead_file(
        tmp_path,
        "phone number,override agent id,override agent version,metadata,custom_sip_headers,"
        "ignore e164 validation,first_name\n"
        "Enter the number in E.164 format,The agent,,,,,\n"
        '+14155552671,agent_1,3,"{""a"": {""b"": 1}}","{""X-Fair"": ""May""}",TRUE,Ann\n'
        "+14155552672,,,,,,Bob\n",
    )
    instruction, ann, bob = leads

    assert isinstance(instruction, RejectedRow)
    assert instruction.reason is RejectReason.UNPARSEABLE_PHONE
    assert isinstance(ann, AcceptedRow)
    assert ann.overrides == {
        "agent_id": "agent_1",
        "agent_version": 3,
        "metadata": {"a": {"b": 1}},
        "sip_headers": {"X-Fair": "May"},
        "ignore_e164": True,
    }
    assert ann.variables == {"phone number": "+14155552671", "first_name": "Ann", "name": "Ann"}
    assert isinstance(bob, AcceptedRow)
    assert bob.overrides is None


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("metadata", '"{""a"": "'),
        ("custom_sip_headers", '"{""Via"": ""x""}"'),
        ("custom_sip_headers", '"{""X-A"": 1}"'),
        ("custom_sip_headers", '"{""X-A"": ""a\\r\\nb""}"'),
        ("ignore e164 validation", "maybe"),
        ("override agent version", "Latest One"),
        ("override agent id", "the best agent"),
    ],
)
def test_a_cell_of_the_template_that_cannot_be_sent_rejects_its_row(
    tmp_path: Path, column: str, cell: str
) -> None:
    rejected = only_reject(lead_file(tmp_path, f"phone number,{column}\n{GOOD},{cell}\n"))

    assert rejected.reason is RejectReason.BAD_ROW
    assert column in rejected.message


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-23", "2026-11-23T08:00"),
        ("2026-11-23 14:30", "2026-11-23T22:30"),
        ("2026-11-23T14:30:05", "2026-11-23T22:30"),
        ("2026-11-23T14:30Z", "2026-11-23T14:30"),
        ("2026-11-23 14:30+02:00", "2026-11-23T12:30"),
        ("2026-11-23 2pm EST", "2026-11-23T19:00"),
        ("Nov 23 2026", "2026-11-23T08:00"),
        ("Monday November 23rd 2026 at 2:30 PM", "2026-11-23T22:30"),
        ("23 November 2026", "2026-11-23T08:00"),
        ("23. Nov. 2026", "2026-11-23T08:00"),
        ("23 de noviembre de 2026", "2026-11-23T08:00"),
        ("11/23/2026", "2026-11-23T08:00"),
        ("23.11.2026", "2026-11-23T08:00"),
        ("04/04/2026 12:00 AM", "2026-04-04T07:00"),
        ("2026-11-01 01:30", "2026-11-01T09:30"),  # the clock is turned back: the later one
    ],
)
def test_a_lead_is_not_called_before_the_moment_its_row_names(
    tmp_path: Path, written: str, moment: str
) -> None:
    lead = only(lead_file(tmp_path, f"Phone,Call not before\n{GOOD},{written}\n"))

    assert lead.not_before is not None
    assert f"{lead.not_before:%Y-%m-%dT%H:%M}" == moment
    assert lead.not_before.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2026",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "31/11/2026",
        "11/23/26",
        "1999-01-01",
        "2026-11-23 25:00",
        "2026-11-23 14",
        "2026-11-23 13pm",
        "2026-11-23 14:30 Mars",
        "46349",
    ],
)
def test_a_moment_that_is_none_or_two_is_never_guessed(tmp_path: Path, written: str) -> None:
    rejected = only_reject(lead_file(tmp_path, f"Phone,Callback date\n{GOOD},{written}\n"))

    assert rejected.reason is RejectReason.BAD_ROW
    assert written in rejected.message
    assert "Write" in rejected.message


def test_a_local_moment_is_the_latest_of_the_leads_zones(tmp_path: Path) -> None:
    lead = only(lead_file(tmp_path, f"Phone,Time zone,Call after\n{GOOD},EST,2026-11-23 09:00\n"))

    assert lead.not_before == datetime(2026, 11, 23, 17, tzinfo=UTC)


def test_a_local_moment_of_nowhere_comes_last_on_earth(tmp_path: Path) -> None:
    lead = only(lead_file(tmp_path, "Phone,Call after\n800-555-2671,2026-11-23\n"))

    assert lead.not_before == datetime(2026, 11, 23, 12, tzinfo=UTC)


NEEDS_PLAN = {"required_variables": frozenset({"Plan", "City"})}


def test_a_lead_without_a_needed_variable_is_rejected_where_that_is_wanted(tmp_path: Path) -> None:
    text = f"Phone,Plan\n{GOOD},N/A\n"
    rejected = only_reject(
        lead_file(tmp_path, text, missing_variable=MissingVariable.parse("reject"), **NEEDS_PLAN)
    )

    assert rejected.reason is RejectReason.MISSING_VARIABLE
    assert "{{City}}, {{Plan}}" in rejected.message


def test_a_needed_variable_may_have_a_default(tmp_path: Path) -> None:
    text = f"Phone,Plan\n{GOOD},\n"
    missing = MissingVariable.parse("default=Basic")

    assert only(lead_file(tmp_path, text, missing_variable=missing, **NEEDS_PLAN)).variables == {
        "Phone": GOOD,
        "Plan": "Basic",
        "City": "Basic",
    }


def test_a_needed_variable_may_be_empty_and_is_told(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, f"Phone,Plan\n{GOOD},Pro\n{GOOD},\n", **NEEDS_PLAN)
    first, _ = leads

    assert isinstance(first, AcceptedRow)
    assert first.variables == {"Phone": GOOD, "Plan": "Pro", "City": ""}
    (told,) = leads.notices.details()
    assert (told["code"], told["rows_count"], told["rows"]) == ("missing_variable", 2, [2, 3])


@pytest.mark.parametrize("written", ["", "ignore", "default", "default=", "reject=1"])
def test_a_policy_for_missing_variables_is_one_of_three(written: str) -> None:
    with pytest.raises(ValueError, match="none of"):
        MissingVariable.parse(written)


@pytest.mark.parametrize(
    ("country", "phone"),
    [("GB", "+442083661177"), ("+44", "+442083661177"), ("44", "+442083661177")],
)
def test_a_country_may_be_a_calling_code(tmp_path: Path, country: str, phone: str) -> None:
    text = f"Phone,Country Code\n020 8366 1177,{country}\n"

    assert only(lead_file(tmp_path, text, allowed_countries=frozenset({"GB"}))).phone == phone


def test_a_states_zones_count_too(tmp_path: Path) -> None:
    lead = only(lead_file(tmp_path, f"Phone,State,Zip\n{GOOD},NY,10001\n"))

    assert lead.zones == "America/Los_Angeles,America/New_York"
    assert (lead.variables["State"], lead.variables["Zip"]) == ("NY", "10001")


def test_an_export_of_contacts_gives_every_number(tmp_path: Path) -> None:
    lead = only(
        lead_file(
            tmp_path,
            "Name,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value\n"
            "Ann,Mobile,415-555-2671 ::: 415-555-2675,Home,415-555-2672\n",
        )
    )

    assert lead.phone == "+14155552671"
    assert lead.alt_phones == ("+14155552675", "+14155552672")
    assert lead.variables["Phone 1 - Type"] == "Mobile"


def test_the_full_name_comes_from_its_column_or_its_parts(tmp_path: Path) -> None:
    leads = lead_file(
        tmp_path,
        f"Phone,Name,First,Last\n{GOOD},Dr. Ann Lee,Ann,Lee\n{GOOD},,Ann,Null\n{GOOD},,,Lee\n",
    )

    assert [getattr(lead, "name", None) for lead in leads] == ["Dr. Ann Lee", "Ann Null", "Lee"]


def test_a_long_cell_is_rejected_and_its_column_named(tmp_path: Path) -> None:
    rejected = only_reject(lead_file(tmp_path, f"Phone,Note\n{GOOD},{'x' * 9000}\n"))

    assert '"Note"' in rejected.message


def test_a_row_is_read_the_same_in_another_process(tmp_path: Path) -> None:
    leads = lead_file(tmp_path, f"Phone,Name,State\n{GOOD},Ann,NY\nbad,Bob,\n")
    reader = pickle.loads(pickle.dumps(RowReader(leads.columns, leads.options)))

    assert [reader.read(record) for record in leads.records()] == list(leads)


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
