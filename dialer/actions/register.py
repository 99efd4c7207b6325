"""Register: load a registry file, million by million, and scrub the waiting leads against it.

Numbers are only added: whoever left the registry stays uncalled until its numbers are taken out.
A file may be loaded again, and one whose loading died is simply loaded again.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from dialer.actions.rejects_on_demand import RejectsOnDemand
from dialer.actions.scrub import Tell, breathe, say_nothing, scrub
from dialer.actions.world import World
from dialer.leads.registry import RegistryFile
from dialer.log import get_logger
from dialer.store import registries
from dialer.store.database import Connection
from dialer.store.ledger import log_action

log = get_logger(__name__)

BATCH_NUMBERS = {"sqlite": 10_000, "postgresql": 25_000}
"""Stored in one transaction: what a running campaign may have to wait for."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What loading a registry file did. `rejects` is the file of lines that are no numbers."""

    name: str
    dated: date | None
    lines: int
    numbers: int  # lines that hold one
    added: int  # of them were not in this registry before
    blank: int
    rejected: int
    reasons: dict[str, int]
    closed: int  # leads that waited
    rejects: Path | None
    first_rejects: Sequence[tuple[int, str]]  # lines, and what is wrong with them


def register(
    world: World,
    path: Path,
    *,
    name: str,
    country: str,
    dated: date | None,
    actor: str,
    rejects_to: Path,
    tell: Tell = say_nothing,
) -> Registered:
    """Add the numbers of a file to the registry of this name, and close the leads that wait for
    a call they must not get.

    `dated` is the day of the numbers; None means that nobody knows, which is too old.

    Raises:
        NotFound: there is no such file.
        FileProblem: it is no registry file; what was stored of it by then stays.
    """
    with ExitStack() as stack:
        rejects = RejectsOnDemand(rejects_to, ["phone"], stack)
        file = RegistryFile(path, country=country, on_reject=rejects.add)
        added, registry_id = 0, None
        for chunk in file.chunks():
            if registry_id is None:  # only once the file has shown that it is one
                registry_id = world.db.transact(partial(_open, world=world, name=name, path=path))
            added += _store(world, registry_id, chunk)
            tell(file.lines, file.fraction_read())
    if registry_id is not None:
        finish = partial(
            _finish, world=world, registry_id=registry_id, file=file, dated=dated, actor=actor
        )
        world.db.transact(partial(finish, added=added))
    closed = scrub(world) if added else 0
    log.info("registry_loaded", registry=name, added=added, closed=closed)
    return Registered(
        name=name,
        dated=dated,
        lines=file.lines,
        numbers=file.numbers,
        added=added,
        blank=file.blank,
        rejected=file.rejected,
        reasons=dict(file.rejects),
        closed=closed,
        rejects=rejects.path,
        first_rejects=rejects.first,
    )


def _open(tx: Connection, *, world: World, name: str, path: Path) -> int:
    return registries.open_named(tx, name, file_name=path.name, now=world.clock.now()).id


def _store(world: World, registry_id: int, chunk: Sequence[int]) -> int:
    size = BATCH_NUMBERS["sqlite" if world.db.is_sqlite else "postgresql"]
    added = 0
    for start in range(0, len(chunk), size):
        numbers = chunk[start : start + size]
        added += world.db.transact(
            partial(registries.add_numbers, registry_id=registry_id, numbers=numbers)
        )
        breathe(world)
    return added


def _finish(
    tx: Connection,
    *,
    world: World,
    registry_id: int,
    file: RegistryFile,
    dated: date | None,
    actor: str,
    added: int,
) -> None:
    now = world.clock.now()
    registries.finish(tx, registry_id, dated=dated, file_name=file.path.name, now=now)
    log_action(
        tx,
        actor=actor,
        action="load_registry",
        subject=f"registry:{registry_id}",
        now=now,
        after={
            "file": file.path.name,
            "dated": dated and dated.isoformat(),
            "added": added,
            "rejected": file.rejected,
        },
    )
