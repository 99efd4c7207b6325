"""The leads of a campaign, page by page: each once, in the order in which they are called."""

from datetime import timedelta
from functools import partial

import pytest
from factories import NOW, Stage, make_list

from dialer.actions import campaign_leads
from dialer.actions.campaign_leads import latest_called, with_number
from dialer.actions.lead_control import retry
from dialer.domain.dispositions import Disposition
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.states import ClosedAs, LeadState, LeadStatus
from dialer.store import lead_paging, lists
from dialer.store.latest_calls import Moment
from dialer.store.lead_paging import Place

CLOSED = {"status": LeadStatus.CLOSED, "due_at": None, "closed_at": NOW, "tries": 1}


def all_pages(stage: Stage, campaign: int, state: LeadState | None, *, most: int) -> list[int]:
    """Turn the pages of the leads in a state."""
    return pages_of(stage, campaign, LeadFilter(state=state), most=most)


def pages_of(stage: Stage, campaign: int, chosen: LeadFilter, *, most: int) -> list[int]:
    """Turn pages until there is none left, by addresses as a browser has them."""
    found: list[int] = []
    place = None
    while True:
        after = place
        rows = stage.world.db.read(
            lambda tx, after=after: lead_paging.page(
                tx, campaign, chosen=chosen, after=after, most=most
            )
        )
        if not rows:
            return found
        found += [row.id for row in rows]
        place = Place.read(Place.of(rows[-1]).written())
        assert place == Place.of(rows[-1])


def made(stage: Stage, campaign: int) -> dict[LeadState | None, set[int]]:
    """Make leads in every state, with and without a row, due alike and apart."""
    later = NOW + timedelta(hours=1)
    by_state = {
        LeadState.PENDING: [
            *stage.leads(3, campaign),
            *(stage.lead(campaign, row=row) for row in (5, 5, 2, 9)),
            stage.lead(campaign, row=1, due_at=later),
            stage.lead(campaign, row=7, priority=0),
            stage.lead(campaign, priority=1),  # somebody wants it called soon
        ],
        LeadState.RETRY_LATER: [
            stage.lead(campaign, tries=1, row=3, priority=1),
            stage.lead(campaign, tries=2, priority=2),  # given back without a call
            stage.lead(campaign, tries=1, priority=3),
        ],
        LeadState.IN_FLIGHT: [],
        LeadState.HELD: [stage.lead(campaign, status=LeadStatus.HELD, due_at=None, row=4)],
        LeadState.COMPLETED: stage.leads(2, campaign, closed_as=ClosedAs.REACHED, **CLOSED),
        LeadState.CLOSED: [
            stage.lead(campaign, closed_as=ClosedAs.EXHAUSTED, row=row, **CLOSED)
            for row in (8, None, 6)
        ],
    }
    every = [lead_id for ids in by_state.values() for lead_id in ids]
    return {None: set(every), **{state: set(ids) for state, ids in by_state.items()}}


@pytest.mark.parametrize("most", [1, 2, 50])
def test_every_lead_is_on_one_page_whatever_the_filter(stage: Stage, most: int) -> None:
    campaign = stage.draft()
    expected = made(stage, campaign)
    stage.lead(stage.draft())
    for state, ids in expected.items():
        found = all_pages(stage, campaign, state, most=most)
        assert sorted(found) == sorted(ids), state
        assert found == all_pages(stage, campaign, state, most=50)


def test_those_that_are_called_next_come_first(stage: Stage) -> None:
    campaign = stage.draft()
    later = stage.lead(campaign, row=1, due_at=NOW + timedelta(hours=1))
    second, first = stage.lead(campaign, row=3), stage.lead(campaign, row=2)
    promised = stage.lead(campaign, row=9, priority=0)
    found = all_pages(stage, campaign, None, most=2)
    assert found == [promised, first, second, later]


@pytest.mark.parametrize(
    "text",
    ["", "x", "READY", "READY~1~2", "ODD~1~2~3~4", "READY~a~b~c~d", f"READY~1~{'9' * 40}~1~1"],
)
def test_an_address_that_nobody_wrote_is_no_place(text: str) -> None:
    assert Place.read(text) is None


def test_a_number_is_found_in_its_campaign_alone(stage: Stage) -> None:
    campaign, other = stage.draft(), stage.draft()
    lead_id = stage.lead(campaign, phone="+12125550142")
    stage.lead(other, phone="+12125550142")
    found = with_number(stage.world.db, campaign, "+12125550142")
    assert [one["id"] for one in found.leads] == [lead_id]
    assert with_number(stage.world.db, campaign, "+12125550143").leads == []


@pytest.mark.parametrize("most", [1, 50])
def test_leads_are_found_by_how_they_ended(stage: Stage, most: int) -> None:
    campaign = stage.draft()
    busy = stage.leads(2, campaign, tries=1, disposition=Disposition.BUSY)
    held = stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    reached = stage.lead(campaign, closed_as=ClosedAs.REACHED, **CLOSED)
    stopped = stage.lead(campaign, closed_as=ClosedAs.STOPPED, **CLOSED)
    listed = stage.lead(campaign, tries=1, row=2)
    stage.leads(2, campaign)
    for chosen, ids in (
        (LeadFilter(last=Disposition.BUSY), busy),
        (LeadFilter(held="no_zone"), [held]),
        (LeadFilter(held="other"), []),
        (LeadFilter(closed_as=ClosedAs.STOPPED), [stopped]),
        (LeadFilter(finished=True), [stopped, reached]),
        (LeadFilter(begun=True), [*busy, listed, stopped, reached]),
    ):
        assert LeadFilter.read(chosen.written()) == chosen
        assert sorted(pages_of(stage, campaign, chosen, most=most)) == sorted(ids)
        counted = stage.world.db.read(
            lambda tx, chosen=chosen: lead_paging.count(tx, campaign, chosen)
        )
        assert counted == len(ids)


@pytest.mark.parametrize("most", [1, 50])
@pytest.mark.parametrize("is_old", [False, True])
def test_leads_are_found_by_the_list_that_brought_them(
    stage: Stage, most: int, is_old: bool
) -> None:
    campaign = stage.draft()
    stage.lead(campaign)
    over = {"status": LeadStatus.CLOSED, "closed_as": ClosedAs.REACHED, "due_at": None}
    leads_of = [{}, {"status": LeadStatus.HELD, "due_at": None}, over | {"closed_at": NOW}, {}]
    add = partial(make_list, campaign_id=campaign, now=NOW)
    list_id = stage.world.db.transact(lambda tx: add(tx, changes=leads_of))
    stage.world.db.transact(lambda tx: add(tx, name="other.csv"))
    if is_old:  # an older dialer wrote down no ids
        unknown = {"after_lead": None, "until_lead": None}
        stage.world.db.transact(lambda tx: lists.change(tx, list_id, **unknown))
    for chosen, number in (
        (LeadFilter(list_id=list_id), 4),
        (LeadFilter(list_id=list_id, waiting=True), 2),
    ):
        assert LeadFilter.read(chosen.written()) == chosen
        found = pages_of(stage, campaign, chosen, most=most)
        assert len(found) == len(set(found)) == number
        assert {stage.lead_row(one).list_id for one in found} == {list_id}
        count = stage.world.db.read(lambda tx, one=chosen: lead_paging.count(tx, campaign, one))
        assert count == number
        assert pages_of(stage, stage.draft(), chosen, most=most) == []  # of its campaign alone


def test_what_nobody_knows_filters_nothing() -> None:
    for odd in ("", "x", "²", "-1", "9" * 30):
        assert LeadFilter.read({"list": odd}) == LeadFilter()
    assert LeadFilter.read({"state": "odd", "last": "odd", "closed_as": "x"}) == LeadFilter()


def latest(stage: Stage, campaign: int) -> list[int]:
    """Turn the pages of the leads by their latest calls, by addresses as a browser has them."""
    found: list[int] = []
    after: str | None = ""
    while after is not None:
        page = latest_called(stage.world.db, campaign, after=Moment.read(after))
        found += [one["id"] for one in page.leads]
        after = page.next_after
    return found


def test_who_was_called_last_comes_first_and_each_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = stage.campaign()
    stage.lead(campaign, due_at=NOW + timedelta(days=1))  # never called
    stage.call(stage.lead(stage.campaign()))  # another campaign's
    called = []
    for _ in range(5):
        called.append(stage.lead(campaign))
        stage.deliver(stage.retell.end(stage.call(called[-1]), "dial_no_answer"))
        stage.clock.pass_time(minutes=1)
    retry(stage.world, called[1], at=None, actor="test")
    stage.call(called[1])
    monkeypatch.setattr(campaign_leads, "PAGE", 2)
    assert latest(stage, campaign) == [called[place] for place in (1, 4, 3, 2, 0)]


def test_calls_of_one_moment_are_each_on_one_page(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = stage.campaign()
    called = stage.leads(5, campaign)
    stage.dial(*stage.claim())
    monkeypatch.setattr(campaign_leads, "PAGE", 2)
    assert sorted(latest(stage, campaign)) == called


@pytest.mark.parametrize("text", ["", "5", "x~y", "9" * 40 + "~a"])
def test_a_moment_that_nobody_wrote_is_none(text: str) -> None:
    assert Moment.read(text) is None
