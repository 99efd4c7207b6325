"""What an analysis says of the wish not to be called again: only a clear yes counts."""

import pytest
from pydantic import ValidationError

from dialer.domain.opt_out_words import OptOutSpec, Wish, wish_of

SPEC = OptOutSpec()


@pytest.mark.parametrize("found", [None, {}, {"wants": "an offer"}, {"optional": True}])
def test_an_analysis_without_such_a_field_tells_of_no_wish(found: dict[str, object]) -> None:
    assert wish_of(SPEC, found) is None


NO = ("", "  ", "no", "No.", "N", "FALSE", "f", "0", "none", "null", "n/a", "unknown", "-")
UNSAID = ("Not specified", "not mentioned", "Not requested.", "unclear")
YES = ("yes", "Yes.", "YES!", " y ", "true", "True", "t", "1", "requested", "opt-out")
YES_AT_LENGTH = ("Do not call", "Yes, she asked twice", "yes - take me off your list")
NEITHER = ("maybe", "No more calls", "yes or no", "yes/no", "true/false", "yesterday")


@pytest.mark.parametrize("value", [False, 0, 0.0, None, [], {}, *NO, *UNSAID])
def test_a_no_or_nothing_is_no_wish(value: object) -> None:
    assert wish_of(SPEC, {"do_not_call": value}) is None


@pytest.mark.parametrize("value", [True, 1, 1.0, *YES, *YES_AT_LENGTH])
def test_a_clear_yes_is_a_wish(value: object) -> None:
    wish = wish_of(SPEC, {"do_not_call": value})
    assert wish is not None
    assert wish.is_clear


@pytest.mark.parametrize("value", [2, -1, 0.5, float("nan"), ["yes"], {"a": 1}, *NEITHER])
def test_what_is_neither_yes_nor_no_is_not_clear(value: object) -> None:
    wish = wish_of(SPEC, {"do_not_call": value})
    assert wish == Wish("do_not_call", str(value), is_clear=False)


def test_one_clear_yes_is_enough_whatever_other_fields_say() -> None:
    found = {"opt_out": False, "dnc": "perhaps", "do_not_call": "yes", "unsubscribe": "no"}
    assert wish_of(SPEC, found) == Wish("do_not_call", "yes", is_clear=True)


def test_names_count_whatever_their_case_and_punctuation() -> None:
    for name in ("Do Not Call", "do-not-call", "DO_NOT_CALL", "do_not_call?"):
        assert wish_of(SPEC, {name: True}) == Wish(name, "True", is_clear=True)


def test_the_names_are_the_campaigns_and_none_turns_it_off() -> None:
    own = OptOutSpec.model_validate({"keys": "No more calls"})
    assert wish_of(own, {"no_more_calls": "yes"}) is not None
    assert wish_of(own, {"do_not_call": "yes"}) is None
    assert wish_of(OptOutSpec(keys=()), {"do_not_call": "yes"}) is None


def test_a_name_without_letters_is_refused() -> None:
    with pytest.raises(ValidationError, match="names no field"):
        OptOutSpec(keys=("--",))


def test_a_long_text_is_cut() -> None:
    wish = wish_of(SPEC, {"do_not_call": "well " * 100})
    assert wish is not None
    assert len(wish.text) == 200
