"""A lead's number was wrong: another lead takes its place, and what was called stays as it was."""

from typing import Any

import pytest
from factories import NOW, Stage, make_spec

from dialer.actions import do_not_call, lead_control, wrong_numbers
from dialer.actions.copying import create_with_leads_of, create_with_leads_of_list
from dialer.actions.pushing import RequestKey, push
from dialer.actions.renumbering import renumber
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.store import leads, ledger
from dialer.store.rows import many
from dialer.store.tables import Lead

WRONG, RIGHT = "+12122000001", "+13125552679"


def begin(stage: Stage, **changes: Any) -> int:
    return stage.lead(stage.campaign(), phone=WRONG, **changes)


def corrected(stage: Stage, lead_id: int, number: str = RIGHT) -> Lead:
    return stage.lead_row(renumber(stage.world, lead_id, number, actor="ann"))


def test_the_right_number_is_called_and_the_wrong_one_is_not(stage: Stage) -> None:
    old = begin(stage)
    new = corrected(stage, old, "(312) 555-2679")
    assert (new.phone, new.zones, new.status) == (RIGHT, "America/Chicago", LeadStatus.READY)
    was = stage.lead_row(old)
    assert (was.status, was.closed_as, was.phone) == (LeadStatus.CLOSED, ClosedAs.STOPPED, WRONG)
    (attempt_id,) = stage.claim()
    assert stage.attempt_row(attempt_id).lead_id == new.id


def test_all_that_is_known_of_the_person_is_taken_along_but_for_consent(stage: Stage) -> None:
    old = begin(
        stage,
        name="Ada",
        external_ref="003-17",
        variables={"plan": "Team"},
        overrides={"metadata": {"desk": "7"}},
        consent={"at": "2026-01-01T00:00:00+00:00", "source": "web", "text": "Yes."},
    )
    new = corrected(stage, old)
    assert (new.name, new.external_ref, new.variables["plan"]) == ("Ada", "003-17", "Team")
    assert (new.overrides, new.consent) == ({"metadata": {"desk": "7"}}, None)
    assert stage.lead_row(old).external_ref is None  # a later list finds one person, not two


def test_whoever_calls_the_list_anew_calls_the_right_number(stage: Stage) -> None:
    campaign_id = stage.campaign()
    rows = [{"phone": WRONG, "first_name": "Ada"}, {"phone": "+12122000002"}]
    key = RequestKey(1, "a", "a")
    told = push(stage.world, campaign_id, rows, key=key, actor="ann").answer
    old = stage.lead_row(told["leads"][0]["lead_id"])
    new = corrected(stage, old.id)
    assert (new.list_id, new.row) == (old.list_id, old.row)
    copies = (
        create_with_leads_of_list(stage.world, make_spec(), told["list_id"], actor="ann"),
        create_with_leads_of(stage.world, make_spec(), campaign_id, actor="ann"),
    )
    for copy in copies:
        taken = stage.world.db.read(
            lambda tx, one=copy.campaign_id: [
                row.phone for row in many(tx, Lead, leads.lead.select()) if row.campaign_id == one
            ]
        )
        assert sorted(taken) == ["+12122000002", RIGHT]


def test_a_wrong_number_that_was_corrected_is_nobodys_problem(stage: Stage) -> None:
    closed = {"status": LeadStatus.CLOSED, "closed_as": ClosedAs.INVALID_NUMBER, "due_at": None}
    old = begin(stage, closed_at=NOW, **closed)
    of_late = lambda tx: wrong_numbers.of_late(tx, now=NOW)  # noqa: E731
    assert len(stage.world.db.read(of_late)) == 1
    corrected(stage, old)
    assert stage.world.db.read(of_late) == []


def test_what_the_agent_is_told_of_an_imported_lead_names_the_right_number(stage: Stage) -> None:
    campaign_id = stage.campaign()
    row = {"phone": WRONG, "first_name": "Ada", "state": "Texas", "variables": {"desk": WRONG}}
    key = RequestKey(1, "a", "a")
    pushed = push(stage.world, campaign_id, [row], key=key, actor="ann")
    old = stage.lead_row(pushed.answer["leads"][0]["lead_id"])
    assert (old.variables["phone"], old.region) == (WRONG, "US-TX")
    new = corrected(stage, old.id)
    assert new.variables == {**old.variables, "phone": RIGHT, "desk": RIGHT}
    assert (new.region, "America/Chicago" in new.zones) == ("US-TX", True)


def test_calls_that_were_made_stay_with_the_number_they_rang(stage: Stage) -> None:
    old = begin(stage)
    (attempt_id,) = stage.claim()
    stage.dial(attempt_id)
    stage.deliver(stage.retell.end(attempt_id, "invalid_destination"))
    new = corrected(stage, old)
    assert (new.tries, new.attempts) == (0, 0)
    assert stage.attempt_row(attempt_id).phone == WRONG
    assert stage.lead_row(old).closed_as is ClosedAs.INVALID_NUMBER


def test_the_activity_of_both_says_where_the_other_is(stage: Stage) -> None:
    old = begin(stage)
    new = corrected(stage, old)
    for lead_id, after in ((old, {"new_lead": new.id}), (new.id, {"instead_of": old})):
        found = stage.world.db.read(
            lambda tx, lead_id=lead_id: ledger.of_subject(tx, f"lead:{lead_id}")
        )
        assert after in [one.after for one in found if one.action == "renumber"]


@pytest.mark.parametrize("number", ["12", "nobody", "+442079460018"])
def test_a_number_that_cannot_be_called_changes_nothing(stage: Stage, number: str) -> None:
    old = begin(stage)
    before = stage.lead_row(old)
    with pytest.raises(RefusedByRule, match="cannot take its place"):
        renumber(stage.world, old, number, actor="ann")
    assert stage.lead_row(old) == before


def test_neither_does_one_that_another_lead_has_or_that_is_on_the_list(stage: Stage) -> None:
    old = begin(stage)
    campaign_id = stage.lead_row(old).campaign_id
    stage.lead(campaign_id, phone="+13125552671")
    do_not_call.add(stage.world, RIGHT, OptOut("asked", OptOutSource.HAND, "ann"))
    for number in ("+13125552671", RIGHT):
        with pytest.raises(RefusedByRule, match="cannot take its place"):
            renumber(stage.world, old, number, actor="ann")
    assert stage.lead_row(old).status is LeadStatus.READY


def test_nobody_is_replaced_during_a_call(stage: Stage) -> None:
    old = begin(stage)
    (attempt_id,) = stage.claim()
    stage.dial(attempt_id)
    with pytest.raises(RefusedByRule, match="is in a call"):
        renumber(stage.world, old, RIGHT, actor="ann")
    assert stage.lead_row(old).status is LeadStatus.IN_FLIGHT


def test_a_call_that_was_claimed_and_not_sent_is_given_up(stage: Stage) -> None:
    old = begin(stage)
    (attempt_id,) = stage.claim()
    new = corrected(stage, old)
    stage.dial(attempt_id)
    assert stage.attempt_row(attempt_id).send_started_at is None
    assert [stage.attempt_row(one).lead_id for one in stage.claim()] == [new.id]


def test_what_is_no_lead_has_no_number(stage: Stage) -> None:
    with pytest.raises(NotFound):
        renumber(stage.world, 77, RIGHT, actor="ann")


def test_a_note_is_kept_and_changes_nothing(stage: Stage) -> None:
    lead_id = begin(stage)
    before = stage.lead_row(lead_id)
    lead_control.note(stage.world, lead_id, " Asks for Mia. ", actor="ann")
    assert stage.lead_row(lead_id) == before
    (noted,) = stage.world.db.read(lambda tx: ledger.of_subject(tx, f"lead:{lead_id}"))
    assert (noted.action, noted.actor, noted.after) == ("note", "ann", {"note": "Asks for Mia."})
    with pytest.raises(UserError, match="empty"):
        lead_control.note(stage.world, lead_id, "  ", actor="ann")
    with pytest.raises(NotFound):
        lead_control.note(stage.world, 77, "x", actor="ann")
