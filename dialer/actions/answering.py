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

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel

from dialer.actions.built_in import do_not_call
from dialer.actions.desk import Desk
from dialer.actions.questions import STILL, Question, Told, ask, digest
from dialer.actions.talks import Found
from dialer.actions.world import World
from dialer.domain.functions import Answer, Function, Result, answer_of, read_arguments
from dialer.log import get_logger
from dialer.store import function_calls
from dialer.store.database import Connection, is_outage

log = get_logger(__name__)

Book = Mapping[str, Function]
"""The functions that agents may ask for, by name."""


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
        asked = ask(tx, question, key=_key_of(read), at=at)
        if asked.before is not None or asked.row is None:
            return asked.before or Told(STILL.document(), Result.RUNNING)
        if asked.found.talk.is_test and not _is_meant(wanted, asked.found):
            said = rehearse(tx, world, wanted, read, asked.found)
        else:
            said = _run(tx, world, wanted, read, asked.found)
        return _finish(tx, world, asked.row, said, said.result, at=at)

    return world.db.transact(body)


def _is_meant(wanted: Function, found: Found) -> bool:
    """Tell whether something is done in a test call, too: a phone that rang may ask for silence."""
    return found.attempt is not None and wanted is do_not_call


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
    asked = world.db.transact(partial(ask, question=question, key=_key_of(read), at=at))
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
        asked = ask(tx, question, key=key or digest(question.given), at=at)
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
    return digest(arguments_of(read))
