"""A person takes the results of a campaign home."""

import csv
import io
from pathlib import Path

from hostile import HOSTILE
from looks import LOOKS, Place, Seen, sign_in
from playwright.sync_api import Browser, Page, expect

from dialer.domain.roles import Role


def test_results_are_exported_from_the_page_of_a_campaign(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place)
    page.goto(place.url + place.pages["draft"])
    page.get_by_label("What").select_option("leads")
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("link", name="Download").first
    expect(link).to_be_visible()  # it appears by itself
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.startswith("not-started-leads-")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == 5
    page.get_by_role("button", name="Delete … not-started-leads").click()
    page.locator("dialog[open]").get_by_role("button", name="Delete the file").click()
    # Another one was deleted before.
    expect(page.locator("td").filter(has_text="deleted 2026")).to_have_count(2)
    assert seen.said == []


def test_viewers_see_exports_and_no_file(page: Page, place: Place) -> None:
    sign_in(page, place, role=Role.VIEWER)
    page.goto(f"{place.url}/exports")
    expect(page.get_by_text("Operators download them")).to_be_visible()
    assert page.locator("main form").count() == 0
    assert page.get_by_role("link", name="Download").count() == 0


def test_hostile_names_of_exports_do_nothing(browser: Browser, place: Place) -> None:
    seen = Seen()
    with browser.new_context(**LOOKS["light"]) as context:
        page = context.new_page()
        seen.watch(page)
        sign_in(page, place)
        for path in ("/exports", "/campaigns/2"):
            page.goto(place.url + path)
            assert HOSTILE[:30] in page.inner_text("main")
            assert page.locator("main img, main a[href^='javascript']").count() == 0
            assert page.title() != "x"
    assert seen.said == []
