"""What is read of the do-not-call lists: an index for each number, however long they are."""

import pytest
from factories import NOW, Stage, make_stage
from sqlalchemy import text
from test_claim_cost import plans_of

from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.store import registries, suppressions
from dialer.store.database import Connection

FIRST, NUMBERS = 12_125_550_000, 2_000
TIMES = 12
"""So often a statement is asked before its plan is kept."""
_PREPARED = """
SELECT name, generic_plans, cardinality(parameter_types) AS size FROM pg_prepared_statements
WHERE statement LIKE '%FROM registry_number%' AND statement NOT LIKE '%pg_prepared_statements%'
"""


def ask(tx: Connection) -> bool:
    return suppressions.is_suppressed(tx, f"+{FIRST}", campaign_id=1, now=NOW)


def load(tx: Connection) -> None:
    """Load a registry, and as many numbers of our own list."""
    row = registries.open_named(tx, "national", file_name="a.txt", now=NOW)
    numbers = range(FIRST, FIRST + NUMBERS)
    registries.add_numbers(tx, row.id, numbers)
    registries.finish(tx, row.id, dated=None, file_name="a.txt", now=NOW)
    wish = OptOut("asked", OptOutSource.FILE, actor="test")
    suppressions.add(tx, [f"+{number + NUMBERS}" for number in numbers], wish, now=NOW)


def assert_finds(plan: str) -> None:
    """Check that each number is looked for in an index of both lists."""
    assert "Seq Scan" not in plan
    for name in ("SCAN d ", "SCAN r ", "SCAN do_not_call", "SCAN registry_number"):
        assert name not in f"{plan} "
    assert "do_not_call_phone" in plan or "one_opt_out_everywhere" in plan
    assert "registry_number_pkey" in plan or "PRIMARY KEY" in plan


def test_the_send_gate_looks_for_its_number_in_indexes(stage: Stage) -> None:
    stage.world.db.transact(load)
    (plan,) = plans_of(stage, ask)
    assert_finds(plan)


def test_a_claim_looks_for_its_numbers_in_indexes(stage: Stage) -> None:
    stage.world.db.transact(load)
    phones = [f"+{FIRST + number}" for number in range(3)]
    (plan,) = plans_of(
        stage, lambda tx: suppressions.suppressed_among(tx, phones, campaign_id=1, now=NOW)
    )
    assert_finds(plan)


def test_the_plan_for_one_number_is_made_once(postgres_url: str) -> None:
    stage = make_stage(postgres_url)
    stage.world.db.transact(load)
    for _ in range(TIMES):
        assert stage.world.db.read(ask)  # a read must not make the connection forget
    with stage.world.db.engine.connect() as connection:
        kept = connection.execute(text(_PREPARED)).one()
        nothing = ", ".join(["NULL"] * kept.size)
        rows = connection.exec_driver_sql(f'EXPLAIN EXECUTE "{kept.name}"({nothing})')
        assert kept.generic_plans > 0
        assert_finds("\n".join(str(row[0]) for row in rows))
    stage.world.db.close()


@pytest.mark.parametrize(
    ("number", "listed"),
    [(FIRST, True), (FIRST + NUMBERS, True), (FIRST - 1, False), (FIRST + 2 * NUMBERS, False)],
)
def test_a_number_is_found_alone_and_among_others(stage: Stage, number: int, listed: bool) -> None:
    stage.world.db.transact(load)
    phone = f"+{number}"

    def both(tx: Connection) -> tuple[bool, set[str]]:
        alone = suppressions.is_suppressed(tx, phone, campaign_id=1, now=NOW)
        among = suppressions.suppressed_among(tx, [phone, "+19"], campaign_id=1, now=NOW)
        return alone, among

    assert stage.world.db.read(both) == (listed, {phone} if listed else set())
