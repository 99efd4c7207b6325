"""A person and a campaign: start it, watch it move, halt it, and do the same to many leads."""

import re

import pytest
from looks import LOOKS, Place, sign_in
from playwright.sync_api import Browser, Page, expect
from test_pages_in_a_browser import violations

from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus


@pytest.fixture
def draft(place: Place) -> int:
    """Make a campaign that was not started, with five leads."""
    campaign = place.stage.draft(name="Watched")
    place.stage.leads(5, campaign)
    return campaign


def test_the_first_call_then_the_others_a_pause_and_the_end(
    page: Page, place: Place, draft: int
) -> None:
    stage = place.stage
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/{draft}")
    page.get_by_role("button", name="Call only the first lead …").click()
    expect(page.locator("#first")).to_contain_text("no phone rings")
    page.get_by_role("button", name="Call one lead").click()
    expect(page.get_by_text("Only its first lead is called")).to_be_visible()
    page.get_by_role("button", name="Call the others, too …").click()
    page.get_by_role("button", name=re.compile("Call all .* leads")).click()
    expect(page.locator("#live .status").first).to_have_text("running")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live .status").first).to_have_text("paused")
    page.get_by_role("button", name="Resume …").click()
    page.get_by_role("button", name="Resume calling").click()
    expect(page.locator("#live .status").first).to_have_text("running")
    page.get_by_role("button", name="Stop for good …").click()
    page.get_by_role("button", name="Stop for good: 5 leads will not be called").click()
    expect(page.locator("#live .status").first).to_have_text("stopped")
    assert stage.campaign_row(draft).status is CampaignStatus.STOPPED


def test_two_people_at_one_campaign_see_what_the_other_does(
    browser: Browser, place: Place, draft: int
) -> None:
    with browser.new_context() as hers, browser.new_context() as his:
        ann, bob = hers.new_page(), his.new_page()
        for page, role in ((ann, Role.OPERATOR), (bob, Role.ADMIN)):
            sign_in(page, place, role=role)
            page.goto(f"{place.url}/campaigns/{draft}")
            page.get_by_role("button", name="Start …").click()  # both have the question before them
        ann.get_by_role("button", name="Start: call 5 leads").click()
        expect(ann.locator("#live .status").first).to_have_text("running")
        expect(bob.locator("#live .status").first).to_have_text("running")  # by itself
        bob.get_by_role("button", name="Start: call 5 leads").click()
        expect(bob.locator("main")).to_contain_text("is running and cannot be started")
        bob.goto(f"{place.url}/campaigns/{draft}")
        bob.get_by_role("button", name="Pause").click()
        expect(ann.locator("#live .status").first).to_have_text("paused")
        ann.get_by_role("button", name="Resume …").click()
        ann.get_by_role("button", name="Resume calling").click()
        expect(bob.locator("#live .status").first).to_have_text("running")
        bob.goto(f"{place.url}/activity")
        for who, what in (("operator", "running"), ("admin", "paused")):
            expect(bob.locator("tr", has_text=who).filter(has_text=what).first).to_be_visible()
    place.stage.force_campaign(draft, CampaignStatus.STOPPED)


def test_it_can_be_started_by_the_keyboard_alone(page: Page, place: Place, draft: int) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/{draft}")
    page.get_by_role("button", name="Start …").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#start")).to_be_visible()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Start: call 5 leads").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#live .status").first).to_have_text("running")
    place.stage.force_campaign(draft, CampaignStatus.STOPPED)


def test_figures_move_by_themselves_and_a_lost_stream_is_told_and_mended(
    page: Page, place: Place, draft: int
) -> None:
    stage = place.stage
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/{draft}")
    page.locator("#live").get_by_text("of 5 leads finished").wait_for()
    stage.lead(draft)
    expect(page.get_by_text("of 6 leads finished")).to_be_visible()
    page.context.set_offline(True)  # which keeps a stream that flows already
    page.evaluate("document.getElementById('live')._htmx.sse.reader.cancel()")
    expect(page.locator("#stale")).to_be_visible(timeout=30_000)
    stage.lead(draft)
    page.context.set_offline(False)
    expect(page.get_by_text("of 7 leads finished")).to_be_visible(timeout=30_000)
    expect(page.locator("#stale")).to_be_hidden(timeout=30_000)


def test_all_that_match_are_skipped_after_a_question_that_counts_them(
    page: Page, place: Place, draft: int
) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/{draft}?state=pending")
    page.get_by_text("With all 5 leads (pending)").click()
    page.get_by_role("button", name="Skip …").click()
    page.locator("#bulk-skip-reason").fill("our own staff")
    page.get_by_role("button", name="Skip 5 leads (pending)").click()
    expect(page.get_by_text("5 leads were skipped")).to_be_visible()
    expect(page).to_have_url(f"{place.url}/campaigns/{draft}?state=pending")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first", "start", "stop", "bulk-skip"])
def test_every_question_can_be_used_by_everybody(browser: Browser, place: Place, name: str) -> None:
    with browser.new_context(**LOOKS["phone"]) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(place.url + place.pages["draft"])
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.locator(f"button[commandfor={name}]").first.click()
        page.locator(f"dialog#{name}[open]").wait_for()
        assert violations(page) == []


def test_viewers_watch_and_change_nothing(page: Page, place: Place) -> None:
    sign_in(page, place, role=Role.VIEWER)
    page.goto(place.url + place.pages["campaign"])
    expect(page.get_by_role("heading", name="How calls came out")).to_be_visible()
    assert page.locator("main form:not(.search)").count() == 0
    assert page.locator("main button:not(.secondary)").count() == 0


def test_leads_are_sorted_by_their_latest_calls_in_the_address(page: Page, place: Place) -> None:
    sign_in(page, place)
    page.goto(place.url + place.pages["campaign"])
    page.get_by_role("navigation", name="Order of the leads").get_by_text("latest call").click()
    expect(page).to_have_url(re.compile("sort=latest"))
    rows = page.get_by_role("region", name="Leads").locator("tbody tr")
    expect(rows).to_have_count(2)  # of all its leads, those that were called
    page.get_by_role("link", name="Held").click()
    expect(page.get_by_role("navigation", name="Order of the leads")).to_have_count(0)
