"""Forecasts: a campaign is played through in virtual time by a worker; no phone rings."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.requests import Request

from dialer.actions.control import find
from dialer.config import MOST_LINES, MOST_PER_SECOND
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.roles import Scope
from dialer.errors import NotFound
from dialer.forecast.errand import LONGEST_TALK, MOST_DAYS, Wish, ask
from dialer.store import errands
from dialer.store.database import Connection
from dialer.store.tables import Errand
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import Given, Id

reading = asks(Scope.CAMPAIGNS_READ, tag="forecasts")
writing = asks(Scope.CAMPAIGNS_WRITE, tag="forecasts")


class Assumed(Given):
    """What a forecast assumes."""

    lines: int = Field(ge=1, le=MOST_LINES, examples=[20])
    calls_per_second: float = Field(ge=0.001, le=MOST_PER_SECOND, examples=[1])
    answer_rate: float = Field(default=0.3, ge=0, le=1, description="Share that a person answers.")
    talk_s: Annotated[float, Field(gt=0, le=LONGEST_TALK.total_seconds())] = 120
    days: int = Field(default=14, ge=1, le=MOST_DAYS)


class Asked(BaseModel):
    """A forecast that a worker plays now; `GET …/forecast` shows how far it is."""

    campaign_id: int
    errand_id: int


class ForecastShown(BaseModel):
    """The latest forecast of a campaign."""

    campaign_id: int
    errand_id: int
    status: ErrandStatus
    fraction: float | None = Field(description="How much of it is played.")
    assumed: dict[str, Any]
    found: dict[str, Any] | None = Field(description="Its figures, once it is done.")
    error: dict[str, Any] | None


@writing.post("/campaigns/{campaign_id}/forecast", status_code=HTTPStatus.ACCEPTED)
def ask_forecast(request: Request, campaign_id: Id, given: Assumed) -> Asked:
    """Have a campaign played through. Refused (409) while it is being played."""
    wish = Wish(
        lines=given.lines,
        calls_per_second=given.calls_per_second,
        answer_rate=given.answer_rate,
        talk=timedelta(seconds=given.talk_s),
        days=given.days,
    )
    errand_id = ask(world_of(request), campaign_id, wish, actor=actor_of(request))
    return Asked(campaign_id=campaign_id, errand_id=errand_id)


@reading.get("/campaigns/{campaign_id}/forecast")
def show_forecast(request: Request, campaign_id: Id) -> ForecastShown:
    """Show the latest forecast: hours needed, first and last call, how its leads end."""

    def body(tx: Connection) -> Errand | None:
        find(tx, campaign_id)
        return errands.latest_about(tx, campaign_id, ErrandKind.FORECAST)

    row = world_of(request).db.read(body)
    if row is None:
        raise NotFound(
            f"nobody has asked for a forecast of campaign {campaign_id}",
            fix="ask for one: POST to the same address",
        )
    found = row.found or {}
    return ForecastShown(
        campaign_id=campaign_id,
        errand_id=row.id,
        status=row.status,
        fraction=row.fraction,
        assumed=row.asked,
        found=found if "by_day" in found else None,
        error=found.get("error"),
    )
