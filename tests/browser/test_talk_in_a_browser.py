"""Talking to the agent as a lead: typed in a rehearsal, by Retell's own kit with a live agent."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factories import Stage, make_stage
from looks import LOOKS, PASSWORD, Place, Seen, sign_in
from playwright.sync_api import Browser, Page, expect
from test_lead_in_a_browser import reach
from test_pages_in_a_browser import MOST_BYTES, WEIGH, violations
from web_peer import serving, settings_for

from dialer.actions import people
from dialer.bootstrap import open_provider
from dialer.domain.roles import Role
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.testing import running_simulator
from dialer.store import ledger
from dialer.web.app import make_app
from dialer.web.talk_page import KIT_HOST

VARIABLES = {"first_name": "Ada", "plan": "Team"}
KEY = "key_of_a_workspace"


class Talks:
    """A dialer beside a simulator, in a rehearsal or as if the agent were a live one."""

    def __init__(self, stack: ExitStack, database: Path, flags: dict[str, Any]) -> None:
        url = stack.enter_context(running_simulator(SimulatorSettings(api_key=KEY)))
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DIALER_HOME", str(database.parent))
            settings = settings_for(
                f"sqlite:///{database}", retell_base_url=url, retell_api_key=KEY, **flags
            )
        self.stage: Stage = make_stage(f"sqlite:///{database}")
        provider = open_provider(settings)
        stack.callback(provider.close)
        self.stage.world = replace(self.stage.world, provider=provider)
        stack.callback(self.stage.world.db.close)
        now = self.stage.clock.now()
        for role in Role:
            people.add(
                self.stage.world.db,
                role.value,
                password=PASSWORD,
                role=role,
                actor="test",
                now=now,
            )
        lead = self.stage.lead(
            self.stage.draft(name="Spring"), name="Ada Example", variables=VARIABLES
        )
        web = stack.enter_context(serving(make_app(self.stage.world, settings)))
        self.lead_id = lead
        self.place = Place(str(web.base_url).rstrip("/"), self.stage, database.parent, None)  # type: ignore[arg-type]

    @property
    def page(self) -> str:
        return f"{self.place.url}/leads/{self.lead_id}/talk"

    @property
    def activity(self) -> list[str]:
        db = self.stage.world.db
        return [
            one.action for one in db.read(lambda tx: ledger.of_subject(tx, f"lead:{self.lead_id}"))
        ]


def opened(tmp: Path, template: Path, **flags: Any) -> Iterator[Talks]:
    database = tmp / "dialer.db"
    shutil.copy(template, database)
    with ExitStack() as stack:
        yield Talks(stack, database, flags)


@pytest.fixture
def rehearsal(tmp_path: Path, sqlite_template: Path) -> Iterator[Talks]:
    yield from opened(tmp_path, sqlite_template)


@pytest.fixture
def live(tmp_path: Path, sqlite_template: Path) -> Iterator[Talks]:
    yield from opened(tmp_path, sqlite_template, mode="live")


def test_a_talk_is_held_by_the_keyboard_alone(page: Page, rehearsal: Talks) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, rehearsal.place)
    page.goto(f"{rehearsal.place.url}/leads/{rehearsal.lead_id}")
    page.get_by_role("link", name="Talk to the agent as this lead").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Talk to the agent as Ada Example")).to_be_visible()
    assert rehearsal.activity == []  # nothing is asked of Retell before somebody wants to talk
    reach(page, "Start talking")
    page.keyboard.press("Enter")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Hello Ada, this is a simulated call.")
    expect(page.get_by_label("You say")).to_be_focused()
    for said, heard in (("Which plan?", "My notes say: plan Team."), ("A robot?", "an AI agent")):
        page.keyboard.type(said)
        page.keyboard.press("Enter")
        expect(log).to_contain_text(heard)
        expect(page.get_by_label("You say")).to_have_value("")
        expect(page.get_by_label("You say")).to_be_focused()
    reach(page, "Hang up")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    expect(page.get_by_text("The call is over: user hangup.")).to_be_visible()
    expect(log.locator("p")).to_have_count(5)
    assert rehearsal.activity == ["web_call"]
    assert seen.said == []
    assert {url for url in seen.asked if not url.startswith((rehearsal.place.url, "data:"))} == (
        set()
    )


def test_a_talk_can_be_held_without_scripts(browser: Browser, rehearsal: Talks) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, rehearsal.place)
        page.goto(rehearsal.page)
        page.get_by_role("button", name="Start talking").click()
        page.get_by_label("You say").fill("Goodbye")
        page.get_by_role("button", name="Say it").click()
        expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
        expect(page.get_by_text("Thank you for your time. Goodbye.")).to_be_visible()


@pytest.mark.slow
def test_a_talk_can_be_used_by_everybody(browser: Browser, rehearsal: Talks, look: str) -> None:
    with browser.new_context(**LOOKS[look]) as context:
        page = context.new_page()
        sign_in(page, rehearsal.place)
        page.goto(rehearsal.page)
        found = {"before": violations(page)}
        page.get_by_role("button", name="Start talking").click()
        page.get_by_label("You say").fill("Go ahead")
        page.get_by_role("button", name="Say it").click()
        expect(page.get_by_role("log")).to_contain_text("I have noted")
        found["talk"] = violations(page)
        page.get_by_role("button", name="Hang up").click()
        expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
        found["over"] = violations(page)
        page.goto(f"{rehearsal.place.url}/leads/{rehearsal.lead_id}")
        page.get_by_role("button", name="Call my phone").click()
        page.locator("dialog#mine[open]").wait_for()
        found["phone"] = violations(page)
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_what_goes_wrong_in_a_talk_is_told_beside_it(page: Page, rehearsal: Talks) -> None:
    sign_in(page, rehearsal.place)
    page.goto(rehearsal.page)
    page.get_by_role("button", name="Start talking").click()
    page.get_by_label("You say").wait_for()
    page.locator("input[name=token]").first.evaluate("one => { one.value = 'guess'; }")
    page.get_by_label("You say").fill("Hello")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nobody knows this access token")
    expect(page.get_by_role("button", name="Start talking")).to_be_visible()


def test_the_page_of_a_live_agent_is_light_and_loads_nothing_from_elsewhere(
    browser: Browser, live: Talks, look: str
) -> None:
    seen = Seen()
    with browser.new_context(**LOOKS[look]) as context:
        page = context.new_page()
        sign_in(page, live.place)
        seen.watch(page)
        page.goto(live.page)
        expect(page.get_by_role("button", name="Start talking")).to_be_enabled()
        assert page.evaluate("typeof retellClientJsSdk") == "undefined"
        assert sum(dict(page.evaluate(WEIGH)).values()) <= MOST_BYTES
        assert violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert page.evaluate("document.featurePolicy.allowsFeature('microphone')") is True
        assert "web." not in page.content()
        assert KEY not in page.content()
    assert seen.said == []
    assert {url for url in seen.asked if not url.startswith((live.place.url, "data:"))} == set()
    assert live.activity == []


def test_other_pages_may_not_use_the_microphone_and_load_no_kit(page: Page, live: Talks) -> None:
    sign_in(page, live.place)
    page.goto(f"{live.place.url}/leads/{live.lead_id}")
    assert page.evaluate("document.featurePolicy.allowsFeature('microphone')") is False
    assert page.evaluate("typeof retellClientJsSdk") == "undefined"


def test_a_click_asks_for_a_token_and_the_kit_joins_with_it(page: Page, live: Talks) -> None:
    sign_in(page, live.place)
    page.goto(live.page)
    page.evaluate(
        "() => { self.refused = [];"
        " addEventListener('securitypolicyviolation', one => refused.push(one.blockedURI)); }"
    )
    tried: list[str] = []
    page.on("websocket", lambda socket: tried.append(socket.url))
    with page.expect_response(lambda answer: answer.url == live.page) as asked:
        page.get_by_role("button", name="Start talking").click()
    told = asked.value.json()
    assert set(told) == {"access_token", "call_id"}
    # Nobody is found under Retell's name here, which is as far as a test may go.
    expect(page.get_by_role("status")).to_contain_text("did not come about", timeout=60_000)
    expect(page.get_by_role("button", name="Start talking")).to_be_enabled()
    assert page.evaluate("refused") == []
    assert tried
    assert {url.split("/")[2] for url in tried} == {KIT_HOST}
    assert live.activity == ["web_call"]
