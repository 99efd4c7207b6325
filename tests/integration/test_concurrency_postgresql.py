"""Four planners and ten workers on a real PostgreSQL: nothing breaks, and each net is needed.

Every promise that concurrency could break is held by nets: a lock, a guard, a unique index. Each
is taken away, together with those that would hide it, and the same run must then be seen to fail;
where a second net holds alone, that is shown, too.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest
from contention import (
    AGAINST_PAUSE,
    CALLED_TWICE,
    CLAIMED_TWICE,
    CONFUSED,
    TWO_AT_ONCE,
    USUAL,
    Contention,
    Forgetful,
    Whim,
    contend,
)
from factories import NOW, make_lead, make_spec, make_world, set_gate
from nets import (
    ATTEMPT_LOCK,
    CLAIM_GUARD,
    DUE_LOCK,
    GATE_LOCK,
    LEAD_LOCK,
    MOVE_GUARD,
    ONE_ATTEMPT_PER_N,
    ONE_CALL,
    ONE_OPEN_PER_LEAD,
    ONE_OPEN_PER_PHONE,
    SKIP_LOCKED,
    STILL_CAMPAIGN,
    Net,
    UniqueIndex,
    take_away,
)
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from dialer.actions import control
from dialer.actions.plan import claim
from dialer.actions.world import World
from dialer.store import leads
from dialer.store.database import Connection, Database
from dialer.witness import Memory

pytestmark = pytest.mark.timeout(600)  # a minute for all, where nobody else wants the machine

Nets = Sequence[Net | UniqueIndex]

AT_A_LEAD = (GATE_LOCK, DUE_LOCK, CLAIM_GUARD, ONE_ATTEMPT_PER_N, ONE_OPEN_PER_PHONE)
"""What also keeps two claims from taking one lead."""
AT_THE_SEND_GATE = (LEAD_LOCK, ATTEMPT_LOCK)
"""What also keeps two workers from sending one attempt."""
LEAVING = (Contention.opt_out, Contention.skip, Contention.retry)
"""Whims of people who close the very leads that a claim is about to take."""
ROUNDS = 3
EMPTY = (
    "TRUNCATE attempt_event, attempt, lead, campaign, do_not_call, webhook_event, audit_log CASCADE"
)
CLAIMED_WHEN_CLOSED = "I1"
SHARED_CALL = "I12"


@pytest.fixture
def own_tables(bare_postgres_url: str) -> str:
    """Give a database that a test may take indexes from."""
    database = Database(bare_postgres_url)
    database.create_all()
    database.close()
    return bare_postgres_url


@pytest.mark.slow
def test_many_at_once_break_nothing_and_close_every_lead(postgres_url: str) -> None:
    scene = contend(postgres_url, seed=1)
    assert scene.run() == set()
    assert scene.errors == []
    assert scene.refusals == []  # the locks leave nothing for the indexes to do
    scene.world.db.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_at_once_break_nothing_whoever_comes_first(postgres_url: str, seed: int) -> None:
    scene = contend(postgres_url, seed=seed)
    assert scene.run() == set()
    assert (scene.errors, scene.refusals) == ([], [])
    scene.world.db.close()


@pytest.mark.parametrize(
    ("nets", "whims", "broken"),
    [
        pytest.param([GATE_LOCK], None, "I18", id="the lock on the gate"),
        pytest.param([MOVE_GUARD], None, "I6", id="the guard of a move"),
        pytest.param(
            [DUE_LOCK, CLAIM_GUARD], LEAVING, CLAIMED_WHEN_CLOSED, id="the lock on due leads"
        ),
        pytest.param(
            [STILL_CAMPAIGN], [Contention.pause], AGAINST_PAUSE, id="holding a campaign still"
        ),
        pytest.param([*AT_A_LEAD, ONE_OPEN_PER_LEAD], None, CLAIMED_TWICE, id="one_open_per_lead"),
        pytest.param([GATE_LOCK, ONE_OPEN_PER_PHONE], None, TWO_AT_ONCE, id="one_open_per_phone"),
        pytest.param([ONE_CALL], None, SHARED_CALL, id="one_call"),
        pytest.param(
            [*AT_THE_SEND_GATE, MOVE_GUARD], None, CALLED_TWICE, id="the guard of the send gate"
        ),
    ],
)
def test_what_breaks_without_these_nets_is_seen(
    own_tables: str, nets: Nets, whims: Sequence[Whim] | None, broken: str
) -> None:
    assert broken in _found_without(own_tables, nets, whims=whims, until=broken)


@pytest.mark.parametrize(
    ("nets", "index", "promise"),
    [
        pytest.param(AT_A_LEAD, ONE_OPEN_PER_LEAD, CLAIMED_TWICE, id="one_open_per_lead"),
        pytest.param([GATE_LOCK], ONE_OPEN_PER_PHONE, TWO_AT_ONCE, id="one_open_per_phone"),
        pytest.param([], ONE_CALL, SHARED_CALL, id="one_call"),
    ],
)
def test_an_index_holds_alone_what_it_is_there_for(
    own_tables: str, nets: Nets, index: UniqueIndex, promise: str
) -> None:
    def has_held(scene: Contention) -> bool:
        return sum(f'"{index.name}"' in one for one in scene.refusals) >= 1

    answers = CONFUSED if index is ONE_CALL else USUAL
    scene = contend(own_tables, seed=1, answers=answers, witness=_memory_without(nets))
    take_away(scene.world.db, *nets)
    found = scene.run(until=promise, enough=has_held)
    scene.world.db.close()
    assert has_held(scene)
    assert promise not in found


def test_the_guard_alone_keeps_two_workers_from_sending_one_attempt(own_tables: str) -> None:
    def has_held(scene: Contention) -> bool:
        return len(scene.retell.posted) >= 60

    found = _found_without(own_tables, AT_THE_SEND_GATE, until=CALLED_TWICE, enough=has_held)
    assert CALLED_TWICE not in found


def test_the_guard_alone_keeps_a_claim_from_taking_a_closed_lead(own_tables: str) -> None:
    with capture_logs() as logs:

        def has_held(scene: Contention) -> bool:
            return any(one["event"] == "claim_given_up" for one in logs)

        found = _found_without(
            own_tables, [DUE_LOCK], whims=LEAVING, until=CLAIMED_WHEN_CLOSED, enough=has_held
        )
        assert any(one["event"] == "claim_given_up" for one in logs)
    assert CLAIMED_WHEN_CLOSED not in found


def _found_without(
    url: str,
    nets: Nets,
    *,
    whims: Sequence[Whim] | None = None,
    until: str,
    enough: Callable[[Contention], bool] = lambda scene: False,
) -> set[str]:
    """Give what is found without these nets, each of which was really in the way.

    A race may be lost when the machine is busy, so there are a few rounds of it.
    """
    answers = CONFUSED if ONE_CALL in nets else USUAL
    found: set[str] = set()
    for seed in range(ROUNDS):
        memory = _memory_without(nets)
        scene = contend(url, seed=seed, answers=answers, whims=whims, witness=memory)
        cuts = take_away(scene.world.db, *nets)
        found = scene.run(until=until, enough=enough)
        assert cuts.unmet == set()
        if until in found or enough(scene):
            scene.world.db.close()
            break
        scene.world.db.transact(lambda tx: tx.exec_driver_sql(EMPTY))
        scene.world.db.close()
    return found


def _memory_without(nets: Nets) -> Memory:
    """Give what a process remembers, so that it does not see for itself that a lock is missing."""
    return Forgetful() if GATE_LOCK in nets else Memory()


# -- a claim waits for nobody's lead


@pytest.fixture
def two_worlds(postgres_url: str) -> Iterator[tuple[World, World]]:
    """Give two processes with a gate of two lines."""
    worlds = make_world(postgres_url), make_world(postgres_url)
    set_gate(worlds[0].db, lines=2)
    yield worlds
    for world in worlds:
        world.db.close()


def _claim_while_the_first_lead_is_held(worlds: tuple[World, World]) -> int:
    """Claim for two lines while somebody else holds the first of three leads."""
    world, other = worlds
    made = control.create(world, make_spec(), actor="test")
    control.start(world, made, actor="test")
    lead_ids = [world.db.transact(partial(make_lead, campaign_id=made, now=NOW)) for _ in range(3)]

    def claim_at_once(tx: Connection) -> int:
        tx.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        return len(claim(tx, world, freed_at=None))

    def hold_and_claim(tx: Connection) -> int:
        leads.lock(tx, lead_ids[0])
        return world.db.transact(claim_at_once)

    return other.db.transact(hold_and_claim)


def test_a_claim_passes_over_a_lead_that_somebody_holds(two_worlds: tuple[World, World]) -> None:
    assert _claim_while_the_first_lead_is_held(two_worlds) == 2


def test_without_passing_over_it_would_wait_under_the_gates_lock(
    two_worlds: tuple[World, World],
) -> None:
    cuts = take_away(two_worlds[0].db, SKIP_LOCKED)
    with pytest.raises(DBAPIError, match="lock timeout"):
        _claim_while_the_first_lead_is_held(two_worlds)
    assert cuts.unmet == set()
