"""Functions: what an agent may ask of us while it talks with somebody.

A team adds its own with `function`, in a module that `DIALER_FUNCTIONS_MODULE` names:

    from typing import Annotated
    from pydantic import Field
    from dialer.domain.functions import Talk, function

    @function
    def order_status(talk: Talk, order: Annotated[str, Field(description="Order number.")]) -> str:
        "Tell where an order is."
        return f"Order {order} leaves us tomorrow."

https://docs.retellai.com/build/single-multi-prompt/custom-function
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What Retell takes for a name."""
LONGEST_TEXT = 4_000
"""Characters of one argument."""
LONGEST_ANSWER = 15_000
"""Characters of an answer; Retell cuts off the rest."""


class Result(StrEnum):
    """What became of a function that was asked for."""

    RUNNING = "running"  # one of a team's own has not come to its end
    DONE = "done"  # did what was asked
    REFUSED = "refused"  # did not, and said why
    WRONG = "wrong"  # its arguments could not be used
    NO_SUCH = "no_such"  # nobody knows the name
    FAILED = "failed"  # it broke; the log tells how, under the reference


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agent is told; `told` are values for Retell's response variables."""

    text: str
    ok: bool = True
    told: Mapping[str, object] = field(default_factory=dict)

    @property
    def result(self) -> Result:
        return Result.DONE if self.ok else Result.REFUSED

    def document(self) -> dict[str, Any]:
        """Give what is sent: never longer than Retell reads."""
        whole: dict[str, Any] = {"ok": self.ok, "answer": self.text, **self.told}
        if len(json.dumps(whole)) <= LONGEST_ANSWER:
            return whole
        # A character may take twelve in JSON.
        return {"ok": self.ok, "answer": self.text[: LONGEST_ANSWER // 12 - 10] + " …"}


@dataclass(frozen=True, slots=True)
class Person:
    """The lead somebody talks with, as far as a function may know it."""

    lead_id: int
    campaign_id: int
    campaign: str
    phone: str
    name: str | None
    variables: Mapping[str, str]
    zone: str


@dataclass(frozen=True, slots=True)
class Talk:
    """The call in which a function is asked for.

    `person` is None where nobody knows who is on the phone. In a test call nothing may be changed.
    """

    call_id: str | None
    person: Person | None
    phone: str | None  # of the person, also of one nobody knows
    now: datetime
    is_test: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function under its name. Those that run inside a transaction are ours."""

    name: str
    about: str  # for the agent: what it does, and when to ask for it
    arguments: type[BaseModel]
    run: Callable[..., Any]
    in_transaction: bool = False

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self.run(*given, **named)

    def parameters(self) -> dict[str, Any]:
        """Give the arguments as JSON Schema, as Retell wants them."""
        found = self.arguments.model_json_schema()
        shown: dict[str, Any] = {"type": "object", "properties": {}}
        for name, one in found.get("properties", {}).items():
            shown["properties"][name] = {key: one[key] for key in one if key != "title"}
        if found.get("required"):
            shown["required"] = found["required"]
        if found.get("$defs"):
            shown["$defs"] = found["$defs"]
        return shown


def function(run: Callable[..., Any]) -> Function:
    """Offer a plain function to agents, under its own name and docstring.

    Its first argument is the `Talk`; the others are what the agent fills in, checked by their
    types. It gives a text, an `Answer`, or any value that JSON can hold.

    Raises:
        TypeError: an agent could not use it.
    """
    return _made(run, in_transaction=False)


def inside_transaction(run: Callable[..., Any]) -> Function:
    """Offer one of our own functions, whose change and answer are kept together or not at all."""
    return _made(run, in_transaction=True)


def _made(run: Callable[..., Any], *, in_transaction: bool) -> Function:
    name, about = run.__name__, inspect.getdoc(run)
    if inspect.iscoroutinefunction(run):
        raise TypeError(f"{name} is asynchronous; functions are plain")
    if not NAME.fullmatch(name):
        raise TypeError(f"{name} is no name for a function: letters, digits, _ and - only")
    if not about:
        raise TypeError(f"{name} has no docstring, so no agent would know when to ask for it")
    signature = inspect.signature(run, eval_str=True)
    if not signature.parameters:
        raise TypeError(f"{name} takes no argument; the first one is the Talk")
    _, *others = signature.parameters.values()
    return Function(name, _plain(about), _model(name, others), run, in_transaction)


def _model(name: str, parameters: list[inspect.Parameter]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for one in parameters:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY):
            raise TypeError(f"{name}: {one.name} has no name that an agent could fill in")
        if one.annotation is one.empty:
            raise TypeError(f"{name}: {one.name} has no type")
        fields[one.name] = (one.annotation, ... if one.default is one.empty else one.default)
    config = ConfigDict(
        extra="ignore",  # Retell adds what the agent says while it waits
        coerce_numbers_to_str=True,
        str_strip_whitespace=True,
        str_max_length=LONGEST_TEXT,
    )
    return create_model(name, __config__=config, **fields)


def _plain(text: str) -> str:
    """Put the lines of each paragraph of a docstring together."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def read_arguments(wanted: Function, given: object) -> BaseModel | Answer:
    """Read what the agent filled in, or say in words what it should ask for."""
    if not isinstance(given, Mapping):
        return Answer("I could not read that. Please ask again.", ok=False)
    present = {str(name): value for name, value in given.items() if value not in (None, "")}
    try:
        return wanted.arguments.model_validate(present)
    except ValidationError as error:
        wrong = [_in_words(wanted, dict(one)) for one in error.errors(include_url=False)[:3]]
        return Answer(f"I cannot do that yet. {' '.join(wrong)}", ok=False)


def _in_words(wanted: Function, error: dict[str, Any]) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    about = wanted.arguments.model_fields.get(name)
    meant = name.replace("_", " ")
    hint = f" ({about.description.rstrip('.')})" if about and about.description else ""
    if error["type"] == "missing":
        return f"I still need to know: {meant}{hint}."
    return f"I cannot use what I was given as {meant}{hint}: {error['msg']}."


def answer_of(value: object) -> Answer:
    """Take what a function gave for an answer.

    Raises:
        TypeError: JSON cannot hold it.
    """
    if isinstance(value, Answer):
        json.dumps(dict(value.told))
        return value
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, str):
        return Answer(value)
    if isinstance(value, Mapping):
        told = {str(name): one for name, one in value.items() if name not in ("ok", "answer")}
        json.dumps(told)
        text = value.get("answer")
        said = text if isinstance(text, str) else json.dumps(told, ensure_ascii=False)
        return Answer(said, ok=value.get("ok") is not False, told=told)
    return Answer("Done." if value is None else json.dumps(value, ensure_ascii=False))
