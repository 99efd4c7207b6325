"""State machines: any order of single steps keeps every promise."""

import pytest
from hypothesis import HealthCheck, settings

from simulation.machine_engine import EngineMachine
from simulation.machine_import import ImportMachine
from simulation.machine_schedules import ScheduleMachine

pytestmark = pytest.mark.timeout(900)  # a minute or two, where nobody else wants the machine

UNHURRIED = [HealthCheck.too_slow, HealthCheck.filter_too_much]


def orders(number: int, *, steps: int) -> settings:
    """Try so many orders of so many steps."""
    return settings(
        max_examples=number,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=UNHURRIED,
    )


class TestEngine(EngineMachine.TestCase):
    """Every step of planners, workers, provider and people."""

    settings = orders(12, steps=50)


class TestImport(ImportMachine.TestCase):
    """Every step of imports, undos, and of processes that die over them."""

    settings = orders(10, steps=20)


class TestSchedules(ScheduleMachine.TestCase):
    """Every step of schedules: beats that die, people who meddle, clocks that are set."""

    settings = orders(10, steps=25)


@pytest.mark.slow
class TestEngineForLonger(EngineMachine.TestCase):
    """The same, in many more orders."""

    settings = orders(100, steps=50)


@pytest.mark.slow
class TestImportForLonger(ImportMachine.TestCase):
    """The same, in many more orders."""

    settings = orders(60, steps=20)


@pytest.mark.slow
class TestSchedulesForLonger(ScheduleMachine.TestCase):
    """The same, in many more orders."""

    settings = orders(60, steps=25)
