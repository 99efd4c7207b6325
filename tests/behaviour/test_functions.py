"""Functions: what an agent asks for during a call is done once, and answered in words."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import pytest
from agents import ask, asked_in, talking, told
from factories import NOW, Stage
from pydantic import Field

from dialer.actions.explain import explain
from dialer.actions.questions import read_question
from dialer.domain.do_not_call import OptOutSource
from dialer.domain.functions import Answer, Function, Result, Talk, function
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.store import suppressions

PHONE = "+12122000777"
DAY = timedelta(days=1)


def say(document: dict[str, Any]) -> str:
    text: str = document["answer"]
    return text


# -- whose call it is


def test_a_call_that_is_not_ours_is_answered_politely_and_recorded(stage: Stage) -> None:
    call = {"call_id": "call_theirs", "direction": "outbound", "to_number": "+12125550123"}
    answer = ask(stage, "schedule_callback", call=call, when="tomorrow at three")
    assert not answer["ok"]
    assert "do not have this person in my records" in say(answer)
    (row,) = asked_in(stage, call)
    assert (row.lead_id, row.attempt_id, row.result) == (None, None, Result.REFUSED)
    assert (row.arguments, row.answer) == ({"when": "tomorrow at three"}, answer)


def test_arguments_alone_are_answered_although_nobody_knows_the_call(stage: Stage) -> None:
    question = read_question("do_not_call", json.dumps({"reason": "no"}).encode())
    assert question is not None
    assert (question.given, question.call) == ({"reason": "no"}, None)


def test_everything_that_was_asked_is_kept_with_the_attempt_and_the_lead(stage: Stage) -> None:
    lead_id = stage.lead()
    call = talking(stage, lead_id)
    answer = ask(stage, "transfer_note", call=call, note="Wants the red one.")
    (row,) = asked_in(stage, call)
    (attempt,) = stage.attempts_of(lead_id)
    assert (row.lead_id, row.attempt_id) == (lead_id, attempt.id)
    assert (row.asked_at, row.took_ms, row.answer) == (NOW, 0, answer)
    shown = explain(stage.world.db, lead_id, now=NOW)["functions"]
    assert [(one["name"], one["arguments"]) for one in shown] == [
        ("transfer_note", {"note": "Wants the red one."})
    ]


def test_a_test_call_changes_nothing_and_hears_what_would_have_been(stage: Stage) -> None:
    lead_id = stage.lead(phone=PHONE)
    install = stage.world.db.read(_install)
    call = {
        "call_id": "web_1",
        "call_type": "web_call",
        "metadata": {"test": True, "lead_id": str(lead_id), "install": install},
    }
    assert "not call it again" in say(ask(stage, "do_not_call", call=call))
    assert "tomorrow" in say(ask(stage, "schedule_callback", call=call, when="tomorrow at three"))
    row = stage.lead_row(lead_id)
    assert (row.status, row.callback_at, row.tries) == (LeadStatus.READY, None, 0)
    assert not stage.world.db.read(
        lambda tx: suppressions.is_suppressed(tx, PHONE, campaign_id=row.campaign_id, now=NOW)
    )
    assert [one.is_test for one in asked_in(stage, call)] == [True, True]


def test_a_lead_named_by_another_installation_is_not_ours(stage: Stage) -> None:
    lead_id = stage.lead()
    call = {"call_id": "web_1", "metadata": {"lead_id": str(lead_id), "install": "another"}}
    assert not ask(stage, "lookup_lead", call=call)["ok"]


# -- repeats


def test_a_repeat_gets_the_answer_that_was_given(stage: Stage) -> None:
    lead_id = stage.lead()
    call = talking(stage, lead_id)
    first = ask(stage, "schedule_callback", call=call, when="in two hours")
    stage.clock.pass_time(minutes=1)
    again = told(stage, "schedule_callback", call=call, args={"when": "in two hours"})
    assert (again.document, again.repeated) == (first, True)
    assert stage.lead_row(lead_id).callback_at == NOW + timedelta(hours=2)
    assert len(asked_in(stage, call)) == 1


def test_what_retell_adds_to_the_arguments_makes_no_other_question(stage: Stage) -> None:
    call = talking(stage)
    first = told(stage, "transfer_note", call=call, args={"note": "red"})
    args = {"note": " red ", "execution_message": "One moment."}
    assert told(stage, "transfer_note", call=call, args=args).repeated
    assert first.result is Result.DONE


def test_the_same_in_another_call_is_another_question(stage: Stage) -> None:
    first, second = talking(stage), talking(stage)
    ask(stage, "transfer_note", call=first, note="red")
    assert not told(stage, "transfer_note", call=second, args={"note": "red"}).repeated


def test_who_changes_their_mind_twice_gets_what_they_wanted_last(stage: Stage) -> None:
    lead_id = stage.lead()
    call = talking(stage, lead_id)
    for when in ("tomorrow at 3 pm", "tomorrow at 4 pm", "tomorrow at 3 pm"):
        ask(stage, "schedule_callback", call=call, when=when)
    assert stage.lead_row(lead_id).callback_at == NOW + DAY + timedelta(hours=5)
    assert [one.round for one in asked_in(stage, call)] == [0, 0, 1]


def test_questions_that_come_together_are_answered_once(stage: Stage) -> None:
    call = talking(stage)
    with ThreadPoolExecutor(6) as agents:
        answers = list(
            agents.map(lambda _: ask(stage, "transfer_note", call=call, note="red"), range(12))
        )
    assert all(one == answers[0] for one in answers)
    assert len(asked_in(stage, call)) == 1


# -- do_not_call


def test_an_opt_out_during_a_call_closes_the_leads_of_other_campaigns(stage: Stage) -> None:
    mine, other = stage.lead(phone=PHONE), stage.lead(phone=PHONE, due_at=NOW + DAY)
    call = talking(stage, mine)
    assert "not call it again" in say(ask(stage, "do_not_call", call=call, reason="Leave me."))
    row = stage.lead_row(other)
    assert (row.status, row.closed_as) == (LeadStatus.CLOSED, ClosedAs.SUPPRESSED)
    (entry,) = stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))
    assert (entry.source, entry.call_id) == (OptOutSource.FUNCTION, call["call_id"])
    assert (entry.reason, entry.campaign_id) == ("Leave me.", None)


def test_an_opt_out_is_heeded_in_a_call_of_another_system(stage: Stage) -> None:
    call = {"call_id": "c", "direction": "outbound", "to_number": PHONE}
    assert ask(stage, "do_not_call", call=call)["ok"]
    assert stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))


def test_who_calls_us_and_is_known_to_nobody_can_opt_out(stage: Stage) -> None:
    call = {
        "call_id": "c",
        "direction": "inbound",
        "from_number": PHONE,
        "to_number": "+12125550000",
    }
    assert ask(stage, "do_not_call", call=call)["ok"]
    assert stage.world.db.read(lambda tx: suppressions.entries_of(tx, PHONE))
    assert not stage.world.db.read(lambda tx: suppressions.entries_of(tx, "+12125550000"))


@pytest.mark.parametrize(
    "number", [None, "", "anonymous", 7, "+1 (212)", "+１２１２２０００７７７"]
)
def test_without_a_number_nobody_is_told_to_be_on_the_list(stage: Stage, number: Any) -> None:
    answer = ask(stage, "do_not_call", call={"call_id": "c", "to_number": number})
    assert not answer["ok"]


# -- schedule_callback

WINTER = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)  # Friday 10:00 in New York, before summer time


@pytest.mark.parametrize(
    ("when", "at", "spoken"),
    [
        ("tomorrow at three", "2026-03-07T20:00", "tomorrow, Saturday, March 7, at 3 PM"),
        ("next Tuesday morning", "2026-03-10T14:00", "Tuesday, March 10, at 10 AM"),
        ("in two hours", "2026-03-06T17:00", "today, Friday, March 6, at 12 PM"),
        ("Sunday at 1:30 am", "2026-03-08T06:30", "Sunday, March 8, at 1:30 AM"),
        ("Sunday at 3 am", "2026-03-08T07:00", "Sunday, March 8, at 3 AM"),
        ("Sunday at noon", "2026-03-08T16:00", "Sunday, March 8, at 12 PM"),
        ("in 3 days", "2026-03-09T14:00", "Monday, March 9, at 10 AM"),
        ("in 72 hours", "2026-03-09T15:00", "Monday, March 9, at 11 AM"),
    ],
)
def test_a_time_in_words_is_promised_by_the_clock_of_the_lead(
    stage: Stage, when: str, at: str, spoken: str
) -> None:
    stage.clock.moment = WINTER
    lead_id = stage.lead()
    answer = ask(stage, "schedule_callback", call=talking(stage, lead_id), when=when)
    assert say(answer) == f"We will call {spoken}, by the clock where the person is."
    moment = datetime.fromisoformat(f"{at}+00:00")
    assert stage.lead_row(lead_id).callback_at == moment
    assert datetime.fromisoformat(answer["callback_at"]) == moment


def test_an_hour_the_clock_jumps_over_is_said_as_the_one_that_comes(stage: Stage) -> None:
    stage.clock.moment = WINTER
    lead_id = stage.lead()
    answer = ask(stage, "schedule_callback", call=talking(stage, lead_id), when="Sunday at 2:30 am")
    assert "at 3:30 AM" in say(answer)
    assert stage.lead_row(lead_id).callback_at == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("when", ["later", "soon", "yesterday at three", "in 500 days", "maybe"])
def test_an_unclear_time_is_answered_with_a_question(stage: Stage, when: str) -> None:
    lead_id = stage.lead()
    answer = ask(stage, "schedule_callback", call=talking(stage, lead_id), when=when)
    assert not answer["ok"]
    assert say(answer).endswith("may we call you?")
    assert stage.lead_row(lead_id).callback_at is None


def test_a_promise_made_during_a_call_is_kept_after_it(stage: Stage) -> None:
    lead_id = stage.lead()
    call = talking(stage, lead_id)
    ask(stage, "schedule_callback", call=call, when="tomorrow at three")
    (attempt,) = stage.attempts_of(lead_id)
    stage.deliver(stage.retell.end(attempt.id, "user_hangup", duration_ms=60_000))
    row = stage.lead_row(lead_id)
    assert (row.status, row.due_at) == (LeadStatus.READY, NOW + DAY + timedelta(hours=5))


def test_an_hour_at_which_nobody_may_be_called_is_answered_with_the_next_one(stage: Stage) -> None:
    window = {"opens": "09:00", "closes": "17:00", "holidays": False}
    lead_id = stage.lead(stage.campaign(window=window))
    call = talking(stage, lead_id)
    answer = ask(stage, "schedule_callback", call=call, when="tomorrow at 6 am")
    assert "We may not call tomorrow, Thursday, March 5, at 6 AM" in say(answer)
    assert "tomorrow, Thursday, March 5, at 9 AM" in say(answer)


def test_a_person_who_opted_out_is_promised_nothing(stage: Stage) -> None:
    call = talking(stage)
    ask(stage, "do_not_call", call=call)
    answer = ask(stage, "schedule_callback", call=call, when="tomorrow at three")
    assert not answer["ok"]
    assert "cannot promise" in say(answer)


def test_more_callbacks_than_the_campaign_keeps_are_not_promised(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(callback={"at_most": 0}))
    answer = ask(stage, "schedule_callback", call=talking(stage, lead_id), when="tomorrow at 3")
    assert not answer["ok"]
    assert stage.lead_row(lead_id).callback_at is None


# -- lookup_lead


def test_an_agent_may_know_who_it_talks_with_and_how_the_last_call_went(stage: Stage) -> None:
    campaign = stage.campaign(variables={"offer": "two months"})
    lead_id = stage.lead(campaign, name="Ada King", variables={"Company": "Analytical Ltd"})
    attempt_id = stage.call(lead_id)
    stage.deliver(stage.retell.end(attempt_id, "voicemail_reached"))
    stage.deliver(stage.retell.analyze(attempt_id, call_analysis={"call_summary": "A machine."}))
    row = stage.lead_row(lead_id)
    assert row.due_at is not None
    stage.clock.moment = row.due_at
    stage.reconcile()
    answer = ask(stage, "lookup_lead", call=talking(stage, lead_id))
    assert say(answer) == "This is Ada King of Analytical Ltd, about Spring."
    assert answer["variables"] == {"offer": "two months", "Company": "Analytical Ltd"}
    assert answer["last_call"]["how"] == "Reached a voicemail."
    assert answer["last_call"]["summary"] == "A machine."


def test_before_the_first_call_there_is_no_last_one(stage: Stage) -> None:
    assert ask(stage, "lookup_lead", call=talking(stage))["last_call"] is None


# -- what cannot be used


@pytest.mark.parametrize(
    "args",
    [
        *({}, None, [], "tomorrow", 7, {"when": None}, {"when": ""}, {"when": "  "}),
        *({"when": []}, {"when": {"at": 3}}, {"when": "x" * 5_000}, {"When": "tomorrow"}),
        *({"when": "\x00"}, {"when": "\u202e\u202e"}, {"when": "' OR 1=1 --"}, {"when": "{{x}}"}),
        *({"when": "9" * 4_000}, {"when": True}, {"when": 1e308}, {"when": "٣"}),
        *({"when": "tomorrow at 25"}, {"when": "2026-02-30 10:00"}, {"when": "9999-12-31 23:59"}),
    ],
)
def test_a_wrong_argument_is_answered_in_words_and_never_breaks(stage: Stage, args: Any) -> None:
    lead_id = stage.lead()
    call = talking(stage, lead_id)
    answer = told(stage, "schedule_callback", call=call, args=args)
    assert answer.result in (Result.WRONG, Result.REFUSED)
    assert not answer.document["ok"]
    assert say(answer.document)
    assert stage.lead_row(lead_id).callback_at is None


def test_the_words_say_what_to_ask_for(stage: Stage) -> None:
    answer = ask(stage, "schedule_callback", call=talking(stage))
    assert say(answer).startswith("I cannot do that yet. I still need to know: when (The day and")


@pytest.mark.parametrize(
    "call",
    [None, "call_1", [], {}, {"call_id": ""}, {"call_id": "a b"}, {"call_id": "x" * 300}]
    + [{"call_id": "c", "metadata": value} for value in ("x", [1], {"attempt_id": "\x00"})]
    + [{"call_id": "c", "metadata": {"lead_id": value}} for value in ("0", "-1", "9" * 40, 3, "٣")],
)
def test_a_strange_call_is_nobodys(stage: Stage, call: Any) -> None:
    assert "do not have this person" in say(ask(stage, "lookup_lead", call=call))


@pytest.mark.parametrize("name", ["nope", "DO_NOT_CALL", "x" * 500, "a\x00b", "../../etc"])
def test_a_function_nobody_knows_is_answered_in_words_and_recorded(stage: Stage, name: str) -> None:
    call = talking(stage)
    answer = told(stage, name, call=call, args={})
    assert answer.result is Result.NO_SUCH
    assert "no such function" in say(answer.document)
    assert len(asked_in(stage, call)) == 1


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_no_question(body: bytes) -> None:
    assert read_question("lookup_lead", body) is None


# -- functions of a team


@function
def order_status(
    talk: Talk, order: Annotated[int, Field(description="Order number", ge=1)], loud: bool = False
) -> str:
    """Tell where an order is."""
    who = talk.person.variables["first_name"] if talk.person else "stranger"
    return f"{who}, order {order} is on its way{'!' if loud else '.'}"


ASKED: list[str] = []


@function
def breaks(talk: Talk) -> str:
    """Break at the first try."""
    ASKED.append(talk.call_id or "")
    if len(ASKED) == 1:
        raise RuntimeError("the secret of the house")
    return "Here you are."


def own(*functions: Function) -> dict[str, Function]:
    return {one.name: one for one in functions}


def test_a_team_may_offer_functions_of_its_own(stage: Stage) -> None:
    call, book = talking(stage), own(order_status)
    answer = ask(stage, "order_status", call=call, book=book, order="12", loud="yes")
    assert answer == {"ok": True, "answer": "Ada, order 12 is on its way!"}
    wrong = ask(stage, "order_status", call=call, book=book, order="dozen")
    assert say(wrong).startswith("I cannot do that yet. I cannot use what I was given as order")


def test_a_function_that_breaks_is_logged_with_a_reference_and_answered_in_words(
    stage: Stage,
) -> None:
    ASKED.clear()
    call, book = talking(stage), own(breaks)
    answer = ask(stage, "breaks", call=call, book=book)
    assert not answer["ok"]
    assert "Something went wrong on our side" in say(answer)
    assert "secret" not in json.dumps(answer)
    (row,) = asked_in(stage, call)
    assert (row.result, row.reference) == (Result.FAILED, answer["reference"])
    assert ask(stage, "breaks", call=call, book=book) == {"ok": True, "answer": "Here you are."}
    assert told(stage, "breaks", call=call, book=book, args={}).repeated


def test_while_a_function_runs_a_repeat_asks_for_patience(stage: Stage) -> None:
    call = talking(stage)
    seen: list[dict[str, Any]] = []

    @function
    def slow(talk: Talk) -> str:
        """Take long."""
        seen.append(ask(stage, "slow", call=call, book=own(slow)))
        return "Done at last."

    assert say(ask(stage, "slow", call=call, book=own(slow))) == "Done at last."
    assert [one["ok"] for one in seen] == [False]
    assert "still working" in say(seen[0])


def test_a_run_whose_process_died_is_run_again_when_it_is_asked_for_later(stage: Stage) -> None:
    call = talking(stage)

    @function
    def dies(talk: Talk) -> str:
        """Die at the first try."""
        if len(asked_in(stage, call)) == 1:
            raise KeyboardInterrupt
        return "Alive."

    with pytest.raises(KeyboardInterrupt):
        ask(stage, "dies", call=call, book=own(dies))
    assert "still working" in say(ask(stage, "dies", call=call, book=own(dies)))
    stage.wait(minutes=11)
    assert say(ask(stage, "dies", call=call, book=own(dies))) == "Alive."


@pytest.mark.parametrize(
    ("value", "document"),
    [
        (None, {"ok": True, "answer": "Done."}),
        (7, {"ok": True, "answer": "7"}),
        ({"left": 3}, {"ok": True, "answer": '{"left": 3}', "left": 3}),
        ({"ok": False, "answer": "None."}, {"ok": False, "answer": "None."}),
        (Answer("Yes.", told={"n": 1}), {"ok": True, "answer": "Yes.", "n": 1}),
    ],
)
def test_what_a_function_gives_becomes_what_the_agent_is_told(
    stage: Stage, value: object, document: dict[str, Any]
) -> None:
    @function
    def give(talk: Talk) -> object:
        """Give something."""
        return value

    assert ask(stage, "give", call=talking(stage), book=own(give)) == document


def test_what_json_cannot_hold_is_answered_in_words(stage: Stage) -> None:
    @function
    def give(talk: Talk) -> object:
        """Give something."""
        return {"thing": object()}

    assert not ask(stage, "give", call=talking(stage), book=own(give))["ok"]


@pytest.mark.parametrize("letter", ["x", "\x01", "𝄞"])
def test_no_answer_is_longer_than_retell_reads(stage: Stage, letter: str) -> None:
    @function
    def give(talk: Talk) -> str:
        """Give too much."""
        return letter * 40_000

    assert len(json.dumps(ask(stage, "give", call=talking(stage), book=own(give)))) <= 15_000


def _install(tx: Any) -> str:
    from dialer.store import gate

    return gate.install(tx)
