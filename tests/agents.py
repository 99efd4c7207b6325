"""An agent that asks for functions during a call, as Retell sends them."""

import json
from collections.abc import Mapping
from typing import Any

from factories import Stage

from dialer.actions.answering import answer
from dialer.actions.own_functions import BUILT_IN
from dialer.actions.questions import Told, read_question
from dialer.domain.functions import Function
from dialer.store import function_calls
from dialer.store.tables import FunctionCall


def ask(
    stage: Stage,
    name: str,
    *,
    call: Mapping[str, Any] | None,
    book: Mapping[str, Function] = BUILT_IN,
    **args: Any,
) -> dict[str, Any]:
    """Ask for a function and give what the agent is told."""
    return told(stage, name, call=call, book=book, args=args).document


def told(
    stage: Stage,
    name: str,
    *,
    call: Mapping[str, Any] | None,
    args: object,
    book: Mapping[str, Function] = BUILT_IN,
) -> Told:
    """Ask for a function with whatever arguments, and give all that came of it."""
    question = read_question(name, json.dumps({"name": name, "args": args, "call": call}).encode())
    assert question is not None
    return answer(stage.world, book, question)


def asked_in(stage: Stage, call: Mapping[str, Any]) -> list[FunctionCall]:
    """Read what was asked for in a call."""
    call_id: str = call["call_id"]
    return stage.world.db.read(lambda tx: function_calls.of_call(tx, call_id))


def talking(stage: Stage, lead_id: int | None = None) -> dict[str, Any]:
    """Call a lead, let it pick up, and give the call."""
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.answer(attempt_id))
    return stage.retell.call_of(attempt_id)
