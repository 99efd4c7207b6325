"""A campaign's settings: what is taken, and what is refused with a sentence."""

from datetime import UTC, date, datetime

import pytest
from factories import make_spec
from pydantic import ValidationError

from dialer.domain.campaign_spec import CampaignSpec


def test_a_name_and_a_number_are_enough() -> None:
    spec = CampaignSpec.model_validate({"name": "Spring", "from_numbers": ["+12125550000"]})
    assert spec.countries == {"US"}
    assert spec.window.minutes_on(date(2026, 3, 6)) == ((540, 1200),)
    assert spec.window.minutes_on(date(2026, 3, 7)) == ((600, 1020),)
    assert spec.window.minutes_on(date(2026, 3, 8)) == ()
    assert (spec.cadence.max_attempts, spec.limits.lines, spec.weight) == (5, None, 1.0)


def test_settings_are_written_as_they_are_read() -> None:
    spec = make_spec(
        start_at="2026-03-04T10:00:00-05:00",
        limits={"lines": 4},
        cadence={"delays": {"busy": ["20m", "1d"]}},
        allowed_countries=["us", "CA"],
        default_zone="America/Chicago",
    )
    assert CampaignSpec.model_validate(spec.model_dump(mode="json")) == spec
    assert spec.start_at == datetime(2026, 3, 4, 15, tzinfo=UTC)
    assert spec.countries == {"US", "CA"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": ""}, "at least 1 character"),
        ({"from_numbers": []}, "at least 1 item"),
        ({"from_numbers": ["2125550000"]}, "not an international number"),
        ({"from_numbers": ["+0125550000"]}, "not an international number"),
        ({"country": "USA"}, "not a two-letter country"),
        ({"allowed_countries": ["1A"]}, "not a two-letter country"),
        ({"default_zone": "Mars/Olympus"}, "not a zone"),
        ({"default_zone": "/etc/passwd"}, "not a zone"),
        ({"default_zone": ""}, "not a zone"),
        ({"weight": 0}, "greater than 0"),
        ({"limits": {"lines": 0}}, "greater than or equal to 1"),
        ({"limits": {"lines": 10**11}}, "less than or equal to"),
        ({"limits": {"lines_per_minute": 1e308}}, "less than or equal to"),
        ({"limits": {"calls_per_day": 10**20}}, "less than or equal to"),
        ({"limits": {"dollars_per_day": 1e307}}, "less than or equal to"),
        ({"limits": {"dollars_per_day": float("inf")}}, "less than or equal to"),
        ({"person": {"gap": "900000000d"}}, "too long"),
        ({"caller_id": {"spacing": "99999999999d"}}, "too long"),
        ({"hold": {"failed_within": "3661d"}}, "too long"),
        ({"start_at": "2026-03-04T10:00:00"}, "timezone"),
        ({"variables": {"user_number": "1"}}, "Retell sets these"),
        ({"colour": "red"}, "Extra inputs"),
        ({"limits": {"calls": 3}}, "Extra inputs"),
        ({"window": {"opens": "22:00", "closes": "06:00"}}, "never crosses midnight"),
        ({"cadence": {"max_attempts": 0}}, "greater than or equal to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        make_spec(**changes)


def test_a_file_that_writes_its_own_wait_for_callbacks_has_it() -> None:
    usual = {"name": "Spring", "from_numbers": ["+12125550000"]}
    own = {**usual, "cadence": {"delays": {"callback": "20m"}}}
    assert CampaignSpec.model_validate(usual).callback.keys != ()
    assert CampaignSpec.model_validate(own).callback.keys == ()
    both = {**own, "callback": {"at_most": 2}}
    assert CampaignSpec.model_validate(both).callback.keys != ()
    stored = CampaignSpec.model_validate(own).model_dump(mode="json")
    assert CampaignSpec.model_validate(stored).callback.keys == ()
