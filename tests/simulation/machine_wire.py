"""The provider of the state machines: every way to answer, and what really happened."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from scripted_retell import (
    Act,
    ScriptedRetell,
    executed_then,
    executed_then_silent,
    no_connection,
    placed,
    raising,
    refused,
    saying,
    silent,
    unanswered_connection,
    unreachable,
)

from dialer.domain.patience import SEND_DEADLINE

LATEST = timedelta(seconds=120)
"""An accepted request is carried out no later than this after it was read."""
LONGEST_CALL = timedelta(hours=1)
LONGEST_LAG = timedelta(minutes=10)
"""Lists show every call by then."""

HANG_UPS = (
    "user_hangup",
    "agent_hangup",
    "dial_no_answer",
    "dial_busy",
    "dial_failed",
    "voicemail_reached",
    "invalid_destination",
    "error_retell",
    "concurrency_limit_reached",
    "no_valid_payment",
    "marked_as_spam",
    "user_declined",
    "user_requested_dnc",
    "user_requested_callback",
    "a_word_of_tomorrow",
    None,
)


def executed_later(retell: ScriptedRetell, body: dict[str, Any]) -> httpx.Response:
    """Never answer, and carry the request out at some time."""
    assert isinstance(retell, Wire)
    retell.delayed.append((retell.clock.now(), body))
    raise httpx.ReadTimeout("no answer")


ANSWERS: dict[str, Act] = {
    "201": placed,
    "201 cut": saying(201, b'{"call_id": "call_'),
    "201 without a call": saying(201, b"{}"),
    "302": refused(302),
    "400": refused(400, "to_number is not valid"),
    "400 by the do-not-call list": refused(400, "number is on the DNC list"),
    "401": refused(401),
    "402": refused(402),
    "403": refused(403),
    "404": refused(404, "agent not found"),
    "404 of the number": refused(404, "Item not found from phone-number"),
    "409": refused(409),
    "422": refused(422),
    "429": refused(429),
    "429 with a wait": refused(429, "slow down", Retry_After="30"),
    "500": refused(500),
    "500 executed": executed_then(500),
    "503 executed": executed_then(503),
    "silence": silent,
    "silence, executed": executed_then_silent,
    "silence, executed later": executed_later,
    "reset": raising(httpx.ReadError("reset")),
    "reset while writing": raising(httpx.WriteError("reset")),
    "hung up": raising(httpx.RemoteProtocolError("closed")),
    "no connection": unreachable,
    "no connection free": no_connection,
    "no connection in time": unanswered_connection,
}
USUAL = ("201",) * 30
"""Most requests end well, or there would be no calls to go wrong later."""


@dataclass
class Forbidden:
    """What people forbade, and since when; kept beside the rows, which may be wrong."""

    opted_out: dict[str, datetime] = field(default_factory=dict)
    halted: dict[int, datetime] = field(default_factory=dict)  # campaigns
    everything: datetime | None = None

    def why(self, body: dict[str, Any], *, at: datetime) -> str | None:
        """Say why a request must not have been written at a moment, if so."""
        late = [why for why, since in self._said(body) if at - since > SEND_DEADLINE]
        return late[0] if late else None

    def why_not_begun(self, body: dict[str, Any]) -> str | None:
        """Say why a request must not even pass the send gate any more, if so."""
        said = [why for why, _ in self._said(body)]
        return said[0] if said else None

    def _said(self, body: dict[str, Any]) -> list[tuple[str, datetime]]:
        said = {
            "after an opt-out": self.opted_out.get(body["to_number"]),
            "after a pause or stop": self.halted.get(int(body["metadata"]["campaign_id"])),
            "after the emergency stop": self.everything,
        }
        return [(why, since) for why, since in said.items() if since is not None]


@dataclass
class Wire(ScriptedRetell):
    """A scripted Retell that keeps its promises about time, and knows what must never be."""

    delayed: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    placed_at: dict[str, datetime] = field(default_factory=dict)
    hidden_at: dict[str, datetime] = field(default_factory=dict)
    forbidden: Forbidden = field(default_factory=Forbidden)
    wrong: list[str] = field(default_factory=list)  # what must never have happened

    def place(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make a call; says so when it is one that must not be."""
        phone, attempt_id = body["to_number"], body["metadata"]["attempt_id"]
        if self.calls_of(attempt_id):
            self.wrong.append(f"attempt {attempt_id} has two calls")
        others = [one for one in self.calls.values() if one["to_number"] == phone]
        if any(one["call_status"] != "ended" for one in others):
            self.wrong.append(f"{phone} is in two calls at once")
        call = super().place(body)
        self.placed_at[call["call_id"]] = self.clock.now()
        return call

    def _create(self, request: httpx.Request) -> httpx.Response:
        before = len(self.posted)
        try:
            return super()._create(request)
        finally:
            for body in self.posted[before:]:
                self._judge(body)

    def _judge(self, body: dict[str, Any]) -> None:
        why = self.forbidden.why(body, at=self.clock.now())
        if why is not None:
            self.wrong.append(f"a request for {body['to_number']} was written {why}")

    def hide(self, call_id: str) -> None:
        """Keep a call out of the lists, for a while."""
        self.hidden.add(call_id)
        self.hidden_at[call_id] = self.clock.now()

    def keep_promises(self, now: datetime) -> list[str]:
        """Do what must have been done by now; gives the attempts whose calls were hung up."""
        while self.delayed and now - self.delayed[0][0] >= LATEST:
            self.carry_out(0)
        for call_id, at in self.hidden_at.items():
            if now - at >= LONGEST_LAG:
                self.hidden.discard(call_id)
        return [
            call["metadata"]["attempt_id"]
            for call in self.calls.values()
            if call["call_status"] != "ended"
            and now - self.placed_at[call["call_id"]] >= LONGEST_CALL
        ]

    def carry_out(self, index: int) -> None:
        """Carry out a request that was accepted and not answered."""
        _, body = self.delayed.pop(index)
        self.place(body)
