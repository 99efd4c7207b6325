"""What viewers see where a telephone number may stand."""

from datetime import UTC, datetime

import pytest

from dialer.web.masking import masked, masked_text


@pytest.mark.parametrize(
    "text",
    [
        "+14155552671",
        "14155552671",
        "(415) 555-2671",
        "415.555.2671",
        "415 555 2671",
        "tel:+1-415-555-2671",
        "4155552671@example.com",
        "+44 20 7946 0958",
        "555-2671",
        "call 415\u00a0555\u00a02671 now",
        "x4155552671y",
        "2026-03-04 415-555-2671",
    ],
)
def test_a_number_is_masked_however_it_is_written(text: str) -> None:
    digits = "".join(letter for letter in masked_text(text) if letter.isdigit())
    assert "5552671" not in digits
    assert "7946095" not in digits
    assert "•••" in masked_text(text)


@pytest.mark.parametrize(
    "text", ["2026-03-04", "2026-03-04 15:00 UTC", "2026-03-04T15:00:00.123+00:00", "$12.50", "Ada"]
)
def test_moments_and_amounts_are_not_numbers_of_people(text: str) -> None:
    assert masked_text(text) == text


def test_numbers_are_masked_at_any_depth_and_also_as_names() -> None:
    seen = masked({"variables": {"id": "4155552671", "4155552671": [{"n": 4155552671}]}})
    assert "4155552671" not in str(seen)


def test_what_we_name_ourselves_is_kept() -> None:
    at = datetime(2026, 3, 4, tzinfo=UTC)
    ours = {
        "id": 12345678,
        "call_id": "call_1234567890",
        "start_timestamp": 1772636400000,
        "at": at,
    }
    assert masked(ours) == ours


def test_a_name_of_ours_within_what_others_name_proves_nothing() -> None:
    raw = {"call": {"call_id": "c", "metadata": {"id": "4155552671"}, "to_number": "+14155552671"}}
    assert "5552671" not in str(masked(raw))
    assert "5552671" not in str(masked({"custom_analysis": {"call_id": 4155552671.0}}))
