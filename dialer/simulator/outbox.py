"""When, how often and how truly the webhooks of a call are sent."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dialer.simulator.agents import Agents
from dialer.simulator.calls import Call
from dialer.simulator.chance import chance
from dialer.simulator.faults import Faults
from dialer.simulator.outcomes import EVERY_WEBHOOK_TWICE, WEBHOOKS_OUT_OF_ORDER
from dialer.simulator.settings import Asking, Event, SimulatorSettings
from dialer.simulator.shapes import call_object
from dialer.simulator.speech import fill_in
from dialer.simulator.timeline import Timeline

REORDER_GAP_MS = 50  # between the webhooks of a call whose order is turned round
DUPLICATE_WITHIN_MS = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending of a webhook, to be signed over its bytes with `signing_key`.

    `attempt` counts the sendings from 1. Whoever sends it tells the exchange how it went.
    """

    call_id: str
    event: Event | Asking
    payload: Mapping[str, Any]
    url: str
    signing_key: str
    timeout_s: float
    attempt: int = 1
    backoff_s: tuple[float, ...] = ()


class Outbox:
    """Plans deliveries on the timeline and collects those that are due."""

    def __init__(self, timeline: Timeline, *, agents: Agents, settings: SimulatorSettings) -> None:
        self._timeline = timeline
        self._agents = agents
        self._settings = settings
        self._due: list[Delivery] = []
        self._held: dict[str, list[Delivery]] = {}
        self.counts = dict.fromkeys(("sent", "delivered", "retried", "given_up", "dropped"), 0)

    def take_due(self) -> list[Delivery]:
        """Hand out what is to be sent now; each delivery once."""
        due, self._due = self._due, []
        self.counts["sent"] += len(due)
        return due

    @property
    def waiting(self) -> bool:
        """Whether something is to be sent right now."""
        return bool(self._due)

    def post(self, event: Event, *, call: Call, faults: Faults, now_ms: int) -> None:
        """Plan the webhook that tells of `event`, with whatever goes wrong with it."""
        url, wanted = self._told_where(call)
        if not url or event not in wanted:
            return
        dice = chance(self._settings.seed, "webhook", call.request.to_number, call.nth, event)
        delivery = self._delivery(event, call=call, url=url, now_ms=now_ms)
        if dice.random() < faults.webhook_forged:
            self._plan(_lie(delivery), now_ms)
        lost = dice.random() < faults.webhook_dropped
        if event is Event.ANALYZED and dice.random() < faults.call_analyzed_missing:
            lost = True
        if lost:
            self.counts["dropped"] += 1
        copies = [] if lost else self._copies(delivery, call=call, faults=faults, dice=dice)
        if self._turns_round(call, faults=faults):
            self._hold(call, copies=copies, event=event, now_ms=now_ms)
            return
        for wait_ms, copy in copies:
            self._plan(copy, now_ms + wait_ms)

    def ask(self, what: Asking, *, call: Call, payload: Mapping[str, Any], url: str) -> None:
        """Send a question at once; no fault of webhooks touches it.

        An announcement is repeated as webhooks are, a function is asked for once.
        """
        settings = self._settings
        again = settings.webhook_backoff_s if what is Asking.INBOUND else ()
        self._due.append(
            Delivery(
                call_id=call.call_id,
                event=what,
                payload=payload,
                url=url,
                signing_key=settings.api_key,
                timeout_s=settings.webhook_timeout_s,
                backoff_s=again,
            )
        )

    def acknowledge(self, delivery: Delivery, *, status: int | None, now_ms: int) -> None:
        """Take note of the receiver's answer, None for no answer in time, and plan a retry."""
        if status is not None and 200 <= status < 300:
            self.counts["delivered"] += 1
        elif delivery.backoff_s:
            self.counts["retried"] += 1
            again = replace(
                delivery, attempt=delivery.attempt + 1, backoff_s=delivery.backoff_s[1:]
            )
            self._plan(again, now_ms + round(delivery.backoff_s[0] * 1000))
        else:
            self.counts["given_up"] += 1

    def _told_where(self, call: Call) -> tuple[str | None, Sequence[str]]:
        """Give the address and the events: the call's own, else its agent's, else the account's."""
        own, agent = call.request.agent_override.agent, self._agents.changed(call.agent_id)
        settings = self._settings
        url = own.webhook_url or agent.get("webhook_url") or settings.webhook_url
        if own.webhook_events is not None:
            return url, own.webhook_events
        return url, agent.get("webhook_events") or settings.webhook_events

    def _delivery(self, event: Event, *, call: Call, url: str, now_ms: int) -> Delivery:
        settings, request = self._settings, call.request
        timeout_ms = request.agent_override.agent.webhook_timeout_ms
        return Delivery(
            call_id=call.call_id,
            event=event,
            payload={"event": event.value, "call": call_object(call, now_ms=now_ms)},
            url=fill_in(url, variables=request.retell_llm_dynamic_variables or {}),
            signing_key=settings.api_key,
            timeout_s=timeout_ms / 1000 if timeout_ms else settings.webhook_timeout_s,
            backoff_s=settings.webhook_backoff_s,
        )

    def _copies(
        self, delivery: Delivery, *, call: Call, faults: Faults, dice: random.Random
    ) -> list[tuple[int, Delivery]]:
        late = dice.random() < faults.webhook_late
        wait_ms = round(dice.uniform(*faults.webhook_late_s) * 1000) if late else 0
        twice = dice.random() < faults.webhook_duplicated
        if not twice and not call.request.to_number.endswith(EVERY_WEBHOOK_TWICE):
            return [(wait_ms, delivery)]
        return [(wait_ms, delivery), (wait_ms + dice.randrange(DUPLICATE_WITHIN_MS), delivery)]

    def _turns_round(self, call: Call, *, faults: Faults) -> bool:
        dice = chance(self._settings.seed, "order", call.request.to_number, call.nth)
        magic = call.request.to_number.endswith(WEBHOOKS_OUT_OF_ORDER)
        return magic or dice.random() < faults.webhooks_reordered

    def _hold(
        self, call: Call, *, copies: list[tuple[int, Delivery]], event: Event, now_ms: int
    ) -> None:
        held = self._held.setdefault(call.call_id, [])
        held.extend(copy for _, copy in copies)
        if event is Event.ANALYZED:
            for position, copy in enumerate(reversed(self._held.pop(call.call_id))):
                self._plan(copy, now_ms + position * REORDER_GAP_MS)

    def _plan(self, delivery: Delivery, moment_ms: int) -> None:
        self._timeline.at(moment_ms, partial(self._fall_due, delivery))

    def _fall_due(self, delivery: Delivery, _moment_ms: int) -> None:
        self._due.append(delivery)


def _lie(delivery: Delivery) -> Delivery:
    """Give a webhook somebody else might send: it says that the callee wants no more calls."""
    call = {**delivery.payload["call"], "disconnection_reason": "user_requested_dnc"}
    return replace(
        delivery,
        event=Event.ENDED,
        payload={"event": Event.ENDED.value, "call": {**call, "call_status": "ended"}},
        signing_key=f"not {delivery.signing_key}",
        backoff_s=(),
    )
