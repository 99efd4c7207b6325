"""Refusals of create-phone-call that surely placed nothing, and whose fault they are."""

import pytest
from retell_peer import answering, failure, telling

from dialer.errors import AccountProblem, CallRejected, ProviderBusy


@pytest.mark.parametrize(
    ("message", "do_not_call"),
    [
        ("Invalid request format, please check API reference.", False),
        ("to_number is not a valid E.164 number", False),
        ("from_number and to_number must be different: to_number is invalid", False),
        ("Contact is marked as do_not_call", True),
        ("This contact is on the Do Not Call list", True),
        ("Refused: do-not-call", True),
        ("The number is on the internal DNC list.", True),
        ("Call blocked by honor_internal_dnc", True),
    ],
)
def test_a_400_refuses_this_number(message: str, do_not_call: bool) -> None:
    error = failure(telling(400, message))
    assert type(error) is CallRejected
    assert (error.code, error.status, error.message) == ("http_400", 400, message)
    assert error.do_not_call is do_not_call


@pytest.mark.parametrize(
    "message",
    [
        "No outbound agent id set up for phone number +12025550100",
        "from_number is not a valid E.164 number",
        "Invalid from number",
    ],
)
def test_a_400_about_our_own_number_is_not_the_leads_fault(message: str) -> None:
    error = failure(telling(400, message))
    assert type(error) is AccountProblem
    assert not error.from_number_unknown


@pytest.mark.parametrize("status", [401, 402, 403, 404, 422])
def test_a_refusal_of_our_account_places_nothing(status: int) -> None:
    error = failure(telling(status, "No."))
    assert type(error) is AccountProblem
    assert (error.code, error.status) == (f"http_{status}", status)
    assert not error.from_number_unknown


def test_a_404_that_names_our_number_says_so() -> None:
    error = failure(telling(404, "Item +12025550100 not found from phone-number"))
    assert type(error) is AccountProblem
    assert error.from_number_unknown


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        (None, None),
        ("7", 7.0),
        ("0.5", 0.5),
        ("Tue, 03 Nov 2026 12:00:30 GMT", 30.0),
        ("Tue, 03 Nov 2026 12:00:30 -0000", 30.0),
        ("Tue, 03 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999", 3600.0),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_429_places_nothing_and_may_say_for_how_long(
    header: str | None, wait_s: float | None
) -> None:
    headers = [] if header is None else [f"Retry-After: {header}"]
    error = failure(telling(429, "Account rate limited", *headers))
    assert type(error) is ProviderBusy
    assert error.retry_after_s == wait_s


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"message":"Said so"}', "Said so"),
        (b'{"error":"Said so"}', "Said so"),
        (b'{"message":7,"error":"Said so"}', "Said so"),
        (b"Said so", "Said so"),
        (b'["x"]', '["x"]'),
        (b"", "HTTP 403 without a message"),
        (b"x" * 5000, "x" * 300),
        (b"\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_message_is_found_in_any_shape_of_error(body: bytes, message: str) -> None:
    assert failure(answering(403, body)).message == message
