"""The API from outside: what a program does with it from the first campaign to the last result."""

import queue
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_peer import draft, ok, problem, stock, world_with_retell
from factories import RecordingQueue

from dialer.actions import calls, control, feed, workspace_numbers
from dialer.actions.dial import dial
from dialer.actions.explain import explain
from dialer.actions.plan import plan
from dialer.actions.undo import undo
from dialer.actions.world import World
from dialer.store import campaigns, lead_pages, lists, registries
from dialer.store.database import Connection
from dialer.web.api.calls import Call, CallShown
from dialer.web.api.leads import LeadShown
from dialer.web.api.numbers import NumberShown
from dialer.web.api.results import AttemptShown

ADA = {"phone": "(212) 555-2671", "name": "Ada Lee", "external_ref": "003-17"}
SPEC = {"name": "Spring", "from_numbers": ["+12125550000"], "purpose": "other"}


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with world_with_retell(database_url) as made:
        yield made


def push(
    api: httpx.Client, campaign_id: int, *leads: dict[str, Any], key: str = "one", **more: Any
) -> httpx.Response:
    body = {"leads": list(leads or (ADA,)), **more}
    return api.post(f"/campaigns/{campaign_id}/leads", json=body, headers={"idempotency-key": key})


def numbered(first: int, count: int) -> list[dict[str, Any]]:
    return [{"phone": f"+1212555{n}"} for n in range(first, first + count)]


class TestCampaigns:
    def test_a_program_makes_fills_starts_halts_edits_and_stops_one(
        self, api: httpx.Client
    ) -> None:
        made = ok(api.post("/campaigns", json=SPEC), 201)
        path = f"/campaigns/{made['campaign_id']}"
        assert made["status"] == "draft"
        assert ok(push(api, made["campaign_id"]))["imported"] == 1
        codes = {one["code"] for one in ok(api.get(f"{path}/findings"))}
        started = ok(api.post(f"{path}/start", json={"despite": "It is only a rehearsal."}))
        assert started["status"] == "running"
        assert {one["code"] for one in started["findings"]} == codes
        assert ok(api.post(f"{path}/pause"))["status"] == "paused"
        assert ok(api.post(f"{path}/resume"))["status"] == "running"
        edited = ok(api.patch(path, json={"set": {"limits.lines": 3}}))
        assert edited == {"before": {"limits.lines": None}, "after": {"limits.lines": 3}}
        shown = ok(api.get(path))
        assert (shown["leads"], shown["pending"], shown["spec"]["limits"]["lines"]) == (1, 1, 3)
        assert shown["funnel"][0] == {"step": "leads", "count": 1}
        assert shown["why_this_fast"]
        stopped = ok(api.post(f"{path}/stop"))
        assert (stopped["status"], stopped["leads_closed"]) == ("stopped", 1)
        copied = ok(api.post(f"{path}/duplicate", json={"with_leads": True}), 201)
        assert copied["leads"] == 1
        redialed = ok(api.post(f"{path}/redial", json={"include_stopped": True}), 201)
        assert redialed["leads"] == 1
        assert ok(api.post(f"{path}/archive"))["status"] == "archived"
        names = {one["name"] for one in ok(api.get("/campaigns"))["items"]}
        assert names == {"Spring, copy", "Spring, redial"}
        assert len(ok(api.get("/campaigns?archived=true"))["items"]) == 3
        assert len(ok(api.get("/campaigns?status=archived"))["items"]) == 1

    def test_a_start_that_a_finding_forbids_says_what_and_how(
        self, api: httpx.Client, world: World
    ) -> None:
        now = world.clock.now()
        world.db.transact(lambda tx: registries.open_named(tx, "us", file_name="x", now=now))
        campaign_id = ok(api.post("/campaigns", json={**SPEC, "purpose": "telemarketing"}), 201)[
            "campaign_id"
        ]
        path = f"/campaigns/{campaign_id}"
        ok(push(api, campaign_id))
        (one,) = [one for one in ok(api.get(f"{path}/findings")) if one["forbids"]]
        told = problem(api.post(f"{path}/start"), 409)
        assert one["sentence"] in told["why"]
        assert ok(api.get(path))["status"] == "draft"
        problem(api.post(f"{path}/start", json={"despite": "short"}), 422)
        ok(api.post(f"{path}/start", json={"despite": "It is loaded tonight."}))

    def test_one_that_is_scheduled_starts_then_or_not_after_all(self, api: httpx.Client) -> None:
        campaign_id = ok(api.post("/campaigns", json=SPEC), 201)["campaign_id"]
        path = f"/campaigns/{campaign_id}"
        at = "2026-03-06T09:00:00-05:00"
        assert ok(api.post(f"{path}/start", json={"at": at}))["status"] == "scheduled"
        assert ok(api.get(path))["start_at"] == "2026-03-06T14:00:00Z"
        problem(api.post(f"{path}/start", json={"at": "2020-01-01T00:00:00Z"}), 409)
        assert ok(api.post(f"{path}/unschedule"))["status"] == "draft"

    def test_settings_are_checked_and_nothing_is_stored(self, api: httpx.Client) -> None:
        assert ok(api.post("/campaigns/check", json=SPEC))["name"] == "Spring"
        told = problem(api.post("/campaigns/check", json={**SPEC, "weight": -1, "nam": "x"}), 422)
        assert {one["where"] for one in told["errors"]} == {"body.weight", "body.nam"}
        assert ok(api.get("/campaigns"))["items"] == []

    def test_a_campaign_over_the_api_names_no_file_of_this_machine(self, api: httpx.Client) -> None:
        told = problem(api.post("/campaigns", json={**SPEC, "leads": "/etc/passwd"}), 400)
        assert "push the leads" in told["fix"]

    def test_the_leads_of_a_list_are_called_anew_by_another(
        self, api: httpx.Client, world: World
    ) -> None:
        first = ok(api.post("/campaigns", json=SPEC), 201)
        assert (first["leads"], first["left_out"]) == (None, None)
        ok(push(api, first["campaign_id"], *numbered(1001, 3), key="other"))
        list_id = ok(push(api, first["campaign_id"], *numbered(2001, 2)))["list_id"]
        anew = f"/campaigns?leads_of_list={list_id}"
        made = ok(api.post(anew, json={**SPEC, "name": "Fall"}), 201)
        assert (made["status"], made["leads"], made["left_out"]) == ("draft", 2, 0)
        shown = ok(api.get(f"/campaigns/{made['campaign_id']}"))
        assert shown["leads_from"]["list_id"] == list_id
        assert shown["leads_from"]["campaign"] == "Spring"
        taken = ok(api.get("/leads", params={"phone": "+12125552001"}))
        assert [one["taken_from"] and one["taken_from"]["list_id"] for one in taken] == [
            None,
            list_id,
        ]
        undo(world, list_id, actor="test")
        told = problem(api.post(anew, json=SPEC), 409)
        assert "was undone" in told["detail"]
        assert told["why"].startswith("its leads were taken out")
        assert told["fix"]
        problem(api.post("/campaigns?leads_of_list=77", json=SPEC), 404)
        problem(api.post("/campaigns?leads_of_list=x", json=SPEC), 422)
        assert len(ok(api.get("/campaigns"))["items"]) == 2

    def test_its_results_are_a_file(self, api: httpx.Client, world: World) -> None:
        campaign_id = draft(world)
        ok(push(api, campaign_id))
        lines = api.get(f"/campaigns/{campaign_id}/results", params={"format": "jsonl"})
        assert lines.headers["content-type"] == "application/x-ndjson"
        assert '"phone":"+12125552671"' in lines.text
        table = api.get(f"/campaigns/{campaign_id}/results", params={"what": "leads"})
        assert "Ada Lee" in table.text


class TestPushes:
    def test_the_same_key_with_the_same_body_pushes_nobody_twice(
        self, api: httpx.Client, world: World
    ) -> None:
        campaign_id = draft(world)
        first, again = push(api, campaign_id), push(api, campaign_id)
        assert ok(first) == ok(again)
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        assert len(world.db.read(lists.every)) == 1

    def test_the_same_key_with_another_body_or_campaign_is_refused(
        self, api: httpx.Client, world: World
    ) -> None:
        campaign_id, other = draft(world), draft(world)
        ok(push(api, campaign_id))
        for answer in (push(api, campaign_id, {"phone": "2125552672"}), push(api, other)):
            assert "another request" in problem(answer, 422)["detail"]

    def test_a_key_is_needed(self, api: httpx.Client, world: World) -> None:
        answer = api.post(f"/campaigns/{draft(world)}/leads", json={"leads": [ADA]})
        assert problem(answer, 422)["errors"][0]["where"] == "header.Idempotency-Key"

    def test_while_the_first_is_worked_on_the_same_key_is_told_to_wait(
        self, api: httpx.Client, world: World
    ) -> None:
        campaign_id, answers = draft(world), queue.Queue[httpx.Response]()
        ok(api.get("/campaigns"))  # notes the token's use, which would wait for the lock
        held, let_go = threading.Event(), threading.Event()

        def hold(tx: Connection) -> None:
            campaigns.lock(tx, campaign_id)
            held.set()
            let_go.wait(20)

        def send() -> None:
            answers.put(push(api, campaign_id))

        threads = [threading.Thread(target=world.db.transact, args=(hold,))]
        threads += [threading.Thread(target=send) for _ in range(2)]
        threads[0].start()
        assert held.wait(10)
        for thread in threads[1:]:
            thread.start()
        early = answers.get(timeout=10)  # of whichever came second
        let_go.set()
        for thread in threads:
            thread.join()
        problem(early, 409)
        assert early.headers["retry-after"] == "1"
        assert ok(answers.get()) == ok(push(api, campaign_id))

    def test_a_thousand_at_once_are_taken_and_one_more_is_not(
        self, api: httpx.Client, world: World
    ) -> None:
        campaign_id = draft(world)
        assert ok(push(api, campaign_id, *numbered(2000, 1000)))["imported"] == 1000
        problem(push(api, campaign_id, *numbered(2000, 1001), key="two"), 422)

    def test_what_is_rejected_says_why_and_can_be_read_later(
        self, api: httpx.Client, world: World
    ) -> None:
        campaign_id = draft(world)
        answer = ok(push(api, campaign_id, {"phone": "12"}, ADA, {**ADA, "name": "Twin"}))
        assert [(one["result"], one["reason"]) for one in answer["leads"]] == [
            ("rejected", "short_or_emergency"),
            ("imported", None),
            ("duplicate", "duplicate_in_file"),
        ]
        path = f"/lists/{answer['list_id']}"
        assert ok(api.get(path))["reasons"] == {"short_or_emergency": 1, "duplicate_in_file": 1}
        first = ok(api.get(f"{path}/rejects", params={"limit": 1}))
        rest = ok(api.get(f"{path}/rejects", params={"cursor": first["next_cursor"]}))
        assert [one["row"] for one in (*first["items"], *rest["items"])] == [1, 3]
        assert ok(api.post(f"{path}/undo"), 202)["list_id"] == answer["list_id"]


class TestLeads:
    def test_one_is_shown_with_all_that_is_known_and_why_it_waits(
        self, api: httpx.Client, world: World
    ) -> None:
        ok(push(api, draft(world)))
        shown = ok(api.get("/leads/1"))
        assert (shown["phone"], shown["state"]) == ("+12125552671", "pending")
        assert shown["why_not_now"]["code"] == "not_running"
        assert shown["imports"][0]["what"] == "brought"
        assert [one["id"] for one in ok(api.get("/leads", params={"phone": "212 555 2671"}))] == [1]

    def test_what_is_decided_about_it_is_done(self, api: httpx.Client, world: World) -> None:
        campaign_id = draft(world)
        ok(push(api, campaign_id, *numbered(2671, 3)))
        control.start(world, campaign_id, actor="test")
        promised = ok(api.post("/leads/1/callback", json={"at": "2026-03-06 15:00"}))
        assert promised["callback_at"] == "2026-03-06T20:00:00Z"
        assert ok(api.post("/leads/2/skip", json={"reason": "our own staff"}))["state"] == "closed"
        assert ok(api.post("/leads/2/retry"))["state"] == "pending"
        never = ok(api.post("/leads/3/do-not-call", json={"reason": "asked"}))
        assert never["state"] == "closed"
        assert ok(api.get("/do-not-call/check", params={"phone": "2125552673"}))["suppressed"]
        problem(api.post("/leads/3/retry"), 409)
        problem(api.post("/leads/1/retry", json={"at": "yesterday at noon"}), 400)

    def test_they_are_listed_by_one_filter_at_a_time(self, api: httpx.Client, world: World) -> None:
        campaign_id = draft(world)
        ok(push(api, campaign_id, *numbered(2671, 3)))
        ok(api.post("/leads/2/skip", json={"reason": "x"}))
        path = f"/campaigns/{campaign_id}/leads"
        assert len(ok(api.get(path, params={"state": "pending"}))["items"]) == 2
        assert len(ok(api.get(path, params={"closed_as": "stopped"}))["items"]) == 1
        problem(api.get(path, params={"state": "pending", "closed_as": "stopped"}), 400)
        problem(api.get(path, params={"state": "odd"}), 422)


class TestCursors:
    def test_pages_follow_each_other_whatever_comes_in_between(
        self, api: httpx.Client, world: World
    ) -> None:
        campaign_id = draft(world)
        ok(push(api, campaign_id, *numbered(2600, 7)))
        path, seen, cursor = f"/campaigns/{campaign_id}/leads", [], None
        for n in range(4):
            asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
            page = ok(api.get(path, params=asked))
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
            ok(api.post("/campaigns", json=SPEC), 201)
            ok(push(api, campaign_id + 1 + n, *numbered(2600, 7), key=f"other{n}"))
        assert cursor is None
        assert seen == list(range(1, 8))

    def test_every_list_can_be_read_to_its_end_one_by_one(
        self, api: httpx.Client, world: World
    ) -> None:
        stock(world)
        for path in (
            "/campaigns",
            "/campaigns/2/leads",
            "/lists",
            "/do-not-call",
            "/schedules",
            "/schedules/1/runs",
            "/incidents",
            "/activity",
        ):
            whole = ok(api.get(path, params={"limit": 200}))
            assert whole["next_cursor"] is None
            found: list[Any] = []
            cursor: str | None = ""
            while cursor is not None:
                asked = {"limit": 1, **({"cursor": cursor} if cursor else {})}
                page = ok(api.get(path, params=asked))
                found += page["items"]
                cursor = page["next_cursor"]
            assert found == whole["items"], path

    def test_one_of_another_list_or_another_filter_is_refused(
        self, api: httpx.Client, world: World
    ) -> None:
        for _ in range(3):
            draft(world)
        cursor = ok(api.get("/campaigns", params={"limit": 1}))["next_cursor"]
        ok(api.get("/campaigns", params={"cursor": cursor}))
        for path in ("/lists?", "/activity?", "/campaigns?archived=true&", "/campaigns/1/leads?"):
            told = problem(api.get(f"{path}cursor={cursor}"), 422)
            assert told["errors"][0]["where"] == "query.cursor"
            assert told["fix"]

    @pytest.mark.parametrize(
        "cursor", ["x", "é", "====", "e30", "bnVsbA", "eyJxIjoiMSIsInAiOnt9fQ", "W10", "A" * 400]
    )
    def test_one_that_was_mangled_is_refused(self, api: httpx.Client, cursor: str) -> None:
        for path in ("/campaigns", "/results", "/do-not-call", "/schedules"):
            problem(api.get(path, params={"cursor": cursor}), 422)


class TestResults:
    def test_an_attempt_that_ended_is_told_once_and_shown_whole(
        self, api: httpx.Client, world: World
    ) -> None:
        assert isinstance(world.queue, RecordingQueue)
        start = read_on(api)
        assert start["items"] == []
        campaign_id = draft(world)
        ok(push(api, campaign_id))
        control.start(world, campaign_id, actor="test")
        plan(world)
        ok(api.post(f"/campaigns/{campaign_id}/pause"))
        for attempt_id in world.queue.dialed:
            dial(world, attempt_id)  # given up: the campaign is paused
        page = read_on(api, cursor=start["next_cursor"])
        (told,) = page["items"]
        assert (told["became"], told["lead"]["external_ref"]) == ("CANCELLED", "003-17")
        assert told["campaign_id"] == campaign_id
        assert read_on(api, cursor=page["next_cursor"])["items"] == []
        shown = ok(api.get(f"/attempts/{told['attempt']['id']}"))
        assert [one["to"] for one in shown["events"]] == ["INTENT", "CANCELLED"]
        assert len(read_on(api, since="2026-03-04T15:00:00Z")["items"]) == 1
        assert read_on(api, since="2026-03-05T15:00:00Z")["items"] == []
        problem(api.get("/attempts/nobody"), 404)


def read_on(api: httpx.Client, **asked: str) -> dict[str, Any]:
    """Read results; other tests on the same server are writers that are waited for."""
    while True:
        page: dict[str, Any] = ok(api.get("/results", params=asked))
        if page["items"] or not page["more"]:
            return page


class TestTheRest:
    def test_numbers_come_on_the_do_not_call_list_and_off_it(self, api: httpx.Client) -> None:
        added = ok(api.post("/do-not-call", json={"phones": ["212 555 2671", "12"]}))
        assert [one["result"] for one in added] == ["added", "rejected"]
        again = ok(api.post("/do-not-call", json={"phones": ["+12125552671"]}))
        assert again[0]["result"] == "unchanged"
        (entry,) = ok(api.get("/do-not-call"))["items"]
        assert (entry["phone"], entry["actor"], entry["holds"]) == (
            "+12125552671",
            "token:crm",
            True,
        )
        gone = {"phone": "+12125552671", "reason": "asked to be called"}
        assert ok(api.post("/do-not-call/remove", json=gone))["holds"] is False
        problem(api.post("/do-not-call/remove", json=gone), 404)
        problem(api.get("/do-not-call/check", params={"phone": "12"}), 400)
        past = {"phones": ["+12125552671"], "expires_at": "2020-01-01T00:00:00Z"}
        problem(api.post("/do-not-call", json=past), 409)

    def test_a_schedule_is_made_halted_and_run(self, api: httpx.Client) -> None:
        given = {
            "schedule": {"name": "Mornings", "cron": "0 9 * * *", "zone": "America/New_York"},
            "campaign": {**SPEC, "leads": "renewal.csv"},
        }
        made = ok(api.post("/schedules", json=given), 201)
        assert (made["lead_file"], made["enabled"]) == ("renewal.csv", True)
        path = f"/schedules/{made['id']}"
        assert ok(api.post(f"{path}/disable"))["next_run_at"] is None
        assert ok(api.post(f"{path}/enable"))["next_run_at"] == "2026-03-05T14:00:00Z"
        run = ok(api.post(f"{path}/run-now"), 202)
        assert (run["outcome"], run["actor"]) == ("open", "token:crm")
        assert ok(api.get(f"{path}/runs"))["items"] == [run]
        problem(api.post("/schedules", json=given), 409)

    @pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd", "", ".", "a/../../b"])
    def test_a_schedule_reads_no_other_files_of_this_machine(
        self, api: httpx.Client, name: str
    ) -> None:
        given: dict[str, Any] = {
            "schedule": {"name": "x", "cron": "0 9 * * *", "zone": "UTC"},
            "campaign": {**SPEC, "leads": name},
        }
        problem(api.post("/schedules", json=given), 400)
        watch = {"schedule": {"name": "x", "watch": f"{name}/*.csv"}, "campaign": SPEC}
        if name not in ("", "."):
            problem(api.post("/schedules", json=watch), 400)
        named = {**given, "campaign": "other.toml"}
        problem(api.post("/schedules", json=named), 422)

    def test_health_and_incidents_are_told_and_acknowledged(
        self, api: httpx.Client, world: World
    ) -> None:
        stock(world)
        health = ok(api.get("/health"))
        assert (health["ok"], health["open_incidents"]) == (False, 1)
        (one,) = ok(api.get("/incidents"))["items"]
        note = {"note": "Looked at it."}
        closed = ok(api.post(f"/incidents/{one['id']}/acknowledge", json=note))
        assert closed["closed_by"] == "token:crm"
        assert ok(api.get("/incidents"))["items"] == []
        assert len(ok(api.get("/incidents?closed=true"))["items"]) == 1
        problem(api.post(f"/incidents/{one['id']}/acknowledge", json=note), 409)

    def test_what_retell_has_is_asked_for_and_a_call_is_stopped(
        self, api: httpx.Client, world: World
    ) -> None:
        stock(world)
        for path in ("/numbers", "/agents", "/voices"):
            assert ok(api.get(path)) is not None
        lead = world.db.read(lambda tx: lead_pages.with_phone(tx, "+12125552671"))[0]
        call_id = ok(api.get(f"/leads/{lead.id}"))["attempts"][0]["call_id"]
        shown = ok(api.get(f"/calls/{call_id}"))
        assert shown["call"]["to_number"] == "+12125552671"
        assert shown["attempt"]["lead_id"] == lead.id
        assert ok(api.post(f"/calls/{call_id}/stop"))["stopped"]
        problem(api.get("/calls/call_nothing"), 404)

    def test_deliveries_are_listed_shown_and_sent_again(
        self, api: httpx.Client, world: World
    ) -> None:
        told = {"address": "https://crm.example.com/d", "secret": "crm"}
        campaign_id = ok(api.post("/campaigns", json={**SPEC, "results": told}), 201)["campaign_id"]
        ok(push(api, campaign_id))
        lead_id = ok(api.get(f"/campaigns/{campaign_id}/leads"))["items"][0]["id"]
        ok(api.post(f"/leads/{lead_id}/skip", json={"reason": "our own staff"}))
        (one,) = ok(api.get("/deliveries", params={"state": "waiting"}))["items"]
        assert (one["event"], one["lead_id"], one["tries"]) == ("lead.closed", lead_id, 0)
        assert ok(api.get(f"/deliveries/{one['id']}"))["body"] is None
        assert ok(api.post(f"/deliveries/{one['id']}/replay"))["state"] == "waiting"
        path = f"/campaigns/{campaign_id}/deliveries"
        assert ok(api.post(f"{path}/replay-dead"))["deliveries"] == 0
        assert ok(api.post(f"{path}/acknowledge", json={"note": "seen"}))["deliveries"] == 0
        ok(api.post(f"{path}/on"))
        assert ok(api.get("/deliveries", params={"state": "dead"}))["items"] == []
        problem(api.get("/deliveries/77"), 404)


class TestShapes:
    def test_everything_that_is_known_is_told_and_nothing_else_is_promised(
        self, world: World
    ) -> None:
        stock(world)
        now = world.clock.now()
        lead = world.db.read(lambda tx: lead_pages.with_phone(tx, "+12125552671"))[0]
        explained = explain(world.db, lead.id, now=now)
        assert set(explained) == set(LeadShown.model_fields)
        attempt_id = explained["attempts"][0]["id"]
        assert set(feed.show(world, attempt_id)) == set(AttemptShown.model_fields)
        call_id = explained["attempts"][0]["call_id"]
        call = calls.show_call(world, call_id)
        assert set(call) == set(CallShown.model_fields)
        assert set(call["call"]) == set(Call.model_fields)
        number = workspace_numbers.list_numbers(world)
        assert all(set(one) == set(NumberShown.model_fields) for one in number)
