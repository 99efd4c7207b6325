"""Health, metrics and the status page, as a browser and a monitor see them."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from factories import make_lead, make_spec
from web_peer import (
    KEY,
    HintsGiven,
    deliver,
    event_body,
    serving,
    settings_for,
    sign_in,
    world_on,
    world_without_tables,
)

import dialer
from dialer.actions import control, doubting
from dialer.actions.lead_control import skip
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.dispositions import Disposition
from dialer.domain.states import Analysis, AttemptStatus, ClosedAs, LeadStatus
from dialer.domain.zones import ZoneSource
from dialer.store import attempts, audits, campaigns, leads, migrate, result_delivery
from dialer.store.audits import AuditKind
from dialer.store.database import Connection, Database
from dialer.web import assets, pages
from dialer.web.app import create_app, make_app

PAGE = {"accept": "text/html"}
PROJECT = Path(__file__).parents[2] / "pyproject.toml"
STYLE = assets.url_of("dialer.css")
NOW = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)


@dataclass
class Site:
    """A web process and the world it shows."""

    web: httpx.Client
    world: World


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    settings = settings_for(database.url)
    world = world_on(database, settings, HintsGiven())
    with serving(make_app(world, settings)) as web:
        sign_in(web, world)
        yield Site(web, world)


@pytest.fixture
def sqlite_site(sqlite_url: str) -> Iterator[Site]:
    database = Database(sqlite_url)
    settings = settings_for(sqlite_url)
    world = world_on(database, settings, HintsGiven())
    with serving(make_app(world, settings)) as web:
        sign_in(web, world)
        yield Site(web, world)
    database.close()


def add_campaign(world: World, *, name: str = "Spring renewal") -> int:
    spec = CampaignSpec(name=name, from_numbers=("+12025550100",))
    return control.create(world, spec, actor="test")


def add_lead(world: World, campaign_id: int, phone: str, **values: Any) -> int:
    row = {
        "campaign_id": campaign_id,
        "phone": phone,
        "zones": "America/New_York",
        "zone_source": ZoneSource.NUMBER,
        "variables": {},
        "status": LeadStatus.READY,
        "due_at": NOW,
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": NOW,
    } | values

    def body(tx: Connection) -> int:
        leads.add(tx, [row])
        found = tx.exec_driver_sql("SELECT max(id) FROM lead").scalar_one()
        return int(found)

    return world.db.transact(body)


def add_attempt(world: World, campaign_id: int, lead_id: int, **values: Any) -> None:
    row = {
        "id": world.new_id(),
        "lead_id": lead_id,
        "campaign_id": campaign_id,
        "phone": "+12025550111",
        "n": 1,
        "from_number": "+12025550100",
        "status": AttemptStatus.ONGOING,
        "lines_open": 1,
        "lines_limit": 20,
        "created_at": NOW,
        "send_at": NOW,
        "late": False,
        "look_ups": 0,
        "absent_answers": 0,
        "replays": 0,
        "analysis": Analysis.NONE,
    } | values
    world.db.transact(lambda tx: tx.execute(attempts.attempt.insert().values(**row)))


def a_campaign_with_leads(world: World) -> int:
    campaign_id = add_campaign(world)
    closed = {"status": LeadStatus.CLOSED, "due_at": None, "tries": 1, "closed_at": NOW}
    add_lead(world, campaign_id, "+12025550110")
    busy = {"status": LeadStatus.IN_FLIGHT, "due_at": None, "tries": 1}
    calling = add_lead(world, campaign_id, "+12025550111", **busy)
    add_lead(world, campaign_id, "+12025550112", tries=1, due_at=NOW + timedelta(hours=1))
    add_lead(world, campaign_id, "+12025550113", status=LeadStatus.HELD, due_at=None)
    talked = add_lead(world, campaign_id, "+12025550114", closed_as=ClosedAs.REACHED, **closed)
    add_lead(world, campaign_id, "+12025550115", closed_as=ClosedAs.EXHAUSTED, **closed)
    add_lead(world, campaign_id, "+12025550116", closed_as=ClosedAs.EXHAUSTED, **closed)
    add_attempt(world, campaign_id, calling)
    over = {"status": AttemptStatus.ENDED, "disposition": Disposition.TALKED}
    add_attempt(world, campaign_id, talked, phone="+12025550114", **over)
    return campaign_id


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


class TestHealth:
    def test_a_living_process_says_so_without_a_database(self, tmp_path: Path) -> None:
        nowhere = f"sqlite:///{tmp_path}"  # a directory
        with serving(unstarted_app(nowhere)) as web:
            assert web.get("/healthz").status_code == 200
            answer = web.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["The database does not answer."]

    def test_a_database_at_the_newest_revision_is_ready(
        self, tmp_path: Path, bare_postgres_url: str, valkey_url: str
    ) -> None:
        for url in (f"sqlite:///{tmp_path}/migrated.db", bare_postgres_url):
            migrate.upgrade(url)
            settings = settings_for(url, redis_url=valkey_url)
            database = Database(url)
            with serving(make_app(world_on(database, settings, HintsGiven()), settings)) as web:
                answer = web.get("/readyz")
            database.close()
            assert answer.status_code == 200
            assert answer.json() == {
                "ready": True,
                "reasons": [],
                "revision": migrate.newest(),
                "broker": "ok",
                "mode": "simulator",
            }

    def test_a_database_that_was_never_migrated_is_not_ready_and_says_what_to_do(
        self, tmp_path: Path, bare_postgres_url: str
    ) -> None:
        for url in (f"sqlite:///{tmp_path}/bare.db", bare_postgres_url):
            settings, database = settings_for(url), Database(url)
            world = world_without_tables(database, settings, HintsGiven())
            with serving(make_app(world, settings)) as web:
                answer = web.get("/readyz")
            database.close()
            assert answer.status_code == 503
            (reason,) = answer.json()["reasons"]
            assert "was never migrated" in reason
            assert "dialer migrate" in reason

    def test_without_a_broker_it_is_still_ready_because_nothing_is_lost(
        self, tmp_path: Path
    ) -> None:
        url = f"sqlite:///{tmp_path}/migrated.db"
        migrate.upgrade(url)
        with serving(unstarted_app(url)) as web:
            answer = web.get("/readyz")
        assert (answer.status_code, answer.json()["broker"]) == (200, "unreachable")

    def test_a_broker_behind_several_addresses_is_not_asked(self, sqlite_url: str) -> None:
        settings = settings_for(sqlite_url, redis_url="sentinel://127.0.0.1:1;sentinel://x:2")
        database = Database(sqlite_url)
        with serving(make_app(world_on(database, settings, HintsGiven()), settings)) as web:
            assert web.get("/readyz").json()["broker"] == "unknown"
        database.close()


class TestMetrics:
    def test_figures_of_the_database_are_read_at_the_scrape(self, site: Site) -> None:
        a_campaign_with_leads(site.world)
        deliver(site.web, event_body())
        lines = site.web.get("/metrics").text.splitlines()
        assert "dialer_database_up 1.0" in lines
        assert "dialer_open_attempts 1.0" in lines
        assert "dialer_lines_in_force 20.0" in lines
        assert "dialer_webhook_events_new 1.0" in lines
        assert 'dialer_leads{status="READY"} 2.0' in lines
        assert 'dialer_leads{status="IN_FLIGHT"} 1.0' in lines
        assert 'dialer_leads{status="HELD"} 1.0' in lines
        assert 'dialer_leads{status="CLOSED"} 3.0' in lines

    def test_webhooks_are_counted_and_timed(self, sqlite_site: Site) -> None:
        deliver(sqlite_site.web, event_body())
        deliver(sqlite_site.web, event_body(), key="key_wrong")
        lines = sqlite_site.web.get("/metrics").text.splitlines()
        assert 'dialer_webhooks_total{event="call_ended",result="kept"} 1.0' in lines
        assert 'dialer_webhooks_refused_total{reason="signature_mismatch"} 1.0' in lines
        assert "dialer_webhook_seconds_count 2.0" in lines

    def test_a_scrape_without_a_database_says_so_and_gives_the_rest(self, tmp_path: Path) -> None:
        nowhere = f"sqlite:///{tmp_path}"  # a directory
        with serving(unstarted_app(nowhere)) as web:
            answer = web.get("/metrics")
        assert answer.status_code == 200
        assert "dialer_database_up 0.0" in answer.text
        assert "dialer_open_attempts" not in answer.text
        assert "dialer_webhook_seconds_count" in answer.text


class TestStatusPage:
    def test_it_shows_progress_lines_and_dispositions(self, site: Site) -> None:
        campaign_id = a_campaign_with_leads(site.world)
        answer = site.web.get("/")
        assert answer.status_code == 200
        words = words_of(answer.text)
        assert "1 of 20 lines in use 20 lines: our own limit." in words
        assert (
            "Spring renewal draft Not started yet. 3 of 7 leads are finished."
            " lines in use 1 reached 100 % left –"
        ) in words
        assert f'id="campaign-{campaign_id}"' in answer.text

    def test_a_held_campaign_shows_the_sentence_why(self, site: Site) -> None:
        campaign_id = add_campaign(site.world)
        control.start(site.world, campaign_id, actor="test")
        sentence = "Retell does not accept our key."
        site.world.db.transact(
            lambda tx: campaigns.hold(tx, campaign_id, reason="key", sentence=sentence, now=NOW)
        )
        assert f"held {sentence}" in words_of(site.web.get("/").text)

    def test_the_emergency_stop_is_seen_first(self, site: Site) -> None:
        control.pause_everything(site.world, actor="test")
        assert "Everything is paused" in site.web.get("/").text

    def test_a_doubted_database_is_seen_and_counted(self, site: Site) -> None:
        assert "dialer_database_doubted 0.0" in site.web.get("/metrics").text
        doubting.restored(site.world, actor="test", reason="Friday's backup.")
        assert "Friday&#39;s backup." in site.web.get("/").text
        metrics = site.web.get("/metrics").text
        assert "dialer_database_doubted 1.0" in metrics
        assert "dialer_incidents_open 1.0" in metrics

    def test_results_that_others_were_not_told_are_counted(self, site: Site) -> None:
        told = {"address": "https://crm.example.com/", "secret": "crm", "events": ["lead.closed"]}
        campaign_id = control.create(site.world, make_spec(results=told), actor="test")
        now = site.world.clock.now()
        lead_id = site.world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now))
        assert "dialer_results_waiting 0.0" in site.web.get("/metrics").text
        skip(site.world, lead_id, reason="test", actor="test")
        site.world.db.transact(
            lambda tx: result_delivery.switch_off(tx, campaign_id, now=now, error="x")
        )
        metrics = site.web.get("/metrics").text
        assert "dialer_results_waiting 1.0" in metrics
        assert "dialer_result_addresses_off 1.0" in metrics
        assert "dialer_results_dead 0.0" in metrics

    def test_the_last_audit_is_told_with_what_it_found(self, site: Site) -> None:
        assert "Audited" not in site.web.get("/").text
        now = site.world.clock.now()

        def body(tx: Connection) -> None:
            audits.claim(tx, AuditKind.RECENT, now=now, not_after=now)
            broken = {"I5": ["a"]}
            audits.finish(tx, AuditKind.RECENT, started_at=now, now=now, broken=broken)

        site.world.db.transact(body)
        assert "broken: I5" in words_of(site.web.get("/").text)
        metrics = site.web.get("/metrics").text
        assert 'dialer_audit_age_seconds{kind="recent"}' in metrics
        assert "dialer_audit_broken 1.0" in metrics

    def test_what_people_typed_is_never_markup(self, sqlite_site: Site) -> None:
        add_campaign(sqlite_site.world, name='<script>alert("x")</script>')
        page = sqlite_site.web.get("/").text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page

    def test_without_campaigns_it_says_how_to_make_one(self, sqlite_site: Site) -> None:
        page = sqlite_site.web.get("/").text
        assert "dialer campaigns create" in page
        assert 'href="/campaigns/new"' in page

    def test_numbers_of_people_are_not_on_it(self, sqlite_site: Site) -> None:
        a_campaign_with_leads(sqlite_site.world)
        assert "+1202" not in sqlite_site.web.get("/").text

    def test_the_mode_is_a_label_on_every_page(self, sqlite_url: str) -> None:
        database = Database(sqlite_url)
        live = settings_for(sqlite_url, mode="live", retell_api_key="key_live")
        for settings, label in (
            (settings_for(sqlite_url), "Simulator: no real phone rings"),
            (live, "Live: real phones ring"),
        ):
            with serving(make_app(world_on(database, settings, HintsGiven()), settings)) as web:
                assert label in web.get("/sign-in", headers=PAGE).text
        database.close()

    def test_without_a_database_there_is_a_page_that_says_so(self, tmp_path: Path) -> None:
        nowhere = f"sqlite:///{tmp_path}"  # a directory
        with serving(unstarted_app(nowhere)) as web:
            answer = web.get("/sign-in", headers=PAGE)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "The database does not answer" in answer.text

    def test_nothing_on_it_comes_from_another_host_or_stands_in_the_page(
        self, sqlite_site: Site
    ) -> None:
        a_campaign_with_leads(sqlite_site.world)
        page = sqlite_site.web.get("/").text
        assert "://" not in page
        assert not re.search(r"<style| style=| on\w+=|<script(?! src=)", page)

    def test_every_link_on_it_leads_to_an_answer(self, sqlite_site: Site) -> None:
        a_campaign_with_leads(sqlite_site.world)
        page = sqlite_site.web.get("/").text
        links = [link for link in re.findall(r'(?:href|src)="([^"]+)"', page) if link[0] == "/"]
        assert links
        for link in links:
            assert sqlite_site.web.get(link).status_code == 200


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", STYLE, "/no", "/leads/x"])
    def test_every_answer_tells_the_browser_to_trust_nothing_else(
        self, sqlite_site: Site, path: str
    ) -> None:
        headers = sqlite_site.web.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "microphone=()" in headers["permissions-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers

    def test_figures_are_not_cached_and_styles_may_be(self, sqlite_site: Site) -> None:
        assert sqlite_site.web.get("/").headers["cache-control"] == "no-store"
        assert "immutable" in sqlite_site.web.get(STYLE).headers["cache-control"]

    @pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/nothing", "/static/x"])
    def test_what_is_not_there_is_a_problem_document(self, sqlite_site: Site, path: str) -> None:
        answer = sqlite_site.web.get(path, headers={"accept": "*/*"})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "Not Found"

    def test_nothing_outside_of_the_static_directory_is_served(self, sqlite_site: Site) -> None:
        assert sqlite_site.web.get("/static/..%2fapp.py").status_code == 404


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/campaigns/99", "/"), ("/leads/99", "/"), ("/lists/99", "/lists")],
)
def test_a_page_of_what_is_not_there_leads_to_the_right_list(
    sqlite_site: Site, path: str, leads_to: str
) -> None:
    answer = sqlite_site.web.get(path)
    assert answer.status_code == 404
    words = words_of(answer.text)
    assert "dialer " not in words
    assert f'What to do: <a href="{leads_to}">' in answer.text
    assert re.search(r"There is no \w+ 99\. What to do: [^.]+ \. ", words)


def test_questions_about_leads_name_their_number_and_the_filter(sqlite_site: Site) -> None:
    number = a_campaign_with_leads(sqlite_site.world)
    add_lead(sqlite_site.world, number, "+12025550117", disposition=Disposition.BUSY)
    for _ in range(500):  # a count may come later than the page
        with_last = sqlite_site.web.get(f"/campaigns/{number}?last=busy").text
        if "Skip 1 lead (last: busy)" in with_last:
            break
    assert "Never call 1 lead (last: busy)" in with_last
    assert "Skip all 8 leads</h2>" in sqlite_site.web.get(f"/campaigns/{number}").text


def test_a_question_before_a_start_leads_to_where_a_finding_is_mended(sqlite_site: Site) -> None:
    number = a_campaign_with_leads(sqlite_site.world)
    shown = sqlite_site.web.get(f"/campaigns/{number}").text
    assert f'<a href="/campaigns/{number}/edit#caller-legal_name">Fill it in' in shown
    assert "Nobody wrote down in whose name the agent calls." in words_of(shown)
    assert "[caller]" not in shown


def test_making_the_app_connects_to_nothing(tmp_path: Path) -> None:
    unstarted_app(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()


def test_templates_and_styles_are_part_of_the_package() -> None:
    patterns = tomllib.loads(PROJECT.read_text())["tool"]["setuptools"]["package-data"]["dialer"]
    package = Path(dialer.__file__).parent
    shipped = {path for pattern in patterns for path in package.glob(pattern)}
    used = [*assets.STATIC.rglob("*"), *pages.TEMPLATES.rglob("*")]
    assert {path for path in used if path.is_file()} <= shipped


def unstarted_app(url: str) -> Any:
    """Make the app as a web process does, with nothing but its settings."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", url)
        environment.setenv("REDIS_URL", "unix:///nowhere.sock")
        environment.setenv("DIALER_WEBHOOK_KEYS", KEY)
        return create_app()


def test_limits_set_at_the_start_are_the_ones_shown(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    settings = settings_for(sqlite_url, lines=7)
    world = world_on(database, settings, HintsGiven())
    with serving(make_app(world, settings)) as web:
        sign_in(web, world)
        assert "0 of 7 lines in use" in words_of(web.get("/").text)
    database.close()
