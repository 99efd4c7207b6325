"""Findings: incidents of what an audit found broken.

One incident per row that breaks an invariant, up to a number; what is more is one incident that
counts them. What is only late closes by itself when it is over, with the moment kept; anything
else stays open until a person acknowledges it, because it should never have been.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from dialer.actions.world import World
from dialer.domain.counts import how_many
from dialer.errors import NotFound, RefusedByRule
from dialer.log import get_logger
from dialer.store import incidents
from dialer.store.database import Connection
from dialer.store.incidents import SYSTEM
from dialer.store.invariants import INVARIANTS, Violation
from dialer.store.ledger import log_action

log = get_logger(__name__)

MOST_OPEN = 20
"""Incidents of one invariant that are open at once."""
MORE = "more"
"""The subject of the incident that counts the others."""
TOLD_ELSEWHERE = ("I15", "I16")
"""A dead letter, or an incident, waits for a person already; another incident would not help."""


def raise_incidents(
    world: World, found: Iterable[Violation], *, whole: bool, now: datetime
) -> None:
    """Open incidents for what is broken; after a `whole` look, close what was late and is over."""
    by_name = {one.name: one for one in found if one.name not in TOLD_ELSEWHERE}
    for invariant in INVARIANTS:
        violation = by_name.get(invariant.name)
        if violation is None and not (whole and invariant.heals):
            continue
        ids = () if violation is None else violation.ids
        sentences = {one: f"{invariant.sentence} Broken by {one}." for one in ids}
        heals = whole and invariant.heals
        world.db.transact(
            lambda tx, name=invariant.name, told=sentences, heals=heals: tell(  # type: ignore[misc]
                tx, name, told, heals=heals, now=now
            )
        )


def tell(
    tx: Connection, code: str, sentences: Mapping[str, str], *, heals: bool, now: datetime
) -> None:
    """Open the incidents of one code, by subject; with `heals` close those not named any more."""
    if heals:
        closed = incidents.close_others(tx, code, but=[*sentences, MORE], now=now, note=_OVER)
        closed += not sentences and incidents.close(
            tx, code, subject=MORE, by=SYSTEM, note=_OVER, now=now
        )
        if closed:
            log_action(tx, actor=SYSTEM, action="incidents_over", subject=f"audit:{code}", now=now)
            log.info("incidents_over", code=code, closed=closed)
    if not sentences:
        return
    known = incidents.known_subjects(tx, code, among=sentences)
    reopened = incidents.see_again(tx, code, subjects=known, now=now, reopen=heals)
    new = _open_new(tx, code, sentences, known=known, now=now)
    if new or reopened:
        ids = list(sentences)[:MOST_OPEN]
        log.error("invariant_broken", code=code, ids=ids, rows=len(sentences))


_OVER = "It is over."


def _open_new(
    tx: Connection,
    code: str,
    sentences: Mapping[str, str],
    *,
    known: Collection[str],
    now: datetime,
) -> int:
    """Open incidents about rows that have none, as many as there may be; give how many."""
    fresh = [subject for subject in sentences if subject not in known]
    room = max(0, MOST_OPEN - incidents.count_unclosed(tx, code=code))
    new = 0
    for subject in fresh[:room]:
        new += incidents.open_incident(
            tx, code, subject=subject, sentence=sentences[subject], now=now
        )
    if left := len(fresh) - min(room, len(fresh)):
        them, breaks = ("it", "breaks") if left == 1 else ("them", "break")
        sentence = f"{how_many(left, 'row')} more {breaks} it; `dialer audit` names {them}."
        new += incidents.open_incident(tx, code, subject=MORE, sentence=sentence, now=now)
        incidents.see_again(tx, code, subjects=[MORE], now=now, reopen=True)
    return new


def acknowledge(world: World, incident_id: int, *, actor: str, note: str) -> None:
    """Close an incident that a person has looked at.

    Raises:
        NotFound: there is none with this id.
        RefusedByRule: it is closed already.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        row = incidents.get(tx, incident_id)
        if row is None:
            raise NotFound(f"there is no incident {incident_id}", fix="dialer incidents list")
        if not incidents.close_by_id(tx, incident_id, by=actor, note=note, now=now):
            raise RefusedByRule(f"incident {incident_id} is closed already")
        log_action(
            tx,
            actor=actor,
            action="acknowledge",
            subject=f"incident:{incident_id}",
            now=now,
            after={"note": note},
        )

    world.db.transact(body)
