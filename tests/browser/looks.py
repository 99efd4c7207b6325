"""How the browser looks at pages, what it saw, and how a person signs in."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from factories import Stage
from playwright.sync_api import ConsoleMessage, Page, Request

from dialer.domain.roles import Role

PASSWORD = "four words without sense"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


@dataclass
class Place:
    """What the browser looks at."""

    url: str
    stage: Stage
    home: Path  # of the web process and of the worker for files
    resting: threading.Event  # while it is set the worker for files rests
    pages: dict[str, str] = field(default_factory=dict)  # every page there is, by name
    hostile_lead: int = 0
    talked_lead: int = 0


@dataclass
class Seen:
    """What a browser complained of and asked for while a test ran."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._say)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", self._ask)

    def _say(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def _ask(self, request: Request) -> None:
        self.asked.append(request.url)


def sign_in(page: Page, place: Place, *, role: Role = Role.OPERATOR) -> None:
    """Sign in by the form, as a person does."""
    page.goto(f"{place.url}/sign-in")
    page.get_by_label("Name").fill(role.value)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{place.url}/")
