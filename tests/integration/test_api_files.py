"""Files over the API, forecasts, functions, dead letters, samples, and tests on one's own phone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_peer import asking, bearer, draft, ok, problem, token_for
from factories import make_lead

from dialer.actions import control, errands
from dialer.actions.plan import plan
from dialer.actions.world import World
from dialer.domain.roles import Scope
from dialer.forecast.errand import MORE_ERRANDS
from dialer.store import suppressions, webhooks
from dialer.store.database import Connection

GOOD = b"phone,first_name\n+12125552671,Ada\n+12125552672,Bob\n12,Cy\n"
WITHOUT_PLAN = b"phone,plan\n+12125552671,gold\n+12125552672,\n"
ASKS_FOR_PLAN = {"retell_llm": {"general_prompt": "Talk about {{plan}}."}}
SLOT = {"starts_at": "2026-03-05T15:00:00-05:00", "ends_at": "2026-03-05T15:30:00-05:00"}


@pytest.fixture
def api(world: World, home: Path) -> Iterator[httpx.Client]:
    with asking(world, home=home, import_max_bytes=100_000) as client:
        yield client


@pytest.fixture
def work(world: World, home: Path) -> Any:
    """Give what a worker does with all that waits."""
    return lambda: errands.run_due(world, home=home, more=MORE_ERRANDS)


def send(
    api: httpx.Client, campaign_id: int, content: bytes = GOOD, *, status: int = 202, **fields: str
) -> Any:
    answer = api.post(
        f"/campaigns/{campaign_id}/lists", data=fields, files={"file": ("march.csv", content)}
    )
    return ok(answer, status) if status == 202 else problem(answer, status)


def imported(api: httpx.Client, sent: Any) -> tuple[int, int]:
    """Give how many rows of a file that was sent became leads, and how many did not."""
    list_id = ok(api.get(f"/uploads/{sent['errand_id']}"))["list_id"]
    told = ok(api.get(f"/lists/{list_id}"))
    return told["imported"], told["rejected"]


def called(world: World, phone: str) -> None:
    """Let another campaign claim, and so begin to call, a number."""
    campaign_id = draft(world)
    control.start(world, campaign_id, actor="test", despite="It is a test.")
    world.db.transact(lambda tx: make_lead(tx, campaign_id, now=world.clock.now(), phone=phone))
    plan(world)


class TestLeadFiles:
    def test_a_file_becomes_leads_and_the_other_rows_can_be_corrected(
        self, api: httpx.Client, world: World, work: Any
    ) -> None:
        sent = send(api, draft(world))
        assert (sent["status"], sent["file"]) == ("doing", "march.csv")
        work()
        done = ok(api.get(f"/uploads/{sent['errand_id']}"))
        assert (done["status"], done["list_id"]) == ("done", 1)
        told = ok(api.get("/lists/1"))
        assert (told["imported"], told["rejected"]) == (2, 1)
        leads = api.get("/lists/1/leads", params={"format": "jsonl"}).text
        assert '"phone":"+12125552671"' in leads
        rejects = api.get("/lists/1/rejects/file")
        assert "12" in rejects.text
        assert "short_or_emergency" in rejects.text
        again = send(api, 1)
        work()
        assert ok(api.get(f"/uploads/{again['errand_id']}"))["list_id"] == 1

    def test_a_file_may_be_checked_first(self, api: httpx.Client, world: World, work: Any) -> None:
        campaign_id = draft(world)
        sent = send(api, campaign_id, check="true")
        assert sent["status"] == "checking"
        path = f"/uploads/{sent['errand_id']}"
        problem(api.post(f"{path}/import"), 409)
        work()
        found = ok(api.get(path))
        assert (found["status"], found["counts"]["accepted"]) == ("checked", 2)
        assert found["reasons"] == {"short_or_emergency": 1}
        assert ok(api.get("/lists"))["items"] == []
        assert ok(api.post(f"{path}/import"), 202)["status"] == "doing"
        work()
        assert ok(api.get("/lists"))["items"][0]["imported"] == 2

    def test_one_that_is_dropped_is_gone(
        self, api: httpx.Client, world: World, work: Any, home: Path
    ) -> None:
        sent = send(api, draft(world), check="true")
        work()
        path = f"/uploads/{sent['errand_id']}"
        for _ in range(2):
            assert ok(api.post(f"{path}/drop"))["status"] == "dropped"
        assert [one for one in (home / "uploads").rglob("*") if one.is_file()] == []

    def test_a_column_is_what_the_program_says(
        self, api: httpx.Client, world: World, work: Any
    ) -> None:
        content = b"left,right\n+12125552671,+12125552672\n"
        sent = send(api, draft(world), content, map='{"phone": ["right"]}')
        work()
        assert ok(api.get(f"/uploads/{sent['errand_id']}"))["status"] == "done"
        assert '"phone":"+12125552672"' in api.get("/lists/1/leads?format=jsonl").text

    def test_a_file_of_no_leads_needs_somebody_who_is_sure(
        self, api: httpx.Client, world: World, work: Any
    ) -> None:
        content = b"phone\n" + b"12\n" * 30 + b"+12125552671\n"
        sent = send(api, draft(world), content)
        work()
        failed = ok(api.get(f"/uploads/{sent['errand_id']}"))
        assert failed["status"] == "failed"
        assert "no leads" in failed["error"]["what"]
        sent = send(api, 1, content, sure="true")
        work()
        assert ok(api.get(f"/uploads/{sent['errand_id']}"))["status"] == "done"

    def test_whoever_another_campaign_called_lately_can_be_left_out(
        self, api: httpx.Client, world: World, work: Any
    ) -> None:
        called(world, "+12125552671")
        asked = {"not_called_within": "30d"}
        checked = send(api, draft(world), check="true", **asked)
        sent = send(api, draft(world), **asked)
        work()
        everybody = send(api, draft(world))
        work()
        reasons = {"recently_called": 1, "short_or_emergency": 1}
        assert ok(api.get(f"/uploads/{checked['errand_id']}"))["reasons"] == reasons
        assert imported(api, sent) == (1, 2)
        assert imported(api, everybody) == (2, 1)

    def test_a_flag_goes_before_what_the_campaign_says_of_late_calls(
        self, api: httpx.Client, world: World, work: Any
    ) -> None:
        called(world, "+12125552671")
        world.clock.pass_time(days=10)  # type: ignore[attr-defined]
        said = send(api, draft(world, not_called_within="30d"))
        sooner = send(api, draft(world, not_called_within="30d"), not_called_within="1d 12h")
        work()
        assert imported(api, said) == (1, 2)
        assert imported(api, sooner) == (2, 1)

    @pytest.mark.parametrize(
        ("policy", "plans", "rejected"),
        [
            ("", ["gold", ""], 0),
            ("allow", ["gold", ""], 0),
            ("reject", ["gold"], 1),
            ("default=silver", ["gold", "silver"], 0),
        ],
    )
    def test_whoever_lacks_what_the_agent_says_is_taken_as_asked(
        self,
        api: httpx.Client,
        world: World,
        work: Any,
        policy: str,
        plans: list[str],
        rejected: int,
    ) -> None:
        campaign_id = draft(world, agent_id="agent_1", agent_override=ASKS_FOR_PLAN)
        checked = send(api, campaign_id, WITHOUT_PLAN, check="true", missing_variable=policy)
        sent = send(api, campaign_id, WITHOUT_PLAN, missing_variable=policy)
        work()
        counts = ok(api.get(f"/uploads/{checked['errand_id']}"))["counts"]
        assert (counts["accepted"], counts["rejected"]) == (len(plans), rejected)
        assert imported(api, sent) == (len(plans), rejected)
        lines = api.get("/lists/1/leads", params={"format": "jsonl"}).text.splitlines()
        assert [json.loads(line)["plan"] or "" for line in lines] == plans

    @pytest.mark.parametrize(
        ("fields", "what", "fix"),
        [
            ({"not_called_within": "30"}, "not_called_within", "not_called_within=30d"),
            ({"not_called_within": "9999d"}, "not_called_within", "not_called_within=30d"),
            ({"missing_variable": "default="}, "missing_variable", "default=there"),
            ({"missing_variable": "refuse"}, "missing_variable", "default=there"),
        ],
    )
    def test_what_is_not_understood_is_told_with_what_to_write(
        self,
        api: httpx.Client,
        world: World,
        home: Path,
        fields: dict[str, str],
        what: str,
        fix: str,
    ) -> None:
        told = send(api, draft(world), status=400, **fields)
        assert told["detail"] == f"{what} is not understood"
        assert "".join(fields.values()) in told["why"]
        assert fix in told["fix"]
        assert [one for one in (home / "uploads").rglob("*") if one.is_file()] == []

    @pytest.mark.parametrize(
        ("fields", "what"),
        [
            ({"map": "{"}, "map is no JSON"),
            ({"map": "[]"}, "map is no JSON object"),
            ({"map": '{"fone": "x"}'}, "map names fone"),
            ({"map": '{"phone": []}'}, "map names no column"),
            ({"country": "Atlantis"}, "is not a country"),
            ({"header_row": "first"}, "the header row is a number"),
        ],
    )
    def test_what_is_said_of_it_is_checked_at_once(
        self, api: httpx.Client, world: World, home: Path, fields: dict[str, str], what: str
    ) -> None:
        assert what in send(api, draft(world), status=400, **fields)["detail"]
        assert [one for one in (home / "uploads").rglob("*") if one.is_file()] == []

    def test_what_is_too_large_or_no_file_is_refused(
        self, api: httpx.Client, world: World, home: Path
    ) -> None:
        campaign_id = draft(world)
        assert "too large" in send(api, campaign_id, b"x" * 200_000, status=400)["detail"]
        problem(api.post(f"/campaigns/{campaign_id}/lists", json={"file": "x"}), 400)
        assert "no campaign 77" in send(api, 77, status=404)["detail"]
        assert [one for one in (home / "uploads").rglob("*") if one.is_file()] == []

    def test_nothing_is_kept_of_a_stranger(
        self, api: httpx.Client, world: World, home: Path
    ) -> None:
        reads_only = bearer(token_for(world, Scope.LEADS_READ, name="reader"))
        for headers in ({"authorization": "Bearer wrong"}, reads_only):
            answer = api.post("/campaigns/1/lists", files={"file": GOOD}, headers=headers)
            assert answer.status_code in (401, 403)
        assert not (home / "uploads").exists()


class TestDoNotCallFiles:
    def test_numbers_come_in_and_go_out(self, api: httpx.Client, world: World, work: Any) -> None:
        files = {"file": ("stop.csv", b"phone\n+12125552671\n12\n")}
        sent = ok(api.post("/do-not-call/files", data={"reason": "asked"}, files=files), 202)
        work()
        done = ok(api.get(f"/do-not-call/files/{sent['errand_id']}"))
        assert (done["status"], done["kind"]) == ("done", "opt_outs")
        assert (done["figures"]["added"], done["figures"]["rejected"]) == (1, 1)
        assert world.db.read(suppressions.count) == 1
        assert "+12125552671" in api.get("/do-not-call/export").text

    def test_a_register_is_loaded(self, api: httpx.Client, work: Any) -> None:
        files = {"file": ("us.txt", b"2125552671\n2125552672\n")}
        given = {"kind": "registry", "registry": "us-national", "dated": "2026-03-01"}
        ok(api.post("/do-not-call/files", data=given, files=files), 202)
        work()
        asked = {"phone": "+12125552671"}
        assert ok(api.get("/do-not-call/check", params=asked))["registries"] == ["us-national"]

    @pytest.mark.parametrize(
        ("given", "what"),
        [
            ({}, "there is no reason"),
            ({"reason": "x", "campaign_id": "all"}, "campaign_id is no number"),
            ({"reason": "x", "expires_at": "soon"}, "is no moment"),
            ({"reason": "x", "expires_at": "2030-01-01"}, "is no moment"),
            ({"reason": "x", "country": "Atlantis"}, "is not a country"),
            ({"kind": "registry", "dated": "2999-01-01"}, "has not come yet"),
            ({"kind": "registry", "dated": "March"}, "is no day"),
        ],
    )
    def test_what_is_said_of_it_is_checked_at_once(
        self, api: httpx.Client, home: Path, given: dict[str, str], what: str
    ) -> None:
        answer = api.post("/do-not-call/files", data=given, files={"file": ("a.csv", b"phone\n")})
        assert what in problem(answer, 400)["detail"]
        assert [one for one in (home / "uploads").rglob("*") if one.is_file()] == []


def test_a_forecast_is_asked_for_played_and_read(
    api: httpx.Client, world: World, work: Any
) -> None:
    path = f"/campaigns/{draft(world)}/forecast"
    problem(api.get(path), 404)
    send(api, 1)
    work()
    asked = ok(api.post(path, json={"lines": 2, "calls_per_second": 1, "days": 3}), 202)
    problem(api.post(path, json={"lines": 2, "calls_per_second": 1}), 409)
    assert ok(api.get(path))["status"] == "doing"
    work()
    told = ok(api.get(path))
    assert (told["errand_id"], told["status"]) == (asked["errand_id"], "done")
    assert told["found"]["leads"] == 2
    assert told["assumed"]["days"] == 3
    problem(api.post(path, json={"lines": 0, "calls_per_second": 1}), 422)


class TestFunctions:
    def test_they_are_listed_with_what_an_agent_needs_and_tried(
        self, api: httpx.Client, world: World, work: Any
    ) -> None:
        shown = {one["name"]: one for one in ok(api.get("/functions"))}
        assert {"do_not_call", "schedule_callback", "book_appointment"} <= set(shown)
        assert shown["do_not_call"]["tool"]["url"].endswith("/functions/do_not_call")
        send(api, draft(world))
        work()
        asked = {"arguments": {"when": "tomorrow at three"}, "lead_id": 1}
        told = ok(api.post("/functions/schedule_callback/try", json=asked))
        assert "We will call tomorrow" in told["answer"]
        assert ok(api.get("/leads/1"))["callback_at"] is None
        problem(api.post("/functions/nothing/try", json={}), 404)

    def test_times_are_offered_once_and_withdrawn(self, api: httpx.Client) -> None:
        for added in (1, 0):
            assert ok(api.post("/slots", json={"slots": [SLOT]}), 201)["added"] == added
        (one,) = ok(api.get("/slots"))
        assert one["starts_at"] == "2026-03-05T20:00:00Z"
        ok(api.delete("/slots", params={"starts_at": one["starts_at"]}))
        assert ok(api.get("/slots")) == []
        problem(api.delete("/slots", params={"starts_at": one["starts_at"]}), 404)
        backwards = {"starts_at": SLOT["ends_at"], "ends_at": SLOT["starts_at"]}
        problem(api.post("/slots", json={"slots": [backwards]}), 422)


def test_dead_letters_are_listed_shown_replayed_and_acknowledged(
    api: httpx.Client, world: World
) -> None:
    now = world.clock.now()

    def bury(tx: Connection) -> None:
        for event in ("e1", "e2"):
            row = webhooks.receive(tx, event, call_id=None, raw='{"event":"odd"}', now=now)
            assert row is not None
            webhooks.finish(tx, row, status=webhooks.DEAD, now=now, error="odd")

    world.db.transact(bury)
    first, second = ok(api.get("/webhooks/dead"))
    assert (first["event_id"], "raw" in first) == ("e1", False)
    assert ok(api.get(f"/webhooks/dead/{first['id']}"))["raw"] == '{"event":"odd"}'
    assert ok(api.post(f"/webhooks/dead/{first['id']}/replay"))["result"] == "replayed"
    path = f"/webhooks/dead/{second['id']}/acknowledge"
    assert ok(api.post(path, json={"note": "a test"}))["result"] == "acknowledged"
    problem(api.post(path, json={"note": "a test"}), 409)
    assert ok(api.get("/webhooks/dead")) == []
    problem(api.get("/webhooks/dead/77"), 404)


def test_a_phone_of_ones_own_is_called_as_a_lead(
    api: httpx.Client, world: World, work: Any
) -> None:
    send(api, draft(world, allow_fictional=True))
    work()
    control.start(world, 1, actor="test", despite="It is only a rehearsal.")
    told = ok(api.post("/leads/1/call-me", json={"to": "+12125552679"}), 201)
    test = ok(api.get(f"/leads/{told['test_lead_id']}"))
    assert (test["test_of"], test["phone"]) == (1, "+12125552679")
    problem(api.post("/leads/1/call-me", json={"to": "+12125552671"}), 409)
    assert ok(api.get("/leads/1"))["attempts"] == []
