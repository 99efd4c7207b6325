"""The form offers what Retell has, and says what the agent needs that the list does not have."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import httpx
import pytest
from factories import make_lead, make_spec
from test_web_campaign_form import LEAST, OURS
from test_web_pages import words_of
from web_peer import HintsGiven, serving, settings_for, sign_in, world_on

from dialer.actions import control
from dialer.actions.world import World
from dialer.config import SIMULATOR_KEY
from dialer.simulator.prompts import AgentPrompt
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import campaigns
from dialer.store.database import Database
from dialer.web.app import make_app

FIRST, SECOND = "+14155550198", "+13125550123"
PROMPT = AgentPrompt(prompt={"general_prompt": "Hello {{first_name}} of {{company}}, {{offer}}!"})
WORKSPACE = SimulatorSettings(
    api_key=SIMULATOR_KEY,
    phone_numbers=(FIRST, SECOND),
    agents=("agent_1", "agent_2"),
    prompts={"agent_2": PROMPT},
)


@dataclass
class Site:
    """A web process whose Retell is a simulator."""

    web: httpx.Client
    world: World


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    database = Database(sqlite_url)
    with running_simulator(WORKSPACE) as url:
        settings = settings_for(sqlite_url, retell_base_url=url, print_first_link=False)
        world = world_on(database, settings, HintsGiven())
        with serving(make_app(world, settings)) as web:
            sign_in(web, world)
            yield Site(web, world)
        world.provider.close()
    database.close()


def new_form(site: Site) -> str:
    """Give the form as soon as Retell has told of both, agents and numbers."""
    while True:
        page = site.web.get("/campaigns/new").text
        if "Retell has not answered yet" not in page:
            return page


def review(site: Site, **fields: str) -> str:
    """Give the review as soon as leads are counted and Retell has told of the agent."""
    while True:
        answer = site.web.post("/campaigns/review", data=LEAST | fields, headers=OURS)
        if "Counting" not in answer.text and "Retell is asked" not in answer.text:
            return words_of(unescape(answer.text))


def source(site: Site, **variables: str) -> str:
    campaign_id = control.create(site.world, make_spec(), actor="test")
    now = site.world.clock.now()
    site.world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now, variables=variables))
    return str(campaign_id)


def test_where_a_new_campaign_is_made_of_a_file_the_agents_are_offered(site: Site) -> None:
    while '<option value="agent_1">' not in site.web.get("/upload").text:
        pass
    assert 'name="agent" list="agents"' in site.web.get("/upload").text


def test_an_agent_that_retell_does_not_know_is_told(site: Site) -> None:
    assert "Retell knows no agent agent_9" in review(site, agent_id="agent_9")


def test_a_number_that_retell_does_not_know_is_told(site: Site) -> None:
    while "Retell does not know +12125550000." not in review(site, from_numbers="+12125550000"):
        pass
    assert "Retell does not know" not in review(site, from_numbers=FIRST)


def test_what_the_agent_needs_and_the_list_lacks_is_told(site: Site) -> None:
    chosen = {"agent_id": "agent_2", "who": "campaign", "source": source(site, first_name="Ada")}
    found = review(site, **chosen)
    assert "The prompt of agent_2 needs company, first_name, offer." in found
    assert "Not every lead has company, offer:" in found
    given = review(site, **chosen, variables="offer = a month free\ncompany = Acme")
    assert "The leads have all of that." in given


def test_before_there_is_a_list_it_is_only_said_what_the_agent_needs(site: Site) -> None:
    found = review(site, agent_id="agent_2")
    assert "needs company, first_name, offer." in found
    assert "Whether the list has them is seen when it is checked." in found


def test_agents_are_offered_and_numbers_are_ticked(site: Site) -> None:
    page = new_form(site)
    for agent in ("agent_1", "agent_2"):
        assert f'<option value="{agent}">' in page
    assert f'name="number.1" value="{FIRST}"' in page
    assert f'name="number.2" value="{SECOND}"' in page
    assert "Other numbers" in page


def test_ticked_numbers_and_typed_ones_are_called_from(site: Site) -> None:
    new_form(site)
    fields = LEAST | {"from_numbers": "+12125550000", "number.2": SECOND}
    site.web.post("/campaigns/new", data=fields, files={"file": ("", b"")}, headers=OURS)
    (row,) = site.world.db.read(campaigns.every)
    assert campaigns.spec_of(row).from_numbers == (SECOND, "+12125550000")
    while "Retell has not answered yet" in (page := site.web.get(f"/campaigns/{row.id}/edit").text):
        pass
    assert f'value="{SECOND}" checked' in page
    assert f'value="{FIRST}" checked' not in page
    assert 'name="from_numbers" value="+12125550000"' in page
