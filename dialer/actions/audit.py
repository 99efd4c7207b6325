"""The audit: ask in production what tests ask, and raise incidents for what is broken.

Runs every minute, from the database alone. Two at once are harmless: an incident is opened once.

1. Every minute: what is open, and every attempt to which something happened since the last time.
2. Every hour: all leads and attempts, in stretches so short that nobody waits for one.
3. Every hour, and every minute while the database is doubted: the calls that Retell knows.

It only reads, but for its incidents and its own row, and takes no lock while it reads.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from dialer.actions import provider_audit
from dialer.actions.doubting import check_memory
from dialer.actions.findings import TOLD_ELSEWHERE, raise_incidents
from dialer.actions.provider_audit import Compared
from dialer.actions.scrub import breathe
from dialer.actions.world import World
from dialer.errors import AccountProblem, LookUpFailed
from dialer.log import get_logger
from dialer.store import audits, doubts, tallies
from dialer.store.audits import AuditKind
from dialer.store.database import Connection
from dialer.store.invariants import INVARIANTS, Violation, ask
from dialer.store.ledger import log_action
from dialer.store.scope import Scope, first_event_since
from dialer.witness import MOST, Noted

log = get_logger(__name__)

EVERY = timedelta(minutes=1)
SLACK = timedelta(seconds=15)
"""A tick may come a little early."""
OVERLAP = timedelta(minutes=10)
"""Longer than any transaction: what was under way at the last audit is looked at again."""
FIRST_SPAN = timedelta(hours=1)
COMPLETE_EVERY = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(minutes=15)
"""A run that was begun and never finished died with its process; another one begins."""
STRETCH = 5_000
"""Leads looked through in one read."""
IDS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Audited:
    """What one audit did; a part that was not due is None."""

    recent: list[Violation] | None
    complete: list[Violation] | None
    provider: Compared | None


def audit(world: World) -> Audited:
    """Run what is due. May be called at any moment, by anybody."""
    check_memory(world)
    provider = _compare_if_due(world)
    recent = _run_if_due(world, AuditKind.RECENT, every=EVERY)
    complete = _run_if_due(world, AuditKind.COMPLETE, every=COMPLETE_EVERY)
    _keep_sends(world)
    return Audited(recent, complete, provider)


def ask_now(world: World, *, actor: str) -> list[Violation]:
    """Run the audit of what is open at once, because a person asks."""
    now = world.clock.now()

    def begin(tx: Connection) -> None:
        audits.claim(tx, AuditKind.RECENT, now=now, not_after=now)
        log_action(tx, actor=actor, action="audit", subject="audit", now=now)

    world.db.transact(begin)
    return _ask_recent(world, now=now)


def look(world: World) -> list[Violation]:
    """Ask every invariant of everything, stretch by stretch, and change nothing."""
    now = world.clock.now()
    recent = Scope(now, first_event=world.db.read(partial(_first_event, world=world, now=now)))
    return merged([*_ask_each(world, recent), *_ask_stretches(world, now=now)])


def _run_if_due(world: World, kind: AuditKind, *, every: timedelta) -> list[Violation] | None:
    now = world.clock.now()
    if not _claim_if_due(world, kind, every=every, now=now):
        return None
    if kind is AuditKind.RECENT:
        return _ask_recent(world, now=now)
    return _conclude(world, kind, merged(_ask_stretches(world, now=now)), started_at=now)


def _ask_recent(world: World, *, now: datetime) -> list[Violation]:
    first_event = world.db.read(partial(_first_event, world=world, now=now))
    found = _ask_each(world, Scope(now, first_event=first_event))
    return _conclude(world, AuditKind.RECENT, found, started_at=now)


def _conclude(
    world: World, kind: AuditKind, found: list[Violation], *, started_at: datetime
) -> list[Violation]:
    raise_incidents(world, found, whole=kind is AuditKind.RECENT, now=started_at)
    broken = {one.name: one.ids for one in found if one.name not in TOLD_ELSEWHERE}
    _finish(world, kind, started_at=started_at, found=broken)
    return found


def _claim_if_due(world: World, kind: AuditKind, *, every: timedelta, now: datetime) -> bool:
    last = world.db.read(lambda tx: audits.last(tx, kind))
    ended_at = None if last is None else last.ended_at
    claimed_at = None if last is None else last.claimed_at
    wait = every - min(SLACK, every / 4)
    if last is not None and last.started_at is not None and last.started_at > now - wait:
        return False
    is_running = claimed_at is not None and (ended_at is None or claimed_at > ended_at)
    not_after = now - (GIVEN_UP_AFTER if is_running and every > EVERY else EVERY - SLACK)
    return world.db.transact(lambda tx: audits.claim(tx, kind, now=now, not_after=not_after))


def _first_event(tx: Connection, *, world: World, now: datetime) -> int:
    last = audits.last(tx, AuditKind.RECENT)
    started_at = None if last is None else last.started_at
    return first_event_since(tx, started_at - OVERLAP if started_at else now - FIRST_SPAN)


def _finish(
    world: World, kind: AuditKind, *, started_at: datetime, found: dict[str, tuple[str, ...]]
) -> None:
    broken = {name: ids[:IDS_KEPT] for name, ids in found.items()}
    now = world.clock.now()
    world.db.transact(
        lambda tx: audits.finish(tx, kind, started_at=started_at, now=now, broken=broken)
    )


def _ask_each(world: World, scope: Scope) -> list[Violation]:
    """Ask every invariant, each in a read of its own."""
    asked = (world.db.read(partial(ask, invariant=one, scope=scope)) for one in INVARIANTS)
    return [found for found in asked if found is not None]


def _ask_stretches(world: World, *, now: datetime) -> Iterator[Violation]:
    """Ask of all leads and attempts what has to do with one lead, and count lists meanwhile."""
    before = world.db.read(tallies.of_lists)
    leads: Counter[int] = Counter()
    rejects: Counter[int] = Counter()
    for first, last in _stretches(*world.db.read(tallies.lead_ids)):
        scope = Scope(now, leads=(first, last))
        for invariant in INVARIANTS:
            if not invariant.by_lead:
                continue
            found = world.db.read(partial(ask, invariant=invariant, scope=scope))
            if found is not None:
                yield found
        leads += world.db.read(partial(tallies.leads_between, first=first, last=last))
        breathe(world)
    for first, last in _stretches(*world.db.read(tallies.reject_ids)):
        rejects += world.db.read(partial(tallies.rejects_between, first=first, last=last))
        breathe(world)
    after = world.db.read(tallies.of_lists)
    wrong = tallies.disagreeing(before, after, leads=leads, rejects=rejects)
    ids = tuple(str(one) for one in wrong)
    if ids:
        sentence = next(one.sentence for one in INVARIANTS if one.name == "I17")
        yield Violation("I17", sentence, ids)


def _stretches(first: int, last: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last + 1, STRETCH):
        yield start, min(start + STRETCH - 1, last)


def merged(found: "list[Violation] | Iterator[Violation]") -> list[Violation]:
    """Join what several questions say of one invariant, each id once."""
    by_name: dict[str, Violation] = {}
    for one in found:
        before = by_name.get(one.name)
        ids = one.ids if before is None else before.ids + one.ids
        by_name[one.name] = Violation(one.name, one.sentence, tuple(dict.fromkeys(ids)))
    return list(by_name.values())


def _compare_if_due(world: World) -> Compared | None:
    """Compare with Retell, every hour or, while the database is doubted, every minute."""
    standing = world.db.read(doubts.standing)
    if standing is None:
        return None
    now = world.clock.now()
    every = COMPLETE_EVERY if standing.doubted_at is None else EVERY
    if not _claim_if_due(world, AuditKind.PROVIDER, every=every, now=now):
        return None
    try:
        compared = provider_audit.compare(world)
    except (LookUpFailed, AccountProblem) as error:
        log.warning("provider_not_compared", code=error.code)
        return None
    finish_comparison(world, compared, started_at=now)
    return compared


def finish_comparison(world: World, compared: Compared, *, started_at: datetime) -> None:
    """Keep what a comparison found, and raise incidents for what could not be mended."""
    provider_audit.raise_differences(world, compared, now=started_at)
    found = {provider_audit.NAME: tuple(compared.subjects)} if compared.differences else {}
    if compared.complete:
        _finish(world, AuditKind.PROVIDER, started_at=started_at, found=found)


def _keep_sends(world: World) -> None:
    """Let Redis remember the latest sends of all machines, unless it knows more than we do."""
    standing = world.db.read(doubts.standing)
    if standing is None or standing.doubted_at is not None:
        return
    sends = world.db.read(lambda tx: doubts.latest_sends(tx, most=MOST // 5))
    if sends:
        world.witness.keep(standing.install, [Noted(*one) for one in reversed(sends)])
