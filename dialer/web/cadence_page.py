"""The cadence in words, and a game: play how calls come out, see when the next one is due."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import cadence_trial
from dialer.actions.cadence_trial import Played, Turn
from dialer.actions.control import find
from dialer.domain.cadence_words import rules_of, sentences_of
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.dispositions import MEANING, Disposition, Verdict
from dialer.domain.local_time import format_minute, moment_of, zone
from dialer.domain.moments import in_our_time
from dialer.domain.roles import Role
from dialer.domain.window import DAYS
from dialer.errors import NotFound
from dialer.store import campaigns
from dialer.store.database import Connection
from dialer.store.tables import Campaign
from dialer.web.access import requires
from dialer.web.campaign_choice import campaigns_to_choose
from dialer.web.pages import page
from dialer.web.site import site_of
from dialer.web.typed_ids import typed_id
from dialer.web.zones import ZONES, typed_zone

router = requires(Role.OPERATOR)

PATH = "/settings/cadence"
SOMEBODY = "+12125550100"
ZONE = "America/New_York"
WRITTEN = "%Y-%m-%dT%H:%M"
_DEFAULT = CampaignSpec(name="default", from_numbers=("+12125550199",))
PLAYABLE = [one for one in Disposition if MEANING[one].verdict is not Verdict.WAIT]


@router.get(PATH)
def cadence_page(
    request: Request,
    campaign: str = "",
    zone_name: Annotated[str, Query(alias="zone")] = ZONE,
    step: Annotated[list[str], Query()] = [],  # noqa: B006  # FastAPI copies it
    at: str = "",
    how: str = "",
) -> Response:
    """Show a cadence, and what it makes of the calls that were played."""
    world = site_of(request).world()
    now = world.clock.now()
    rows, chosen = world.db.read(lambda tx: _campaigns(tx, campaign))
    spec = campaigns.spec_of(chosen) if chosen is not None else _DEFAULT
    zone_name, wrong = typed_zone(zone_name, fallback=ZONE)
    steps, wrong_step = _read([*step, *([f"{how}@{at}"] if how else [])], zone_name)
    wrong = wrong or wrong_step
    turns = cadence_trial.play(spec, steps, phone=SOMEBODY, zone_name=zone_name)
    steps = [turn.played for turn in turns]
    over = bool(turns) and turns[-1].is_over
    base = {"campaign": chosen.id if chosen is not None else "", "zone": zone_name}
    return page(
        request,
        "cadence.html",
        campaigns=rows,
        chosen=chosen,
        rules=rules_of(spec.cadence),
        sentences=sentences_of(spec.cadence),
        window=_window(spec),
        zone=zone_name,
        zones=ZONES,
        wrong=wrong,
        turns=turns,
        over=over,
        steps=[_written(one, zone_name) for one in steps],
        next_at=_next_at(turns, zone_name, now=now),
        playable=PLAYABLE,
        meaning=MEANING,
        back_url=_url(base, steps[:-1], zone_name),
        again_url=_url(base, [], zone_name),
        limit=spec.cadence.max_attempts,
    )


def _campaigns(tx: Connection, chosen: str) -> tuple[Sequence[Campaign], Campaign | None]:
    rows = campaigns_to_choose(tx)
    if not chosen.strip():
        return rows, None
    if (campaign_id := typed_id(chosen)) is None:
        raise NotFound(f"there is no campaign {chosen[:20]}", fix="choose one of the list")
    return rows, find(tx, campaign_id)


def _read(texts: Sequence[str], zone_name: str) -> tuple[list[Played], str | None]:
    """Read what was played, in the order of the calls; what cannot be read ends it."""
    found: list[Played] = []
    for text in texts[: cadence_trial.MOST_PLAYED]:
        word, _, written = text.partition("@")
        try:
            local = in_our_time(datetime.fromisoformat(written).replace(tzinfo=None))
            at = moment_of(local, zone_name=zone_name)
            one = Disposition(word)
        except ValueError:
            return found, f"“{text[:40]}” is no call that can be played"
        if at is None:
            return found, f"clocks in {zone_name} never show {written.replace('T', ' ')}"
        if found and at <= found[-1].at:
            return found, "a call cannot begin before the one it follows"
        found.append(Played(at, one))
    return found, None


def _written(one: Played, zone_name: str) -> str:
    return f"{one.disposition.value}@{one.at.astimezone(zone(zone_name)).strftime(WRITTEN)}"


def _next_at(turns: Sequence[Turn], zone_name: str, *, now: datetime) -> str:
    """Give when the next call begins, unless the person says otherwise: when it is due."""
    due_at = turns[-1].outcome.due_at if turns else None
    moment = due_at or now
    if moment.second or moment.microsecond:  # fields have minutes; never before it is due
        moment = moment.replace(second=0, microsecond=0) + cadence_trial.A_MINUTE
    return moment.astimezone(zone(zone_name)).strftime(WRITTEN)


def _url(base: dict[str, Any], steps: Sequence[Played], zone_name: str) -> str:
    query = [*base.items(), *(("step", _written(one, zone_name)) for one in steps)]
    return f"{PATH}?{urlencode(query)}#try"


def _window(spec: CampaignSpec) -> list[tuple[str, str]]:
    """Give the hours of each day of the week in which a campaign calls."""
    by_day = [spec.window.minutes_by_weekday()[n] for n in range(len(DAYS))]
    return [
        (
            day.capitalize(),
            ", ".join(f"{format_minute(a)}–{format_minute(b)}" for a, b in minutes) or "closed",
        )
        for day, minutes in zip(DAYS, by_day, strict=True)
    ]
