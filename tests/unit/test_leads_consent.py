"""The consent of a row: read where the file has words for it, never guessed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dialer.leads.columns import LeadField, map_columns
from dialer.leads.header_words import Likeness, field_of, phone_likeness
from dialer.leads.notices import WarningCode
from dialer.leads.outcomes import AcceptedRow, RejectedRow
from dialer.leads.problems import RejectReason
from dialer.leads.rows import ImportOptions, LeadFile, read_leads

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
GOOD = "(212) 555-2671"  # New York


def lead_file(tmp_path: Path, text: str, **options: object) -> LeadFile:
    path = tmp_path / "leads.csv"
    path.write_text(text, encoding="utf-8", newline="")
    chosen = {"read_at": NOW, **options}
    return read_leads(path, options=ImportOptions(**chosen))  # type: ignore[arg-type]


def only(outcomes: LeadFile) -> AcceptedRow:
    (outcome,) = outcomes
    assert isinstance(outcome, AcceptedRow), outcome
    return outcome


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("consent_at", LeadField.CONSENT_AT),
        ("Consent Date", LeadField.CONSENT_AT),
        ("opt-in date", LeadField.CONSENT_AT),
        ("Opt In Timestamp", LeadField.CONSENT_AT),
        ("Date of Consent", LeadField.CONSENT_AT),
        ("consent_source", LeadField.CONSENT_SOURCE),
        ("Opt-In Source", LeadField.CONSENT_SOURCE),
        ("Consent URL", LeadField.CONSENT_SOURCE),
        ("consent_text", LeadField.CONSENT_TEXT),
        ("TCPA Disclosure", LeadField.CONSENT_TEXT),
        ("Datum der Einwilligung", LeadField.CONSENT_AT),
    ],
)
def test_consent_columns_are_known_by_many_names(header: str, field: LeadField) -> None:
    assert field_of(header) is field
    assert phone_likeness(header) is Likeness.NONE


@pytest.mark.parametrize("header", ["Consent", "Opt-in", "Date", "Source", "Consent Language"])
def test_a_column_that_only_may_be_about_consent_is_not_taken_for_it(header: str) -> None:
    assert (
        map_columns(["Phone", header], {})
        .fields.keys()
        .isdisjoint({LeadField.CONSENT_AT, LeadField.CONSENT_SOURCE, LeadField.CONSENT_TEXT})
    )


def test_a_consent_is_kept_with_the_lead_and_is_no_variable(tmp_path: Path) -> None:
    text = (
        f"Phone,Plan,Opt-in date,Opt-in source,Consent text\n{GOOD},Team,2026-01-05,web,I agree\n"
    )
    lead = only(lead_file(tmp_path, text))
    assert lead.consent == {
        "at": "2026-01-05T05:00:00+00:00",  # the day began in New York
        "source": "web",
        "text": "I agree",
    }
    assert lead.variables == {"Phone": GOOD, "Plan": "Team"}


@pytest.mark.parametrize(
    ("cells", "consent"),
    [
        (",,", None),
        ("2026-01-05 09:30,,", {"at": "2026-01-05T14:30:00+00:00", "source": None, "text": None}),
        (
            "2026-01-05T09:30:00Z,,yes",
            {"at": "2026-01-05T09:30:00+00:00", "source": None, "text": "yes"},
        ),
        (",web,", {"at": None, "source": "web", "text": None}),
    ],
)
def test_what_a_row_says_of_a_consent_is_kept_as_far_as_it_goes(
    tmp_path: Path, cells: str, consent: dict[str, str | None] | None
) -> None:
    text = f"Phone,consent_at,consent_source,consent_text\n{GOOD},{cells}\n"
    assert only(lead_file(tmp_path, text, require_consent=True)).consent == consent


@pytest.mark.parametrize(
    ("moment", "problem"),
    [
        ("soon", '"soon" is not a date'),
        ("03/04/2026", "is two different days"),
        ("2026-03-05", '"2026-03-05" has not come yet'),
    ],
)
def test_a_consent_that_cannot_be_read_rejects_the_row_where_the_campaign_needs_one(
    tmp_path: Path, moment: str, problem: str
) -> None:
    text = f"Phone,Consent date,Consent source\n{GOOD},{moment},web\n"
    (outcome,) = lead_file(tmp_path, text, require_consent=True)
    assert isinstance(outcome, RejectedRow)
    assert outcome.reason is RejectReason.BAD_ROW
    assert outcome.message.startswith('In "Consent date", ')
    assert problem in outcome.message


@pytest.mark.parametrize("moment", ["soon", "03/04/2026", "2026-03-05"])
def test_elsewhere_it_is_no_consent_its_cells_stay_variables_and_a_warning_tells(
    tmp_path: Path, moment: str
) -> None:
    text = f"Phone,Consent date,Consent source\n{GOOD},{moment},web\n{GOOD},2026-01-05,web\n"
    with lead_file(tmp_path, text) as file:
        unread, good = file
        assert isinstance(unread, AcceptedRow)
        assert isinstance(good, AcceptedRow)
        assert unread.consent is None
        assert unread.variables == {"Phone": GOOD, "Consent date": moment, "Consent source": "web"}
        assert "Consent date" not in good.variables
        (warning,) = file.notices.details()
    assert (warning["code"], warning["rows"]) == (WarningCode.UNREADABLE_CONSENT, [2])


def test_a_consent_column_can_be_named(tmp_path: Path) -> None:
    text = f"Phone,When,Where\n{GOOD},2026-01-05,fair\n"
    overrides = {LeadField.CONSENT_AT: "When", LeadField.CONSENT_SOURCE: "Where"}
    lead = only(lead_file(tmp_path, text, overrides=overrides))
    assert lead.consent is not None
    assert lead.consent["source"] == "fair"


@pytest.mark.parametrize(
    ("columns", "cells", "region"),
    [
        ("State", "Florida", "US-FL"),
        ("Zip", "33101", "US-FL"),
        ("Time Zone,State", "Eastern,FL", "US-FL"),
        ("City", "Miami", None),
        ("State", "Atlantis", None),
    ],
)
def test_the_region_is_the_state_that_the_row_names(
    tmp_path: Path, columns: str, cells: str, region: str | None
) -> None:
    assert only(lead_file(tmp_path, f"Phone,{columns}\n{GOOD},{cells}\n")).region == region
