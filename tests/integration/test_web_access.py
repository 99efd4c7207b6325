"""Who may do what over the web: every route there is, strangers, roles, sessions, other sites."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from api_peer import browsing
from fastapi.routing import APIRoute
from web_peer import serving, settings_for, sign_in

from dialer.actions import api_tokens, control, people
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.roles import Role, Scope
from dialer.web import access, status_page
from dialer.web.access import COOKIE, SAFE_METHODS, GuardedRouter
from dialer.web.app import ROUTERS, make_app
from dialer.web.assets import url_of

PASSWORD = "four words without sense"
PAGE = {"accept": "text/html"}
OURS = {"sec-fetch-site": "same-origin"}
PUBLIC = {
    *(
        "/webhooks/retell",
        "/webhooks/retell/inbound",
        "/functions/{name}",
        "/healthz",
        "/readyz",
        "/metrics",
        "/static/{name}",
    ),
    *("/sign-in", "/welcome/{link}", "/link/{link}"),
}
OWN_ACCOUNT = {"/sign-out", "/sign-out-everywhere", "/account", "/account/password"}

Route = tuple[str, str]


def routes() -> list[tuple[GuardedRouter, str, str]]:
    """Give every route of the app: its router, method and path."""
    return [
        (router, method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


GUARDED = [(method, path) for router, method, path in routes() if router.needed is not None]
UNSAFE = [(method, path) for method, path in GUARDED if method not in SAFE_METHODS]


@pytest.fixture
def web(world: World) -> Iterator[httpx.Client]:
    with browsing(world) as stranger:
        yield stranger


def ask(web: httpx.Client, route: Route, **options: Any) -> httpx.Response:
    method, path = route
    return web.request(method, re.sub(r"\{\w+\}", "1", path), **options)


def add_person(world: World, name: str = "ann", role: Role = Role.ADMIN) -> None:
    now = world.clock.now()
    people.add(world.db, name, password=PASSWORD, role=role, actor="test", now=now)


def sign_in_by_form(web: httpx.Client, **changes: str) -> httpx.Response:
    form = {"name": "ann", "password": PASSWORD} | changes
    return web.post("/sign-in", data=form, headers=PAGE | OURS)


class TestEveryRoute:
    def test_the_app_has_no_route_that_does_not_say_who_may_use_it(self, world: World) -> None:
        app = make_app(world, settings_for(world.db.url))
        known = {path for _, _, path in routes()}
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert path not in known
        answered = {
            getattr(route, "path", None) for route in app.routes if isinstance(route, APIRoute)
        }
        assert answered <= known

    def test_those_open_to_all_are_these(self) -> None:
        assert {path for router, _, path in routes() if router.needed is None} == PUBLIC

    def test_the_others_refuse_a_stranger(self, web: httpx.Client) -> None:
        for route in GUARDED:
            assert ask(web, route).status_code == 401, route
            page = ask(web, route, headers=PAGE)
            if route[0] in SAFE_METHODS:
                assert page.status_code == 303, route
                assert page.headers["location"].startswith("/sign-in"), route
            else:
                assert page.status_code == 401, route

    def test_those_that_change_something_refuse_a_viewer(
        self, web: httpx.Client, world: World
    ) -> None:
        sign_in(web, world, Role.VIEWER)
        changing = [route for route in UNSAFE if route[1] not in OWN_ACCOUNT]
        answers = {route: ask(web, route, headers=OURS).status_code for route in changing}
        assert answers == dict.fromkeys(changing, 403)
        assert changing

    def test_a_router_for_viewers_takes_no_route_that_changes_something(self) -> None:
        router = access.requires(Role.VIEWER)
        with pytest.raises(TypeError, match="viewers may only look"):
            router.post("/leads/{lead_id}/call")(lambda: None)


class TestRoles:
    @pytest.mark.parametrize("role", list(Role))
    def test_each_role_may_what_the_roles_before_it_may(self, role: Role) -> None:
        assert [role.includes(other) for other in Role] == sorted(
            (role.includes(other) for other in Role), reverse=True
        )
        assert role.includes(role)

    def test_a_viewer_who_tries_to_change_something_is_told_why_not(
        self, web: httpx.Client, world: World
    ) -> None:
        sign_in(web, world, Role.VIEWER)
        answer = web.post("/leads/1/skip", data={"reason": "x"}, headers=OURS)
        assert answer.status_code == 403
        assert "You are a viewer; this needs an operator." in answer.text


class TestTokens:
    def test_a_token_is_who_it_says_and_may_what_its_scopes_say(
        self, web: httpx.Client, world: World
    ) -> None:
        now = world.clock.now()
        row, token = api_tokens.create(world.db, "ci", scopes=[Scope.READ], actor="test", now=now)
        bearer = {"authorization": f"Bearer {token}"}
        assert web.get("/", headers=bearer).status_code == 200
        assert web.post("/leads/1/skip", headers=bearer).status_code == 403
        api_tokens.revoke(world.db, row, actor="test", now=now)
        refused = web.get("/", headers=bearer)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"

    def test_a_wrong_token_is_not_passed_over_for_a_cookie(
        self, web: httpx.Client, world: World
    ) -> None:
        sign_in(web, world)
        assert web.get("/").status_code == 200
        wrong = {"authorization": "Bearer nonsense", "accept": "*/*"}
        assert web.get("/", headers=wrong).status_code == 401


class TestSignIn:
    def test_the_cookie_is_closed_to_scripts_and_other_sites(
        self, web: httpx.Client, world: World
    ) -> None:
        add_person(world)
        answer = sign_in_by_form(web, next="/account")
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        assert "Path=/" in cookie
        assert web.get("/account", headers=PAGE).status_code == 200

    def test_behind_tls_the_cookie_is_only_sent_there(
        self, web: httpx.Client, world: World
    ) -> None:
        add_person(world)
        form = {"name": "ann", "password": PASSWORD}
        headers = PAGE | OURS | {"x-forwarded-proto": "https"}
        assert "Secure" in web.post("/sign-in", data=form, headers=headers).headers["set-cookie"]

    def test_a_new_sign_in_ends_the_session_the_browser_had(
        self, web: httpx.Client, world: World
    ) -> None:
        add_person(world)
        sign_in_by_form(web)
        before = web.cookies[COOKIE]
        sign_in_by_form(web)
        assert web.cookies[COOKIE] != before
        web.cookies.set(COOKIE, before)
        assert web.get("/").status_code == 401

    def test_a_wrong_password_is_told_beside_the_form(
        self, web: httpx.Client, world: World
    ) -> None:
        add_person(world)
        answer = sign_in_by_form(web, password="not it at all")
        assert answer.status_code == 400
        assert "Name or password is not right." in answer.text
        assert "set-cookie" not in answer.headers
        assert "not it at all" not in answer.text

    @pytest.mark.parametrize(
        "way",
        ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "javascript:1"],
    )
    def test_the_way_back_never_leads_to_another_host(
        self, web: httpx.Client, world: World, way: str
    ) -> None:
        add_person(world)
        assert sign_in_by_form(web, next=way).headers["location"] == "/"

    def test_signing_out_ends_the_session_and_takes_the_cookie_away(
        self, web: httpx.Client, world: World
    ) -> None:
        add_person(world)
        sign_in_by_form(web)
        token = web.cookies[COOKIE]
        web.post("/sign-out", headers=OURS)
        assert COOKIE not in web.cookies
        web.cookies.set(COOKIE, token)
        assert web.get("/").status_code == 401

    def test_ones_own_password_is_changed_by_who_knows_the_old_one(
        self, web: httpx.Client, world: World
    ) -> None:
        add_person(world)
        sign_in_by_form(web)
        form = {"old": "guess", "new": "another long one", "again": "another long one"}
        assert web.post("/account/password", data=form, headers=PAGE | OURS).status_code == 400
        form["old"] = PASSWORD
        unlike = form | {"again": "unlike it"}
        assert web.post("/account/password", data=unlike, headers=PAGE | OURS).status_code == 400
        assert web.post("/account/password", data=form, headers=PAGE | OURS).status_code == 303
        assert sign_in_by_form(web).status_code == 400
        assert sign_in_by_form(web, password="another long one").status_code == 303

    def test_with_nobody_there_it_says_how_the_first_one_comes_in(self, web: httpx.Client) -> None:
        assert "Nobody can sign in yet" in web.get("/sign-in", headers=PAGE).text

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": "Maria!"}, "name"),
            ({"password": "short"}, "password"),
            ({"again": "unlike it"}, "again"),
        ],
    )
    def test_the_first_person_keeps_the_name_and_is_led_to_what_is_wrong(
        self, web: httpx.Client, world: World, wrong: dict[str, str], field: str
    ) -> None:
        link = people.first_link(world.db, now=world.clock.now())
        form = {"name": "Maria", "password": PASSWORD, "again": PASSWORD} | wrong
        answer = web.post(f"/welcome/{link}", data=form, headers=PAGE | OURS)
        assert answer.status_code == 400
        assert f'value="{form["name"]}"' in answer.text
        assert f'<a href="#{field}">' in answer.text
        assert re.search(rf'<input id="{field}"[^>]* aria-invalid="true"', answer.text)
        assert people.everybody(world.db) == []

    def test_the_first_person_sees_the_name_as_it_will_be(
        self, web: httpx.Client, world: World
    ) -> None:
        link = people.first_link(world.db, now=world.clock.now())
        shown = web.get(f"/welcome/{link}", headers=PAGE).text
        assert 'name="name" class="small-letters"' in shown
        assert "Maria becomes maria" in shown
        form = {"name": "Maria", "password": PASSWORD, "again": PASSWORD}
        assert web.post(f"/welcome/{link}", data=form, headers=PAGE | OURS).status_code == 303
        assert [one.name for one in people.everybody(world.db)] == ["maria"]

    def test_a_link_that_nobody_made_lets_nobody_in(self, web: httpx.Client, world: World) -> None:
        assert web.get("/welcome/guess", headers=PAGE).status_code == 410
        form = {"name": "eve", "password": PASSWORD, "again": PASSWORD}
        answer = web.post("/welcome/guess", data=form, headers=PAGE | OURS)
        assert answer.status_code == 409
        assert people.everybody(world.db) == []

    def test_the_link_is_printed_beside_the_log_as_long_as_nobody_is_there(
        self, world: World, capfd: pytest.CaptureFixture[str]
    ) -> None:
        settings = settings_for(world.db.url)
        with serving(make_app(world, settings)) as web:
            told = capfd.readouterr().err
            link = re.search(r"/welcome/\S+", told)
            assert link is not None
            assert web.get(link.group(), headers=PAGE).status_code == 200
        add_person(world)
        with serving(make_app(world, settings)):
            assert "/welcome/" not in capfd.readouterr().err


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
        ],
        ids=str,
    )
    def test_what_another_site_sends_is_refused(
        self, web: httpx.Client, world: World, headers: dict[str, str]
    ) -> None:
        sign_in(web, world)
        assert web.post("/sign-out", headers=headers).status_code == 403
        assert web.get("/", headers=headers).status_code == 200

    def test_what_our_own_pages_and_programs_send_is_taken(
        self, web: httpx.Client, world: World
    ) -> None:
        own = f"http://{web.base_url.netloc.decode()}"
        for headers in ({}, {"origin": own}, {"sec-fetch-site": "same-origin"}):
            sign_in_anew(web, world)
            assert web.post("/sign-out", headers=headers).status_code == 303


class TestBodies:
    def test_a_large_form_is_refused_before_it_is_read(self, web: httpx.Client) -> None:
        large = {"name": "x" * 70_000}
        assert web.post("/sign-in", data=large).status_code == 413

    def test_a_form_without_a_length_is_refused(self, web: httpx.Client) -> None:
        assert web.post("/sign-in", content=iter([b"name=x"])).status_code == 411


class TestErrors:
    def test_a_crash_has_a_reference_that_is_in_the_log_and_no_traceback(
        self,
        web: httpx.Client,
        world: World,
        capfd: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        sign_in(web, world)

        spec = CampaignSpec(name="Spring", from_numbers=("+12025550100",))
        control.create(world, spec, actor="test")
        world.db.transact(lambda tx: tx.exec_driver_sql("UPDATE campaign SET status = 'odd'"))
        answer = web.get("/")
        assert answer.status_code == 500
        found = re.search(r"in the log as (\w{8})", answer.text)
        assert found is not None
        # Where the log goes was settled by whichever test of this process came first.
        assert found.group(1) in "".join((*capfd.readouterr(), caplog.text))
        assert "Traceback" not in answer.text
        assert "LookupError" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    def test_what_is_not_there_is_told_as_a_page(self, web: httpx.Client, world: World) -> None:
        sign_in(web, world)
        for path in ("/nothing", "/leads/x", "/leads/999999", "/campaigns/77"):
            answer = web.get(path)
            assert answer.status_code == 404
            assert answer.headers["content-type"].startswith("text/html")


class TestRefusedActions:
    def test_an_action_that_a_rule_refuses_says_why_and_leads_back(
        self, web: httpx.Client, world: World
    ) -> None:
        sign_in(web, world)
        answer = web.post("/leads/77/skip", data={"reason": "x"}, headers=OURS)
        assert answer.status_code == 404
        assert "There is no lead 77" in answer.text
        assert '<a href="/leads/77">' in answer.text


class TestTransfer:
    def test_pages_are_compressed_and_event_streams_would_not_be(
        self, web: httpx.Client, world: World
    ) -> None:
        from starlette.middleware import gzip

        assert web.get(url_of("dialer.css")).headers["content-encoding"] == "gzip"
        assert "text/event-stream" in gzip.DEFAULT_EXCLUDED_CONTENT_TYPES

    def test_a_page_weighs_less_than_150_kb(self, web: httpx.Client, world: World) -> None:
        sign_in(web, world)
        names = [url_of(name) for name in ("dialer.css", "dialer.js", "htmx.js")]
        sent = 0
        for path in ("/", *names):
            with web.stream("GET", path) as answer:
                sent += sum(len(part) for part in answer.iter_raw())
        assert sent < 150_000

    def test_scripts_and_styles_are_kept_for_good_under_the_name_of_their_content(
        self, web: httpx.Client
    ) -> None:
        answer = web.get(url_of("htmx.js"))
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.fullmatch(r"/static/htmx\.[0-9a-f]{12}\.js", url_of("htmx.js"))
        assert web.get("/static/htmx.js").status_code == 404


def sign_in_anew(web: httpx.Client, world: World) -> None:
    for person in people.everybody(world.db):
        world.db.transact(
            lambda tx, which=person.id: tx.exec_driver_sql(
                f"DELETE FROM user_account WHERE id = {which}"
            )
        )
    web.cookies.clear()
    sign_in(web, world)


def test_every_state_of_a_lead_is_counted_on_the_pages() -> None:
    from dialer.domain.states import LeadState
    from dialer.store.figures import Progress

    assert set(status_page.COUNTED_IN) == set(LeadState)
    assert all(hasattr(Progress(), name) for name in status_page.COUNTED_IN.values())
