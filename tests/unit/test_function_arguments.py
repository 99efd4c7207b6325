"""Functions of a team: what their signatures become, and which cannot be offered."""

from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel

from dialer.domain.functions import Answer, Talk, answer_of, function, read_arguments


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@function
def paint(talk: Talk, colour: Colour, rooms: int = 1) -> str:
    """Paint rooms.

    Ask for it when somebody
    wants another colour.
    """
    return f"{rooms} {colour}"


def test_a_signature_becomes_the_schema_an_agent_is_given() -> None:
    assert paint.about == "Paint rooms.\n\nAsk for it when somebody wants another colour."
    schema = paint.parameters()
    assert schema["required"] == ["colour"]
    assert schema["$defs"]["Colour"]["enum"] == ["red", "blue"]
    assert schema["properties"]["rooms"] == {"default": 1, "type": "integer"}


def test_a_function_can_still_be_called_as_one() -> None:
    talk = Talk(None, None, None, now=None, is_test=True)  # type: ignore[arg-type]
    assert paint(talk, Colour.RED, rooms=2) == "2 red"


@pytest.mark.parametrize(
    "given", [{"colour": "green"}, {"rooms": 3}, {"colour": "red", "rooms": "x"}]
)
def test_what_does_not_fit_is_told_by_its_name(given: dict[str, Any]) -> None:
    read = read_arguments(paint, given)
    assert isinstance(read, Answer)
    assert "colour" in read.text or "rooms" in read.text


def test_a_name_that_retell_does_not_take_is_refused() -> None:
    def über(talk: Talk) -> str:
        """Do it."""
        return ""

    with pytest.raises(TypeError, match="no name for a function"):
        function(über)


def test_a_model_is_told_field_by_field() -> None:
    class Order(BaseModel):
        number: int

    answer = answer_of(Order(number=7))
    assert (answer.ok, answer.told) == (True, {"number": 7})
