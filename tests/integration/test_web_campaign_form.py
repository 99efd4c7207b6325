"""Making and editing campaigns on the form: what is refused, what is kept, what comes of it."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from factories import make_lead, make_spec
from pydantic import BaseModel
from test_web_pages import words_of
from web_peer import HintsGiven, settings_for, sign_in, world_on

from dialer.actions import control, editing
from dialer.actions.uploads import folder
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.edit_effects import BEFORE_A_START, EFFECTS, effects_of
from dialer.domain.preflight import FindingCode
from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus
from dialer.store import campaigns, errands, ledger
from dialer.store.database import Database
from dialer.store.tables import Campaign
from dialer.web.campaign_form import blank, read_new, typed_in
from dialer.web.campaign_review import WAYS
from dialer.web.form_fields import Kind
from dialer.web.form_sections import BY_KEY, ONLY_IN_FILES
from dialer.web.form_texts import texts_of

OURS = {"sec-fetch-site": "same-origin"}
NUMBER = "+12125550000"
GOOD = b"phone,first_name\n+12125552000,Ada\n"
NEW = {key: text for key, text in blank().texts.items() if text or BY_KEY[key].kind is not Kind.BOX}
"""What a browser sends of a form in which nothing was typed."""
LEAST = {**NEW, "name": "March", "from_numbers": NUMBER, "who": "later"}


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    """A world whose Retell does not answer."""
    database = Database(sqlite_url)
    yield world_on(database, settings_for(sqlite_url), HintsGiven())
    database.close()


def send(web: httpx.Client, *, file: bytes | None = None, **fields: str) -> httpx.Response:
    files = {"file": ("", b"") if file is None else ("march.csv", file)}
    return web.post("/campaigns/new", data=LEAST | fields, files=files, headers=OURS)


def save(web: httpx.Client, campaign: int, **fields: str) -> httpx.Response:
    named = {key.replace("__", "."): text for key, text in fields.items()}
    form = form_on(web.get(f"/campaigns/{campaign}/edit").text)
    return web.post(f"/campaigns/{campaign}/edit", data=form | named, headers=OURS)


def form_on(page: str) -> dict[str, str]:
    """Give what a browser would send back of the form on a page, as it stands there."""
    form = page[page.index("<form id=") : page.index("<aside")]
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name is None or " disabled" in tag or 'type="file"' in tag:
            continue
        if re.search('type="(checkbox|radio)"', tag) and " checked" not in tag:
            continue
        found[name[1]] = unescape(value[1]) if value else ""
    for name, body in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        if chosen := re.search(r'value="([^"]*)" selected', body):
            found[name] = unescape(chosen[1])
    for name, text in re.findall(
        r'<textarea [^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.S
    ):
        found[name] = unescape(text)
    return found


def draft(world: World, *, number_of_leads: int = 2, **spec: Any) -> int:
    campaign_id = control.create(world, make_spec(**spec), actor="test")
    now = world.clock.now()
    for _ in range(number_of_leads):
        world.db.transact(lambda tx: make_lead(tx, campaign_id, now=now))
    return campaign_id


def running(world: World, **spec: Any) -> int:
    campaign_id = draft(world, **spec)
    control.start(world, campaign_id, actor="test")
    return campaign_id


def row_of(world: World, campaign_id: int) -> Campaign:
    found = world.db.read(lambda tx: campaigns.get(tx, campaign_id))
    assert found is not None
    return found


def spec_of(world: World, campaign_id: int) -> CampaignSpec:
    return campaigns.spec_of(row_of(world, campaign_id))


def every(world: World) -> list[Campaign]:
    return world.db.read(campaigns.every)


# -- refusals


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"name": "  "}, "name", "Give the campaign a name."),
        ({"from_numbers": ""}, "from_numbers", "Name a number to call from."),
        ({"from_numbers": "12"}, "from_numbers", "is not an international number"),
        ({"who": "file"}, "file", "Choose a file"),
        ({"who": "campaign"}, "source", "Choose a campaign."),
        ({"who": "list"}, "list", "Choose a list."),
        ({"who": "list", "list": "77"}, "list", "There is no list 77."),
        ({"country": "Atlantis"}, "country", "is not a two-letter country"),
        ({"default_zone": "Nowhere"}, "default_zone", "Nowhere"),
        ({"variables": "no sign"}, "variables", "has no “name = value”"),
        ({"variables": "call_id = 7"}, "variables", "Retell sets these variables itself"),
        ({"limits.lines": "0"}, "limits-lines", "greater than or equal to 1"),
        ({"limits.lines": "many"}, "limits-lines", "valid integer"),
        ({"cadence.delays.busy": "soon"}, "cadence-delays-busy", "is not a duration"),
        ({"window.hours.mon": "nine to five"}, "window-hours-mon", "is no span of hours"),
        ({"window.hours.tue": "20:00-09:00"}, "window-hours-mon", "never crosses midnight"),
        ({"start_at": "2100-01-01T09:00", "clock": "Nowhere"}, "start_at", "Nowhere"),
        ({"start_at": "soon"}, "start_at", "is not a moment"),
        ({"person.calls_per_day": "0"}, "person-calls_per_day", "greater than or equal to 1"),
        ({"results.address": "ftp://x"}, "results-address", "looks like https"),
        ({"caller_id.warm_up": "a, b"}, "caller_id-warm_up", "valid integer"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_in_the_summary(
    web: httpx.Client, world: World, fields: dict[str, str], field: str, sentence: str
) -> None:
    answer = send(web, **fields)
    page = unescape(answer.text)
    assert answer.status_code == 400
    summary = page[page.index('id="problem"') : page.index('<div class="beside">')]
    assert f'href="#{field}"' in summary
    assert sentence in summary
    assert f'id="{field}-wrong"' in page
    assert f'id="{field}"' in page
    assert every(world) == []


def test_what_was_typed_stays_and_the_file_must_be_chosen_again(
    web: httpx.Client, world: World, home: Path
) -> None:
    typed = {"name": 'M "arch', "limits.lines": "0", "caller.legal_name": "Acme", "who": "file"}
    answer = send(web, file=GOOD, **typed)
    page = unescape(answer.text)
    assert 'value="M "arch"' in page
    assert 'value="Acme"' in page
    assert "Choose the file again" in page
    assert [path for path in folder(home).rglob("*") if path.is_file()] == []


def test_leads_of_a_campaign_that_is_not_there_are_not_copied(
    web: httpx.Client, world: World
) -> None:
    answer = send(web, who="campaign", source="77")
    assert answer.status_code == 404
    assert every(world) == []


@pytest.mark.parametrize("source", ["", "x", "²", "9" * 30, "-1"])
def test_leads_of_no_campaign_at_all_are_asked_for_again(
    web: httpx.Client, world: World, source: str
) -> None:
    answer = send(web, who="campaign", source=source)
    assert answer.status_code == 400
    assert "Choose a campaign." in answer.text
    assert every(world) == []


@pytest.mark.parametrize("path", ["/campaigns/new", "/campaigns/1/edit"])
def test_viewers_see_no_form(web: httpx.Client, world: World, path: str) -> None:
    draft(world)
    sign_in(web, world, Role.VIEWER)
    answer = web.get(path)
    assert answer.status_code == 403
    assert "You are a viewer" in answer.text


def test_a_campaign_that_is_over_has_no_form(web: httpx.Client, world: World) -> None:
    campaign = running(world)
    control.stop(world, campaign, actor="test")
    answer = web.get(f"/campaigns/{campaign}/edit")
    assert answer.status_code == 409
    assert "no setting of it matters any more" in answer.text
    assert web.get("/campaigns/77/edit").status_code == 404


def test_who_calls_whom_stays_once_calls_were_made(web: httpx.Client, world: World) -> None:
    campaign = running(world)
    page = web.get(f"/campaigns/{campaign}/edit").text
    assert re.search(r'name="agent_id"[^>]* disabled', page)
    save(web, campaign, agent_id="agent_2", country="CA")
    spec = spec_of(world, campaign)
    assert (spec.agent_id, spec.country) == (None, "US")


# -- a new campaign


def test_a_name_a_list_and_a_number_are_enough(web: httpx.Client, world: World) -> None:
    answer = send(web, file=GOOD, who="file")
    (row,) = every(world)
    assert campaigns.spec_of(row) == CampaignSpec(name="March", from_numbers=(NUMBER,))
    errand = world.db.read(lambda tx: errands.get(tx, 1))
    assert errand is not None
    assert (errand.campaign_id, errand.bytes) == (row.id, len(GOOD))
    assert answer.headers["location"] == "/upload/1"


def test_the_form_that_a_browser_shows_makes_the_same_campaign(
    web: httpx.Client, world: World
) -> None:
    page = web.get("/campaigns/new").text
    form = form_on(page) | {"name": "March", "from_numbers": NUMBER, "who": "later"}
    web.post("/campaigns/new", data=form, files={"file": ("", b"")}, headers=OURS)
    (row,) = every(world)
    assert campaigns.spec_of(row) == CampaignSpec(name="March", from_numbers=(NUMBER,))
    assert form.keys() - {"clock"} == LEAST.keys()


def test_the_leads_of_another_campaign_are_taken_over_as_new_ones(
    web: httpx.Client, world: World
) -> None:
    source = draft(world, number_of_leads=3)
    answer = send(web, who="campaign", source=str(source))
    made = every(world)[0]
    assert answer.headers["location"] == f"/campaigns/{made.id}"
    assert made.name == "March"
    assert sum(world.db.read(lambda tx: campaigns.counts(tx, made.id)).values()) == 3


def test_every_kind_of_setting_is_taken_over(web: httpx.Client, world: World) -> None:
    send(
        web,
        **{
            "from_numbers": "+12125550000, +12125550001",
            "number.3": "+12125550009",
            "variables": "offer = two months free\r\nplace = x = y",
            "start_at": "2100-07-01T09:00",
            "clock": "America/New_York",
            "window.hours.mon": "09:00-12:00, 13:00-17:00",
            "window.hours.sat": "",
            "window.blackout": "2100-12-24, 2100-12-31/2101-01-01",
            "window.holidays": "",
            "cadence.delays.no_answer": "4h at another time of day, next day",
            "cadence.at_most.no_answer": "3",
            "cadence.delays.callback": "2d",
            "person.calls_per_day": "none",
            "hold.failed_share": "never",
            "caller_id.warm_up": "20, 50",
            "caller.discloses_ai": "yes",
            "purpose": "other",
        },
    )
    spec = campaigns.spec_of(every(world)[0])
    assert spec.from_numbers == ("+12125550009", "+12125550000", "+12125550001")
    assert spec.variables == {"offer": "two months free", "place": "x = y"}
    assert spec.start_at is not None
    assert spec.start_at.isoformat() == "2100-07-01T13:00:00+00:00"
    assert texts_of(spec, clock="UTC")["window.hours.mon"] == "09:00-12:00, 13:00-17:00"
    assert texts_of(spec, clock="UTC")["window.hours.sat"] == ""
    assert [str(one) for one in spec.window.blackout] == ["2100-12-24", "2100-12-31/2101-01-01"]
    assert not spec.window.holidays
    assert [str(one) for one in spec.cadence.delays["no_answer"]] == [  # type: ignore[index]
        "4h at another time of day",
        "next day",
    ]
    assert spec.cadence.most_of("no_answer") == 3  # type: ignore[arg-type]
    assert spec.callback.keys  # a wait of one's own does not give up callbacks at a time
    assert (spec.person.calls_per_day, spec.hold.failed_share) == (None, None)
    assert (spec.caller_id.warm_up, spec.caller.discloses_ai) == ((20, 50), True)
    assert spec.purpose == "other"


# -- an edit


def test_a_form_that_comes_back_unchanged_changes_nothing(web: httpx.Client, world: World) -> None:
    rich = {
        "variables": {"offer": "x"},
        "caller_id": {"weights": {NUMBER: 3}},
        "agent_override": {"agent": {"voice_speed": 1.1}},
        "cadence": {"delays": {"busy": ["20m", "4h"]}, "counts": {"voicemail": False}},
        "start_at": "2100-07-01T09:00:30-04:00",
    }
    campaign = draft(world, **rich)
    before = spec_of(world, campaign)
    assert save(web, campaign).headers["location"] == f"/campaigns/{campaign}"
    assert spec_of(world, campaign) == before
    assert len(world.db.read(lambda tx: ledger.of_subject(tx, f"campaign:{campaign}"))) == 2


def test_a_draft_is_saved_at_once_and_the_log_says_by_whom(web: httpx.Client, world: World) -> None:
    campaign = draft(world)
    assert save(web, campaign, name="April", limits__lines="4").status_code == 303
    assert (row_of(world, campaign).name, row_of(world, campaign).lines) == ("April", 4)
    latest = world.db.read(lambda tx: ledger.of_subject(tx, f"campaign:{campaign}"))[-1]
    assert (latest.action, latest.actor) == ("edit", Role.OPERATOR.value)
    assert latest.after == {"name": "April", "limits.lines": 4}


def test_what_an_edit_of_a_running_campaign_changes_for_whom_is_shown_before_it_is_saved(
    web: httpx.Client, world: World
) -> None:
    campaign = running(world)
    asked = save(web, campaign, limits__lines="4", cadence__max_attempts="9")
    words = words_of(asked.text)
    assert asked.status_code == 200
    assert "Most attempts for a lead 5 → 9" in words
    assert "Who waits now for another call waits as before." in words
    assert "2 leads wait, 0 calls are in progress." in words
    assert row_of(world, campaign).lines is None
    path = f"/campaigns/{campaign}/edit"
    form = form_on(asked.text)
    # Another change than the one that was shown is shown first, too.
    again = web.post(path, data=form | {"limits.lines": "5"}, headers=OURS)
    assert (again.status_code, row_of(world, campaign).lines) == (200, None)
    done = web.post(path, data=form, headers=OURS)
    assert done.headers["location"] == f"/campaigns/{campaign}"
    assert row_of(world, campaign).lines == 4
    assert spec_of(world, campaign).cadence.max_attempts == 9


def test_what_somebody_else_changed_meanwhile_is_kept_and_told(
    web: httpx.Client, world: World
) -> None:
    campaign = running(world)
    path = f"/campaigns/{campaign}/edit"
    form = form_on(web.get(path).text)
    editing.edit(world, campaign, {"limits.lines": 2, "weight": 3}, actor="ben")
    asked = web.post(path, data=form | {"limits.lines": "7"}, headers=OURS)
    assert "Somebody else changed this meanwhile." in asked.text
    web.post(path, data=form_on(asked.text), headers=OURS)
    spec = spec_of(world, campaign)
    assert (spec.limits.lines, spec.weight) == (7, 3.0)


def test_a_setting_is_emptied_to_what_holds_without_it(web: httpx.Client, world: World) -> None:
    campaign = draft(world, limits={"lines": 4}, cadence={"delays": {"busy": "20m"}})
    save(web, campaign, limits__lines="", cadence__delays__busy="")
    spec = spec_of(world, campaign)
    assert (spec.limits.lines, spec.cadence.delays) == (None, {})


def test_an_end_that_is_past_is_refused_and_told_on_the_form(
    web: httpx.Client, world: World
) -> None:
    campaign = draft(world)
    answer = save(web, campaign, ends_at="2020-01-01T09:00")
    assert answer.status_code == 400
    assert "is past" in answer.text
    assert spec_of(world, campaign).ends_at is None


def test_a_long_text_in_any_script_comes_back_whole(web: httpx.Client, world: World) -> None:
    offer = "предложение " * 600
    campaign = draft(world, variables={"offer": offer.strip()})
    assert save(web, campaign, name="April").status_code == 303
    assert spec_of(world, campaign).variables == {"offer": offer.strip()}
    assert row_of(world, campaign).name == "April"


@pytest.mark.parametrize("seen", ["", "[]", "{", '{"name": 7}'])
def test_what_was_seen_may_be_nonsense(web: httpx.Client, world: World, seen: str) -> None:
    campaign = draft(world)
    assert save(web, campaign, seen=seen, name="April").status_code == 303
    assert row_of(world, campaign).name == "April"


# -- the review


def review(web: httpx.Client, path: str = "/campaigns/review", **fields: str) -> str:
    """Give the review as soon as the leads are counted."""
    while True:
        answer = web.post(path, data=LEAST | fields, headers=OURS)
        assert answer.status_code == 200
        if "Counting the leads" not in answer.text:
            return words_of(unescape(answer.text))


def test_the_review_says_what_is_missing_and_what_comes_all_the_same(web: httpx.Client) -> None:
    found = review(web, name="", from_numbers="")
    assert "Give the campaign a name. Name a number to call from." in found
    assert "It has no leads yet." in found
    assert "Nobody wrote down in whose name the agent calls" in found


def test_the_review_of_settings_that_are_not_valid_names_them(web: httpx.Client) -> None:
    found = review(web, **{"limits.lines": "0"})
    assert "Most lines of its own: Input should be greater than or equal to 1." in found
    assert "What follows leaves that out." in found


def test_the_review_counts_those_called_and_those_not_by_reason(
    web: httpx.Client, world: World
) -> None:
    source = draft(world, number_of_leads=3)
    now = world.clock.now()
    world.db.transact(lambda tx: make_lead(tx, source, now=now, zones=""))
    found = review(web, who="campaign", source=str(source))
    assert "3 leads to be called, the first at" in found
    assert "nobody knows their local time 1" in found
    assert "to call each once" in found
    hours = {f"window.hours.{day}": "" for day in ("tue", "wed", "thu", "fri", "sat")}
    found = review(
        web, who="campaign", source=str(source), **hours, **{"window.hours.mon": "02:00-03:00"}
    )
    assert "0 leads to be called" in found
    assert "no hour that window and law allow 3" in found


def test_more_hours_than_there_are_is_told(web: httpx.Client, world: World) -> None:
    source = draft(world, number_of_leads=20)
    narrow = {f"window.hours.{day}": "" for day in ("tue", "wed", "thu", "fri", "sat")}
    found = review(
        web,
        who="campaign",
        source=str(source),
        **narrow,
        **{"window.hours.mon": "10:00-10:10", "limits.lines": "1", "limits.calls_per_day": "5"},
    )
    assert "That is more than there are." in found
    assert "the first round takes 4 days" in found


def test_the_review_of_an_edit_says_for_whom(web: httpx.Client, world: World) -> None:
    campaign = running(world)
    path = f"/campaigns/{campaign}"
    form = form_on(web.get(f"{path}/edit").text) | {"limits.lines": "3"}
    found = review(web, f"{path}/review", **form)
    assert "Most lines of its own – → 3" in found
    assert "From the next call on." in found
    assert "2 leads to be called" in found


def test_retell_that_does_not_answer_holds_nothing_up(web: httpx.Client) -> None:
    page = words_of(web.get("/campaigns/new").text)
    assert "Retell has not answered yet" in page or "Retell gives no usable answer" in page


# -- every setting and every sentence has its place


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = [field.annotation, *get_args(field.annotation)]
        models = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
        if models and not get_args(field.annotation):
            yield from keys_of(models[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def test_every_setting_has_a_field_or_is_known_to_have_none() -> None:
    asked = {
        key
        for key in keys_of(CampaignSpec)
        if any(f"{one}.".startswith(f"{key}.") for one in BY_KEY)
    }
    assert asked | set(ONLY_IN_FILES) == set(keys_of(CampaignSpec))
    assert asked.isdisjoint(ONLY_IN_FILES)


def test_every_field_is_on_the_form_once(web: httpx.Client) -> None:
    page = web.get("/campaigns/new").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {one.id for one in BY_KEY.values()} <= set(ids)


def test_every_setting_that_may_be_edited_at_any_time_says_for_whom() -> None:
    assert set(EFFECTS) == set(editing.ALWAYS)
    assert effects_of(["name"], has_begun=False) == [BEFORE_A_START]
    assert effects_of([], has_begun=False) == []


def test_every_finding_says_where_something_is_done_about_it(web: httpx.Client) -> None:
    assert set(WAYS) == set(FindingCode)
    page = web.get("/campaigns/new").text
    for url, _ in WAYS.values():
        assert url.startswith("/") or f'id="{url[1:]}"' in page


def test_what_the_form_shows_of_a_campaign_is_read_back_as_it_is() -> None:
    spec = make_spec(
        default_zone="America/Chicago",
        window={"days": ["mon", "sun"], "opens": "00:00", "closes": "24:00"},
        cadence={"min_gap": "3h", "delays": {"voicemail": "next day"}},
        limits={"lines_per_minute": 0.5, "dollars_per_day": 12.5},
        variables={"a": "b"},
        opt_out={"keys": []},
    )
    texts = texts_of(spec, clock="UTC")
    sent = read_new(typed_in(texts, blank(), locked=frozenset()))
    assert sent.wrong == {}
    assert sent.spec is not None
    assert texts_of(sent.spec, clock="UTC") == texts
    assert json.loads(sent.spec.model_dump_json())["opt_out"] == {"keys": []}


def test_a_draft_stays_one_until_it_is_started(web: httpx.Client, world: World) -> None:
    send(web)
    assert every(world)[0].status is CampaignStatus.DRAFT


# -- what is wrong, told well


def summary_of(page: str) -> list[str]:
    notice = page[page.index('id="problem"') : page.index('<div class="beside">')]
    return re.findall(r'<li><a href="#([^"]*)"', notice)


def review_of(web: httpx.Client, **fields: str) -> str:
    while True:
        answer = web.post("/campaigns/review", data=LEAST | fields, headers=OURS)
        if "Counting" not in answer.text:
            return unescape(answer.text)


def test_one_field_that_is_wrong_leaves_the_review_of_the_others(
    web: httpx.Client, world: World
) -> None:
    source = draft(world, number_of_leads=3)
    wrong = {"limits.lines": "many", "window.hours.tue": "nine", "from_numbers": "12"}
    shown = review_of(web, who="campaign", source=str(source), **wrong)
    assert words_of(shown).count("3 leads to be called") == 1
    assert '<a href="#limits-lines">Most lines of its own: ' in shown


def test_the_review_of_an_edit_stays_too(web: httpx.Client, world: World) -> None:
    campaign = draft(world, number_of_leads=3)
    form = form_on(web.get(f"/campaigns/{campaign}/edit").text) | {"limits.lines": "many"}
    while True:
        shown = web.post(f"/campaigns/{campaign}/review", data=form, headers=OURS).text
        if "Counting" not in shown:
            break
    assert "3 leads to be called" in words_of(shown)
    assert '<a href="#limits-lines">' in shown


def test_what_the_review_misses_leads_to_its_field(web: httpx.Client) -> None:
    shown = review_of(web, name="", from_numbers="")
    assert '<a href="#name">Give the campaign a name.</a>' in shown
    assert '<a href="#from_numbers">Name a number to call from.</a>' in shown


def test_the_summary_is_in_the_order_of_the_fields(web: httpx.Client) -> None:
    wrong = {
        "caller.callback_number": "12",
        "limits.lines": "many",
        "ends_at": "soon",
        "window.hours.fri": "nine",
        "name": "",
    }
    page = send(web, **wrong, who="file").text
    fields = ["name", "file", "window-hours-fri", "ends_at", "limits-lines"]
    assert summary_of(page) == [*fields, "caller-callback_number"]


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("415 555 0198", "US", "+14155550198"),
        ("+1 (415) 555-0198", "US", "+14155550198"),
        ("020 7946 0018", "gb", "+442079460018"),
        ("+18005550100", "US", "+18005550100"),
    ],
)
def test_the_number_to_call_back_may_be_written_as_in_the_campaigns_country(
    web: httpx.Client, world: World, typed: str, country: str, kept: str
) -> None:
    send(web, **{"caller.callback_number": typed, "country": country})
    assert spec_of(world, 1).caller.callback_number == kept


def test_a_number_to_call_back_that_is_none_is_told(web: httpx.Client) -> None:
    assert summary_of(send(web, **{"caller.callback_number": "call us"}).text) == [
        "caller-callback_number"
    ]


def test_the_form_says_what_people_say(web: httpx.Client) -> None:
    shown = web.get("/campaigns/new").text
    assert "Phone menu" in shown
    assert "Ivr" not in shown
    assert "Waits after phone menu" in shown
    assert "Only attempts that rang count." in shown


def test_beside_the_file_it_is_said_that_it_is_to_be_chosen_again(web: httpx.Client) -> None:
    page = send(web, file=GOOD, who="file", **{"limits.lines": "0"}).text
    assert '<small class="no" id="file-wrong">Choose the file again' in page
