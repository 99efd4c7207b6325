"""The whole story, with everything real: a newcomer brings a damaged workbook and calls it.

`dialer up` runs web, workers, beat, broker and the simulated Retell as it does for anybody, and
nothing is prepared: what the person needs stands on the pages.
"""

import csv
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from looks import PASSWORD, Seen
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.timeout(600)]

AREAS = ("212", "213", "305", "312", "404", "415", "512", "617", "702", "713")
TALKS, NO_ANSWER = "0100", "0102"
PATIENCE_MS = 30_000
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Write what becomes of a list in a spreadsheet: a title, lost digits, a repeated person."""
    path = tmp_path / "march leads.xlsx"
    rows: list[list[object]] = [["Leads of March"], [], ["First name", "Mobile phone", "Plan"]]
    rows += [[f"Talks {n}", f"({area}) 555-{TALKS}", "gold"] for n, area in enumerate(AREAS)]
    rows += [["Silent", f"212.555.{NO_ANSWER}", "basic"], ["Twice", f"+1 212 555 {TALKS}", "gold"]]
    rows += [["Damaged", 1.2125550199e20, "basic"], ["Bob", "call me", "basic"]]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


@pytest.fixture
def first_link(tmp_path: Path) -> Iterator[str]:
    """Start the dialer in an empty home, and give the link that it prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = {key: one for key, one in os.environ.items() if not key.startswith("DIALER_")}
    home = {"DIALER_HOME": str(tmp_path / "home"), "DIALER_WEB_PORT": str(port)}
    up = subprocess.Popen(
        [sys.executable, "-m", "dialer.cli", "up", "--sim-speed", "4"],
        env=kept | home | {"DIALER_ENV_FILE": os.devnull},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert up.stdout is not None
    told = []
    try:
        for line in up.stdout:
            told.append(line)
            if (found := re.search(r"http://\S+/welcome/\S+", line)) is not None:
                break
        else:
            raise AssertionError("".join(told))
        reading = threading.Thread(target=up.stdout.read)  # or it waits for a reader
        reading.start()
        yield found[0]
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)
        reading.join()
        up.stdout.close()


def test_a_newcomer_calls_a_damaged_workbook(page: Page, first_link: str, workbook: Path) -> None:
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    seen = Seen()
    seen.watch(page)
    become_the_admin(page, first_link)
    make_a_campaign(page, workbook)
    correct_a_row(page)
    call_one_and_then_the_others(page)
    pause(page)
    read_a_transcript(page)
    ask_why_somebody_was_not_called(page)
    rows = export_the_results(page)
    assert {row["name"] for row in rows} >= {"Talks 0", "Silent", "Bob"}
    host = re.match(r"http://[^/]+", first_link)
    assert host is not None
    assert {url for url in seen.asked if not url.startswith((host[0], "data:"))} == set()
    assert seen.said == []


def become_the_admin(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Become the admin").click()
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()


def make_a_campaign(page: Page, workbook: Path) -> None:
    page.get_by_role("link", name="New campaign").first.click()
    page.locator("#name").fill("Spring renewal")
    page.locator("#file").set_input_files(workbook)
    page.get_by_text("More about who").click()
    page.get_by_label("It may call 555-01xx").check()
    page.get_by_role("group", name="Numbers").get_by_role("checkbox").first.check()
    for day in DAYS:
        page.get_by_label(day).fill("00:00-24:00")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_role("heading", name="What would happen")).to_be_visible()
    page.get_by_role("button", name="Import 11 leads").click()
    expect(page.get_by_role("heading", name="11 leads imported")).to_be_visible()


def correct_a_row(page: Page) -> None:
    page.get_by_role("link", name="Correct 2 rows here").click()
    page.get_by_role("group", name="Row 17").get_by_label("Mobile phone").fill(f"808 555 {TALKS}")
    page.get_by_role("button", name="Import the changed rows").click()
    expect(page.get_by_role("heading", name="1 lead imported")).to_be_visible()


def call_one_and_then_the_others(page: Page) -> None:
    page.get_by_role("link", name="Spring renewal").first.click()
    page.get_by_role("button", name="Call only the first lead …").click()
    page.get_by_role("button", name="Call one lead").click()
    expect(page.get_by_text("Only its first lead is called")).to_be_visible()
    expect(finished(page)).to_have_text("1")
    page.get_by_role("button", name="Call the others, too …").click()
    page.get_by_role("button", name=re.compile("Call all .* leads")).click()
    expect(page.locator("#live .status").first).to_have_text("running")


def finished(page: Page) -> Locator:
    return page.locator("dl.tiles div", has_text="of 12 leads finished").locator("dd")


def pause(page: Page) -> None:
    expect(finished(page)).not_to_have_text("1")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live .status").first).to_have_text("paused")


def read_a_transcript(page: Page) -> None:
    page.get_by_role("link", name="Completed").click()
    page.get_by_role("link", name="+1").first.click()
    page.get_by_text("Transcript", exact=True).first.click()
    expect(page.locator(".transcript").first).to_contain_text("Agent")
    expect(page.locator(".transcript").first).to_contain_text("User")


def ask_why_somebody_was_not_called(page: Page) -> None:
    page.get_by_role("link", name="Spring renewal").first.click()
    page.get_by_role("link", name="Pending").click()
    page.get_by_role("link", name="+1").first.click()
    expect(page.locator("section.next")).to_contain_text("Why not now")
    expect(page.locator("section.next")).to_contain_text("paused")


def export_the_results(page: Page) -> list[dict[str, str]]:
    page.get_by_role("link", name="Spring renewal").first.click()
    page.get_by_role("link", name="Export").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
        page.get_by_role("link", name="Download").first.click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
