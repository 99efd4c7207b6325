"""A person and one lead: from the one-time link to the lead that is skipped."""

import shutil
from pathlib import Path

import pytest
from factories import make_stage
from looks import PASSWORD, Place, Seen, sign_in
from playwright.sync_api import Browser, Page, expect
from web_peer import serving, settings_for

from dialer.actions import people
from dialer.domain.states import LeadStatus
from dialer.store import ledger
from dialer.web.app import make_app


def test_the_first_person_comes_in_by_the_link_and_skips_a_lead(
    browser: Browser, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "dialer.db")
    stage = make_stage(f"sqlite:///{tmp_path / 'dialer.db'}")
    lead_id = stage.lead(name="Ada Example")
    link = people.first_link(stage.world.db, now=stage.clock.now())
    seen = Seen()
    app = make_app(stage.world, settings_for(stage.world.db.url))
    with serving(app) as web, browser.new_context(base_url=str(web.base_url)) as context:
        page = context.new_page()
        seen.watch(page)
        page.goto(f"/welcome/{link}")
        page.get_by_label("Name").fill("ann")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        page.get_by_role("button", name="Become the admin").click()
        page.get_by_role("link", name="Spring", exact=True).click()
        page.get_by_role("link", name="+1212").click()
        expect(page.get_by_role("heading", name="Ada Example")).to_be_visible()
        page.get_by_role("button", name="Skip …").click()
        page.locator("#skip-reason").fill("our own staff")
        page.get_by_role("button", name="Skip: no further call").click()
        expect(page.get_by_text("a person skipped it")).to_be_visible()
        page.goto(f"/welcome/{link}")
        expect(page.get_by_text("not good any more")).to_be_visible()
    assert stage.lead_row(lead_id).status is LeadStatus.CLOSED
    (entry,) = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}"))
    assert (entry.actor, entry.action, entry.after) == ("ann", "skip", {"reason": "our own staff"})
    assert [text for text in seen.said if "410" not in text] == []
    stage.world.db.close()


def test_a_lead_can_be_called_again_by_the_keyboard_alone(page: Page, place: Place) -> None:
    sign_in(page, place)
    page.goto(place.url + place.pages["lead"])
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    reach(page, "Call again …")
    page.keyboard.press("Enter")
    expect(page.locator("#retry")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#retry")).to_be_hidden()
    page.keyboard.press("Enter")
    reach(page, "Call again")
    page.keyboard.press("Enter")
    expect(page.locator(".when")).to_have_text("Now")


def test_an_open_page_keeps_itself_up_to_date_and_says_when_it_cannot(
    page: Page, place: Place
) -> None:
    sign_in(page, place)
    page.goto(place.url + place.pages["other"])
    page.locator("summary", has_text="Every check").click()
    stage, lead_id = place.stage, int(place.pages["other"].rpartition("/")[2])
    stage.suppress(stage.lead_row(lead_id).phone)
    expect(page.get_by_text("The number is on the do-not-call list.").first).to_be_visible()
    expect(page.locator("details[open]")).to_have_count(1)
    page.context.set_offline(True)
    expect(page.locator("#stale")).to_be_visible(timeout=15_000)
    page.context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden(timeout=15_000)


@pytest.mark.parametrize("path", ["/", "/campaigns/1"])
def test_who_is_signed_out_elsewhere_comes_to_the_sign_in_and_back(
    page: Page, place: Place, path: str
) -> None:
    page.goto(place.url + path)
    expect(page).to_have_url(f"{place.url}/sign-in" + ("" if path == "/" else f"?next={path}"))
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(place.url + path)


def reach(page: Page, name: str) -> None:
    """Press Tab until the button of that name has the focus."""
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"{name} cannot be reached with Tab")
