"""Trying: ask for a function as an agent would, and change nothing."""

from typing import Any

from dialer.actions.answering import arguments_of, rehearse
from dialer.actions.control import read_lead
from dialer.actions.talks import Found, find_lead, find_talk
from dialer.actions.world import World
from dialer.domain.functions import Answer, Function, answer_of, read_arguments
from dialer.store.database import Connection


def try_function(
    world: World, wanted: Function, given: dict[str, Any], *, lead_id: int | None
) -> dict[str, Any]:
    """Ask for a function in a test call with a lead, or with nobody, and give the answer.

    Raises:
        NotFound: there is no such lead.
    """
    read = read_arguments(wanted, given)
    if isinstance(read, Answer):
        return read.document()
    if not wanted.in_transaction:
        found = world.db.read(lambda tx: _found(tx, world, lead_id))
        return answer_of(wanted(found.talk, **arguments_of(read))).document()

    def body(tx: Connection) -> Answer:
        return rehearse(tx, world, wanted, read, _found(tx, world, lead_id))

    return world.db.transact(body).document()


def _found(tx: Connection, world: World, lead_id: int | None) -> Found:
    now = world.clock.now()
    if lead_id is None:
        return find_talk(tx, None, now=now)
    return find_lead(tx, read_lead(tx, lead_id), now=now)
