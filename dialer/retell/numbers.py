"""The numbers of the workspace: bought, imported, bound to agents, released.

https://docs.retellai.com/api-references/create-phone-number and its neighbours
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dialer.errors import NumberNotFound
from dialer.retell.agents import PhoneNumber, PhoneNumberPage
from dialer.retell.outcomes import naming_one, read_as, read_change_as
from dialer.retell.requests import Requests

MAX_PAGE = 1000  # Retell's limit for one page of a list
MAX_PAGES = 20


class NumberDesk:
    """What people do with numbers.

    Each question raises AccountProblem or ProviderUnavailable, each change as
    `Requests.change` besides; where one number is named, NumberNotFound.
    """

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def every(self) -> tuple[PhoneNumber, ...]:
        """Ask for the numbers of the workspace, as far as they can be paged through."""
        found: list[PhoneNumber] = []
        key: str | None = None
        for _ in range(MAX_PAGES):
            path = f"/v2/list-phone-numbers?limit={MAX_PAGE}"
            if key is not None:
                path += f"&pagination_key={quote(key, safe='')}"
            page = read_as(PhoneNumberPage, self._requests.ask("GET", path))
            found += page.items
            if not page.has_more or not page.pagination_key or page.pagination_key == key:
                break
            key = page.pagination_key
        return tuple(found)

    def show(self, number: str) -> PhoneNumber:
        """Ask for one number."""
        with naming_one(NumberNotFound):
            answer = self._requests.ask("GET", _path("get-phone-number", number))
        return read_as(PhoneNumber, answer)

    def buy(self, wishes: Mapping[str, Any]) -> PhoneNumber:
        """Buy a number; it costs money each month from now on."""
        answer = self._requests.change("POST", "/create-phone-number", body=wishes)
        return read_change_as(PhoneNumber, answer)

    def import_one(self, wishes: Mapping[str, Any]) -> PhoneNumber:
        """Tell Retell of a number of our own carrier, and over which SIP trunk it calls."""
        answer = self._requests.change("POST", "/import-phone-number", body=wishes)
        return read_change_as(PhoneNumber, answer)

    def update(self, number: str, changes: Mapping[str, Any]) -> PhoneNumber:
        """Change a number; what is not named stays."""
        with naming_one(NumberNotFound, statuses=(404,)):  # 422 may mean an agent
            answer = self._requests.change(
                "PATCH", _path("update-phone-number", number), body=changes
            )
        return read_change_as(PhoneNumber, answer)

    def release(self, number: str) -> None:
        """Give a number back; somebody else may have it then."""
        with naming_one(NumberNotFound):
            self._requests.change("DELETE", _path("delete-phone-number", number))


def _path(verb: str, number: str) -> str:
    return f"/{verb}/{quote(number, safe='')}"
