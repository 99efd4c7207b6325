"""What is compared of an agent before it calls."""

from dataclasses import replace

import pytest

from dialer.domain.agent_check import AgentFacts, Verdict, Wanted, check_agent
from dialer.retell.mapping import NEEDED_EVENTS, WEBHOOK_EVENTS

URL = "https://dialer.example/webhooks/retell"
AGENT = AgentFacts("agent_1", 3, True, URL, WEBHOOK_EVENTS)
WANTED = Wanted(URL, NEEDED_EVENTS, by_call=False)


def verdicts(facts: AgentFacts, wanted: Wanted = WANTED) -> list[Verdict]:
    return [one.verdict for one in check_agent(facts, wanted)]


def test_an_agent_that_has_all_is_fine() -> None:
    assert verdicts(AGENT) == [Verdict.OK] * 3
    assert verdicts(replace(AGENT, webhook_events=None)) == [Verdict.OK] * 3


@pytest.mark.parametrize("url", [None, "https://elsewhere.example/hook"])
def test_another_address_fails_unless_ours_goes_with_each_call(url: str | None) -> None:
    facts = replace(AGENT, webhook_url=url)
    address = check_agent(facts, WANTED)[0]
    assert (address.verdict, address.fix) == (Verdict.FAIL, "dialer agents set-webhook agent_1")
    assert verdicts(facts, replace(WANTED, by_call=True))[0] is Verdict.OK


def test_an_event_that_is_not_told_fails_unless_it_is_asked_for_with_each_call() -> None:
    facts = replace(AGENT, webhook_events=["call_started", "call_analyzed", "transfer_started"])
    events = check_agent(facts, WANTED)[1]
    assert (events.verdict, events.sentence) == (Verdict.FAIL, "call_ended would not be told")
    assert verdicts(facts, replace(WANTED, by_call=True))[1] is Verdict.OK


@pytest.mark.parametrize("by_call", [True, False])
def test_without_an_address_of_ours_calls_close_by_look_ups(by_call: bool) -> None:
    assert verdicts(AGENT, Wanted(None, NEEDED_EVENTS, by_call=by_call))[0] is Verdict.WARN


@pytest.mark.parametrize("by_call", [True, False])
def test_in_a_rehearsal_the_simulator_needs_no_address(by_call: bool) -> None:
    wanted = Wanted(None, NEEDED_EVENTS, by_call=by_call, rehearsal=True)
    assert [one.name for one in check_agent(AGENT, wanted)] == ["webhook events", "version"]
    assert len(check_agent(AGENT, replace(wanted, url=URL))) == 3


@pytest.mark.parametrize("published", [None, False])
@pytest.mark.parametrize("version", [None, 3])
def test_a_draft_is_told(published: bool | None, version: int | None) -> None:
    facts = replace(AGENT, is_published=published, version=version)
    assert verdicts(facts)[2] is Verdict.WARN


def test_what_retell_tells_by_itself_is_enough() -> None:
    assert verdicts(replace(AGENT, webhook_events=None))[1] is Verdict.OK
    assert set(NEEDED_EVENTS) < set(WEBHOOK_EVENTS)
