"""Consent: a campaign that needs it calls nobody whose list does not tell when they agreed."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import ALL_DAY, NOW, Stage

from dialer.actions import control
from dialer.actions.callbacks import promise_callback
from dialer.actions.load import Loaded, Order, load, look_at
from dialer.actions.storing import Known
from dialer.actions.undo import undo
from dialer.domain.consent import why_no_consent
from dialer.domain.states import AttemptStatus, LeadStatus
from dialer.errors import RefusedByRule
from dialer.store import consents, leads
from dialer.store.tables import Lead

AGREED = {"at": "2026-01-05T12:00:00+00:00", "source": "web", "text": None}
HEADER = ("Phone", "State", "Consent date", "Consent source", "Plan")
LAWFUL = {**ALL_DAY, "legal_override": None}


def standing(stage: Stage, lead_id: int) -> tuple[LeadStatus, str | None]:
    lead = stage.lead_row(lead_id)
    return lead.status, lead.held_reason


HELD = (LeadStatus.HELD, "no_consent")
READY = (LeadStatus.READY, None)

CONSENTS: list[dict[str, Any] | None] = [
    None,
    {},
    AGREED,
    {**AGREED, "source": None},
    {**AGREED, "source": None, "text": "I agree"},
    {**AGREED, "source": "", "text": ""},
    {**AGREED, "at": None},
    {**AGREED, "at": "2026-03-04T15:00:00+00:00"},
    {**AGREED, "at": "2026-03-04T15:00:01+00:00"},
    {"at": AGREED["at"]},
]


def test_the_start_holds_exactly_the_leads_whose_consent_does_not_count(stage: Stage) -> None:
    draft = stage.draft(require_consent=True)
    made = [(stage.lead(draft, consent=consent), consent) for consent in CONSENTS]
    counted = stage.world.db.read(lambda tx: consents.count(tx, draft, now=NOW))
    control.start(stage.world, draft, actor="test")
    found = {lead_id: standing(stage, lead_id) for lead_id, _ in made}
    expected = {
        lead_id: READY if why_no_consent(consent, now=NOW) is None else HELD
        for lead_id, consent in made
    }
    assert found == expected
    assert counted == (len(CONSENTS), list(expected.values()).count(READY)) == (10, 3)
    assert len(stage.claim()) == 3


def test_a_campaign_that_needs_none_calls_everybody(stage: Stage) -> None:
    campaign = stage.campaign()
    stage.lead(campaign)
    assert len(stage.claim()) == 1


def test_a_claim_holds_a_lead_without_consent_and_takes_the_next(stage: Stage) -> None:
    campaign = stage.campaign(require_consent=True)
    without = stage.lead(campaign)
    agreed = stage.lead(campaign, consent=AGREED)
    stage.lines(1)
    stage.claim()
    stage.claim()
    assert standing(stage, without) == HELD
    assert stage.lead_row(agreed).status is LeadStatus.IN_FLIGHT


def test_the_send_gate_asks_for_the_consent_again(stage: Stage) -> None:
    lead_id = stage.lead(stage.campaign(require_consent=True), consent=AGREED)
    (attempt_id,) = stage.claim()
    stage.world.db.transact(lambda tx: leads.change(tx, lead_id, consent=None))
    stage.dial(attempt_id)
    attempt = stage.attempt_row(attempt_id)
    assert (attempt.status, attempt.reason) == (AttemptStatus.CANCELLED, "no_consent")
    assert standing(stage, lead_id) == HELD
    assert stage.retell.posted == []


def test_a_resume_holds_and_releases_by_the_consents_of_then(stage: Stage) -> None:
    campaign = stage.campaign(require_consent=True)
    lost, gained = stage.lead(campaign, consent=AGREED), stage.lead(campaign, consent=AGREED)
    control.pause(stage.world, campaign, actor="test")
    stage.world.db.transact(lambda tx: leads.change(tx, lost, consent=None))
    stage.world.db.transact(lambda tx: leads.hold_those(tx, [gained], reason="no_consent"))
    control.resume(stage.world, campaign, actor="test")
    assert (standing(stage, lost), standing(stage, gained)) == (HELD, READY)
    assert stage.lead_row(gained).due_at == NOW


def test_whoever_was_held_is_called_once_the_campaign_needs_no_consent(stage: Stage) -> None:
    campaign = stage.campaign(require_consent=True)
    held = stage.lead(campaign)
    no_zone = stage.lead(campaign, status=LeadStatus.HELD, held_reason="no_zone", due_at=None)
    stage.claim()
    control.pause(stage.world, campaign, actor="test")
    spec = stage.campaign_row(campaign).spec
    stage.change_spec(
        campaign, control.CampaignSpec.model_validate({**spec, "require_consent": False})
    )
    control.resume(stage.world, campaign, actor="test")
    assert standing(stage, held) == READY
    assert standing(stage, no_zone) == (LeadStatus.HELD, "no_zone")


def test_nothing_is_promised_to_whoever_has_not_agreed_to_be_called(stage: Stage) -> None:
    campaign = stage.campaign(require_consent=True)
    without, agreed = stage.lead(campaign), stage.lead(campaign, consent=AGREED)
    with pytest.raises(RefusedByRule) as refused:
        promise_callback(stage.world, without, "tomorrow at 3 pm", actor="test")
    assert "consent" in (refused.value.why or "")
    assert promise_callback(stage.world, agreed, "tomorrow at 3 pm", actor="test") is not None


class Files:
    """Imports rows of (phone, state, consent date, consent source, plan)."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self.folder = folder
        self.count = 0

    def write(self, *rows: Sequence[str], header: Sequence[str] = HEADER) -> Path:
        self.count += 1
        path = self.folder / f"leads{self.count}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header, *rows])
        return path

    def load(self, campaign_id: int, path: Path, **order: Any) -> Loaded:
        return load(
            self.stage.world,
            campaign_id,
            path,
            actor="test",
            rejects_to=self.folder / "rejects.csv",
            order=Order(check_agent=False, **order),
        )

    def leads(self, campaign_id: int) -> list[Lead]:
        chosen = leads.lead.select().where(leads.lead.c.campaign_id == campaign_id)
        return self.stage.world.db.read(lambda tx: list(tx.execute(chosen.order_by("row"))))


@pytest.fixture
def files(stage: Stage, tmp_path: Path) -> Files:
    return Files(stage, tmp_path)


ANN, BOB = "+12122000001", "+12122000002"
WEEK = timedelta(days=7)


def test_a_lead_held_for_its_consent_is_not_called_before_it_would_have_been(stage: Stage) -> None:
    draft = stage.draft(require_consent=True)
    lead_id = stage.lead(draft, due_at=NOW + WEEK)  # its list says not to call before
    control.start(stage.world, draft, actor="test")
    assert standing(stage, lead_id) == HELD
    stage.world.db.transact(lambda tx: leads.change(tx, lead_id, consent=AGREED))
    control.pause(stage.world, draft, actor="test")
    control.resume(stage.world, draft, actor="test")
    assert standing(stage, lead_id) == READY
    assert stage.lead_row(lead_id).due_at == NOW + WEEK
    assert stage.claim() == []


def test_a_retry_is_not_made_earlier_because_its_consent_was_in_doubt(stage: Stage) -> None:
    campaign = stage.campaign(require_consent=True)
    lead_id = stage.lead(campaign, consent=AGREED)
    stage.deliver(stage.retell.end(stage.call(lead_id), "dial_no_answer"))
    due_at = stage.lead_row(lead_id).due_at
    for consent in ({**AGREED, "at": "2027-01-05T12:00:00+00:00"}, AGREED):
        stage.world.db.transact(
            lambda tx, now=consent: leads.change(tx, lead_id, consent=now)  # type: ignore[misc]
        )
        control.pause(stage.world, campaign, actor="test")
        control.resume(stage.world, campaign, actor="test")
    assert standing(stage, lead_id) == READY
    assert stage.lead_row(lead_id).due_at == due_at


def test_leads_without_consent_are_held_at_once_in_a_campaign_that_has_begun(
    stage: Stage, files: Files
) -> None:
    campaign = stage.campaign(require_consent=True)
    loaded = files.load(
        campaign,
        files.write(
            (ANN, "", "2026-01-05", "web", ""),
            (BOB, "", "", "", ""),
            ("+12122000003", "", "2026-01-05", "", ""),
            ("+12122000004", "", "soon", "web", ""),
        ),
    )
    assert (loaded.imported, loaded.rejected) == (3, 1)
    found = [(one.status, one.held_reason) for one in files.leads(campaign)]
    assert found == [READY, HELD, HELD]
    assert files.leads(campaign)[0].consent == {
        "at": "2026-01-05T05:00:00+00:00",
        "source": "web",
        "text": None,
    }


def test_before_the_start_they_wait_like_everybody(stage: Stage, files: Files) -> None:
    draft = stage.draft(require_consent=True)
    files.load(draft, files.write((ANN, "", "", "", "")))
    (lead,) = files.leads(draft)
    assert (lead.status, lead.held_reason, lead.consent) == (*READY, None)
    control.start(stage.world, draft, actor="test")
    assert standing(stage, lead.id) == HELD


def test_a_better_file_gives_consent_to_a_held_lead_and_releases_it(
    stage: Stage, files: Files
) -> None:
    campaign = stage.campaign(require_consent=True, window=LAWFUL)
    files.load(campaign, files.write((ANN, "", "", "", ""), (BOB, "", "", "", "")))
    _, bob = files.leads(campaign)
    better = files.write((ANN, "", "2026-01-05", "web", ""), (BOB, "", "2026-01-05", "", ""))
    files.load(campaign, better, known=Known.UPDATE)
    assert len(stage.claim()) == 1
    assert standing(stage, bob.id) == HELD  # nobody knows where


def test_a_better_file_calls_nobody_earlier_than_the_retry_that_was_due(
    stage: Stage, files: Files
) -> None:
    campaign = stage.campaign(require_consent=True)
    held = stage.lead(
        campaign,
        phone=ANN,
        status=LeadStatus.HELD,
        held_reason="no_consent",
        due_at=None,
        wanted_at=NOW + WEEK,
    )
    files.load(campaign, files.write((ANN, "", "2026-01-05", "web", "")), known=Known.UPDATE)
    assert standing(stage, held) == READY
    assert stage.lead_row(held).due_at == NOW + WEEK


def test_a_better_file_releases_nobody_who_is_held_for_another_reason(
    stage: Stage, files: Files
) -> None:
    campaign = stage.campaign(require_consent=True)
    held = stage.lead(
        campaign, phone=ANN, status=LeadStatus.HELD, held_reason="never_open", due_at=None
    )
    files.load(campaign, files.write((ANN, "", "2026-01-05", "web", "")), known=Known.UPDATE)
    assert standing(stage, held) == (LeadStatus.HELD, "never_open")


def test_a_file_that_says_less_takes_no_consent_and_no_region_away(
    stage: Stage, files: Files
) -> None:
    draft = stage.draft(require_consent=True)
    files.load(draft, files.write((ANN, "FL", "2026-01-05", "web", "old")))
    (before,) = files.leads(draft)
    files.load(draft, files.write((ANN, "", "", "shop", "new")), known=Known.UPDATE)
    (after,) = files.leads(draft)
    assert (after.consent, after.region) == (before.consent, before.region)
    assert after.variables["Plan"] == "new"
    files.load(draft, files.write((ANN, "TX", "2026-02-05", "shop", "")), known=Known.UPDATE)
    (newest,) = files.leads(draft)
    assert (newest.consent["source"], newest.region) == ("shop", "US-TX")  # type: ignore[index]


def test_an_undo_takes_out_leads_that_are_held_for_their_consent(
    stage: Stage, files: Files
) -> None:
    campaign = stage.campaign(require_consent=True)
    loaded = files.load(campaign, files.write((ANN, "", "", "", "")))
    assert undo(stage.world, loaded.list_id, actor="test").removed == 1
    assert files.leads(campaign) == []


def test_a_preview_shows_the_consent_and_the_region_of_every_row(
    stage: Stage, files: Files
) -> None:
    draft = stage.draft()
    path = files.write((ANN, "FL", "2026-01-05", "web", ""), (BOB, "", "soon", "fair", ""))
    found = look_at(stage.world, draft, path, order=Order(check_agent=False), limit=None)
    ann, bob = found["accepted"]
    assert (ann["consent"]["source"], ann["region"]) == ("web", "US-FL")
    assert (bob["consent"], bob["region"]) == (None, None)
    assert bob["data"]["Consent date"] == "soon"
    assert "Consent date" not in ann["data"]
    assert found["warnings"] == ["unreadable_consent"]


def test_a_lead_whose_list_says_florida_is_not_called_late_on_a_number_of_new_york(
    stage: Stage, files: Files
) -> None:
    half_past_eight = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
    stage.clock.moment = half_past_eight
    campaign = stage.campaign(window=LAWFUL)
    files.load(
        campaign,
        files.write((ANN, "FL", "", "", ""), ("+12122000003", "NY", "", "", "")),
    )
    in_florida, in_new_york = files.leads(campaign)
    assert (in_florida.region, in_new_york.region) == ("US-FL", "US-NY")
    assert in_florida.due_at == half_past_eight + timedelta(hours=12, minutes=30)
    assert len(stage.claim()) == 1
    assert stage.lead_row(in_new_york.id).status is LeadStatus.IN_FLIGHT


def test_a_lead_of_a_draft_whose_list_says_florida_waits_for_the_morning_there(
    stage: Stage, files: Files
) -> None:
    stage.clock.moment = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
    draft = stage.draft(window=LAWFUL)
    files.load(draft, files.write((ANN, "", "", "", ""), header=HEADER))
    files.load(draft, files.write((ANN, "Florida", "", "", "")), known=Known.UPDATE)
    control.start(stage.world, draft, actor="test")
    assert stage.claim() == []
    (lead,) = files.leads(draft)
    assert (lead.region, lead.due_at) == ("US-FL", datetime(2026, 3, 5, 14, 0, tzinfo=UTC))


def test_no_state_makes_a_law_of_a_fictional_number(stage: Stage) -> None:
    stage.clock.moment = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
    draft = stage.draft(window=LAWFUL)
    stage.lead(draft, phone="+12125550123", region="US-FL")
    control.start(stage.world, draft, actor="test")
    assert len(stage.claim()) == 1
