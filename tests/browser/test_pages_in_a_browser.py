"""Every page in a real browser: without a complaint, for everybody, from this host alone."""

from pathlib import Path
from typing import Any

import pytest
from hostile import HOSTILE
from looks import LOOKS, Place, Seen, sign_in
from playwright.sync_api import Browser, Page

from dialer.domain.roles import Role

AXE = Path(__file__).parent / "axe-4.14.1.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHECK = "rules => axe.run(document, {runOnly: rules}).then(found => found.violations)"
CUT = """
    [...document.querySelectorAll('main input')]
        .filter(one => one.value && one.value.length <= 15 && one.checkVisibility())
        .filter(one => one.scrollWidth > one.clientWidth)
        .map(one => one.name)
"""
"""Fields that are too small for a short value."""


MOST_BYTES = 150 * 1024
"""Of a page with all it loads, as they come over the wire."""
WEIGH = """
    ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
        .map(one => [one.name, one.encodedBodySize])
"""


def violations(page: Page) -> list[str]:
    """Ask axe-core for what keeps somebody from using the page."""
    # Put in from outside of the page: its policy would let nobody else do so.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(CHECK, WCAG)
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


@pytest.mark.slow
@pytest.mark.timeout(400)  # axe looks at some forty pages
def test_every_page_can_be_used_by_everybody(browser: Browser, place: Place, look: str) -> None:
    seen = Seen()
    with browser.new_context(**LOOKS[look]) as context:
        page = context.new_page()
        seen.watch(page)
        page.goto(f"{place.url}/sign-in")
        found = {"sign-in": violations(page)}
        sign_in(page, place)
        for name, path in place.pages.items():
            page.goto(place.url + path)
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            found[name] = violations(page)
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{name} is wider than the screen"
            assert page.evaluate(CUT) == [], f"fields of {name} do not show what is in them"
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert [text for text in seen.said if "404 (Not Found)" not in text] == []
    assert {url for url in seen.asked if not url.startswith((place.url, "data:"))} == set()


def test_every_page_is_light(browser: Browser, place: Place) -> None:
    weights = {}
    with browser.new_context(**LOOKS["light"]) as context:
        page = context.new_page()
        sign_in(page, place)
        for name, path in place.pages.items():
            page.goto(place.url + path)
            parts = dict(page.evaluate(WEIGH))
            assert any(one.endswith(".css") and size > 1_000 for one, size in parts.items())
            weights[name] = sum(parts.values())
    assert {name: size for name, size in weights.items() if size > MOST_BYTES} == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("of", "name"),
    [
        *(("lead", name) for name in ("retry", "skip", "never", "mine", "note", "number")),
        ("campaign", "mine"),
    ],
)
def test_every_question_can_be_used_by_everybody(
    browser: Browser, place: Place, of: str, name: str
) -> None:
    with browser.new_context(**LOOKS["light"]) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(place.url + place.pages[of])
        page.locator(f"button[commandfor={name}]").first.click()
        page.locator(f"dialog#{name}[open]").wait_for()
        assert violations(page) == []


SMALL = {"width": 640, "height": 450}  # a screen of 1280 by 900 at 200 %
LAST_SEEN = """
    dialog => {
        const form = dialog.querySelector("form");
        const at = one => one.getBoundingClientRect();
        dialog.showModal();
        form.scrollTop = form.scrollHeight;
        const bottom = at(form.querySelector(".actions, form > :last-child")).bottom;
        form.scrollTop = 0;
        const found = [at(form.querySelector("h2")).top, innerHeight - bottom];
        dialog.close();
        return Math.min(...found);
    }
"""
"""How far heading and buttons are from the screen's edges once they were scrolled to."""


@pytest.mark.slow
def test_every_question_can_be_scrolled_to_its_ends_on_a_small_screen(
    browser: Browser, place: Place
) -> None:
    cut, looked_at = [], 0
    with browser.new_context(viewport=SMALL) as context:
        page = context.new_page()
        sign_in(page, place, role=Role.ADMIN)
        for name, path in place.pages.items():
            page.goto(place.url + path)
            for dialog in page.locator("dialog").all():
                looked_at += 1
                if dialog.evaluate(LAST_SEEN) < 0:
                    cut.append(f"{name}: {dialog.get_attribute('id')}")
    assert looked_at > 40
    assert cut == []


def test_the_button_of_a_file_field_is_not_cut(browser: Browser, place: Place) -> None:
    with browser.new_context(**LOOKS["light"]) as context:
        page = context.new_page()
        sign_in(page, place)
        page.goto(f"{place.url}/upload")
        field = page.locator("input[type=file]").first
        assert field.evaluate("one => one.getBoundingClientRect().height") >= 46


def test_hostile_texts_do_nothing_and_are_shown_as_they_are(browser: Browser, place: Place) -> None:
    seen = Seen()
    with browser.new_context(**LOOKS["light"]) as context:
        page = context.new_page()
        seen.watch(page)
        sign_in(page, place)
        for path in ("/", f"/leads/{place.hostile_lead}", f"/leads/{place.hostile_lead}/talk"):
            page.goto(place.url + path)
            assert HOSTILE in page.inner_text("main")
            assert page.evaluate("document.querySelectorAll('main img, main svg').length") == 0
            assert page.locator("a[href^='javascript']").count() == 0
            assert page.title() != "x"
    assert seen.said == []


def test_a_page_can_be_read_without_scripts(browser: Browser, place: Place) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, place)
        page.get_by_role("link", name="Spring renewal", exact=True).click()
        page.get_by_role("link", name="Completed").click()
        page.get_by_role("link", name="+1212").click()
        assert "Talked with the agent." in page.inner_text("main")


def test_viewers_see_no_number_and_no_button(browser: Browser, place: Place) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        sign_in(page, place, role=Role.VIEWER)
        for path in ("campaign", "lead", "talked"):
            page.goto(place.url + place.pages[path])
            html = page.content()
            assert "•••" in html
            for number in ("+12125550199", "555-0142", "555 0177", "+12122000"):
                assert number not in html
            assert page.locator("main form:not(.search)").count() == 0
