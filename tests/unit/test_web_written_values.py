"""What stands in the activity log is written as people read it."""

import pytest

from dialer.web.written_values import change_words, told, value_words


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "none"),
        (200_000_000, "200,000,000"),
        (["read", "write"], "read, write"),
        ([], "none"),
        ({"a": [1, 2]}, "a: 1, 2"),
        (
            [{"days": ["mon", "tue"], "opens": "09:00"}, {"days": ["sun"], "opens": "10:00"}],
            "days: mon, tue, opens: 09:00; days: sun, opens: 10:00",
        ),
        ("2026-03-02T10:00:00+00:00", "2026-03-02 10:00 UTC"),
        ("2026-03-02", "2026-03-02"),
    ],
)
def test_a_value_is_written_without_a_sign_of_the_program(value: object, written: str) -> None:
    assert value_words(value) == written


def test_a_number_of_which_nobody_knows_what_it_is_stays_as_it_is() -> None:
    assert value_words({"order": [20264711, 2026]}, whole="") == "order: 20264711, 2026"


def test_a_change_says_what_each_thing_was_and_is() -> None:
    assert change_words({"status": "paused"}, {"status": "running"}) == "paused → running"
    was, now = {"lines": 1_000, "end": "x", "same": 1}, {"lines": 2_000, "day": True, "same": 1}
    assert change_words(was, now) == "lines: 1,000 → 2,000; day: yes; before: end: x"
    assert change_words(None, {"again": False}) == "again: no"
    assert change_words(None, None) == ""


def test_a_number_that_says_which_one_has_no_commas() -> None:
    assert told({"new_lead": 12_345, "leads": 12_345}) == "new lead: 12345, leads: 12,345"
