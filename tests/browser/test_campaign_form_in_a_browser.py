"""A person makes a campaign, changes it while it runs, has it forecast, and tidies up."""

from pathlib import Path

import pytest
from factories import make_list
from hostile import HOSTILE
from looks import LOOKS, Place, Seen, sign_in
from playwright.sync_api import Browser, Page, expect
from test_pages_in_a_browser import violations
from test_upload_in_a_browser import reach

from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus
from dialer.store import campaigns, gate
from dialer.store.tables import Campaign

ROWS = "phone,first_name\n+12125559001,Ada\n+12125559002,Ben\n"


@pytest.fixture
def lead_file(tmp_path: Path) -> Path:
    path = tmp_path / "autumn.csv"
    path.write_text(ROWS)
    return path


def newest(place: Place) -> Campaign:
    return place.stage.world.db.read(campaigns.every)[0]


def test_a_campaign_is_made_by_the_keyboard_alone_with_a_name_a_list_and_a_number(
    page: Page, place: Place, lead_file: Path
) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place)
    reach(page, "a[href='/campaigns/new']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{place.url}/campaigns/new")
    reach(page, "#name")
    page.keyboard.type("Autumn")
    page.locator("#file").set_input_files(lead_file)  # the browser's own dialog has no keys here
    reach(page, "#from_numbers")
    page.keyboard.type("+12125550000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    reach(page, "form[action$='/import'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2 leads imported")).to_be_visible()
    row = newest(place)
    assert (row.name, row.status) == ("Autumn", CampaignStatus.DRAFT)
    assert seen.said == []


def test_the_leads_of_a_list_are_called_anew_from_its_page(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    stage = place.stage
    campaign = stage.draft(name="Source of a list")
    stage.leads(2, campaign)
    now = stage.clock.now()
    list_id = stage.world.db.transact(lambda tx: make_list(tx, campaign, [{}] * 3, now=now))
    sign_in(page, place)
    page.goto(f"{place.url}/lists/{list_id}")
    page.get_by_role("link", name="New campaign with these leads").click()
    expect(page.get_by_label("a list there is, whose leads are called anew")).to_be_checked()
    expect(page.locator("#list")).to_have_value(str(list_id))
    expect(page.locator("#review")).to_contain_text("3 leads to be called")
    assert violations(page) == []
    page.locator("#name").fill("Copy of a list")
    page.locator("#from_numbers").fill("+12125550000")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_text("of 3 leads finished")).to_be_visible()
    said = "Its leads come from list march.csv of campaign Source of a list."
    expect(page.get_by_text(said)).to_be_visible()
    assert seen.said == []


def test_the_review_follows_what_is_typed(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    source = place.stage.draft(name="Source of leads")
    place.stage.leads(7, source)
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/new")
    review = page.locator("#review")
    expect(review).to_contain_text("Give the campaign a name.")
    page.locator("#name").fill("Copy of seven")
    expect(review).not_to_contain_text("Give the campaign a name.")
    page.locator("#from_numbers").fill("12")
    expect(review).to_contain_text("is not an international number")
    page.locator("#from_numbers").fill("+12125550000")
    page.get_by_label("another campaign, whose leads are called anew").check()
    page.locator("#source").select_option(str(source))
    expect(review).to_contain_text("7 leads to be called")
    expect(page.locator("#name")).to_have_value("Copy of seven")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_text("of 7 leads finished")).to_be_visible()
    assert seen.said == []


def test_what_is_wrong_is_linked_to_its_field_and_read_first(page: Page, place: Place) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/new")
    page.locator("#name").fill("Kept as typed")
    page.get_by_label("a list that I upload later").check()
    page.get_by_text("How retries are spread").click()
    page.locator("#cadence-min_gap").fill("soon")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator("#problem")).to_be_focused()
    expect(page).to_have_title("To be put right: New campaign · Dialer")
    expect(page.locator("#name")).to_have_value("Kept as typed")
    summary = page.locator("#problem")
    summary.get_by_role("link", name="Shortest time between two attempts").click()
    expect(page.locator("#cadence-min_gap")).to_be_focused()
    expect(page.locator("#cadence-min_gap")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []


def test_an_edit_of_a_running_campaign_is_looked_at_and_saved(page: Page, place: Place) -> None:
    campaign = place.stage.campaign(name="Edited while it runs")
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/{campaign}")
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.locator("#agent_id")).to_be_disabled()
    page.locator("#limits-lines").fill("3")
    expect(page.locator("#review")).to_contain_text("– → 3")
    page.get_by_role("button", name="Look at the changes and save …").click()
    expect(page.get_by_role("heading", name="Save this?")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Save 1 change").click()
    expect(page).to_have_url(f"{place.url}/campaigns/{campaign}")
    assert place.stage.campaign_row(campaign).lines == 3
    place.stage.force_campaign(campaign, CampaignStatus.STOPPED)


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
def test_a_form_with_everything_wrong_can_be_used_by_everybody(
    browser: Browser, place: Place, look: str
) -> None:
    with browser.new_context(**LOOKS[look]) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(f"{place.url}/campaigns/new")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for field in page.locator(
            "#campaign-form input:not([type]), #campaign-form textarea"
        ).all():
            field.fill(HOSTILE)
        page.get_by_role("button", name="Save as a draft").click()
        page.locator("#problem").wait_for()
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert page.locator("#name").input_value() == HOSTILE
        assert page.title() != "x"


RUNS_OUT = """
    [...document.querySelectorAll('.card label.choice, .card label.choice *')]
        .filter(one => one.getBoundingClientRect().right
            > one.closest('.card').getBoundingClientRect().right)
        .map(one => one.innerText)
"""
"""Choices whose words stand beyond their card."""


def test_on_a_phone_the_agents_of_numbers_stay_in_their_card(
    browser: Browser, place: Place
) -> None:
    with browser.new_context(**LOOKS["phone"]) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(f"{place.url}/campaigns/new")
        choice = page.locator(".numbers label.choice span.quiet").first
        while not choice.count():
            page.reload()  # Retell has not answered yet
        choice.evaluate("one => { one.textContent = 'agent_' + '0123456789abcdef'.repeat(4); }")
        assert page.evaluate(RUNS_OUT) == []


def test_a_hostile_name_is_shown_as_it_is_on_every_page_about_it(
    browser: Browser, place: Place
) -> None:
    seen = Seen()
    campaign = place.stage.draft(name=HOSTILE, variables={HOSTILE: HOSTILE})
    place.stage.leads(2, campaign, variables={HOSTILE: HOSTILE})
    with browser.new_context() as context:
        page = context.new_page()
        seen.watch(page)
        sign_in(page, place)
        for path in ("", "/edit", "/forecast"):
            page.goto(f"{place.url}/campaigns/{campaign}{path}")
            assert HOSTILE in page.inner_text("main")
            assert page.locator("main img, a[href^='javascript']").count() == 0
            assert page.title() != "x"
    assert seen.said == []


def test_the_form_works_without_scripts(browser: Browser, place: Place, lead_file: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, place)
        page.get_by_role("link", name="New campaign").click()
        page.locator("#name").fill("Without scripts")
        page.locator("#file").set_input_files(lead_file)
        page.get_by_role("button", name="Save as a draft").click()
        expect(page.locator("#problem")).to_contain_text("Name a number to call from.")
        page.locator("#from_numbers").fill("+12125550000")
        page.locator("#file").set_input_files(lead_file)
        page.get_by_role("button", name="Save as a draft").click()
        expect(page).to_have_url(f"{place.url}/upload/{page.url.rpartition('/')[2]}")
        assert newest(place).name == "Without scripts"
        page.goto(f"{place.url}/campaigns/{newest(place).id}/edit")
        page.locator("#limits-lines").fill("2")
        page.get_by_role("button", name="Save").click()
        assert newest(place).lines == 2


def test_viewers_are_told_why_there_is_no_form(page: Page, place: Place) -> None:
    sign_in(page, place, role=Role.VIEWER)
    for path in ("/campaigns/new", place.pages["edit"]):
        page.goto(place.url + path)
        expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()


def test_a_forecast_is_asked_for_and_comes_by_itself(page: Page, place: Place) -> None:
    campaign = place.stage.draft(name="To be forecast")
    place.stage.leads(3, campaign)
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/{campaign}")
    page.get_by_role("link", name="Forecast").click()
    page.get_by_label("Days to play").fill("1")
    page.get_by_role("button", name="Play it through").click()
    expect(page.get_by_text("calls to 3 leads")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("img", name="Calls by day")).to_be_visible()
    page.get_by_text("As a table").first.click()
    expect(page.get_by_role("columnheader", name="Day (UTC)")).to_be_visible()


def test_a_campaign_is_scheduled_copied_stopped_and_put_away(page: Page, place: Place) -> None:
    campaign = place.stage.draft(name="Scheduled")
    place.stage.leads(2, campaign)
    sign_in(page, place)
    page.goto(f"{place.url}/campaigns/{campaign}")
    page.get_by_role("button", name="Schedule …").click()
    page.get_by_label("Day and time").fill("2100-07-01T09:00")
    page.get_by_label("By the clock of").fill("America/New_York")
    page.get_by_role("button", name="Schedule: call 2 leads").click()
    expect(page.get_by_text("Starts by itself at Thu 01 Jul 2100, 13:00:00 UTC.")).to_be_visible()
    page.get_by_role("button", name="Do not start by itself").click()
    page.get_by_role("button", name="Duplicate …").click()
    page.get_by_label("With its leads, as new ones").check()
    page.get_by_role("button", name="Make a copy").click()
    expect(page.get_by_role("heading", name="Scheduled, copy")).to_be_visible()
    expect(page.get_by_text("of 2 leads finished")).to_be_visible()
    page.get_by_role("button", name="Stop for good …").click()
    page.get_by_role("button", name="Stop for good: 2 leads will not be called").click()
    page.get_by_role("button", name="Archive …").click()
    page.get_by_role("button", name="Put it away").click()
    expect(page.locator("#live .status").first).to_have_text("archived")
    page.goto(f"{place.url}/?tab=archived")
    expect(page.get_by_role("link", name="Scheduled, copy", exact=True)).to_be_visible()


def test_everything_is_paused_at_once_and_goes_on_after_a_question(
    page: Page, place: Place
) -> None:
    world = place.stage.world
    sign_in(page, place)
    page.get_by_role("button", name="Pause everything").click()
    expect(page.get_by_role("status").get_by_text("Everything is paused")).to_be_visible()
    assert world.db.read(gate.peek).everything_paused
    page.get_by_role("button", name="Go on with everything …").click()
    assert violations(page) == []
    page.get_by_role("button", name="Go on: call again").click()
    expect(page.get_by_role("button", name="Pause everything")).to_be_visible()
    assert not world.db.read(gate.peek).everything_paused


def test_a_question_on_the_first_page_stays_open_while_the_page_is_read_again(
    page: Page, place: Place
) -> None:
    sign_in(page, place)
    page.get_by_role("button", name="Duplicate … Spring renewal", exact=True).click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("With its leads, as new ones").check()
    with page.expect_response(f"{place.url}/"):
        pass
    with page.expect_response(f"{place.url}/"):
        pass
    expect(dialog).to_be_visible()
    assert violations(page) == []
