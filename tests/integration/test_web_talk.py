"""The page on which one talks to the agent as a lead, and the calls to one's own phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from web_peer import HintsGiven, serving, settings_for, sign_in

from dialer.actions import control
from dialer.actions.world import World
from dialer.bootstrap import apply_limits, open_provider
from dialer.clock import SystemClock
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.roles import Role
from dialer.domain.states import LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import leads, ledger
from dialer.store.database import Connection, Database
from dialer.web.app import make_app
from dialer.web.talk_page import KIT_HOST

KEY = "key_of_a_workspace"
NOW = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)
OURS = {"sec-fetch-site": "same-origin"}
FICTIONAL = "+12125550142"  # no law says when it may ring
LINES = 3
PAGE = "/leads/1/talk"


@dataclass
class Site:
    """A web process beside a simulator, its world, and a client that may operate."""

    web: httpx.Client
    world: World

    def activity(self, lead_id: int = 1) -> list[str]:
        db = self.world.db
        return [one.action for one in db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}"))]


@contextmanager
def opened(url: str, *, role: Role = Role.OPERATOR, **flags: object) -> Iterator[Site]:
    database = Database(url)
    with running_simulator(SimulatorSettings(api_key=KEY, limit=LINES)) as retell:
        given = {"retell_base_url": retell, "retell_api_key": KEY, **flags}
        settings = settings_for(url, **given)
        apply_limits(database, settings)
        provider = open_provider(settings)
        world = World(db=database, provider=provider, queue=HintsGiven(), clock=SystemClock())
        spec = CampaignSpec(name="Spring", from_numbers=("+14155550199",), allow_fictional=True)
        control.create(world, spec, actor="test")
        world.db.transact(_add_lead)
        with serving(make_app(world, settings)) as web:
            sign_in(web, world, role)
            yield Site(web, world)
        provider.close()
    database.close()


def _add_lead(tx: Connection) -> None:
    row = {
        "campaign_id": 1,
        "phone": "+12122000001",
        "name": "Ada Example",
        "zones": "America/New_York",
        "zone_source": ZoneSource.NUMBER,
        "variables": {"first_name": "Ada"},
        "status": LeadStatus.READY,
        "due_at": NOW,
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": NOW,
    }
    leads.add(tx, [row])


@pytest.fixture
def rehearsal(sqlite_url: str) -> Iterator[Site]:
    with opened(sqlite_url) as site:
        yield site


@pytest.fixture
def live(sqlite_url: str) -> Iterator[Site]:
    with opened(sqlite_url, mode="live") as site:
        yield site


class TestWho:
    def test_a_viewer_comes_to_no_talk_and_calls_nobody(self, sqlite_url: str) -> None:
        with opened(sqlite_url, role=Role.VIEWER) as site:
            assert site.web.get(PAGE).status_code == 403
            assert site.web.post(PAGE, headers=OURS).status_code == 403
            to = {"to": FICTIONAL}
            for path in ("/leads/1/call-me", "/campaigns/1/test-call"):
                assert site.web.post(path, data=to, headers=OURS).status_code == 403
            page = site.web.get("/leads/1").text
            assert "Talk to the agent" not in page
            assert "Call my phone" not in page
            assert site.activity() == []

    def test_who_is_not_signed_in_is_sent_to_sign_in(self, rehearsal: Site) -> None:
        rehearsal.web.cookies.clear()
        answer = rehearsal.web.get(PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={PAGE}")

    def test_another_site_can_make_no_browser_ask_for_a_token(self, live: Site) -> None:
        answer = live.web.post(PAGE, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
        assert live.activity() == []

    def test_a_lead_that_is_not_there_has_no_page(self, rehearsal: Site) -> None:
        assert rehearsal.web.get("/leads/99/talk").status_code == 404
        assert rehearsal.web.post("/leads/99/talk", headers=OURS).status_code == 404


class TestLive:
    def test_this_page_alone_may_use_the_microphone_and_speak_with_the_kits_host(
        self, live: Site
    ) -> None:
        headers = live.web.get(PAGE).headers
        policy = headers["content-security-policy"].split("; ")
        assert f"connect-src 'self' wss://{KIT_HOST} https://{KIT_HOST}" in policy
        assert "script-src 'self'" in policy
        assert "default-src 'none'" in policy
        assert "microphone=(self)" in headers["permissions-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers.get_list("content-security-policy") == ["; ".join(policy)]
        for path in ("/", "/leads/1", "/healthz"):
            other = live.web.get(path).headers
            assert KIT_HOST not in other["content-security-policy"]
            assert "microphone=()" in other["permissions-policy"]

    def test_the_host_is_the_one_that_stands_in_the_kit(self) -> None:
        from dialer.web.assets import KIT

        assert f'"wss://{KIT_HOST}"'.encode() in KIT[-1]()

    def test_only_this_page_loads_the_kit(self, live: Site) -> None:
        assert "/static/retell." in live.web.get(PAGE).text
        assert "/static/retell." not in live.web.get("/leads/1").text

    def test_opening_the_page_makes_no_call_and_tells_no_secret(self, live: Site) -> None:
        page = live.web.get(PAGE).text
        assert live.activity() == []
        assert KEY not in page
        assert "access_token" not in page

    def test_a_click_gets_a_token_and_no_more(self, live: Site) -> None:
        answer = live.web.post(PAGE, headers={**OURS, "accept": "application/json"})
        assert answer.status_code == 200
        told = answer.json()
        assert set(told) == {"access_token", "call_id"}
        assert KEY not in answer.text
        assert live.activity() == ["web_call"]
        call = live.world.provider.get_call(told["call_id"])
        assert call.metadata is not None
        assert (call.metadata["test"], call.metadata["lead_id"]) == (True, "1")

    def test_what_retell_refuses_is_a_problem_document(self, live: Site) -> None:
        asking = {**OURS, "accept": "application/json"}
        for _ in range(LINES):
            assert live.web.post(PAGE, headers=asking).status_code == 200
        answer = live.web.post(PAGE, headers=asking)
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert "no line is free" in answer.json()["detail"]

    def test_a_live_agent_is_not_typed_with(self, live: Site) -> None:
        for what in ("say", "leave"):
            form = {"token": "x", "text": "Hello"}
            assert live.web.post(f"{PAGE}/{what}", data=form, headers=OURS).status_code == 404

    def test_the_newer_path_is_told_to_need_another_kit(self, sqlite_url: str) -> None:
        with opened(sqlite_url, mode="live", web_call_api="v3") as site:
            page = site.web.get(PAGE).text
            assert "DIALER_WEB_CALL_API=v2" in page
            assert "/static/retell." not in page
            assert "Start talking" not in page


class TestRehearsal:
    def test_a_rehearsal_needs_no_kit_and_no_microphone(self, rehearsal: Site) -> None:
        answer = rehearsal.web.get(PAGE)
        assert "/static/retell." not in answer.text
        assert KIT_HOST not in answer.headers["content-security-policy"]
        assert "microphone=()" in answer.headers["permissions-policy"]

    def test_a_talk_that_nobody_knows_is_told(self, rehearsal: Site) -> None:
        form = {"token": "guess", "text": "Hello"}
        for what in ("say", "leave"):
            page = rehearsal.web.post(f"{PAGE}/{what}", data=form, headers=OURS).text
            assert "Nobody knows this access token" in page

    def test_a_retell_that_is_away_is_told(self, sqlite_url: str) -> None:
        with opened(sqlite_url, retell_base_url="http://127.0.0.1:1") as site:
            page = site.web.post(PAGE, headers=OURS).text
            assert 'role="alert"' in page
            assert "Start talking" in page


class TestMyPhone:
    def test_ones_own_phone_is_called_and_its_page_shown(self, rehearsal: Site) -> None:
        answer = rehearsal.web.post("/leads/1/call-me", data={"to": FICTIONAL}, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/leads/2")
        page = rehearsal.web.get("/leads/2").text
        assert "A test: somebody’s own phone" in page
        assert FICTIONAL in page
        assert "Call my phone" not in page
        assert rehearsal.activity() == ["call_my_phone"]

    def test_a_campaign_is_tried_as_its_first_lead(self, rehearsal: Site) -> None:
        assert "Test call" in rehearsal.web.get("/campaigns/1").text
        to = {"to": FICTIONAL}
        answer = rehearsal.web.post("/campaigns/1/test-call", data=to, headers=OURS)
        assert (answer.status_code, answer.headers["location"]) == (303, "/leads/2")
        assert rehearsal.activity() == ["call_my_phone"]

    def test_a_campaign_without_leads_cannot_be_tried(self, rehearsal: Site) -> None:
        spec = CampaignSpec(name="Empty", from_numbers=("+14155550199",))
        control.create(rehearsal.world, spec, actor="test")
        to = {"to": FICTIONAL}
        answer = rehearsal.web.post("/campaigns/2/test-call", data=to, headers=OURS)
        assert answer.status_code == 409
        assert "has no lead" in answer.text
        assert "Test call" not in rehearsal.web.get("/campaigns/2").text

    def test_no_list_of_campaigns_shows_it(self, rehearsal: Site) -> None:
        rehearsal.web.post("/leads/1/call-me", data={"to": FICTIONAL}, headers=OURS)
        for path in ("/", "/upload"):
            page = rehearsal.web.get(path).text
            assert "Spring" in page
            assert "Test: lead 1" not in page
        assert 'dialer_leads{status="READY"} 1.0' in rehearsal.web.get("/metrics").text

    def test_what_a_rule_refuses_is_told_with_its_reason(self, rehearsal: Site) -> None:
        answer = rehearsal.web.post("/leads/1/call-me", data={"to": "+12122000001"}, headers=OURS)
        assert answer.status_code == 409
        assert "number of lead 1 itself" in answer.text
