"""Recordings, latencies and costs, as operators and viewers see them in a browser."""

import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from web_peer import HintsGiven, serving, settings_for, sign_in

from dialer.actions import control
from dialer.actions.receive import receive
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.bootstrap import apply_limits, open_provider
from dialer.clock import SystemClock
from dialer.config import SIMULATOR_KEY
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.roles import Role
from dialer.domain.states import Analysis, AttemptStatus, LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import attempts, leads
from dialer.store.database import Connection, Database
from dialer.web.app import make_app

TALKS, NO_ANSWER = "+12125550100", "+12125550102"
NOW = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)


@dataclass
class Site:
    """A web process, its world, and the simulator that it asks."""

    web: httpx.Client
    world: World
    retell: httpx.Client

    def called(self, number: str) -> tuple[int, str]:
        """Make a call that is over and settled; give its lead and its attempt."""
        lead_id, attempt_id = self.world.db.transact(lambda tx: add_rows(tx, self.world, number))
        body = {
            "from_number": "+14155550199",
            "to_number": number,
            "metadata": {"attempt_id": attempt_id},
            "retell_llm_dynamic_variables": {"first_name": "Zoe"},
        }
        call_id = self.retell.post("/v2/create-phone-call", json=body).json()["call_id"]
        while "call_analysis" not in self.at_retell(call_id):
            pass
        event = {"event": "call_analyzed", "call": self.at_retell(call_id)}
        row = receive(self.world, httpx.Request("POST", "/", json=event).content, now=NOW)
        assert row is not None
        settle(self.world, row)
        return lead_id, attempt_id

    def at_retell(self, call_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.retell.get(f"/v2/get-call/{call_id}").json()
        return shown


def add_rows(tx: Connection, world: World, number: str) -> tuple[int, str]:
    row = {
        "campaign_id": 1,
        "phone": number,
        "zones": "America/New_York",
        "zone_source": ZoneSource.NUMBER,
        "variables": {},
        "status": LeadStatus.IN_FLIGHT,
        "attempts": 0,
        "free_tries": 0,
        "tries": 1,
        "created_at": NOW,
    }
    leads.add(tx, [row])
    lead = leads.of_phone(tx, 1, number)
    assert lead is not None
    attempt = {
        "id": world.new_id(),
        "lead_id": lead.id,
        "campaign_id": 1,
        "phone": number,
        "n": 1,
        "from_number": "+14155550199",
        "status": AttemptStatus.PLACED,
        "lines_open": 1,
        "lines_limit": 20,
        "created_at": NOW,
        "send_at": NOW,
        "late": False,
        "look_ups": 0,
        "absent_answers": 0,
        "replays": 0,
        "analysis": Analysis.NONE,
    }
    tx.execute(attempts.attempt.insert().values(**attempt))
    return lead.id, str(attempt["id"])


@pytest.fixture
def site(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    database = Database(sqlite_url)
    retell = SimulatorSettings(api_key=SIMULATOR_KEY, speed=200)
    with (
        running_simulator(retell) as url,
        httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {SIMULATOR_KEY}"}, trust_env=False
        ) as asked,
    ):
        monkeypatch.setenv("RETELL_BASE_URL", url)
        settings = settings_for(sqlite_url)
        apply_limits(database, settings)
        world = World(
            db=database,
            provider=open_provider(settings),
            queue=HintsGiven(),
            clock=SystemClock(),
        )
        control.create(
            world, CampaignSpec(name="Spring", from_numbers=("+14155550199",)), actor="test"
        )
        with serving(make_app(world, settings)) as web:
            sign_in(web, world)
            yield Site(web, world, asked)
        world.provider.close()
    database.close()


def test_an_operator_hears_a_recording_by_a_link_that_is_on_no_page(site: Site) -> None:
    lead_id, attempt_id = site.called(TALKS)
    page = site.web.get(f"/leads/{lead_id}").text
    assert f'<audio controls preload="none" src="/attempts/{attempt_id}/recording"' in page
    assert "signature=" not in page
    assert "recording.wav" not in page
    heard = site.web.get(f"/attempts/{attempt_id}/recording")
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/wav")
    assert heard.headers["cache-control"] == "no-store"
    assert "media-src 'self'" in heard.headers["content-security-policy"]
    with wave.open(io.BytesIO(heard.content)) as file:
        assert file.getnframes() > 0
    scrubbed = site.web.get(f"/attempts/{attempt_id}/recording?scrubbed=true")
    assert scrubbed.status_code == 200


def test_figures_and_words_of_a_call_are_on_the_page_of_its_lead(site: Site) -> None:
    lead_id, _ = site.called(TALKS)
    page = site.web.get(f"/leads/{lead_id}").text
    for shown in ("Latency and cost", "elevenlabs tts", "requests: 3", "Hi [NAME]", "Hi Zoe"):
        assert shown in page


def test_a_viewer_neither_hears_a_recording_nor_is_offered_one(site: Site) -> None:
    lead_id, attempt_id = site.called(TALKS)
    site.web.cookies.clear()
    sign_in(site.web, site.world, Role.VIEWER)
    page = site.web.get(f"/leads/{lead_id}").text
    assert "there is one, for operators" in page
    assert f"/attempts/{attempt_id}/recording" not in page
    assert "signature=" not in page
    assert site.web.get(f"/attempts/{attempt_id}/recording").status_code == 403
    site.web.cookies.clear()
    stranger = site.web.get(f"/attempts/{attempt_id}/recording")
    assert stranger.status_code == 303
    assert "/sign-in" in stranger.headers["location"]


@pytest.mark.parametrize("attempt", ["nobody", "..%2F..%2Fget-agent", "'"])
def test_an_attempt_that_is_not_there_has_no_recording(site: Site, attempt: str) -> None:
    assert site.web.get(f"/attempts/{attempt}/recording").status_code == 404


def test_a_call_that_nobody_answered_has_no_recording(site: Site) -> None:
    lead_id, attempt_id = site.called(NO_ANSWER)
    assert "<audio" not in site.web.get(f"/leads/{lead_id}").text
    answer = site.web.get(f"/attempts/{attempt_id}/recording")
    assert answer.status_code == 404
    assert "no recording" in answer.text


def test_a_retell_that_does_not_know_the_call_any_more_is_told(site: Site) -> None:
    _, attempt_id = site.called(TALKS)
    row = site.world.db.read(lambda tx: attempts.get(tx, attempt_id))
    assert row is not None
    site.retell.delete(f"/v2/delete-call/{row.call_id}")
    assert site.web.get(f"/attempts/{attempt_id}/recording").status_code == 404


def test_a_retell_that_does_not_answer_is_told(site: Site) -> None:
    _, attempt_id = site.called(TALKS)
    site.retell.post("/_sim/faults", json={"get_fails": 1})
    answer = site.web.get(f"/attempts/{attempt_id}/recording")
    assert answer.status_code == 502
    assert "Retell does not answer" in answer.text
