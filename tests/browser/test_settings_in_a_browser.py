"""An admin looks at the settings, plays a cadence, and gives a program a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from hostile import HOSTILE
from looks import LOOKS, Place, Seen, sign_in
from playwright.sync_api import Browser, Page, expect
from test_pages_in_a_browser import violations

from dialer.domain.roles import Role
from dialer.store.tables import Attempt, table


def test_a_cadence_is_played_call_by_call(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place)
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Cadence").click()
    page.get_by_label("A call at").fill("2026-03-02T10:00")
    page.get_by_label("comes out as").select_option("no_answer")
    page.get_by_role("button", name="Play it").click()
    expect(page.get_by_text("Retry after no answer: 4h at another time of day.")).to_be_visible()
    # By the clock of New York: after 4 hours, and the talk.
    expect(page.get_by_label("Then, a call at")).to_have_value("2026-03-02T14:01")
    page.get_by_label("comes out as").select_option("talked")
    page.get_by_role("button", name="Play it").click()
    expect(page.get_by_text("No further call: somebody talked with the agent.")).to_be_visible()
    page.get_by_role("link", name="Take the last one back").click()
    expect(page.locator(".played > li")).to_have_count(1)
    assert seen.said == []


def test_a_token_is_made_and_revoked_after_a_question(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place, role=Role.ADMIN)
    page.goto(f"{place.url}/settings/people")
    page.get_by_text("Make a token").click()
    page.get_by_label("What it is for").fill("night report")
    page.get_by_role("button", name="Make the token").click()
    expect(page.locator("code.secret")).to_contain_text("dialer_")
    page.goto(f"{place.url}/settings/people")
    expect(page.locator("code.secret")).to_have_count(0)
    page.get_by_role("button", name="Revoke … night report").click()
    page.locator("dialog[open]").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Revoke it").click()
    row = page.get_by_role("row", name="night report")
    expect(row).to_contain_text("revoked")
    assert seen.said == []


def test_a_limit_that_is_not_fit_is_led_to_by_the_keyboard(page: Page, place: Place) -> None:
    sign_in(page, place, role=Role.ADMIN)
    page.goto(f"{place.url}/settings")
    page.get_by_label("Lines: most calls").fill("many")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_role("link").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#lines")
    assert violations(page) == []


def test_what_retell_says_appears_by_itself(page: Page, place: Place) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/settings/agents/agent_hostile")
    expect(page.get_by_role("heading", name="Does it fit?")).to_be_visible()


def test_hostile_texts_in_settings_do_nothing(browser: Browser, place: Place) -> None:
    seen = Seen()
    with browser.new_context(**LOOKS["light"]) as context:
        page = context.new_page()
        seen.watch(page)
        sign_in(page, place, role=Role.ADMIN)
        for path in ("/settings/numbers", "/settings/cadence?campaign=2"):
            page.goto(place.url + path)
            expect(page.locator("main")).to_contain_text(HOSTILE[:50])
            assert page.locator("main img, main a[href^='javascript']").count() == 0
            assert page.title() != "x"
        page.goto(f"{place.url}/settings/voices?find={'%22%3E%3Cimg%20src=x%3E'}")
        expect(page.locator("main")).to_contain_text("No voice fits.")
        assert page.locator("main img").count() == 0
    assert seen.said == []


@contextmanager
def an_old_call(place: Place) -> Iterator[None]:
    """Have the call of the lead that talked be of long ago."""
    attempt, db = table(Attempt), place.stage.world.db
    mine = attempt.update().where(attempt.c.lead_id == place.talked_lead)
    before = place.stage.attempts_of(place.talked_lead)[0].created_at
    db.transact(lambda tx: tx.execute(mine.values(created_at=before - timedelta(days=400))))
    yield
    db.transact(lambda tx: tx.execute(mine.values(created_at=before)))


def test_before_what_was_said_is_deleted_it_is_asked_and_named(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place, role=Role.ADMIN)
    page.goto(f"{place.url}/settings/privacy")
    with an_old_call(place):
        page.get_by_label("Delete it after so many days").fill("365")
        page.get_by_role("button", name="Keep it so long").click()
        expect(page.get_by_role("button", name="Delete what was said in 1 call")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Back").click()
    expect(page.get_by_label("Delete it after so many days")).to_have_value("")
    assert seen.said == []
