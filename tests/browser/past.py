"""A dialer that has called: campaigns, leads in several states, and one who means harm."""

import csv
import io
import secrets
from datetime import timedelta

from factories import OUR_NUMBER, Stage
from hostile import HOSTILE
from looks import Place

from dialer.actions import (
    api_tokens,
    control,
    do_not_call,
    export_errands,
    schedule,
    stamping,
    uploads,
)
from dialer.actions import errands as errand_actions
from dialer.actions.lead_control import retry
from dialer.actions.settle import settle
from dialer.config import SIMULATOR_KEY
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.errands import FOR_A_WORKER
from dialer.domain.exports import ExportWhat
from dialer.domain.numbers import RestReason
from dialer.domain.roles import Scope
from dialer.domain.schedule_spec import Recipe, ScheduleSpec
from dialer.domain.states import LeadStatus
from dialer.domain.window import Window
from dialer.forecast import errand as forecast
from dialer.leads.exports import ExportFormat
from dialer.simulator.settings import SimulatorSettings
from dialer.store import campaigns, errands, incidents, numbers, webhooks
from dialer.store.database import Connection


def as_csv(rows: list[list[str]]) -> str:
    """Write rows as a file."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


PLAYED = (
    "/settings/cadence?zone=America/New_York&step=no_answer@2026-03-02T10:00"
    "&step=busy@2026-03-02T14:00&step=busy@2026-03-02T14:21&step=voicemail@2026-03-03T09:00"
)
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
    settle(stage.world, stage.world.db.transact(lambda tx: with_a_dead_letter(tx, stage)))
    held = stage.lead(campaign, status=LeadStatus.HELD, due_at=None, held_reason="no_zone")
    assert held
    draft = stage.draft(name="Not started")
    stage.leads(5, draft)
    morning = with_schedules(place, campaign)
    with_settings(stage)
    with_exports(place, 2)
    place.pages = {
        "schedules": "/schedules",
        "schedule": f"/schedules/{morning}",
        "new schedule": "/schedules/new",
        "change a schedule": f"/schedules/{morning}/edit",
        "week": "/schedules/week",
        "another week": "/schedules/week?week=2026-11-02&zone=Asia/Kolkata",
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
        "latest": f"/campaigns/{campaign}?sort=latest",
        "lead": f"/leads/{called}",
        "other": f"/leads/{other}",
        "talked": f"/leads/{talked}",
        "talk": f"/leads/{place.hostile_lead}/talk",
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
        "exports": "/exports",
        "exports of one": "/exports?campaign=2",
        "exports of none": f"/exports?campaign={draft}",
        "settings": "/settings",
        "numbers": "/settings/numbers",
        "agents": "/settings/agents",
        "agent": "/settings/agents/agent_plan",
        "an agent that is not there": "/settings/agents/agent_gone",
        "voices": "/settings/voices?find=american",
        "cadence": "/settings/cadence",
        "a played cadence": PLAYED,
        "privacy": "/settings/privacy",
        "people": "/settings/people",
        "account": "/account",
        "missing": "/nothing/here",
    }
    return place


def with_schedules(place: Place, campaign: int) -> int:
    """Make schedules of every kind, some of which have run; gives one of them."""
    world, made = place.stage.world, []
    lists = place.home / "lists"
    lists.mkdir(parents=True)
    (lists / "everybody.csv").write_text("phone,first_name\n+12125556501,Ada\n", encoding="utf-8")
    row = world.db.read(lambda tx: campaigns.get(tx, campaign))
    for name, when in (
        ("Weekday mornings", {"cron": "30 9,13 * * mon-fri", "zone": "America/New_York"}),
        (HOSTILE[:150], {"cron": "0 8 * * *", "zone": "America/Chicago"}),
        ("Every few minutes", {"cron": "*/7 * * * *", "zone": "UTC"}),
        ("Only once", {"at": "2026-03-07T10:00:00-05:00"}),
        ("What the CRM sends", {"watch": str(place.home / "inbox-crm" / "*.csv")}),
    ):
        recipe = Recipe(
            schedule=ScheduleSpec.model_validate({"name": name, **when}),
            campaign=campaigns.spec_of(row).model_copy(update={"window": Window()}),
            lead_file=None if "watch" in when else str(lists / "everybody.csv"),
        )
        made.append(schedule.create(world, recipe, actor="operator"))
    schedule.run_now(world, made[0], actor=HOSTILE, rejects_in=place.home / "rejects")
    schedule.disable(world, made[2], actor="operator")
    schedule.enable(world, made[2], actor="operator")
    missing = schedule.ask_run(world, made[3], actor="operator", file=place.home / HOSTILE[-9:])
    stamping.work_on(world, missing, rejects_in=place.home / "rejects")
    return made[0]


def workspace() -> SimulatorSettings:
    """Give a workspace at Retell: numbers, and agents of which one says something hostile."""
    prompts = {
        "agent_plan": {
            "prompt": {
                "general_prompt": "{{caller}} offers {{plan}} to {{first_name}}.",
                "default_dynamic_variables": {"first_name": "there"},
            }
        },
        "agent_hostile": {"prompt": {"general_prompt": HOSTILE}},
    }
    chosen = {
        "prompts": prompts,
        "api_key": SIMULATOR_KEY,
        "phone_numbers": [OUR_NUMBER, "+12125550001", "+14155550198"],
        "agents": list(prompts),
    }
    return SimulatorSettings.model_validate(chosen)


def with_settings(stage: Stage) -> None:
    """Let a number rest, and make tokens, one of which was revoked."""
    db, now = stage.world.db, stage.clock.now()
    why = {"reason": RestReason.BLOCKED, "sentence": HOSTILE}
    until = now + timedelta(hours=5)
    db.transact(lambda tx: numbers.rest(tx, "+14155550198", until=until, **why))
    for name in ("crm nightly", "old report"):
        made, _ = api_tokens.create(db, name, scopes=[Scope.READ], actor="admin", now=now)
    api_tokens.revoke(db, made, actor="admin", now=now)


def with_exports(place: Place, campaign: int) -> None:
    """Export a campaign: one file is there, one was deleted, and one was refused."""
    world = place.stage.world
    for what, form in (
        (ExportWhat.RESULTS, ExportFormat.XLSX),
        (ExportWhat.ATTEMPTS, ExportFormat.CSV),
        (ExportWhat.BATCH, ExportFormat.CSV),
        (ExportWhat.LEADS, ExportFormat.JSON_LINES),
    ):
        one = export_errands.ask(world, campaign, what, form=form, profile=None, actor=HOSTILE)
        wait_until_worked(place, one)
    export_errands.delete(world, one, home=place.home, actor="operator")


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


def with_a_dead_letter(tx: Connection, stage: Stage) -> int:
    """Keep a webhook that nobody can read."""
    row = webhooks.receive(tx, "x:1", call_id=None, raw=HOSTILE, now=stage.clock.now())
    assert row is not None
    return row


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
