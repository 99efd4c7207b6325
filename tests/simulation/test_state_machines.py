"""State machines: any order of single steps keeps every promise."""

import pytest
from hypothesis import HealthCheck, settings

from simulation.machine_engine import EngineMachine
from simulation.machine_import import ImportMachine
from simulation.machine_schedules import ScheduleMachine

pytestmark = pytest.mark.timeout(600)  # half a minute, where nobody else wants the machine

UNHURRIED = [HealthCheck.too_slow, HealthCheck.filter_too_much]

EngineMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=50, deadline=None, suppress_health_check=UNHURRIED
)
ImportMachine.TestCase.settings = settings(
    max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=UNHURRIED
)
ScheduleMachine.TestCase.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=UNHURRIED
)


class TestEngine(EngineMachine.TestCase):
    """Every step of planners, workers, provider and people."""


class TestImport(ImportMachine.TestCase):
    """Every step of imports, undos, and of processes that die over them."""


class TestSchedules(ScheduleMachine.TestCase):
    """Every step of schedules: beats that die, people who meddle, clocks that are set."""
