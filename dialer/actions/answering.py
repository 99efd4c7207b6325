"""Answering: an agent asks for a function during a call, and is told something it can say.

1. read what is asked for; what cannot be used is answered in words
2. find whose call it is
3. write the question down; a repeat of it gets the answer that was given
4. run the function
5. write the answer down

For our own functions 2 to 5 are one transaction: a change is made, and known to have been, or
neither. Those of a team may take their time, so they run between two; what came of one that the
process did not survive nobody knows, and the next repeat runs it again.

https://docs.retellai.com/build/single-multi-prompt/custom-function
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from dialer.actions.desk import Desk
from dialer.actions.talks import Found, find_talk
from dialer.actions.world import World
from dialer.domain.functions import Answer, Function, Result, answer_of, read_arguments
from dialer.log import get_logger
from dialer.retell.mapping import storable
from dialer.retell.models import Call
from dialer.store import function_calls
from dialer.store.database import Connection, is_outage
from dialer.store.tables import FunctionCall

log = get_logger(__name__)

RUN_LIFE = timedelta(minutes=10)
"""Longest a request of Retell's waits. A run that old came to nothing."""
LONGEST_NAME = 64
LONGEST_ID = 200
STILL = Answer("I am still working on that. Ask again in a moment.", ok=False)

Book = Mapping[str, Function]
"""The functions that agents may ask for, by name."""


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


def answer(world: World, book: Book, question: Question) -> Told:
    """Answer one question. May be asked any number of times.

    Raises:
        Exception: only that of a database that does not answer.
    """
    asked_at = world.clock.now()
    wanted = book.get(question.name)
    if wanted is None:
        said = Answer("I have no such function. Go on without it.", ok=False)
        return _tell(world, question, said, Result.NO_SUCH, at=asked_at)
    read = read_arguments(wanted, question.given)
    if isinstance(read, Answer):
        return _tell(world, question, read, Result.WRONG, at=asked_at)
    run = _run_inside if wanted.in_transaction else _run_between
    try:
        return run(world, wanted, question, read, asked_at)
    except Exception as error:
        if is_outage(error):
            raise
        return _tell_failed(world, question, wanted.name, key=_key_of(read), at=asked_at)


def _run_inside(
    world: World, wanted: Function, question: Question, read: BaseModel, at: datetime
) -> Told:
    """Run one of our functions in the transaction that keeps its answer."""

    def body(tx: Connection) -> Told:
        asked = _ask(tx, question, key=_key_of(read), at=at)
        if asked.before is not None or asked.row is None:
            return asked.before or Told(STILL.document(), Result.RUNNING)
        if asked.found.talk.is_test:
            said = rehearse(tx, world, wanted, read, asked.found)
        else:
            said = _run(tx, world, wanted, read, asked.found)
        return _finish(tx, world, asked.row, said, said.result, at=at)

    return world.db.transact(body)


def rehearse(
    tx: Connection, world: World, wanted: Function, read: BaseModel, found: Found
) -> Answer:
    """Run one of our functions, and take back whatever it changed."""
    point = tx.begin_nested()
    try:
        return _run(tx, world, wanted, read, found)
    finally:
        point.rollback()


def _run(tx: Connection, world: World, wanted: Function, read: BaseModel, found: Found) -> Answer:
    desk = Desk(tx, found, world.calendars, world.new_id())
    return answer_of(wanted(desk, **arguments_of(read)))


def _run_between(
    world: World, wanted: Function, question: Question, read: BaseModel, at: datetime
) -> Told:
    """Run a team's function while no transaction is open."""
    asked = world.db.transact(partial(_ask, question=question, key=_key_of(read), at=at))
    row = asked.row
    if asked.before is not None or row is None:
        return asked.before or Told(STILL.document(), Result.RUNNING)
    try:
        said = answer_of(wanted(asked.found.talk, **arguments_of(read)))
        result, reference = said.result, None
    except Exception:  # whatever a team's function raises; the agent goes on talking
        reference = world.new_id()[:8]
        log.exception("function_failed", function=wanted.name, reference=reference)
        said, result = _sorry(reference), Result.FAILED
    finish = partial(_finish, world=world, row=row, said=said, result=result, at=at)
    return world.db.transact(partial(finish, reference=reference))


def _ask(tx: Connection, question: Question, *, key: str, at: datetime) -> Asked:
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


def _finish(
    tx: Connection,
    world: World,
    row: int,
    said: Answer,
    result: Result,
    *,
    at: datetime,
    reference: str | None = None,
) -> Told:
    document = said.document()
    took_ms = (world.clock.now() - at) // timedelta(milliseconds=1)
    function_calls.finish(
        tx, row, result=result, answer=document, took_ms=took_ms, reference=reference
    )
    return Told(document, result)


def _tell(
    world: World,
    question: Question,
    said: Answer,
    result: Result,
    *,
    at: datetime,
    key: str | None = None,
    reference: str | None = None,
) -> Told:
    """Write down a question that no function answers, with what was said to it."""

    def body(tx: Connection) -> Told:
        asked = _ask(tx, question, key=key or _digest(question.given), at=at)
        if asked.row is None:
            return asked.before or Told(said.document(), result, repeated=True)
        return _finish(tx, world, asked.row, said, result, at=at, reference=reference)

    return world.db.transact(body)


def _tell_failed(world: World, question: Question, name: str, *, key: str, at: datetime) -> Told:
    """Log what a function raised, and say so in words; it may be asked for again."""
    reference = world.new_id()[:8]
    log.exception("function_failed", function=name, reference=reference)
    said = _sorry(reference)
    return _tell(world, question, said, Result.FAILED, at=at, key=key, reference=reference)


def _sorry(reference: str) -> Answer:
    text = (
        "Something went wrong on our side, and this was not done. Apologise, and offer that a"
        " colleague gets back to the person."
    )
    return Answer(text, ok=False, told={"reference": reference})


def arguments_of(read: BaseModel) -> dict[str, Any]:
    """Give the arguments of a function by name."""
    return {name: getattr(read, name) for name in type(read).model_fields}


def _key_of(read: BaseModel) -> str:
    """Name the arguments as they were understood, so that what does not matter makes no other."""
    return _digest(arguments_of(read))


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
