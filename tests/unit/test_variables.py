"""Variables: Retell's own names are safe, and every value is text."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dialer.domain.dispositions import Disposition
from dialer.domain.variables import as_variables, check_variable_names, safe_variable_name


@pytest.mark.parametrize(
    "name",
    [
        "call_id",
        " Call_ID ",
        "direction",
        "user_number",
        "agent_number",
        "call_type",
        "chat_id",
        "session_type",
        "session_duration_ms",
        "current_time",
        "current_time_America/New_York",
        "current_hour_UTC",
        "current_calendar",
        "current_agent_state",
        "previous_agent_state",
        "current_node",
        "previous_node",
    ],
)
def test_a_name_that_retell_fills_itself_is_found(name: str) -> None:
    assert check_variable_names(["Plan", name]) == [name]


def test_the_leads_own_name_is_no_system_variable() -> None:
    names = ["first_name", "last_name", "do_not_call", "id", "status", "data", "__proto__"]

    assert check_variable_names(names) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [("call_id", "lead_call_id"), (" Direction ", "lead_Direction"), ("Plan", "Plan")],
)
def test_a_name_that_retell_fills_itself_gets_a_safe_one(name: str, safe: str) -> None:
    assert safe_variable_name(name) == safe
    assert check_variable_names([safe]) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("Ann", "Ann"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (Decimal("9.90"), "9.90"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 9, tzinfo=UTC), "2026-03-01T09:00:00+00:00"),
        (Disposition.NO_ANSWER, "no_answer"),
        ({"a": ["é"]}, '{"a": ["é"]}'),
    ],
)
def test_every_value_becomes_text(value: object, text: str) -> None:
    assert as_variables({" x ": value}) == {"x": text}
