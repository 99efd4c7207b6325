"""Settings on pages: read by operators, changed by admins, nothing for viewers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from web_peer import HintsGiven, serving, settings_for, sign_in, world_on

from dialer.actions import api_tokens, own_links, people, sessions
from dialer.actions.world import World
from dialer.config import SIMULATOR_KEY
from dialer.domain.roles import Role, Scope
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import gate, ledger
from dialer.store.database import Database
from dialer.web.app import make_app

SECRET = "key_nobody_sees"
LIMITS = {
    "lines": "12",
    "calls_per_second": "2.5",
    "headroom": "1",
    "calls_per_day": "1,000",
    "dollars_per_day": "",
}
PAGES = (
    "",
    "/numbers",
    "/agents",
    "/agents/agent_plan",
    "/voices",
    "/cadence",
    "/privacy",
    "/people",
)


@dataclass
class Site:
    """A web process, and the world it shows."""

    web: httpx.Client
    world: World

    def settled(self, path: str) -> str:
        """Ask for a page until Retell has answered."""
        for _ in range(100):
            answer = self.web.get(path)
            if "Retell is asked for" not in answer.text:
                return answer.text
        raise AssertionError("Retell never answered")


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Iterator[Site]:
    with opened(database, tmp_path, public_url="https://dialer.example") as made:
        yield made


@contextmanager
def opened(database: Database, home: Path, **flags: str) -> Iterator[Site]:
    """Serve the pages beside a simulator with an agent and a number."""
    prompts = {"agent_plan": {"prompt": {"general_prompt": "{{plan}} for {{first_name}}."}}}
    retell = SimulatorSettings.model_validate(
        {
            "prompts": prompts,
            "agents": ["agent_plan"],
            "phone_numbers": ["+14155550198"],
            "api_key": SIMULATOR_KEY,
        }
    )
    with running_simulator(retell) as url:
        settings = settings_for(
            database.url,
            home=home,
            retell_base_url=url,
            webhook_by="agent",
            webhook_keys=SECRET,
            **flags,
        )
        world = world_on(database, settings, HintsGiven())
        with serving(make_app(world, settings)) as web:
            sign_in(web, world, Role.ADMIN)
            yield Site(web, world)
        world.provider.close()


def test_a_viewer_has_no_access_and_an_operator_only_looks(site: Site) -> None:
    sign_in(site.web, site.world, Role.VIEWER)
    for path in PAGES:
        assert site.web.get(f"/settings{path}").status_code == 403
    assert 'href="/settings"' not in site.web.get("/").text
    sign_in(site.web, site.world, Role.OPERATOR)
    for path in PAGES:
        shown = site.settled(f"/settings{path}").partition("<main")[2]
        assert 'method="post"' not in shown
    for path in ("/limits", "/limits/bring-back", "/people/add", "/tokens/create"):
        assert site.web.post(f"/settings{path}").status_code == 403


# -- limits


@pytest.mark.parametrize(
    ("wrong", "told", "field"),
    [
        ({"lines": "many"}, "is no whole number", "lines"),
        ({"lines": ""}, "is no whole number", "lines"),
        ({"lines": "²"}, "is no whole number", "lines"),
        ({"calls_per_second": "fast"}, "is no number", "calls_per_second"),
        ({"lines": "0"}, "from 1 to 10,000", None),
        ({"calls_per_second": "nan"}, "from 0.001", None),
    ],
)
def test_a_limit_that_is_not_fit_is_told_and_nothing_changes(
    site: Site, wrong: dict[str, str], told: str, field: str | None
) -> None:
    before = site.world.db.read(gate.peek)
    answer = site.web.post("/settings/limits", data=LIMITS | wrong)
    assert answer.status_code == 400
    assert told in answer.text
    assert field is None or f'<a href="#{field}">' in answer.text
    assert site.world.db.read(gate.peek) == before


def test_limits_are_changed_shown_and_brought_back(site: Site) -> None:
    assert site.web.post("/settings/limits", data=LIMITS).status_code == 303
    state = site.world.db.read(gate.peek)
    assert (state.lines, state.calls_per_second, state.headroom) == (12, 2.5, 1)
    assert (state.calls_per_day, state.dollars_per_day) == (1000, None)
    assert "DIALER_LINES = 20, changed here" in site.web.get("/settings").text
    site.web.post("/settings/limits/bring-back")
    assert site.world.db.read(gate.peek).lines == 20
    actions = [row.action for row in site.world.db.read(lambda tx: ledger.of_subject(tx, "limits"))]
    assert actions == ["change_limits", "bring_back_limits"]


@pytest.mark.parametrize("path", ["/settings/limits", "/settings/limits/bring-back"])
def test_it_is_said_that_limits_are_saved(site: Site, path: str) -> None:
    shown = site.web.post(path, data=LIMITS, follow_redirects=True).text
    assert re.search(r'role="status">Saved: ', shown)
    assert "Saved: " not in site.web.get("/settings").text


def test_settings_are_shown_with_their_source_and_secrets_never(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = site.web.get("/settings").text
    assert SECRET not in shown
    assert SIMULATOR_KEY not in shown
    rows = re.findall(
        r"<code>(\w+)</code><span[^>]*>[^<]*</span></th><td[^>]*>([^<]*)</td><td>([^<]*)", shown
    )
    found = {name: (value, source) for name, value, source in rows}
    assert found["RETELL_API_KEY"][0] == "set"
    assert found["DIALER_RESULT_SECRETS"] == ("not set", "default")
    assert found["DIALER_PUBLIC_URL"] == ("https://dialer.example", "set at the start")


# -- numbers, agents, voices


def test_numbers_are_shown_and_changed_at_retell(site: Site) -> None:
    shown = site.settled("/settings/numbers")
    assert "+14155550198" in shown
    path = "/settings/numbers/%2B14155550198"
    assert 'value="agent_plan"' in site.web.get(path).text
    wrong = site.web.post(path, data={"nickname": "x", "outbound": "a=0.4, b=0.4", "inbound": ""})
    assert wrong.status_code == 400
    assert '<a href="#outbound">' in wrong.text
    typed = {"nickname": "Front desk", "outbound": "agent_plan=1", "inbound": ""}
    assert site.web.post(path, data=typed).status_code == 303
    again = site.settled("/settings/numbers")
    assert "Front desk" in again
    assert "nobody" in again
    (entry,) = site.world.db.read(lambda tx: ledger.of_subject(tx, "number:+14155550198"))
    assert entry.action == "update_number"
    assert site.web.get("/settings/numbers/%2B19995550100").status_code == 404


def test_a_number_is_bought_and_given_back(site: Site) -> None:
    assert "Buy a number" in site.settled("/settings/numbers")
    wrong = site.web.post("/settings/numbers", data={"area_code": "41"})
    assert (wrong.status_code, "is no area code" in wrong.text) == (400, True)
    typed = {"area_code": "628", "nickname": "West", "outbound": "agent_plan", "country": "US"}
    answer = site.web.post("/settings/numbers", data=typed)
    number = answer.headers["location"].partition("done=")[2]
    assert number.startswith("+1628")
    assert "West" in site.settled("/settings/numbers")
    page = f"/settings/numbers/{number.replace('+', '%2B')}"
    assert "Give it back for good" in site.web.get(page).text
    assert site.web.post(f"{page}/release").status_code == 303
    assert number not in site.settled("/settings/numbers")
    done = site.world.db.read(lambda tx: ledger.of_subject(tx, f"number:{number}"))
    assert [one.action for one in done] == ["buy_number", "release_number"]


def test_an_agent_is_told_where_our_webhooks_are(site: Site) -> None:
    assert "/settings/agents/agent_plan" in site.settled("/settings/agents")
    shown = site.settled("/settings/agents/agent_plan")
    assert "to be mended" in shown
    assert "<code>plan</code>" in shown
    assert site.web.post("/settings/agents/agent_plan/webhook").status_code == 303
    again = site.settled("/settings/agents/agent_plan")
    assert "https://dialer.example/webhooks/retell is the agent" in again
    draft = re.search(r"/settings/agents/agent_plan/publish/(\d+)", again)
    assert draft is not None
    assert site.web.post(draft[0]).status_code == 303
    assert "is published." in site.settled("/settings/agents/agent_plan")


def test_in_a_rehearsal_nobody_has_to_say_how_retell_reaches_us(
    database: Database, tmp_path: Path
) -> None:
    with opened(database, tmp_path) as site:
        shown = site.settled("/settings/agents")
        assert "The simulator sends its webhooks there by itself." in shown
        assert "nobody has said" not in shown
        agent = site.settled("/settings/agents/agent_plan")
        assert "nobody has said" not in agent
        assert "Webhook events" in agent


def test_an_agent_that_is_not_there_is_told(site: Site) -> None:
    assert "Retell knows no agent agent_gone" in site.settled("/settings/agents/agent_gone")


def test_voices_are_found(site: Site) -> None:
    assert "11labs-Adrian" in site.settled("/settings/voices")
    assert "No voice fits." in site.settled("/settings/voices?find=klingon")


# -- the cadence


def test_calls_are_played_one_after_the_other(site: Site) -> None:
    base = "/settings/cadence?zone=America/New_York&step=no_answer@2030-01-07T10:00"
    shown = site.web.get(f"{base}&how=busy&at=2030-01-07T14:01").text
    assert "Retry after no answer: 4h at another time of day" in shown
    assert "Retry after busy: 20m" in shown
    assert 'value="busy@2030-01-07T14:01"' in shown
    over = site.web.get(f"{base}&how=talked&at=2030-01-07T14:01").text
    assert "No further call: somebody talked with the agent." in over
    assert "Play it" not in over


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("zone=Mars", "is not a zone"),
        ("step=sung@2030-01-07T10:00", "no call that can be played"),
        ("step=busy@whenever", "no call that can be played"),
        ("step=busy@2030-03-10T02:30", "never show"),
        ("step=busy@9999-12-31T23:59", "no call that can be played"),
        ("step=busy@0001-01-01T00:00", "no call that can be played"),
        ("step=busy@2030-01-07T10:00&step=busy@2030-01-06T10:00", "before the one it follows"),
    ],
)
def test_what_cannot_be_played_is_told(site: Site, query: str, told: str) -> None:
    answer = site.web.get(f"/settings/cadence?{query}")
    assert answer.status_code == 200
    assert told in answer.text


def test_a_campaign_that_is_not_there_has_no_cadence(site: Site) -> None:
    for campaign in ("7", "x", "9" * 30):
        assert site.web.get(f"/settings/cadence?campaign={campaign}").status_code == 404


# -- people and tokens


def test_a_person_is_added_given_another_role_and_removed(site: Site) -> None:
    person = {"name": "Eve Example", "role": "viewer", "password": "four words without sense"}
    assert site.web.post("/settings/people/add", data=person).status_code == 303
    sessions.sign_in(
        site.world.db, person["name"], person["password"], address="x", now=site.world.clock.now()
    )
    again = site.web.post("/settings/people/add", data=person)
    assert again.status_code == 409
    assert '<a href="#name">' in again.text
    short = site.web.post("/settings/people/add", data=person | {"password": "short"})
    assert '<a href="#password">' in short.text
    assert "short" not in re.findall(r'value="([^"]*)"', short.text)
    site.web.post("/settings/people/role", data={"name": "eve example", "role": "operator"})
    roles = {row.name: row.role for row in people.everybody(site.world.db)}
    assert roles["eve example"] == "operator"
    site.web.post("/settings/people/remove", data={"name": "eve example"})
    assert "eve example" not in {row.name for row in people.everybody(site.world.db)}


def test_a_person_chooses_the_password_by_a_link_that_works_once(site: Site) -> None:
    shown = site.web.post("/settings/people/add", data={"name": "eve", "role": "operator"}).text
    link = re.search(r"https://dialer\.example(/link/[\w-]+)", shown)
    assert link is not None
    assert link[1] not in site.web.get("/settings/people").text
    with httpx.Client(base_url=site.web.base_url, headers={"accept": "text/html"}) as eve:
        assert "Welcome, eve" in eve.get(link[1]).text
        words = "four words without sense"
        for wrong in ({"password": "short", "again": "short"}, {"password": words, "again": "x"}):
            assert eve.post(link[1], data=wrong).status_code == 400
        assert eve.post(link[1], data={"password": words, "again": words}).status_code == 303
        assert "eve" in eve.get("/").text
        assert eve.get(link[1]).status_code == 410
        assert eve.post(link[1], data={"password": words, "again": words}).status_code == 409
    now = site.world.clock.now()
    sessions.sign_in(site.world.db, "eve", words, address="x", now=now)


def test_a_newer_link_voids_the_older_and_a_removed_person_has_none(site: Site) -> None:
    db, now = site.world.db, site.world.clock.now()
    first = own_links.invite(db, "eve", role=Role.VIEWER, actor="admin", now=now)
    made = site.web.post("/settings/people/link", data={"name": "eve"})
    second = re.search(r"/link/([\w-]+)", made.text)
    assert second is not None
    assert own_links.whose(db, first, now=now) is None
    assert own_links.whose(db, second[1], now=now) == "eve"
    assert own_links.whose(db, second[1], now=now + timedelta(days=4)) is None
    people.remove(db, "eve", actor="admin", now=now)
    assert own_links.whose(db, second[1], now=now) is None
    assert site.web.post("/settings/people/link", data={"name": "eve"}).status_code == 404


def test_the_last_admin_stays(site: Site) -> None:
    for path, more in (("remove", {}), ("role", {"role": "viewer"})):
        answer = site.web.post(f"/settings/people/{path}", data={"name": "admin", **more})
        assert answer.status_code == 409
        assert "only admin" in answer.text


def test_a_token_is_shown_once_and_refused_when_it_was_revoked(site: Site) -> None:
    made = site.web.post("/settings/tokens/create", data={"name": "crm", "scope": "read"})
    assert made.headers["cache-control"] == "no-store"
    found = re.search(r"dialer_[\w-]{20,}", made.text)
    assert found is not None
    assert sessions.who_by_token(site.world.db, found[0], now=site.world.clock.now()) is not None
    assert found[0] not in site.web.get("/settings/people").text
    (row,) = api_tokens.everything(site.world.db)
    assert site.web.post(f"/settings/tokens/{row.id}/revoke").status_code == 303
    assert sessions.who_by_token(site.world.db, found[0], now=site.world.clock.now()) is None
    none = site.web.post("/settings/tokens/create", data={"name": "crm"})
    assert none.status_code == 400
    assert '<a href="#scope-read">' in none.text


def test_a_token_may_be_made_for_parts_of_the_api_only(site: Site) -> None:
    page = site.web.get("/settings/people").text
    for scope in Scope:
        assert f'value="{scope.value}"' in page
    wanted = {"scope": [Scope.LEADS_WRITE.value, Scope.RESULTS_READ.value]}
    nameless = site.web.post("/settings/tokens/create", data={"name": " ", **wanted}).text
    kept = re.findall(r'value="([a-z:]+)" checked', nameless)
    assert kept == wanted["scope"]
    assert site.web.post("/settings/tokens/create", data={"name": "crm", **wanted}).is_success
    (row,) = api_tokens.everything(site.world.db)
    assert row.scopes == wanted["scope"]
