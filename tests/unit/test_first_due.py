"""When a new lead is due first: by its own number, whoever stood before it in the list."""

from datetime import UTC, datetime

import pytest

from dialer.actions.first_due import FirstDue, FirstMoment
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.domain.window import Window

EARLY = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)  # 8:30 in New York; Connecticut opens at 9:00
OPENS = datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
REAL, FICTIONAL, REAL_TOO = "+12032345678", "+12035550142", "+12035559142"
LATER = (LeadStatus.READY, OPENS, EARLY, None)
NOW = (LeadStatus.READY, EARLY, None, None)


def first_due() -> FirstDue:
    return FirstDue(CampaignStatus.RUNNING, Window(opens="08:00", closes="20:00"), now=EARLY)  # type: ignore[arg-type]


def moment_of(due: FirstDue, phone: str, region: str | None = None) -> FirstMoment:
    return due.of("America/New_York", phone=phone, region=region, not_before=None)


@pytest.mark.parametrize("phones", [(REAL, FICTIONAL), (FICTIONAL, REAL), (FICTIONAL, REAL_TOO)])
def test_a_fictional_number_and_a_real_one_of_its_area_code_are_told_apart(
    phones: tuple[str, str],
) -> None:
    due = first_due()
    found = {phone: moment_of(due, phone) for phone in phones}
    assert found == {phone: NOW if phone == FICTIONAL else LATER for phone in phones}


def test_a_region_that_a_list_names_holds_for_no_fictional_number() -> None:
    due = first_due()
    assert moment_of(due, "+12122345678", "US-CT") == LATER
    assert moment_of(due, "+12125550142", "US-CT") == NOW


def test_a_number_of_another_country_may_look_fictional() -> None:
    due = first_due()
    assert moment_of(due, "+442055501234") == moment_of(due, "+442079460000")
