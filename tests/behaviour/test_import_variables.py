"""What the agent's prompt asks for is checked against the lead file before anybody is called."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, make_spec, make_world

from dialer.actions import control
from dialer.actions.dial import request_body
from dialer.actions.load import Loaded, Order, load
from dialer.actions.plan import plan
from dialer.actions.world import World
from dialer.clock import SystemClock
from dialer.leads.options import MissingVariable
from dialer.retell.client import RetellClient
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import attempts, leads
from dialer.store.tables import Lead

FILE = "Phone,first_name,plan\n+12122000001,Ann,gold\n+12122000002,Bob,\n"


@pytest.fixture
def asking(sqlite_url: str) -> Iterator[World]:
    """A world whose agent says {{plan}} and {{region}}."""
    prompts = {"agent_plans": "Hi {{first_name}}, about {{plan}} in {{region}}."}
    with running_simulator(SimulatorSettings.model_validate({"prompts": prompts})) as url:
        world = make_world(sqlite_url)
        client = RetellClient(url, "key_simulator", clock=SystemClock())
        yield replace(world, provider=client)
        client.close()
        world.db.close()


def load_file(world: World, folder: Path, **changed: Any) -> tuple[int, Loaded]:
    spec = make_spec(agent_id="agent_plans", variables={"region": "Ohio"})
    campaign_id = control.create(world, spec, actor="test")
    path = folder / "leads.csv"
    path.write_text(FILE, encoding="utf-8")
    rejects = folder / "rejects.csv"
    order = Order(changed=changed)
    loaded = load(world, campaign_id, path, actor="test", rejects_to=rejects, order=order)
    return campaign_id, loaded


def leads_of(world: World, campaign_id: int) -> list[Lead]:
    chosen = leads.lead.select().where(leads.lead.c.campaign_id == campaign_id)
    return world.db.read(lambda tx: list(tx.execute(chosen.order_by(leads.lead.c.row))))


def test_leads_that_lack_a_variable_are_listed(asking: World, tmp_path: Path) -> None:
    campaign_id, loaded = load_file(asking, tmp_path)
    assert (loaded.imported, loaded.rejected) == (2, 0)
    (warning,) = loaded.warnings
    assert (warning["code"], warning["rows"]) == ("missing_variable", [3])
    assert "{{plan}}" in warning["message"]
    assert [lead.variables["plan"] for lead in leads_of(asking, campaign_id)] == ["gold", ""]


def test_leads_that_lack_a_variable_can_be_rejected(asking: World, tmp_path: Path) -> None:
    reject = MissingVariable.parse("reject")
    _, loaded = load_file(asking, tmp_path, missing_variable=reject)
    assert (loaded.imported, loaded.rejected) == (1, 1)
    assert loaded.rejects is not None
    assert "missing_variable" in loaded.rejects.read_text(encoding="utf-8-sig")


def test_leads_that_lack_a_variable_can_have_one_in_common(asking: World, tmp_path: Path) -> None:
    silver = MissingVariable.parse("default=silver")
    campaign_id, loaded = load_file(asking, tmp_path, missing_variable=silver)
    assert loaded.warnings == []
    plans = [lead.variables["plan"] for lead in leads_of(asking, campaign_id)]
    assert plans == ["gold", "silver"]


def test_what_a_file_says_of_one_call_goes_into_its_request(
    sqlite_url: str, tmp_path: Path
) -> None:
    world = make_world(sqlite_url)
    spec = make_spec(agent_id="agent_usual", agent_version=3, custom_sip_headers={"X-Us": "1"})
    campaign_id = control.create(world, spec, actor="test")
    path = tmp_path / "batch.csv"
    path.write_text(
        "phone number,override agent id,metadata,custom_sip_headers,first_name\n"
        '+12122000001,agent_other,"{""deal"": 7, ""lead_id"": ""x""}","{""X-Deal"": ""7""}",Ann\n'
        "+12122000002,,,,Bob\n",
        encoding="utf-8",
    )
    order = Order(check_agent=False)
    load(world, campaign_id, path, actor="test", rejects_to=tmp_path / "r.csv", order=order)
    control.start(world, campaign_id, actor="test")
    plan(world)
    own, usual = (
        request_body(
            spec,
            lead,
            world.db.read(lambda tx, lead=lead: attempts.of_lead(tx, lead.id))[0],
            install="test",
            webhook_url=None,
            now=NOW,
        )
        for lead in leads_of(world, campaign_id)
    )
    world.db.close()
    assert (own["override_agent_id"], own.get("override_agent_version")) == ("agent_other", None)
    assert (own["metadata"]["deal"], own["metadata"]["lead_id"]) == (7, "1")
    assert own["custom_sip_headers"] == {"X-Us": "1", "X-Deal": "7"}
    assert own["retell_llm_dynamic_variables"]["first_name"] == "Ann"
    assert "metadata" not in own["retell_llm_dynamic_variables"]
    assert (usual["override_agent_id"], usual["override_agent_version"]) == ("agent_usual", 3)
    assert "deal" not in usual["metadata"]
