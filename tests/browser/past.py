"""A dialer that has called: campaigns, leads in several states, and one who means harm."""

import csv
import io
import secrets

from factories import Stage
from hostile import HOSTILE
from looks import Place

from dialer.actions import control, do_not_call, uploads
from dialer.actions import errands as errand_actions
from dialer.actions.lead_control import retry
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.errands import FOR_A_WORKER
from dialer.domain.states import LeadStatus
from dialer.forecast import errand as forecast
from dialer.store import errands, incidents
from dialer.store.database import Connection


def as_csv(rows: list[list[str]]) -> str:
    """Write rows as a file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


FILE = as_csv(
    [
        ["phone", "first_name", HOSTILE],
        ["+12125557001", "Ada", HOSTILE],
        ["+12125557002", HOSTILE, "x"],
        ["12", "Bob", HOSTILE],
        [HOSTILE, HOSTILE, HOSTILE],
    ]
)
COLOURS = as_csv([["colour", "shape"], [HOSTILE, "round"], ["blue", "flat"]])


def with_a_past(place: Place) -> Place:
    """Make campaigns with leads in several states, some of which had calls."""
    stage = place.stage
    campaign = stage.campaign(name="Spring renewal")
    called = stage.lead(
        campaign,
        name="Ada Example",
        phone="+12125550199",
        external_ref="crm-1815",
        variables={"first_name": "Ada", "plan": "Team", "second_phone": "(212) 555-0142"},
        consent={"at": "2026-01-05T12:00:00+00:00", "source": "web form", "text": None},
    )
    stage.deliver(stage.retell.end(stage.call(called), "dial_no_answer"))
    retry(stage.world, called, at="2026-03-04 14:30", actor="operator")
    talked = stage.lead(campaign, name="Ben Example")
    attempt_id = stage.call(talked)
    said = "Agent: Hello, is this Ben?\nUser: Yes. Please write to 212 555 0177.\nAgent: Thank you!"
    stage.deliver(
        stage.retell.answer(attempt_id),
        stage.retell.end(attempt_id, transcript=said, duration_ms=83_400),
        stage.retell.analyze(attempt_id),
    )
    place.talked_lead = talked
    place.hostile_lead = with_a_hostile_past(stage)
    other = stage.lead(campaign)
    stage.leads(60, campaign)
    stage.world.db.transact(lambda tx: with_an_incident(tx, stage))
    held = stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    assert held
    draft = stage.draft(name="Not started")
    stage.leads(5, draft)
    place.pages = {
        "campaigns": "/",
        "finished": "/?tab=finished",
        "new campaign": "/campaigns/new",
        "edit": f"/campaigns/{campaign}/edit",
        "edit a draft": f"/campaigns/{draft}/edit",
        "forecast": f"/campaigns/{with_a_forecast(place, draft)}/forecast",
        "draft": f"/campaigns/{draft}",
        "empty": f"/campaigns/{stage.draft(name='Without leads')}",
        "stopped": f"/campaigns/{stopped(stage)}",
        "campaign": f"/campaigns/{campaign}",
        "nobody": f"/campaigns/{campaign}?state=in_flight",
        "lead": f"/leads/{called}",
        "other": f"/leads/{other}",
        "talked": f"/leads/{talked}",
        "do not call": "/do-not-call",
        "activity": "/activity",
        "problems": "/problems",
        "health": "/health",
        "lists": "/lists",
        "list": "/lists/1",
        "correct": "/lists/1/correct",
        "upload": "/upload",
        "checked": f"/upload/{uploaded(place, 'checked.csv')}",
        "unusable": f"/upload/{uploaded(place, 'colours.csv', COLOURS)}",
        "imported": f"/upload/{imported(place)}",
        "account": "/account",
        "missing": "/nothing/here",
    }
    return place


def with_a_forecast(place: Place, campaign: int) -> int:
    """Have a campaign played through."""
    wish = forecast.Wish(lines=5, calls_per_second=5.0, days=1)
    found = forecast.ask(place.stage.world, campaign, wish, actor=HOSTILE)
    wait_until_worked(place, found)
    return campaign


def uploaded(place: Place, name: str, text: str = FILE) -> int:
    """Upload a file, have it checked, and give the upload."""
    folder = uploads.folder(place.home) / secrets.token_hex(8)
    folder.mkdir(parents=True)
    (folder / name).write_text(text, encoding="utf-8")
    found = uploads.receive(
        place.stage.world,
        file=f"{folder.name}/{name}",
        size=len(text),
        campaign_id=1,
        asked={"spec": None},
        actor=HOSTILE,
    )
    wait_until_worked(place, found)
    return found


def imported(place: Place) -> int:
    """Upload a file and import it."""
    found = uploaded(place, f"{HOSTILE.replace('/', '')[:60]}.csv")
    uploads.confirm(place.stage.world, found, sure=True, actor="operator")
    wait_until_worked(place, found)
    return found


def wait_until_worked(place: Place, errand_id: int) -> None:
    """Do what is to be done for an errand, unless somebody has done it."""
    db = place.stage.world.db
    while db.read(lambda tx: errands.get(tx, errand_id)).status in FOR_A_WORKER:
        more = forecast.MORE_ERRANDS
        errand_actions.run(place.stage.world, errand_id, home=place.home, more=more)


def with_an_incident(tx: Connection, stage: Stage) -> None:
    """Open an incident about something hostile."""
    incidents.open_incident(
        tx, "late_call", subject=HOSTILE, sentence=HOSTILE, now=stage.clock.now()
    )


def stopped(stage: Stage) -> int:
    """Make a campaign that was stopped."""
    campaign = stage.campaign(name="Stopped")
    stage.leads(2, campaign)
    control.stop(stage.world, campaign, actor="operator")
    return campaign


def with_a_hostile_past(stage: Stage) -> int:
    """Make a lead that says something hostile wherever somebody else gives the text."""
    lead_id = stage.lead(
        stage.campaign(name=HOSTILE),
        name=HOSTILE,
        external_ref=HOSTILE,
        alt_phones=[HOSTILE],
        variables={"first_name": HOSTILE, HOSTILE: HOSTILE},
        overrides={HOSTILE: HOSTILE},
        consent={"at": HOSTILE, "source": HOSTILE, "text": HOSTILE},
    )
    attempt_id = stage.call(lead_id)
    analysis = {
        "call_summary": HOSTILE,
        "user_sentiment": HOSTILE,
        "custom_analysis_data": {HOSTILE: HOSTILE},
    }
    stage.deliver(
        stage.retell.end(
            attempt_id,
            HOSTILE,
            transcript=f"Agent: {HOSTILE}\n{HOSTILE}",
            recording_url=f"javascript:{HOSTILE}",
            latency={HOSTILE: {"p50": 1, HOSTILE: 2}},
            llm_token_usage={HOSTILE: 3},
            scrubbed_transcript_with_tool_calls=[{"role": "agent", "content": HOSTILE}],
            agent_id=HOSTILE,
        ),
        stage.retell.analyze(attempt_id, call_analysis=analysis),
    )
    opt_out = OptOut(HOSTILE, OptOutSource.HAND, actor=HOSTILE, note=HOSTILE)
    do_not_call.add(stage.world, stage.lead_row(lead_id).phone, opt_out)
    return lead_id
