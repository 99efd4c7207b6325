"""State machines: any order of the engine's single steps keeps every promise."""

from hypothesis import HealthCheck, settings

from simulation.machine_engine import EngineMachine

UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}

EngineMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, **UNHURRIED)


class TestEngine(EngineMachine.TestCase):
    """Every step of planners, workers, provider and people, in any order."""
