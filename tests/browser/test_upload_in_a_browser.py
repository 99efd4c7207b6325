"""A person brings a lead file in: by keyboard, without scripts, and again where it was wrong."""

import re
from pathlib import Path

import pytest
from hostile import HOSTILE
from looks import Place, Seen, sign_in
from playwright.sync_api import Browser, Page, expect

from dialer.store import lists

ROWS = "phone,first_name\n+12125558001,Ada\n+12125558002,Ben\n12,Bob\n+12125558001,Again\n"


@pytest.fixture
def lead_file(tmp_path: Path) -> Path:
    path = tmp_path / "march.csv"
    path.write_text(ROWS)
    return path


def reach(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"{selector} cannot be reached with Tab")


def test_a_file_is_uploaded_checked_imported_corrected_and_undone(
    page: Page, place: Place, lead_file: Path
) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place)
    page.get_by_role("link", name="Lists").click()
    page.get_by_role("link", name="Upload a list").click()
    page.get_by_label("File").set_input_files(lead_file)
    page.get_by_label("Into a new campaign").check()
    page.get_by_label("Its name").fill("March list")
    page.get_by_label("Numbers to call from").fill("+12125550000")
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    expect(page.get_by_text("An earlier row of the file has the number.")).to_be_visible()
    page.get_by_role("button", name="Import 2 leads").click()
    expect(page.get_by_role("heading", name="2 leads imported")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the rejected rows").click()
    assert "Bob" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("link", name="Correct 1 row here").click()
    page.get_by_label("phone", exact=True).fill("+1 212 555 8003")
    page.get_by_role("button", name="Import the changed rows").click()
    expect(page.get_by_role("heading", name="1 lead imported")).to_be_visible()
    page.get_by_role("link", name="The list").click()
    page.get_by_role("button", name="Undo this import …").click()
    page.get_by_role("button", name="Take out the leads").click()
    while page.locator(".status").first.inner_text().lower() != "undone":
        page.reload()
    newest = place.stage.world.db.read(lists.every)[0]
    assert (newest.file_name, newest.undone) == ("march-corrected.csv", 1)
    assert seen.said == []
    assert {url for url in seen.asked if not url.startswith((place.url, "data:"))} == set()


def test_it_can_be_done_by_the_keyboard_alone(page: Page, place: Place, lead_file: Path) -> None:
    # Listened for from the start: Chromium is told to hand its chooser over without an answer,
    # and a key pressed right after that opened one that no test saw, one time in eight.
    page.on("filechooser", lambda chooser: chooser.set_files(lead_file))
    sign_in(page, place)
    page.goto(f"{place.url}/upload")
    reach(page, "#file")
    page.keyboard.press("Space")
    expect(page.locator("#file")).to_have_value(re.compile("march.csv"))
    reach(page, "#campaign")
    page.keyboard.type("Spring renewal")
    reach(page, "form.sheet button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    reach(page, "form[action$='/import'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2 leads imported")).to_be_visible()


def test_a_mostly_bad_file_asks_first(page: Page, place: Place, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("phone\n+12125558101\n" + "".join(f"{n}\n" for n in range(40)))
    sign_in(page, place)
    page.goto(f"{place.url}/upload?campaign=1")
    page.get_by_label("File").set_input_files(bad)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_role("button", name="Import 1 lead").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()  # not yet
    page.get_by_label("all the same").check()
    page.get_by_role("button", name="Import 1 lead").click()
    expect(page.get_by_role("heading", name="1 lead imported")).to_be_visible()


def test_columns_are_named_by_a_person_where_they_are_not_found(
    page: Page, place: Place, tmp_path: Path
) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("phone,mobile\n+12125558201,+12125558202\n")
    sign_in(page, place)
    page.goto(f"{place.url}/upload?campaign=1")
    page.get_by_label("File").set_input_files(odd)
    page.get_by_role("button", name="Upload and check").click()
    page.get_by_label("phone", exact=True).select_option("a variable, or nothing")
    page.get_by_role("button", name="Check again with this").click()
    expect(page.get_by_role("cell", name="+12125558202").first).to_be_visible()


def test_it_works_without_scripts_and_nothing_is_lost_when_the_page_is_closed(
    browser: Browser, place: Place, lead_file: Path
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(f"{place.url}/upload?campaign=1")
        page.get_by_label("File").set_input_files(lead_file)
        place.resting.set()
        page.get_by_role("button", name="Upload and check").click()
        expect(page.get_by_role("heading", name="Checking the file")).to_be_visible()
        address = page.url
    place.resting.clear()
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(address)
        expect(page.get_by_role("heading", name="What would happen")).to_be_visible()


def test_hostile_files_do_nothing(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place)
    for name in ("checked", "unusable", "correct", "imported", "lists", "list"):
        page.goto(place.url + place.pages[name])
        assert page.title() != "x"
        assert page.evaluate("document.querySelectorAll('main img, main svg').length") == 0
        assert page.locator("a[href^='javascript']").count() == 0
    page.goto(place.url + place.pages["checked"])
    assert HOSTILE.rstrip("\u202e") in page.inner_text("main")  # which no cell keeps
    assert seen.said == []
