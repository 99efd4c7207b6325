"""Moments that people and programs write into settings: aware, and of our time."""

from typing import Any

import pytest
from pydantic import ValidationError

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.schedule_spec import ScheduleSpec

BEYOND = (
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "1999-12-31T23:59:59Z",
    "2201-01-01T00:00:00Z",
)


def campaign(**more: Any) -> CampaignSpec:
    return CampaignSpec.model_validate({"name": "x", "from_numbers": ["+12125550000"], **more})


@pytest.mark.parametrize("text", BEYOND)
@pytest.mark.parametrize("name", ["start_at", "ends_at"])
def test_a_campaign_neither_starts_nor_ends_beyond_what_a_clock_can_show(
    name: str, text: str
) -> None:
    with pytest.raises(ValidationError, match="between the years 2000 and 2200"):
        campaign(**{name: text})


@pytest.mark.parametrize("text", BEYOND)
def test_nor_does_a_schedule_run_then(text: str) -> None:
    with pytest.raises(ValidationError, match="between the years 2000 and 2200"):
        ScheduleSpec.model_validate({"name": "x", "at": text})


def test_a_moment_keeps_the_offset_it_was_written_with() -> None:
    spec = campaign(start_at="2026-03-04T09:00:00-05:00")
    assert spec.start_at is not None
    assert spec.start_at.isoformat() == "2026-03-04T09:00:00-05:00"
