"""A dialer that has called: campaigns, leads in several states, and one who means harm."""

from factories import Stage
from hostile import HOSTILE
from looks import Place

from dialer.actions import do_not_call
from dialer.actions.lead_control import retry
from dialer.domain.do_not_call import OptOut, OptOutSource


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
    place.pages = {
        "campaigns": "/",
        "campaign": f"/campaigns/{campaign}",
        "nobody": f"/campaigns/{campaign}?state=held",
        "lead": f"/leads/{called}",
        "other": f"/leads/{other}",
        "talked": f"/leads/{talked}",
        "account": "/account",
        "missing": "/nothing/here",
    }
    return place


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
