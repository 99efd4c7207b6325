"""What a program does at Retell by way of the API: calls, numbers, agents, batches."""

from typing import Any

import httpx
import pytest
from api_peer import draft, ok, problem, stock

from dialer.actions import pushing
from dialer.actions.world import World
from dialer.store import ledger
from dialer.store.tables import AuditLog
from dialer.web.api.agents import VoiceShown
from dialer.web.api.calls import Call

AGENT = {"agent_name": "Renewals", "voice_id": "11labs-Adrian"}
PROMPT = {"general_prompt": "You are Mia. You talk with {{name}} about {{plan}}."}


@pytest.fixture
def call_id(world: World, api: httpx.Client) -> str:
    """Place a call, and give its id."""
    stock(world)
    world.clock.pass_time(seconds=3.5)  # type: ignore[attr-defined]
    (first, *_) = ok(api.get("/calls"))["items"]
    return str(first["call_id"])


def activity(world: World) -> list[AuditLog]:
    return world.db.read(
        lambda tx: ledger.page(tx, before=None, most=50, subject=None, actor="token:crm")
    )


def actions(world: World) -> set[str]:
    return {one.action for one in activity(world)}


class TestCalls:
    def test_all_filters_of_retell_may_be_named(self, api: httpx.Client, call_id: str) -> None:
        every = ok(api.get("/calls"))["items"]
        assert [Call(**one).call_id for one in every]
        shown = ok(api.get(f"/calls/{call_id}"))
        lead = {"lead_id": shown["attempt"]["lead_id"], "direction": "outbound"}
        assert [one["call_id"] for one in ok(api.get("/calls", params=lead))["items"]] == [call_id]
        none: list[dict[str, Any]] = [
            {"direction": "inbound"},
            {"longer_than_ms": 10**8},
            {"costlier_than_cents": 10**8},
            {"in_voicemail": True, "agent_id": "agent_of_nobody"},
            {"metadata": "order=17"},
            {"variable": "plan=gold"},
            {"analysis": "score=7"},
            {"batch_call_id": "batch_call_1"},
        ]
        for one in none:
            assert ok(api.get("/calls", params=one))["items"] == [], one

    def test_a_filter_that_is_none_is_refused_by_name(self, api: httpx.Client) -> None:
        told = problem(api.get("/calls", params={"status": "asleep"}), 422)
        assert told["errors"][0]["where"].startswith("query.status")
        problem(api.get("/calls", params={"agent_version": 3}), 422)
        told = problem(api.get("/calls", params={"metadata": "order"}), 400)
        assert told["fix"] == "write key=value"

    def test_what_is_kept_with_a_call_is_changed_but_for_what_is_ours(
        self, api: httpx.Client, world: World, call_id: str
    ) -> None:
        told = ok(api.patch(f"/calls/{call_id}", json={"set": {"order": "17"}}))
        assert told["metadata"]["order"] == "17"
        assert "attempt_id" in told["metadata"]
        gone = ok(api.patch(f"/calls/{call_id}", json={"unset": ["order"]}))
        assert "order" not in gone["metadata"]
        problem(api.patch(f"/calls/{call_id}", json={"set": {"attempt_id": "x"}}), 409)
        assert "update_call" in actions(world)

    def test_a_call_that_goes_on_is_not_deleted(self, api: httpx.Client, call_id: str) -> None:
        told = problem(api.delete(f"/calls/{call_id}"), 409)
        assert "not over" in told["detail"]
        assert ok(api.post(f"/calls/{call_id}/stop"))["stopped"]

    def test_a_call_of_others_is_deleted(self, api: httpx.Client, world: World) -> None:
        campaign_id = draft(world)
        key = pushing.RequestKey(1, "a", "a")
        pushing.push(world, campaign_id, [{"phone": "2125552671"}], key=key, actor="test")
        made = ok(api.post("/leads/1/web-call"), 201)
        assert made["access_token"]
        assert ok(api.delete(f"/calls/{made['call_id']}"))["deleted"]
        problem(api.get(f"/calls/{made['call_id']}"), 404)

    def test_calls_are_brought_in(self, api: httpx.Client, world: World, call_id: str) -> None:
        told = ok(api.post("/calls/sync"))
        assert (told["complete"], told["without_lead"]) == (True, 0)
        again = ok(api.post("/calls/sync", json={"since": "2026-03-01T00:00:00Z"}))
        assert again["brought_back"] == 0
        batch = ok(api.post("/batch-calls/batch_call_1/learn"))
        assert (batch["calls"], batch["complete"]) == (0, True)

    def test_a_call_without_a_recording_says_why(self, api: httpx.Client, call_id: str) -> None:
        told = problem(api.get(f"/calls/{call_id}/recording"), 404)
        assert "no recording" in told["detail"]


class TestNumbers:
    def test_one_is_bought_bound_changed_and_released(
        self, api: httpx.Client, world: World
    ) -> None:
        agents = ["agent_a=0.7", "agent_b=0.3"]
        wish = {"area_code": 415, "nickname": "West", "outbound": agents}
        bought = ok(api.post("/numbers", json=wish), 201)
        assert (bought["nickname"], bought["outbound"]) == ("West", agents)
        path = f"/numbers/{bought['number']}"
        changed = ok(api.patch(path, json={"inbound": ["agent_a"], "outbound": []}))
        assert (changed["inbound"], changed["outbound"]) == (["agent_a"], [])
        assert bought["number"] in {one["number"] for one in ok(api.get("/numbers"))}
        assert ok(api.delete(path)) == {"number": bought["number"], "released": True}
        problem(api.get(path), 404)
        assert {"buy_number", "update_number", "release_number"} <= actions(world)

    def test_one_of_our_own_carrier_is_imported_and_its_password_kept_nowhere(
        self, api: httpx.Client, world: World
    ) -> None:
        wish = {
            "number": "+14155550123",
            "termination_uri": "trunk.example.com",
            "username": "us",
            "password": "s3cret-of-trunk",
            "transport": "TLS",
        }
        answer = api.post("/numbers/import", json=wish)
        assert ok(answer, 201)["number"] == "+14155550123"
        assert "s3cret" not in answer.text
        (row,) = activity(world)
        assert (row.action, "s3cret" in str(row.after)) == ("import_number", False)

    def test_what_is_no_binding_is_refused(self, api: httpx.Client) -> None:
        told = problem(api.post("/numbers", json={"outbound": ["agent_a=0.7", "agent_b"]}), 400)
        assert "weight" in told["why"]
        problem(api.patch("/numbers/+12125550000", json={}), 400)
        problem(api.post("/numbers", json={"area_code": 1}), 422)

    def test_one_that_a_running_campaign_calls_from_stays(
        self, api: httpx.Client, world: World, call_id: str
    ) -> None:
        told = problem(api.delete("/numbers/+12125550000"), 409)
        assert "calls from it now" in told["why"]


class TestAgents:
    def test_one_is_made_told_where_we_are_and_published(
        self, api: httpx.Client, world: World
    ) -> None:
        made = ok(api.post("/agents", json={"agent": AGENT, "llm": PROMPT}), 201)
        path = f"/agents/{made['agent_id']}"
        assert made["is_published"] is False
        needs = ok(api.get(f"{path}/variables"))
        assert (needs["checked"], needs["needed"]) == (True, ["name", "plan"])
        url = "https://dialer.example/webhooks/retell"
        told = ok(api.post(f"{path}/webhook", json={"url": url}))
        assert told["webhook_url"] == url
        assert {"call_ended", "call_analyzed"} <= set(told["webhook_events"])
        published = ok(api.post(f"{path}/publish"))
        assert published["is_published"]
        versions = ok(api.get(f"{path}/versions"))
        assert any(one["is_published"] for one in versions)
        checked = {one["name"]: one for one in ok(api.get(f"{path}/check"))}
        assert checked["prompt"]["verdict"] == "ok"
        found = ok(api.get("/agents", params={"query": "Renewals"}))
        assert [one["agent_id"] for one in found] == [made["agent_id"]]
        assert {"create_agent", "set_webhook", "publish_agent"} <= actions(world)

    def test_what_every_agent_needs_is_asked_for(self, api: httpx.Client) -> None:
        told = problem(api.post("/agents", json={"agent": {"agent_name": "x"}, "llm": PROMPT}), 400)
        assert "voice" in told["detail"]
        told = problem(api.post("/agents", json={"agent": AGENT}), 400)
        assert "what the agent says" in told["detail"]

    def test_voices_are_listed(self, api: httpx.Client) -> None:
        (first, *_) = ok(api.get("/voices"))
        assert ok(api.get(f"/voices/{first['voice_id']}")) == VoiceShown(**first).model_dump()
