"""The numbers of the simulated workspace: those it began with, bought and imported ones."""

from collections.abc import Callable
from typing import Any

from dialer.simulator.answers import MESSAGES, Answer, Refused, refusal
from dialer.simulator.chance import chance
from dialer.simulator.pages import page
from dialer.simulator.requests import E164, read_body
from dialer.simulator.settings import SimulatorSettings
from dialer.simulator.shapes import number_object
from dialer.simulator.wishes import CreateNumber, ImportNumber, NumberWish, UpdateNumber

DEFAULT_NUMBER = "+14155550199"
PATHS = {"twilio": "retell-twilio", "telnyx": "retell-telnyx"}
TOLL_FREE = 800
AREAS = {"US": 415, "CA": 416}


def unknown_number(number: str) -> Answer:
    """Answer as Retell does when a number is not in the workspace."""
    return refusal(404, message=f"Item {number} not found from phone-number")


class Numbers:
    """All numbers, by their name. A workspace without any of its own accepts every number."""

    def __init__(
        self, settings: SimulatorSettings, *, agent_id: str, knows_agent: Callable[[str], bool]
    ) -> None:
        self._seed = settings.seed
        self._agent_id = agent_id
        self._knows_agent = knows_agent
        self._takes_any = not settings.phone_numbers
        self._gone: set[str] = set()
        self._bought = 0
        begun_with = settings.phone_numbers or (DEFAULT_NUMBER,)
        self._known = {one: number_object(one, agent_id=agent_id) for one in begun_with}

    def find(self, number: str) -> dict[str, Any] | None:
        """Give a number as Retell shows it; None when it is not in the workspace."""
        if number not in self._known and self._takes_any and number not in self._gone:
            return number_object(number, agent_id=self._agent_id)
        return self._known.get(number)

    def draw_agent(self, number: str, *, to_number: str, nth: int) -> str | None:
        """Draw one of the agents that may call from a number; None when there is none."""
        bound = (self.find(number) or {}).get("outbound_agents") or ()
        if not bound:
            return None
        weights = [one["weight"] for one in bound]
        dice = chance(self._seed, "agent", number, to_number, nth)
        drawn = bound[0] if len(bound) == 1 else dice.choices(bound, weights=weights)[0]
        agent_id: str = drawn["agent_id"]
        return agent_id

    def show(self, number: str) -> Answer:
        """GET /get-phone-number/{number}."""
        found = self.find(number)
        return unknown_number(number) if found is None else Answer(200, found)

    def list(self, *, limit: int, key: str | None, falling: bool) -> Answer:
        """GET /v2/list-phone-numbers."""
        shown = list(self._known.values())
        return page(shown[::-1] if falling else shown, limit=limit, key=key)

    def buy(self, body: object, *, now_ms: int) -> Answer:
        """POST /create-phone-number."""
        wish = read_body(CreateNumber, body)
        self._check_agents(wish)
        number = wish.phone_number or self._free_number(wish)
        if not E164.fullmatch(number):
            raise Refused(refusal(400, message=f"{MESSAGES[400]} phone_number is not E.164"))
        if number in self._known:
            raise Refused(refusal(400, message=f"{number} is not available."))
        return self._add(number, wish, PATHS[wish.number_provider], now_ms=now_ms)

    def import_one(self, body: object, *, now_ms: int) -> Answer:
        """POST /import-phone-number."""
        wish = read_body(ImportNumber, body)
        self._check_agents(wish)
        if wish.phone_number in self._known:
            raise Refused(refusal(400, message=f"{wish.phone_number} is in use already."))
        return self._add(wish.phone_number, wish, "custom", now_ms=now_ms)

    def update(self, number: str, body: object, *, now_ms: int) -> Answer:
        """PATCH /update-phone-number/{number}."""
        found = self.find(number)
        if found is None:
            return unknown_number(number)
        wish = read_body(UpdateNumber, body)
        self._check_agents(wish)
        changed = {**found, **wish.shown(), "last_modification_timestamp": now_ms}
        if trunk := wish.trunk():
            before = found.get("sip_outbound_trunk_config", {})
            changed["sip_outbound_trunk_config"] = {**before, **trunk}
        self._known[number] = changed
        return Answer(200, changed)

    def release(self, number: str) -> Answer:
        """DELETE /delete-phone-number/{number}."""
        if self.find(number) is None:
            return unknown_number(number)
        self._known.pop(number, None)
        self._gone.add(number)
        return Answer(204)

    def _add(self, number: str, wish: NumberWish, path: str, *, now_ms: int) -> Answer:
        made = {
            **number_object(number, agent_id=self._agent_id),
            "nickname": number,
            "inbound_agents": None,
            "outbound_agents": None,
            "allowed_outbound_country_list": None,
            **wish.shown(),
            "phone_number": number,
            "phone_number_type": path,
            "last_modification_timestamp": now_ms,
        }
        if trunk := wish.trunk():
            made["sip_outbound_trunk_config"] = trunk
        self._known[number] = made
        self._gone.discard(number)
        return Answer(201, made)

    def _free_number(self, wish: CreateNumber) -> str:
        area = TOLL_FREE if wish.toll_free else wish.area_code or AREAS[wish.country_code]
        while True:
            self._bought += 1
            number = f"+1{area}556{self._bought:04}"
            if number not in self._known:
                return number

    def _check_agents(self, wish: NumberWish) -> None:
        named = [*(wish.inbound_agents or ()), *(wish.outbound_agents or ())]
        if not all(self._knows_agent(one.agent_id) for one in named):
            raise Refused(refusal(422))
