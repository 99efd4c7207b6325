"""Phone tests beside a campaign that uses every line, from the claim to the last webhook."""

from pathlib import Path

from house import House, assert_nobody_was_called_twice

from dialer.actions.phone_tests import call_phone
from dialer.domain.states import CampaignStatus, LeadStatus
from dialer.store import campaigns, leads

MINE = ("+12126661231", "+12126661232", "+12126661233")
PEOPLE = 30


def test_tests_are_called_beside_a_campaign_whose_figures_never_hear_of_them(
    sqlite_url: str, tmp_path: Path
) -> None:
    house = House(tmp_path, sqlite_url)
    house.start(PEOPLE)
    house.pass_minutes(2)
    tests = [call_phone(house.world, 1 + n, phone, actor="ann") for n, phone in enumerate(MINE)]
    house.pass_until_finished(PEOPLE)
    truth = house.truth()
    assert [truth["calls_by_number"][phone] for phone in MINE] == [1, 1, 1]
    assert_nobody_was_called_twice(house)
    assert truth["refused"] == {}
    assert truth["most_active"] == 3
    progress = house.progress()
    assert (progress.leads, progress.finished) == (PEOPLE, PEOPLE)
    db = house.world.db
    assert [row.id for row in db.read(campaigns.every)] == [house.campaign_id]
    for test in tests:
        lead = db.read(lambda tx, one=test: leads.get(tx, one.lead_id))
        row = db.read(lambda tx, one=test: campaigns.get(tx, one.campaign_id))
        assert lead is not None
        assert row is not None
        assert (lead.status, lead.tries) == (LeadStatus.CLOSED, 1)
        assert row.status is CampaignStatus.FINISHED
    assert house.broken() == set()
    house.stop()
