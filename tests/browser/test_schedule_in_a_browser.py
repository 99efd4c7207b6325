"""A person makes a schedule, looks at the week, and takes the schedule away again."""

from hostile import HOSTILE
from looks import LOOKS, Place, Seen, sign_in
from playwright.sync_api import Browser, Page, expect
from test_pages_in_a_browser import violations


def test_a_schedule_is_made_with_its_moments_before_ones_eyes(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place)
    page.get_by_role("link", name="Schedules").click()
    page.get_by_role("link", name="New schedule").click()
    page.get_by_label("Name").fill("Saturdays")
    page.get_by_label("Minute, hour, day, month, weekday").fill("15 11 * * sat")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("At 11:15, Saturday")
    expect(preview.locator("li")).to_have_count(5)
    page.get_by_label("A campaign with the settings of").select_option(index=1)
    page.get_by_label("Of the list, read afresh each time").select_option("everybody.csv")
    page.get_by_role("button", name="Make the schedule").click()
    expect(page.get_by_role("heading", name="Saturdays")).to_be_visible()
    page.get_by_role("button", name="Delete …").click()
    page.locator("dialog#delete[open]").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Delete: it makes no further campaign").click()
    expect(page.get_by_role("heading", name="Schedules", exact=True)).to_be_visible()
    expect(page.get_by_text("Saturdays")).to_have_count(0)
    assert seen.said == []


def test_a_schedule_is_made_without_scripts_after_a_second_look(
    browser: Browser, place: Place
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(f"{place.url}/schedules/new")
        page.get_by_label("Name").fill("Sundays")
        page.get_by_label("Minute, hour, day, month, weekday").fill("0 12 * * sun")
        page.get_by_label("A campaign with the settings of").select_option(index=1)
        page.get_by_label("Of the list, read afresh each time").select_option("everybody.csv")
        page.get_by_role("button", name="Make the schedule").click()
        expect(page.get_by_role("alert")).to_contain_text("Look at when it would run")
        page.get_by_role("button", name="Make the schedule").click()
        expect(page.get_by_role("heading", name="Sundays")).to_be_visible()
        page.get_by_role("button", name="Delete: it makes no further campaign").click()
        expect(page.get_by_text("Sundays")).to_have_count(0)


def test_a_week_is_turned_and_its_runs_are_reached_by_the_keyboard(
    page: Page, place: Place
) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/schedules/week?zone=America/New_York")
    expect(page.locator(".day.today h3")).to_contain_text("04")
    page.get_by_role("link", name="Later ›").click()
    expect(page.get_by_role("heading", name="09 Mar to 15 Mar 2026")).to_be_visible()
    assert "zone=America/New_York" in page.url
    page.get_by_role("link", name="This week").click()
    chip = page.locator(".chip").filter(has_text="13:30").first
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Weekday mornings")).to_be_visible()


def test_hostile_names_of_schedules_do_nothing(browser: Browser, place: Place) -> None:
    seen = Seen()
    with browser.new_context(**LOOKS["light"]) as context:
        page = context.new_page()
        seen.watch(page)
        sign_in(page, place)
        for path in ("/schedules", "/schedules/week", "/schedules/2"):
            page.goto(place.url + path)
            assert HOSTILE[:50] in page.inner_text("main")
            assert page.locator("main img, main a[href^='javascript']").count() == 0
            assert page.title() != "x"
    assert seen.said == []
