"""The campaign that ships with the project."""

import tomllib
from collections import Counter
from pathlib import Path

import dialer
from dialer.domain.campaign_spec import CampaignSpec
from dialer.leads.rows import AcceptedRow, ImportOptions, RejectedRow, read_leads

CAMPAIGNS = Path(dialer.__file__).parents[1] / "campaigns"


def demo_spec() -> CampaignSpec:
    text = (CAMPAIGNS / "demo.toml").read_text(encoding="utf-8")
    return CampaignSpec.model_validate(tomllib.loads(text))


def test_the_demo_dials_only_numbers_that_belong_to_nobody() -> None:
    spec = demo_spec()
    options = ImportOptions(
        country=spec.country, allowed_countries=spec.countries, allow_fictional=True
    )
    leads = read_leads(CAMPAIGNS / str(spec.leads), options=options)
    accepted = [outcome for outcome in leads if isinstance(outcome, AcceptedRow)]

    assert spec.allow_fictional
    assert len({lead.phone for lead in accepted}) == 200
    assert all(lead.phone[5:].startswith("55501") for lead in accepted)
    assert all(lead.zones for lead in accepted)
    assert all(lead.email.endswith("@example.com") for lead in accepted)


def test_the_demo_shows_one_bad_row_of_most_kinds() -> None:
    options = ImportOptions(allow_fictional=True)
    leads = read_leads(CAMPAIGNS / "demo.csv", options=options)
    reasons = Counter(one.reason.value for one in leads if isinstance(one, RejectedRow))

    assert reasons == {
        "missing_phone": 2,
        "invalid_phone": 2,
        "unparseable_phone": 1,
        "damaged_phone": 1,
        "premium_rate": 1,
        "country_not_allowed": 1,
        "short_or_emergency": 1,
    }


def test_without_leave_to_dial_fiction_the_demo_dials_nobody() -> None:
    leads = read_leads(CAMPAIGNS / "demo.csv", options=ImportOptions())

    assert not any(isinstance(outcome, AcceptedRow) for outcome in leads)
