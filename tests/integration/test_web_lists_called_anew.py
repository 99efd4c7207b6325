"""The leads of a list there is, taken over on the form of a campaign."""

import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest
from factories import make_list
from test_web_campaign_form import draft, every, form_on, review, row_of, send
from test_web_pages import words_of
from web_peer import HintsGiven, settings_for, sign_in, world_on

from dialer.actions import control, parts
from dialer.actions.undo import undo
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.domain.states import ListStatus
from dialer.store import campaigns, leads, lists
from dialer.store.database import Database
from dialer.web import campaign_form_page


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """A world whose Retell does not answer."""
    database = Database(sqlite_url)
    yield world_on(database, settings_for(sqlite_url), HintsGiven())
    database.close()


def a_list(world: World, campaign: int, *, name: str = "march.csv", number: int = 2) -> int:
    now, rows = world.clock.now(), [{"variables": {"plan": "Team"}}] * number
    return world.db.transact(lambda tx: make_list(tx, campaign, rows, now=now, name=name))


def options(page: str) -> dict[str, str]:
    """Give the lists that the form offers."""
    (found,) = re.findall(r'<select id="list".*?</select>', page, re.S) or ("",)
    return {n: unescape(text) for n, text in re.findall(r'value="(\d+)"[^>]*>([^<]*)<', found)}


# -- refusals


@pytest.mark.parametrize("text", ["", "x", "²", "9" * 30, "-1"])
def test_leads_of_no_list_at_all_are_asked_for_again(
    web: httpx.Client, world: World, text: str
) -> None:
    answer = send(web, who="list", list=text)
    assert answer.status_code == 400
    assert "Choose a list." in answer.text
    assert every(world) == []


def test_a_list_that_was_undone_says_so_at_its_field_and_in_the_review(
    web: httpx.Client, world: World
) -> None:
    campaign = draft(world, name="Spring")
    list_id = a_list(world, campaign)
    undo(world, list_id, actor="test")
    sentence = (
        f'List {list_id} "march.csv" was undone:'
        f" its leads were taken out of campaign {campaign} again."
    )
    answer = send(web, who="list", list=str(list_id))
    assert answer.status_code == 400
    page = unescape(answer.text)
    assert f'id="list-wrong">{sentence}' in page
    assert 'href="#list"' in page
    assert [row.id for row in every(world)] == [campaign]
    assert sentence in review(web, who="list", list=str(list_id))
    assert sentence in unescape(web.get(f"/campaigns/new?who=list&list={list_id}").text)


def test_a_list_that_is_being_imported_is_not_offered_and_refused(
    web: httpx.Client, world: World
) -> None:
    list_id = a_list(world, draft(world))
    world.db.transact(lambda tx: lists.change(tx, list_id, status=ListStatus.IMPORTING))
    assert options(web.get("/campaigns/new").text) == {}
    answer = send(web, who="list", list=str(list_id))
    assert answer.status_code == 400
    assert "is still being imported: the leads that are still to come" in answer.text
    assert "New campaign with these leads" not in web.get(f"/lists/{list_id}").text


def test_viewers_are_offered_no_new_campaign(web: httpx.Client, world: World) -> None:
    list_id = a_list(world, draft(world))
    assert "New campaign with these leads" in web.get(f"/lists/{list_id}").text
    sign_in(web, world, Role.VIEWER)
    assert "New campaign" not in web.get(f"/lists/{list_id}").text


def test_an_undone_list_leads_to_no_new_campaign(web: httpx.Client, world: World) -> None:
    list_id = a_list(world, draft(world))
    undo(world, list_id, actor="test")
    assert "New campaign with these leads" not in web.get(f"/lists/{list_id}").text


# -- from the list to the campaign


def test_the_page_of_a_list_leads_to_a_campaign_with_its_leads(
    web: httpx.Client, world: World
) -> None:
    source = draft(world, name="Spring", number_of_leads=3)
    a_list(world, source, name="april.csv", number=1)
    list_id = a_list(world, source)
    page = web.get(f"/lists/{list_id}").text
    (href,) = re.findall(r'href="([^"]*)">New campaign with these leads', page)
    form = form_on(web.get(unescape(href)).text)
    assert (form["who"], form["list"]) == ("list", str(list_id))
    answer = send(web, **form | {"name": "March", "from_numbers": "+12125550000"})
    made = every(world)[0]
    assert answer.headers["location"] == f"/campaigns/{made.id}"
    assert row_of(world, made.id).copied_from == {
        "campaign": source,
        "leads": "everybody",
        "list": list_id,
    }
    assert sum(world.db.read(lambda tx: campaigns.counts(tx, made.id)).values()) == 2


def test_campaign_and_lead_say_which_list_of_which_campaign_they_come_from(
    web: httpx.Client, world: World
) -> None:
    list_id = a_list(world, draft(world, name="Spring", number_of_leads=0))
    send(web, who="list", list=str(list_id))
    made = every(world)[0]
    page = web.get(f"/campaigns/{made.id}").text
    assert "Its leads come from list march.csv of campaign Spring ." in words_of(page)
    assert f'href="/lists/{list_id}"' in page
    chosen = leads.lead.select().where(leads.lead.c.campaign_id == made.id)
    taken = world.db.read(lambda tx: tx.execute(chosen).first())
    assert taken is not None
    assert "Comes from list march.csv of campaign Spring" in words_of(
        web.get(f"/leads/{taken.id}").text
    )


def test_a_redial_says_whom_its_leads_come_from(web: httpx.Client, world: World) -> None:
    source = draft(world, name="Spring")
    send(web, who="campaign", source=str(source))
    made = every(world)[0]
    page = words_of(web.get(f"/campaigns/{made.id}").text)
    assert "Its leads come from campaign Spring ." in page
    assert "Its leads come" not in web.get(f"/campaigns/{source}").text


def test_a_long_list_is_copied_to_its_end_by_the_workers(
    web: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_form_page, "PARTS_AT_ONCE", 1)
    monkeypatch.setattr(parts, "PART", 1)
    list_id = a_list(world, draft(world), number=3)
    send(web, who="list", list=str(list_id))
    made = every(world)[0]
    assert sum(world.db.read(lambda tx: campaigns.counts(tx, made.id)).values()) == 1
    assert "Its leads are being copied" in web.get(f"/campaigns/{made.id}").text
    parts.carry_on(world)
    assert sum(world.db.read(lambda tx: campaigns.counts(tx, made.id)).values()) == 3


# -- what is offered and counted


def test_the_newest_lists_are_offered_with_their_campaigns_and_how_many_they_have(
    web: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_form_page, "MOST_SOURCES", 1)
    over = draft(world, name="Spring")
    control.stop(world, over, actor="test")
    old = a_list(world, over, number=1)
    new = a_list(world, draft(world, name="Fall"), name="fall.csv")
    assert options(web.get("/campaigns/new").text) == {str(new): "fall.csv, of Fall: 2 leads"}
    asked = options(web.get(f"/campaigns/new?who=list&list={old}").text)
    assert asked[str(old)] == "march.csv, of Spring: 1 lead"


def test_without_a_list_none_is_offered(web: httpx.Client) -> None:
    assert "a list there is" not in web.get("/campaigns/new").text


def test_a_form_that_nobody_sent_yet_blames_nobody_for_choosing_no_list(web: httpx.Client) -> None:
    answer = web.get("/campaigns/new?who=list")
    assert answer.status_code == 200
    assert "Choose a list." not in answer.text


def test_the_review_counts_the_leads_of_the_list_and_no_others(
    web: httpx.Client, world: World
) -> None:
    source = draft(world, number_of_leads=5)
    list_id = a_list(world, source, number=3)
    assert "Choose a list to see how many leads it has." in review(web, who="list")
    assert "3 leads to be called" in review(web, who="list", list=str(list_id))


def test_the_figures_of_a_list_lead_to_its_leads(web: httpx.Client, world: World) -> None:
    campaign = draft(world, name="Spring")
    list_id = a_list(world, campaign)
    a_list(world, campaign, name="april.csv", number=3)
    leads_of = f"/campaigns/{campaign}?list={list_id}"
    assert f'<a href="{leads_of}#leads">2</a>' in web.get(f"/lists/{list_id}").text
    table = web.get("/lists").text
    assert f'<a href="{leads_of}#leads">2<' in table
    assert f'<a href="{leads_of}&amp;waiting=yes#leads">2<' in table
    for address, words in ((leads_of, ""), (f"{leads_of}&waiting=yes", ", to be called")):
        page = web.get(address).text
        assert f"Of list {list_id}{words} " in words_of(page)
        assert page.count('<a href="/leads/') == 2
