"""Problems on their page: causes with what follows from them, and the buttons that mend them."""

import re
from datetime import timedelta

import httpx
import pytest
from api_peer import draft
from factories import FrozenClock
from sqlalchemy import event
from web_peer import sign_in

from dialer.actions import control
from dialer.actions.pushing import RequestKey, push
from dialer.actions.settle import settle
from dialer.actions.world import World
from dialer.domain.roles import Role
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.store import campaigns, ended_numbers, errands, incidents, leads, ledger, webhooks
from dialer.store.database import Connection
from dialer.web.problems_page import MOST_OTHERS

OURS = {"sec-fetch-site": "same-origin"}

pytestmark = pytest.mark.usefixtures("ada")


def open_incidents(world: World, code: str, number: int) -> None:
    now = world.clock.now()
    for one in range(number):
        world.db.transact(
            lambda tx, one=one: incidents.open_incident(  # type: ignore[misc]
                tx, code, subject=str(one), sentence=f"Number {one}.", now=now
            )
        )


def bury(world: World, raw: str) -> int:
    """Let a webhook come that nobody can settle."""
    now = world.clock.now()
    row = world.db.transact(
        lambda tx: webhooks.receive(tx, f"call_analyzed:{raw}", call_id=None, raw=raw, now=now)
    )
    assert row is not None
    settle(world, row)
    return row


def ids_in(page: str, action: str) -> list[str]:
    form = page.split(f'action="{action}"')[1].split("</form>")[0]
    return re.findall(r'name="ids" value="(\d+)"', form)


def test_nothing_waits_where_all_is_well(web: httpx.Client) -> None:
    assert "Nothing waits for a person." in web.get("/problems").text


def test_incidents_of_one_cause_stand_together_and_are_acknowledged_together(
    web: httpx.Client, world: World
) -> None:
    open_incidents(world, "late_call", 7)
    open_incidents(world, "I8", 1)
    page = web.get("/problems").text
    assert page.count("Calls were found after they had been given up.") == 1
    assert "Somebody may have been called twice." in page
    assert "2 more" in page
    assert "The cadence’s wait lies" in page.replace("&#39;", "’")
    ids = ids_in(page, "/problems/acknowledge")
    assert len(ids) == 7
    refused = web.post("/problems/acknowledge", data={"ids": ids, "note": " "}, headers=OURS)
    assert refused.status_code == 400
    web.post("/problems/acknowledge", data={"ids": ids[:1], "note": "Ben did it."}, headers=OURS)
    answer = web.post("/problems/acknowledge", data={"ids": ids, "note": "Known."}, headers=OURS)
    assert answer.headers["location"] == "/problems"
    assert [one.code for one in world.db.read(incidents.unclosed)] == ["I8"]


def test_what_health_counts_leads_to_problems(web: httpx.Client, world: World) -> None:
    assert "See them under Problems" not in web.get("/health").text
    open_incidents(world, "late_call", 1)
    bury(world, "{")
    assert web.get("/health").text.count('<a href="/problems">See them under Problems</a>') == 2


def test_dead_webhooks_are_settled_again_or_acknowledged(web: httpx.Client, world: World) -> None:
    bury(world, "{")
    bury(world, "[")
    page = web.get("/problems").text
    assert "2 of them" in page
    ids = ids_in(page, "/problems/webhooks/replay")
    web.post("/problems/webhooks/replay", data={"ids": ids}, headers=OURS)
    assert world.db.read(webhooks.dead) == []
    for one in ids:
        settle(world, int(one))  # as a worker does, that was told
    assert len(world.db.read(webhooks.dead)) == 2
    told = {"ids": ids, "note": "Somebody tried the address out."}
    web.post("/problems/webhooks/acknowledge", data=told, headers=OURS)
    assert "Nothing waits for a person." in web.get("/problems").text


def test_leads_that_wait_for_a_person_are_told_by_reason_and_called_again(
    web: httpx.Client, world: World
) -> None:
    control.start(world, 1, actor="test", despite="A test.")
    held = {"status": LeadStatus.HELD, "held_reason": "no_consent", "due_at": None}
    world.db.transact(lambda tx: leads.change(tx, 1, **held))
    page = web.get("/problems").text
    assert "Consent is needed and not known." in page
    assert "Retry 1 lead …" in page
    answer = web.post("/campaigns/1/leads/retry", data={"held": "no_consent"}, headers=OURS)
    assert answer.status_code == 303
    assert world.db.read(lambda tx: errands.get(tx, 1)) is not None


def test_a_campaign_that_holds_itself_says_what_follows_and_is_resumed(
    web: httpx.Client, world: World
) -> None:
    control.start(world, 1, actor="test", despite="A test.")
    said = {"reason": "http_402", "sentence": "Payment required."}
    held_at = world.clock.now() - timedelta(minutes=7)
    assert world.db.transact(lambda tx: campaigns.hold(tx, 1, now=held_at, **said))
    page = web.get("/problems").text
    assert "</a> was held</h2>" in page
    assert "Retell wants to be paid first. Retell says: “Payment required”." in page
    assert f'Since <time datetime="{held_at.isoformat()}"' in page.replace("Z", "+00:00")
    assert '<a href="/campaigns/1#leads">1 lead waits.</a>' in page
    assert "What to do: Pay in Retell’s dashboard, then resume." in page
    web.post("/campaigns/1/resume", headers=OURS)
    assert "Payment required" not in web.get("/problems").text


def test_moments_in_what_is_said_of_problems_are_marked(web: httpx.Client, world: World) -> None:
    now = world.clock.now()
    told = f"Sent at {now:%Y-%m-%d %H:%M:%S} UTC <b>."
    world.db.transact(
        lambda tx: incidents.open_incident(tx, "late_call", subject="1", sentence=told, now=now)
    )
    page = web.get("/problems").text
    assert f'Sent at <time datetime="{now.isoformat()}"' in page
    assert "UTC</time> &lt;b&gt;." in page


def test_a_campaign_that_was_held_is_in_the_activity_log(world: World) -> None:
    control.start(world, 1, actor="test", despite="A test.")
    now = world.clock.now()
    hold = {"reason": "failing", "sentence": "Too many.", "now": now}
    assert world.db.transact(lambda tx: campaigns.hold(tx, 1, **hold))
    assert not world.db.transact(lambda tx: campaigns.hold(tx, 1, **hold))  # it is held already
    *_, last = world.db.read(lambda tx: ledger.of_subject(tx, "campaign:1"))
    assert (last.actor, last.action, last.at) == ("system", "held", now)
    assert last.after == {"status": "held", "held_reason": "failing"}


def test_everything_paused_is_the_first_problem_and_ends_with_a_button(
    web: httpx.Client, world: World
) -> None:
    web.post("/pause-everything", headers=OURS)
    page = web.get("/problems").text
    assert "Nothing waits for a person." not in page
    assert "Everything is paused" in page
    assert ", by operator." in page
    assert 'action="/resume-everything"' in page
    assert "Everything is paused, so nobody is called." in web.get("/health").text
    control.start(world, 1, actor="test", despite="A test.")
    sentence = "Everything is paused: no call is started until a person lets it go on."
    assert web.get("/campaigns/1").text.count(sentence) == 1
    assert web.get("/").text.count(sentence) == 2  # over all, and of the campaign
    web.post("/resume-everything", headers=OURS)
    assert "Everything is paused" not in web.get("/problems").text


def test_rejected_rows_of_late_are_told_with_the_page_that_corrects_them(
    web: httpx.Client, world: World
) -> None:
    reject = {"phone": "12", "name": "Bob"}
    push(world, 1, [reject], key=RequestKey(1, "b", "b"), actor="test")
    page = web.get("/problems").text
    assert "</a> were rejected</h2>" in page
    assert '<a href="/lists/2">1 row</a> is no lead of ' in page
    assert '<a href="/lists/2/correct">correct it</a>' in page
    sign_in(web, world, Role.VIEWER)
    assert "have an operator correct it" in web.get("/problems").text
    assert isinstance(world.clock, FrozenClock)
    world.clock.pass_time(days=7, seconds=1)
    sign_in(web, world, Role.ADMIN)
    assert "Nothing waits for a person." in web.get("/problems").text


def close_as_wrong(world: World, lead_id: int) -> None:
    closed = {"status": LeadStatus.CLOSED, "closed_as": ClosedAs.INVALID_NUMBER, "due_at": None}
    at = world.clock.now()
    world.db.transact(lambda tx: leads.change(tx, lead_id, closed_at=at, **closed))


def test_wrong_numbers_stand_together_until_somebody_has_seen_them(
    web: httpx.Client, world: World
) -> None:
    assert isinstance(world.clock, FrozenClock)
    push(world, 1, [{"phone": "2125552672"}], key=RequestKey(1, "c", "c"), actor="test")
    assert "Numbers do not exist" not in web.get("/problems").text
    control.start(world, 1, actor="test", despite="A test.")
    close_as_wrong(world, 1)
    page = web.get("/problems").text
    assert page.count("Numbers do not exist") == 1
    assert '<a href="/campaigns/1?closed_as=invalid_number">1 lead</a> of' in page
    assert f'Since <time datetime="{world.clock.now().isoformat()}"' in page
    action = "/problems/wrong-numbers/acknowledge"
    until = page.split('name="until" value="')[1].split('"')[0]
    seen = {"ids": ids_in(page, action), "note": "", "until": until}
    world.clock.pass_time(minutes=1)
    close_as_wrong(world, 2)  # while somebody wrote a note
    assert web.post(action, data=seen, headers=OURS).status_code == 400
    assert web.post(action, data=seen | {"note": "old list"}, headers=OURS).status_code == 303
    assert "1 lead</a> of" in web.get("/problems").text
    assert "old list" in web.get("/activity").text
    later = seen | {"note": "those, too", "until": str(10**18)}  # no later than now
    assert web.post(action, data=later, headers=OURS).status_code == 303
    assert "Nothing waits for a person." in web.get("/problems").text
    world.clock.pass_time(minutes=1)
    close_as_wrong(world, 2)
    sign_in(web, world, Role.VIEWER)
    assert "Numbers do not exist" in web.get("/problems").text
    assert web.post(action, data=seen | {"note": "x"}, headers=OURS).status_code == 403


def test_the_activity_log_names_what_its_details_number(web: httpx.Client, world: World) -> None:
    now = world.clock.now()
    told = {"campaign": 1, "lead_id": 7, "list": 1, "closed": 1, "schedule": 99}
    world.db.transact(
        lambda tx: ledger.log_action(
            tx, actor="x", action="look", subject="phone:1", now=now, after=told
        )
    )
    page = web.get("/activity?actor=x").text
    details = page.split('class="quiet wraps details"')[1].split("</td>")[0]
    name = web.get("/campaigns/1").text.split("<h1>")[1].split("</h1>")[0]
    assert f'<a href="/campaigns/1">{name}</a>' in details
    assert re.search(r'<a href="/lists/1">(?!list 1<)[^<]+</a>', details)
    assert '<a href="/schedules/99">schedule 99</a>' in details
    assert details.count("<a ") == 3


def test_a_viewer_is_led_to_leads_whatever_their_numbers(web: httpx.Client, world: World) -> None:
    told: dict[str, object] = {"new_lead": 7654321, "note": "ring 2125552672"}
    now = world.clock.now()
    log = lambda tx: ledger.log_action(  # noqa: E731
        tx, actor="x", action="renumber", subject="lead:1234567", now=now, after=told
    )
    world.db.transact(log)
    sign_in(web, world, Role.VIEWER)
    page = web.get("/activity?actor=x").text
    assert '<a href="/leads/1234567">lead 1234567</a>' in page
    assert '<a href="/leads/7654321">' in page
    assert "2125552672" not in page


def test_wrong_numbers_are_forgotten_after_a_week(web: httpx.Client, world: World) -> None:
    assert isinstance(world.clock, FrozenClock)
    control.start(world, 1, actor="test", despite="A test.")
    close_as_wrong(world, 1)
    assert "Numbers do not exist" in web.get("/problems").text
    world.clock.pass_time(days=7, seconds=1)
    assert "Numbers do not exist" not in web.get("/problems").text


def test_wrong_numbers_are_a_range_of_an_index(world: World) -> None:
    def plan(tx: Connection) -> str:
        statements: list[str] = []
        event.listen(tx, "before_cursor_execute", lambda *a: statements.append(a[2]))
        ended_numbers.wrong(tx, [1, 2], after=world.clock.now())
        explained = f"EXPLAIN QUERY PLAN {statements[0]}"
        rows = tx.exec_driver_sql(explained, (1, 2, "invalid_number", "2026-01-01", "x"))
        return " ".join(str(row) for row in rows)

    assert "lead_closed (campaign_id=? AND closed_as=?)" in world.db.read(plan)


def test_leads_without_a_zone_are_to_be_imported_again(web: httpx.Client, world: World) -> None:
    control.start(world, 1, actor="test", despite="A test.")
    held = {"status": LeadStatus.HELD, "held_reason": "no_zone", "due_at": None}
    world.db.transact(lambda tx: leads.change(tx, 1, **held))
    page = web.get("/problems").text
    link = '<a href="/upload?campaign=1">import them again with a zone or a state</a>'
    assert f"What to do: {link}, and let the import change the people it knows." in page


def test_a_campaign_that_holds_itself_is_told_however_many_newer_ones_run(
    web: httpx.Client, world: World
) -> None:
    control.start(world, 1, actor="test", despite="A test.")
    said = {"reason": "http_402", "sentence": "Retell wants money."}
    now = world.clock.now()
    assert world.db.transact(lambda tx: campaigns.hold(tx, 1, now=now, **said))
    for _ in range(MOST_OTHERS):
        control.start(world, draft(world), actor="test", despite="A test.")
    page = web.get("/problems").text
    assert "Retell wants to be paid first." in page
    assert "1 lead waits" in page
    assert 'action="/campaigns/1/resume"' in page


def test_viewers_see_the_causes_and_no_button(web: httpx.Client, world: World) -> None:
    open_incidents(world, "late_call", 1)
    bury(world, "{")
    sign_in(web, world, Role.VIEWER)
    page = web.get("/problems").text
    assert "Calls were found after they had been given up." in page
    assert "<button" not in page.split("<main")[1].split("</main>")[0]
    for path in ("acknowledge", "webhooks/acknowledge", "webhooks/replay"):
        told = {"ids": ["1"], "note": "x"}
        assert web.post(f"/problems/{path}", data=told, headers=OURS).status_code == 403
