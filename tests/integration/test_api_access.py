"""Who may do what over the API: every route and every scope, wrong tokens, and what errors say."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from api_peer import bearer, draft, ok, problem, token_for
from fastapi.routing import APIRoute
from web_peer import settings_for, sign_in

from dialer.actions import api_tokens
from dialer.actions.world import World
from dialer.domain.roles import OF_API, Scope, api_scopes
from dialer.store import ledger
from dialer.web.api import access
from dialer.web.api.access import ScopedRouter
from dialer.web.api.app import ROUTERS, make_api
from dialer.web.site import Site

OPEN = {"/openapi.json", "/docs"}
Route = tuple[str, str]


def routes() -> list[tuple[ScopedRouter, str, str]]:
    """Give every route of the API: its router, method and path."""
    return [
        (router, method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


SCOPED = [(method, path, router.scope) for router, method, path in routes() if router.scope]


def ask(api: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
    return api.request(method, re.sub(r"\{\w+\}", "77", path), **options)


class TestScopes:
    def test_every_route_asks_for_one_scope_but_for_those_about_the_api(self) -> None:
        assert {path for router, _, path in routes() if router.scope is None} == OPEN
        assert {scope for _, _, scope in SCOPED} == OF_API
        assert len(SCOPED) > 50

    def test_the_app_has_no_other_routes(self, world: World) -> None:
        site = Site(settings_for(world.db.url), build=lambda: world, release=lambda _: None)
        api = make_api(site)
        site.close()
        assert {*api.openapi()["paths"], *OPEN} == {path for _, _, path in routes()}

    def test_a_route_asks_for_no_scope_that_opens_pages(self) -> None:
        with pytest.raises(TypeError, match="opens pages"):
            access.asks(Scope.OPERATE, tag="x")

    def test_each_scope_opens_its_own_routes_and_no_others(
        self, api: httpx.Client, world: World
    ) -> None:
        alone = {scope: bearer(token_for(world, scope, name=scope.name)) for scope in OF_API}
        others = {
            scope: bearer(token_for(world, *(OF_API - {scope}), name=f"not {scope.name}"))
            for scope in OF_API
        }
        for method, path, needed in SCOPED:
            opened = ask(api, method, path, headers=alone[needed], params={"phone": "x"})
            assert opened.status_code not in (401, 403), (method, path)
            answer = ask(api, method, path, headers=others[needed])
            assert str(needed) in problem(answer, 403)["detail"]
            assert f'scope="{needed}"' in answer.headers["www-authenticate"]

    def test_a_stranger_is_refused_everywhere_before_anything_is_looked_at(
        self, api: httpx.Client
    ) -> None:
        for method, path, _ in SCOPED:
            answer = ask(api, method, path, headers={"authorization": ""})
            problem(answer, 401)
            assert answer.headers["www-authenticate"].startswith("Bearer")

    def test_scopes_of_pages_hold_those_of_the_api_that_a_person_has(self) -> None:
        assert api_scopes(["read"]) == {Scope.CAMPAIGNS_READ, Scope.SCHEDULES_READ}
        assert api_scopes(["operate"]) == api_scopes(["admin"]) == OF_API
        assert api_scopes(["leads:read", "nothing"]) == {Scope.LEADS_READ}


class TestTokens:
    def test_a_session_opens_nothing(self, api: httpx.Client, world: World) -> None:
        sign_in(api, world)
        problem(api.get("/campaigns", headers={"authorization": ""}), 401)

    def test_a_token_of_the_api_opens_no_page(self, api: httpx.Client) -> None:
        pages = str(api.base_url).removesuffix("/api/v1/")
        assert httpx.get(pages, headers=api.headers).status_code == 401

    @pytest.mark.parametrize("header", ["Bearer wrong", "Basic x", "Bearer"])
    def test_a_wrong_token_is_refused(self, api: httpx.Client, header: str) -> None:
        problem(api.get("/campaigns", headers={"authorization": header}), 401)

    def test_a_revoked_token_is_refused_at_once(self, api: httpx.Client, world: World) -> None:
        token = bearer(token_for(world, name="shop"))
        ok(api.get("/campaigns", headers=token))
        (row,) = [one for one in api_tokens.everything(world.db) if one.name == "shop"]
        api_tokens.revoke(world.db, row.id, actor="test", now=world.clock.now())
        told = api.get("/campaigns", headers=token)
        problem(told, 401)
        assert 'error="invalid_token"' in told.headers["www-authenticate"]

    def test_a_token_ends_when_it_was_to_end(self, world: World) -> None:
        now = world.clock.now()
        token = token_for(world, expires_at=now + timedelta(days=1))
        almost, then = now + timedelta(hours=23, minutes=59), now + timedelta(days=1)
        assert api_tokens.program_of(world.db, token, now=almost) is not None
        assert api_tokens.program_of(world.db, token, now=then) is None

    def test_its_last_use_is_known_to_the_minute(self, world: World) -> None:
        token, now = token_for(world), world.clock.now()
        for seconds in (0, 30, 90):
            api_tokens.program_of(world.db, token, now=now + timedelta(seconds=seconds))
        (row,) = api_tokens.everything(world.db)
        assert row.last_used_at == now + timedelta(seconds=90)
        api_tokens.program_of(world.db, token, now=now + timedelta(seconds=149))
        assert api_tokens.everything(world.db)[0].last_used_at == row.last_used_at

    def test_what_it_does_is_in_the_activity_log_under_its_name(
        self, api: httpx.Client, world: World
    ) -> None:
        campaign_id = draft(world)
        ok(api.patch(f"/campaigns/{campaign_id}", json={"set": {"limits.lines": 3}}))
        done = world.db.read(lambda tx: ledger.of_subject(tx, f"campaign:{campaign_id}"))
        assert [(one.actor, one.action) for one in done][-1] == ("token:crm", "edit")
        told = ok(api.get("/activity", params={"actor": "token:crm"}))
        assert [one["action"] for one in told["items"]] == ["edit"]


class TestProblems:
    def test_what_is_not_there_and_wrong_methods_are_problems_too(self, api: httpx.Client) -> None:
        for path in ("/nothing", "/campaigns/a/b", "/attempts/%0A%0D", "/%E2%80%AE"):
            assert problem(api.get(path), 404)["fix"]
        problem(api.put("/campaigns"), 405)
        assert problem(api.get("/campaigns/77"), 404)["detail"] == "there is no campaign 77"

    def test_fields_that_are_not_valid_are_named(self, api: httpx.Client) -> None:
        answer = api.post("/do-not-call", json={"phones": [], "x": 1, "campaign_id": 0})
        told = problem(answer, 422)
        assert {one["where"] for one in told["errors"]} == {
            "body.phones",
            "body.x",
            "body.campaign_id",
        }

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"{", 400),
            (b"\xff\xfe", 400),
            (b'{"phones": ["\\u0000"]}', 400),
            (b'{"phones": ["\\ud800"]}', 400),
            (b'{"phones": [1e400]}', 400),
            (b'{"phones": [NaN]}', 400),
            (b'{"campaign_id": 99999999999999999999999999}', 422),
            (b'{"campaign_id": 18446744073709551615}', 400),
            (b"[" * 100_000, 400),
            (b'{"phones": ' + b"[" * 40 + b"]" * 40 + b"}", 400),
            (b'"' + b"x" * 300_000 + b'"', 413),
        ],
        ids=lambda one: repr(one)[:40],
    )
    def test_odd_bodies_are_refused_as_what_they_are(
        self, api: httpx.Client, body: bytes, status: int
    ) -> None:
        headers = {"content-type": "application/json"}
        assert problem(api.post("/do-not-call", content=body, headers=headers), status)["fix"]

    def test_a_body_that_is_no_json_is_refused_by_its_type(self, api: httpx.Client) -> None:
        headers = {"content-type": "text/plain"}
        problem(api.post("/do-not-call", content=b'{"phones": []}', headers=headers), 415)

    def test_a_body_without_a_length_is_taken_as_far_as_allowed(self, api: httpx.Client) -> None:
        headers = {"content-type": "application/json"}
        small = iter([b'{"phones": ', b'["12"]}'])
        ok(api.post("/do-not-call", content=small, headers=headers))
        large = iter([b"x" * 100_000] * 4)
        problem(api.post("/do-not-call", content=large, headers=headers), 413)

    @pytest.mark.parametrize("path", ["/campaigns?cursor=%00", "/calls/a%00b", "/leads?phone=%00"])
    def test_a_nul_in_the_address_is_refused(self, api: httpx.Client, path: str) -> None:
        problem(api.get(path), 400)

    @pytest.mark.parametrize("number", ["0", "-1", "x", "9223372036854775808", "1" * 40])
    def test_ids_that_no_database_holds_are_refused(self, api: httpx.Client, number: str) -> None:
        for path in ("/campaigns/{}", "/leads/{}", "/lists/{}", "/schedules/{}"):
            problem(api.get(path.format(number)), 422)

    def test_the_largest_id_is_only_not_there(self, api: httpx.Client) -> None:
        for path in ("/campaigns/{}", "/leads/{}", "/lists/{}/rejects", "/schedules/{}/runs"):
            problem(api.get(path.format(2**63 - 1)), 404)

    def test_a_crash_has_a_reference_that_is_in_the_log_and_no_traceback(
        self,
        api: httpx.Client,
        world: World,
        capfd: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        draft(world)
        world.db.transact(lambda tx: tx.exec_driver_sql("UPDATE campaign SET status = 'odd'"))
        answer = api.get("/campaigns")
        told = problem(answer, 500)
        assert told["reference"] in told["detail"]
        # Where the log goes was settled by whichever test of this process came first.
        assert told["reference"] in "".join((*capfd.readouterr(), caplog.text))
        assert "Traceback" not in answer.text
        assert "LookupError" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    def test_an_outage_says_to_come_again(self, api: httpx.Client, world: World) -> None:
        world.db.transact(lambda tx: tx.exec_driver_sql("ALTER TABLE api_token RENAME TO gone"))
        answer = api.get("/campaigns")
        problem(answer, 503)
        assert answer.headers["retry-after"]


class TestDocument:
    def test_it_names_each_operation_its_scope_and_how_errors_look(self, api: httpx.Client) -> None:
        document = ok(api.get("/openapi.json", headers={"authorization": ""}))
        assert document["openapi"].startswith("3.1")
        assert document["servers"] == [{"url": "/api/v1"}]
        operations = [one for path in document["paths"].values() for one in path.values()]
        names = [one["operationId"] for one in operations]
        assert len(names) == len(set(names)) == len(SCOPED)
        for one in operations:
            assert re.fullmatch(r"[a-z_]+", one["operationId"])
            assert one["security"][0]["token"][0] in OF_API
            assert one["description"]
            errors = one["responses"]["4XX"]["content"]
            assert list(errors) == ["application/problem+json"]

    def test_every_body_has_examples(self, api: httpx.Client) -> None:
        document = ok(api.get("/openapi.json"))
        text = repr(document["components"]["schemas"]["PushedLead"])
        assert "(212) 555-2671" in text
        assert "examples" in repr(document["components"]["schemas"]["Problem"])

    def test_the_page_needs_no_script_and_no_other_host(self, api: httpx.Client) -> None:
        answer = api.get("/docs", headers={"authorization": "", "accept": "text/html"})
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "<script" not in answer.text
        assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", answer.text)
        for _, path, scope in SCOPED:
            assert f"/api/v1{path}" in answer.text
            assert str(scope) in answer.text
        assert 'id="problem-not-found"' in answer.text
