"""A person keeps the do-not-call list, and looks at what went wrong and what was done."""

from pathlib import Path

from looks import Place, Seen, sign_in
from playwright.sync_api import Page, expect

from dialer.domain.roles import Role
from dialer.store import registries, suppressions


def test_a_number_is_put_on_the_list_found_there_and_taken_off(page: Page, place: Place) -> None:
    seen = Seen()
    seen.watch(page)
    sign_in(page, place)
    page.get_by_role("link", name="Do not call").click()
    page.get_by_role("button", name="Add a number …").click()
    page.locator("#add-number").fill("(212) 555-6001")
    page.locator("#add-reason").fill("asked by mail")
    page.locator("#add-expires").fill("2030-01-31")
    page.get_by_role("button", name="Never call them").click()
    expect(page.get_by_text("It is on the list, and not called.")).to_be_visible()
    page.locator("#number").fill("212 555 6001")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Not to be called.")).to_be_visible()
    page.get_by_role("button", name="Remove … +12125556001").click()
    page.locator("[id^=remove-][id$=-reason]").fill("asked to be called")
    page.get_by_role("button", name="Take it off the list").click()
    expect(page.get_by_text("It was taken off.")).to_be_visible()
    assert place.stage.world.db.read(lambda tx: suppressions.entries_of(tx, "+12125556001")) == []
    assert seen.said == []


def test_a_number_that_is_none_is_told(page: Page, place: Place) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/do-not-call?number=abc")
    expect(page.get_by_role("alert")).to_contain_text("is not a phone number")


def test_files_of_numbers_and_registries_are_read_by_a_worker(
    page: Page, place: Place, tmp_path: Path
) -> None:
    ours, others = tmp_path / "ours.csv", tmp_path / "others.txt"
    ours.write_text("phone\n+12125556101\n+12125556102\n")
    others.write_text("212,5556201\n212,5556202\n")
    sign_in(page, place)
    for path, kind in ((ours, "Onto our own list"), (others, "As a registry of others")):
        page.goto(f"{place.url}/do-not-call")
        page.get_by_role("button", name="Bring a file …").click()
        page.locator("#bring-file").set_input_files(path)
        page.get_by_label(kind).check()
        if kind == "As a registry of others":  # one of no day would forbid all starts
            page.locator("#bring-dated").fill(f"{place.stage.clock.now():%Y-%m-%d}")
        page.get_by_role("button", name="Read the file").click()
        expect(page.locator(".errand").first).to_contain_text(path.name)
        while "2 numbers" not in page.locator(".errand").first.inner_text():
            page.reload()
    (registry,) = place.stage.world.db.read(registries.every)
    assert (registry.name, registry.numbers) == ("us-national", 2)


def test_numbers_of_a_file_appear_in_the_table_by_themselves(
    page: Page, place: Place, tmp_path: Path
) -> None:
    seen, path = Seen(), tmp_path / "more.csv"
    seen.watch(page)
    path.write_text("phone\n+12125556103\n")
    sign_in(page, place)
    page.goto(f"{place.url}/do-not-call")
    page.get_by_role("button", name="Bring a file …").click()
    page.locator("#bring-file").set_input_files(path)
    page.get_by_role("button", name="Read the file").click()
    row = page.get_by_role("rowheader", name="+12125556103")
    expect(row).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Remove … +12125556103").click()
    expect(page.get_by_role("heading", name="Allow calls to +12125556103")).to_be_visible()
    assert seen.said == []


def test_viewers_see_no_number_of_the_list_and_no_button(page: Page, place: Place) -> None:
    place.stage.suppress("+12125556301")
    sign_in(page, place, role=Role.VIEWER)
    for path in ("/do-not-call", "/activity", "/problems", "/health", "/lists", "/lists/1"):
        page.goto(place.url + path)
        assert "+12125556301" not in page.content()
        assert page.locator("main form:not(.search)").count() == 0
        assert page.locator("main button:not(.secondary)").count() == 0
    for path in ("/upload", "/lists/1/correct"):
        page.goto(place.url + path)
        expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()


def test_an_incident_is_acknowledged_and_the_log_says_so(page: Page, place: Place) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/problems")
    page.get_by_label("What it was").first.fill("a test")
    page.get_by_role("button", name="Acknowledge").first.click()
    expect(page.get_by_text("Calls were found after they had been given up.")).to_be_hidden()
    expect(page.get_by_text("Nobody knows their local time.")).to_be_visible()
    page.goto(f"{place.url}/activity")
    expect(page.get_by_role("cell", name="Acknowledge").or_(
        page.get_by_role("rowheader", name="Acknowledge")
    ).first).to_be_visible()  # fmt: skip


def test_health_says_what_is_not_well_first(page: Page, place: Place) -> None:
    sign_in(page, place)
    page.goto(f"{place.url}/health")
    expect(page.get_by_role("row", name="Database well It answers.")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("not well")
