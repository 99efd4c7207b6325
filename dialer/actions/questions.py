"""Questions: what agents ask for, written down once."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import ValidationError

from dialer.actions.talks import Found, find_talk
from dialer.domain.functions import Answer, Result
from dialer.retell.mapping import storable
from dialer.retell.models import Call
from dialer.store import function_calls
from dialer.store.database import Connection
from dialer.store.tables import FunctionCall

RUN_LIFE = timedelta(minutes=10)
"""Longest a request of Retell's waits. A run that old came to nothing."""
LONGEST_NAME = 64
LONGEST_ID = 200
STILL = Answer("I am still working on that. Ask again in a moment.", ok=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A function that is asked for, as it came."""

    name: str
    given: object
    call: Call | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the agent is told, and what became of the function."""

    document: dict[str, Any]
    result: Result
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was written down: its row, or what was told before."""

    row: int | None
    found: Found
    before: Told | None = None


def read_question(name: str, body: bytes) -> Question | None:
    """Read the body of a request; None when it is not JSON.

    Where an agent sends arguments alone, nothing tells which call they come from.
    """
    try:
        content = orjson.loads(body or b"{}")
    except (orjson.JSONDecodeError, RecursionError):
        return None
    name = name if name.isprintable() and len(name) <= LONGEST_NAME else "?"
    if not isinstance(content, dict):
        return Question(name, storable(content), None)
    given = content.get("args", {}) if "call" in content or "args" in content else content
    return Question(name, storable(given), _call_of(content.get("call")))


def _call_of(value: object) -> Call | None:
    try:
        call = Call.model_validate(value)
    except ValidationError:
        return None
    return call if call.call_id.isprintable() and len(call.call_id) <= LONGEST_ID else None


def ask(tx: Connection, question: Question, *, key: str, at: datetime) -> Asked:
    """Write a question down, unless it is a repeat.

    The same arguments again are a wish of its own when something else was wanted in between, or
    when it came to nothing before.
    """
    found = find_talk(tx, question.call, now=at)
    call_id, name, number = found.talk.call_id, question.name, 0
    if call_id is not None:
        before = function_calls.latest(tx, call_id, name, key=key)
        last = function_calls.latest(tx, call_id, name)
        if before is not None and last.key == key and not _came_to_nothing(tx, before, now=at):
            return Asked(None, found, _as_before(before))
        number = 0 if before is None else before.round + 1
    row = function_calls.add(
        tx,
        **_columns(question, found, key=key, at=at),
        round=number,
        result=Result.RUNNING,
    )
    if row is None and call_id is not None:  # the same question, at the same moment
        return Asked(None, found, _as_before(function_calls.latest(tx, call_id, name, key=key)))
    return Asked(row, found)


def _came_to_nothing(tx: Connection, row: FunctionCall, *, now: datetime) -> bool:
    """Tell whether a question has no answer that could be given again, and never will have."""
    if row.result is not Result.RUNNING or now - row.asked_at < RUN_LIFE:
        return row.result is Result.FAILED
    return function_calls.give_up_running(tx, row.id, asked_at=row.asked_at)


def _as_before(row: FunctionCall) -> Told:
    if row.answer is None:
        return Told(STILL.document(), Result.RUNNING, repeated=True)
    return Told(dict(row.answer), row.result, repeated=True)


def _columns(question: Question, found: Found, *, key: str, at: datetime) -> dict[str, Any]:
    return {
        "call_id": found.talk.call_id,
        "name": question.name,
        "key": key,
        "attempt_id": found.attempt.id if found.attempt is not None else None,
        "lead_id": found.lead.id if found.lead is not None else None,
        "is_test": found.talk.is_test,
        "arguments": question.given,
        "asked_at": at,
    }


def digest(value: object) -> str:
    """Name arguments by what they are."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
