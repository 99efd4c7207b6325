"""The audit of Retell's calls: those that name our installation are those we know (I19).

1. Ask for every call with our name since the last audit, or since nothing is missing.
2. A call that the database does not know casts doubt on it: nobody is called any more.
3. Bring back what is missing, and apply what is news of attempts that are known.
4. Ask for each call of ours that was not listed.
5. A doubt is settled once a whole answer was accounted for that came so late that the list shows
   all calls made before the doubt. A call whose lead is forgotten, too, is so when it is over:
   it holds a line that nobody counts, and may end with a wish.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from dialer.actions.bring_back import Found, apply_call, bring_back
from dialer.actions.doubting import check_memory, doubt, trust
from dialer.actions.findings import tell
from dialer.actions.world import World
from dialer.clock import Clock
from dialer.domain.patience import SENDING_LIFE
from dialer.errors import AccountProblem, CallNotFound, LookUpFailed, NotFound
from dialer.log import get_logger
from dialer.retell.mapping import LOOKED_UP, evidence_of
from dialer.retell.models import WEB_CALL, Call
from dialer.store import attempts, audits, doubts, incidents, known_calls, other_calls
from dialer.store.audits import AuditKind
from dialer.store.database import Connection, is_outage
from dialer.store.doubts import Standing
from dialer.store.tables import Attempt

log = get_logger(__name__)

NAME = "I19"
SENTENCE = "Retell and the database know the same calls of ours."
OVERLAP = timedelta(minutes=30)
"""So much of the last span is looked at again: long rings, clocks, lists that lag."""
FIRST_SPAN = timedelta(hours=2)
LONGEST_SPAN = timedelta(days=1)
LISTED_WITHIN = timedelta(minutes=5)
"""So late may a call show in the list."""
PAGES = 10
"""Of a thousand calls each, in one question."""
ROUNDS = 30
"""Questions in one run; a doubted database that needs more goes on from there."""
MOST_AT_ONCE = 300
"""So many calls are brought back in one run; the next one goes on."""
MOST_ASKED = 50
"""So many calls that were not listed are asked for in one run."""
LONGEST_RUN = timedelta(minutes=2)
MOST_LISTED = 5_000
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that only one side knows."""

    subject: str
    sentence: str
    mended: bool = False


@dataclass(slots=True)
class Compared:
    """What came of a comparison."""

    asked_at: datetime
    since: datetime
    shown: set[str] = field(default_factory=set)  # the calls of ours that Retell listed
    complete: bool = False  # all that Retell lists were seen, and each accounted for
    differences: list[Difference] = field(default_factory=list)
    brought_back: int = 0
    without_lead: int = 0
    going_on: int = 0  # calls without a lead that are not over
    failed: int = 0  # calls that could not be applied
    known: int = 0  # calls that both sides know
    trusted: bool = False  # a doubt was settled

    @property
    def subjects(self) -> list[str]:
        """Give the ids of the calls that only one side knows."""
        return [one.subject for one in self.differences]


def compare(world: World, *, since: datetime | None = None) -> Compared:
    """Compare Retell's calls with ours, and mend what is missing here.

    What is looked at begins at the last comparison, or earlier where `since` is earlier. Retell
    may have forgotten calls of long ago, so only those since the last one must be there.

    Raises:
        NotFound: nothing that dials was ever started here.
        LookUpFailed, AccountProblem: Retell does not answer; a doubt stays.
    """
    asked_at = world.clock.now()
    check_memory(world)
    standing = _standing(world)
    usual = _since(world, standing, now=asked_at)
    compared = Compared(asked_at, usual if since is None else min(since, usual))
    _read_list(world, standing.install, compared)
    if compared.complete:
        _look_for_ours(world, compared, since=usual, until=asked_at - LISTED_WITHIN)
    standing = _standing(world)
    if standing.doubted_at is not None:
        _go_on(world, standing, compared)
    log.info(
        "provider_compared",
        calls=len(compared.shown),
        complete=compared.complete,
        brought_back=compared.brought_back,
        differences=len(compared.differences),
    )
    return compared


def _standing(world: World) -> Standing:
    standing = world.db.read(doubts.standing)
    if standing is None:
        raise NotFound("the dial gate has no row", fix="start the dialer once: dialer up")
    return standing


def _since(world: World, standing: Standing, *, now: datetime) -> datetime:
    if standing.doubted_at is not None and standing.doubted_from is not None:
        return standing.doubted_from
    last = world.db.read(lambda tx: audits.last(tx, AuditKind.PROVIDER))
    if last is None or last.started_at is None:
        return now - FIRST_SPAN
    return max(last.started_at - OVERLAP, now - LONGEST_SPAN)


def _read_list(world: World, install: str, compared: Compared) -> None:
    """Read the list to its end, and mend what each part of it shows to be missing."""
    since = compared.since
    for _ in range(ROUNDS):
        found = world.provider.calls_of_install(install, since=since, max_pages=PAGES)
        compared.shown.update(call.call_id for call in found.calls)
        if not _mend(world, found.calls, compared):
            return
        if found.complete:
            compared.complete = not compared.failed and not compared.going_on
            return
        starts = [call.started_at for call in found.calls if call.started_at is not None]
        if not starts or starts != sorted(starts) or starts[-1] <= since:
            return
        since = starts[-1]
        until = min(since, world.clock.now() - OVERLAP)  # what rings long, or lags, starts earlier
        world.db.transact(lambda tx, until=until: doubts.compared_until(tx, until))  # type: ignore[misc]


def _mend(world: World, calls: Sequence[Call], compared: Compared) -> bool:
    """Apply each call to its attempt, and bring back the attempts that are not known.

    False when calls are left for the next run.
    """
    for start in range(0, len(calls), _CHUNK):
        part = calls[start : start + _CHUNK]
        # A call in a browser never had an attempt, so that none can have been forgotten.
        chunk = {call.call_id: call for call in part if call.call_type != WEB_CALL}
        named = [call.metadata_text("attempt_id") or "" for call in chunk.values()]
        known, counted = world.db.read(partial(_known, named=named, call_ids=list(chunk)))
        for call in chunk.values():
            if _has_no_time(world, compared):
                return False
            if call.call_id not in counted:
                _account_for(world, call, known, compared)
    return True


def _known(
    tx: Connection, *, named: Sequence[str], call_ids: Sequence[str]
) -> tuple[dict[str, Attempt], set[str]]:
    return attempts.known_among(tx, named), other_calls.known_among(tx, call_ids)


def _has_no_time(world: World, compared: Compared) -> bool:
    done = compared.brought_back + compared.without_lead
    return done >= MOST_AT_ONCE or world.clock.now() - compared.asked_at > LONGEST_RUN


def _account_for(
    world: World, call: Call, known: Mapping[str, Attempt], compared: Compared
) -> None:
    attempt_id = call.metadata_text("attempt_id") or ""
    row = known.get(attempt_id)
    try:
        if row is None:
            _restore(world, call, attempt_id, compared)
        else:
            compared.known += 1
            _tell_news(world, row, call)
    except Exception as error:  # one call that cannot be applied must not stop the others
        if is_outage(error):
            raise
        log.exception("call_not_applied", call_id=call.call_id)
        compared.failed += 1


def _restore(world: World, call: Call, attempt_id: str, compared: Compared) -> None:
    sentence = (
        f"Call {call.call_id} at Retell is ours, but its attempt {attempt_id or '(unnamed)'}"
        " is not known here."
    )
    doubted = partial(_doubt_if_missing, call=call, sentence=sentence, clock=world.clock)
    if not world.db.transact(doubted):
        compared.known += 1
        return
    found = bring_back(world, call)
    if found is Found.BROUGHT_BACK:
        compared.brought_back += 1
        told = f"{sentence} It was brought back."
        compared.differences.append(Difference(call.call_id, told, mended=True))
    elif found is Found.WITHOUT_LEAD:
        compared.without_lead += 1
        compared.differences.append(
            Difference(call.call_id, f"{sentence} Neither is its lead; nothing could be mended.")
        )
    else:
        compared.going_on += 1


def _doubt_if_missing(tx: Connection, *, call: Call, sentence: str, clock: Clock) -> bool:
    """Doubt, unless somebody has brought the call back since the calls were compared."""
    named = call.metadata_text("attempt_id") or ""
    known, counted = _known(tx, named=[named], call_ids=[call.call_id])
    if known or counted:
        return False
    doubt(tx, sentence, clock=clock, actor="system")
    return True


def _tell_news(world: World, row: Attempt, call: Call) -> None:
    """Apply a call that says more than is known of its attempt, or contradicts it."""
    rank = evidence_of(LOOKED_UP, call).rank
    if row.call_id == call.call_id and not attempts.outranks(rank, row.status):
        return
    seen = world.db.read(lambda tx: attempts.get(tx, row.id))
    if seen is not None and apply_call(world, seen, call):
        world.queue.plan()


def _look_for_ours(world: World, compared: Compared, *, since: datetime, until: datetime) -> None:
    """Ask for calls of ours that the list did not show: it may lag, or Retell may not know them."""
    # A call starts a little after its send, so the first ones of the span need not be listed.
    first = since + SENDING_LIFE
    ours = world.db.read(
        lambda tx: known_calls.with_calls_between(tx, first, until, most=MOST_LISTED)
    )
    missing = [row for row in ours if row.call_id not in compared.shown]
    unknown = [row for row in missing[:MOST_ASKED] if not _is_known(world, row)]
    if unknown and not compared.known and len(unknown) == min(len(ours), MOST_ASKED) > 1:
        sentence = (
            f"Retell knows none of the {len(ours)} calls made since {first:%Y-%m-%d %H:%M} UTC:"
            " is this the key of another workspace, or a simulator that was started anew?"
        )
        compared.differences.append(Difference("workspace", sentence))
        return
    for row in unknown:
        sentence = f"Attempt {row.id} has call {row.call_id}, which Retell does not know."
        compared.differences.append(Difference(row.call_id or row.id, sentence))


def _is_known(world: World, row: Attempt) -> bool:
    try:
        world.provider.get_call(row.call_id or "")
    except CallNotFound:
        return False
    except (LookUpFailed, AccountProblem):
        return True  # nobody knows; the next run asks again
    return True


def _go_on(world: World, standing: Standing, compared: Compared) -> None:
    """Settle a doubt when nothing can be missing any more."""
    raised_at = standing.doubted_at
    if raised_at is None or not compared.complete:
        return
    if compared.asked_at < raised_at + LISTED_WITHIN:
        return
    if not _is_our_workspace(world, compared):
        return
    reason = f"All {len(compared.shown)} calls that Retell knows are known here."
    now = world.clock.now()
    compared.trusted = world.db.transact(
        lambda tx: trust(
            tx,
            standing,
            until=compared.asked_at,
            now=now,
            actor="system",
            reason=reason,
            close_incident=True,
        )
    )
    if compared.trusted:
        world.queue.plan()


def _is_our_workspace(world: World, compared: Compared) -> bool:
    """Tell whether this Retell knows a call of ours: another one would find nothing missing."""
    if compared.known or compared.brought_back:
        return True
    control = world.db.read(attempts.latest_known_call)
    if control is None:
        return True
    try:
        world.provider.get_call(control.call_id or "")
    except (LookUpFailed, AccountProblem):
        log.error("workspace_unproven", attempt_id=control.id)
        return False
    return True


def raise_differences(world: World, compared: Compared, *, now: datetime) -> None:
    """Open incidents for calls that could not be mended; what was brought back is mended."""
    left = {
        one.subject: f"{SENTENCE} {one.sentence}" for one in compared.differences if not one.mended
    }
    world.db.transact(lambda tx: tell(tx, NAME, left, heals=False, now=now))
    if compared.complete and "workspace" not in left:
        note = "Retell knows our calls."
        world.db.transact(
            lambda tx: incidents.close(
                tx, NAME, subject="workspace", by=incidents.SYSTEM, note=note, now=now
            )
        )
