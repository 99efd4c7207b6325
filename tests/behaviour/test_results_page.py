"""The page for those who receive results is true: its examples are what is really sent."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from factories import Stage
from test_results import ScriptedSender

from dialer.actions.deliver import deliver
from dialer.domain.result_events import ResultEvent
from dialer.domain.results import DELAYS

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(one) for one in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def shape(value: Any) -> Any:
    """Give the keys of a document, and the kind of each value; None may be anything."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return type(value).__name__


def fits(example: Any, real: Any) -> bool:
    if isinstance(example, dict) and isinstance(real, dict):
        return example.keys() == real.keys() and all(fits(example[key], real[key]) for key in real)
    return example is None or real is None or type(example) is type(real)


@pytest.fixture
def real(stage: Stage) -> dict[str, Any]:
    """Send one of each."""
    wire = ScriptedSender()
    campaign_id = stage.campaign(
        name="Spring renewal", results={"address": "https://crm.example.com/", "secret": "crm"}
    )
    changes: dict[str, Any] = {
        "name": "Ada Example",
        "external_ref": "003-17",
        "variables": {"first_name": "Ada", "plan": "Team"},
    }
    talks = stage.lead(campaign_id, phone="+12125550144", **changes)
    attempt_id = stage.call(talks)
    stage.deliver(stage.retell.answer(attempt_id))
    stage.clock.pass_time(seconds=61)
    stage.deliver(stage.retell.end(attempt_id, duration_ms=61_000))
    deliver(stage.world, wire)
    stage.deliver(stage.retell.analyze(attempt_id))
    asks = stage.lead(campaign_id, phone="+12125550145", **changes)
    attempt_id = stage.call(asks)
    stage.deliver(stage.retell.end(attempt_id, "user_requested_callback", duration_ms=30_000))
    custom = {"custom_analysis_data": {"callback_time": "tomorrow at 3 pm"}}
    stage.deliver(stage.retell.analyze(attempt_id, call_analysis=custom))
    deliver(stage.world, wire)
    stops = stage.lead(campaign_id, phone="+12125550146", **changes)
    stage.deliver(stage.retell.end(stage.call(stops), "user_requested_dnc"))
    deliver(stage.world, wire)
    first: dict[str, Any] = {}
    for post in wire.posts:
        first.setdefault(post.json["type"], post.json)
    return first


def test_every_event_has_an_example_with_just_its_keys(real: dict[str, Any]) -> None:
    assert sorted(one["type"] for one in EXAMPLES) == sorted(ResultEvent)
    for example in EXAMPLES:
        assert fits(example, real[example["type"]]), json.dumps(real[example["type"]], indent=2)


def test_the_schedule_is_the_one_that_is_kept() -> None:
    words = {60: "min", 3600: "h", 1: "s"}

    def told(seconds: int) -> str:
        unit = max(one for one in words if seconds % one == 0)
        return f"{seconds // unit} {words[unit]}"

    schedule = ", ".join(told(int(one.total_seconds())) for one in DELAYS)
    assert f"after {schedule}" in " ".join(PAGE.split())
