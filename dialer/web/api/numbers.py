"""The numbers of the workspace: looked at, bought, bound, released."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, Field, SecretStr
from starlette.requests import Request

from dialer.actions import workspace_numbers
from dialer.domain.roles import Scope
from dialer.domain.weighted_agents import read_agents
from dialer.errors import UserError
from dialer.web.api.access import actor_of, asks, world_of
from dialer.web.api.kinds import Given, read_phone

reading = asks(Scope.CALLS_READ, tag="workspace")
writing = asks(Scope.WORKSPACE_WRITE, tag="workspace")

MOST_AGENTS = 20

Number = Annotated[str, Path(pattern=r"^\+?[0-9]{5,20}$")]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Phone = Annotated[str, Field(min_length=1, max_length=60, examples=["+12125552671"])]
Country = Annotated[str, Field(pattern="^[A-Za-z]{2}$")]
Agents = Annotated[
    list[Text],
    Field(
        max_length=MOST_AGENTS,
        description="agent, agent@version or agent@tag, each with =weight where there are several.",
        examples=[["agent_a=0.7", "agent_b@prod=0.3"]],
    ),
]


class NumberShown(BaseModel):
    """A number of the workspace."""

    number: str | None
    type: str | None
    nickname: str | None
    outbound: list[str]
    inbound: list[str]
    countries: list[str]
    campaigns: list[int]
    resting_until: datetime | None


class Binding(Given):
    """What a number is called, who calls from it, who answers, and which countries it may call."""

    nickname: str | None = Field(default=None, max_length=200)
    outbound: Agents | None = Field(default=None, description="An empty list: nobody calls.")
    inbound: Agents | None = Field(default=None, description="An empty list: nobody answers.")
    to_countries: list[Country] | None = Field(default=None, max_length=300)


class Trunk(Binding):
    """How calls reach a number of our own carrier."""

    username: Text | None = None
    password: SecretStr | None = Field(default=None, max_length=500)
    transport: Literal["TLS", "TCP", "UDP"] | None = None


class Buy(Binding):
    """Which number is bought."""

    area_code: int | None = Field(default=None, ge=200, le=999)
    country: Literal["US", "CA"] = "US"
    provider: Literal["twilio", "telnyx"] = "twilio"
    toll_free: bool = False
    number: Phone | None = Field(default=None, description="This one and no other.")


class Import(Trunk):
    """A number of our own carrier."""

    number: Phone
    termination_uri: Text = Field(description="Where its SIP trunk takes calls.")
    codecs: list[Text] | None = Field(default=None, max_length=20, examples=[["PCMU"]])


class Change(Trunk):
    """What of a number is changed; what is not named stays."""

    termination_uri: Text | None = None


class Released(BaseModel):
    """A number that was given back."""

    number: str
    released: bool = True


@reading.get("/numbers")
def list_numbers(request: Request) -> list[NumberShown]:
    """List our numbers: which agents call from each, and which campaigns."""
    found = workspace_numbers.list_numbers(world_of(request))
    return [NumberShown(**one) for one in found]


@reading.get("/numbers/{number}")
def show_number(request: Request, number: Number) -> dict[str, Any]:
    """Show all of one number, as Retell has it."""
    return workspace_numbers.show_number(world_of(request), read_phone(number))


@writing.post("/numbers", status_code=HTTPStatus.CREATED)
def buy_number(request: Request, wish: Buy) -> NumberShown:
    """Buy a number; it costs money each month. Sent twice it buys two."""
    wishes = {
        "area_code": wish.area_code,
        "country_code": wish.country,
        "number_provider": wish.provider,
        "toll_free": wish.toll_free or None,
        "phone_number": wish.number and read_phone(wish.number, country=wish.country),
        **_binding(wish),
    }
    actor = actor_of(request)
    bought = workspace_numbers.buy_number(world_of(request), _said(wishes), actor=actor)
    return NumberShown(**bought)


@writing.post("/numbers/import", status_code=HTTPStatus.CREATED)
def import_number(request: Request, wish: Import) -> NumberShown:
    """Tell Retell of a number of our own carrier, and over which SIP trunk it calls."""
    wishes = {
        "phone_number": read_phone(wish.number),
        "termination_uri": wish.termination_uri,
        "sip_trunk_auth_username": wish.username,
        "sip_trunk_auth_password": _password(wish),
        "transport": wish.transport,
        "codecs": wish.codecs,
        **_binding(wish),
    }
    actor = actor_of(request)
    imported = workspace_numbers.import_number(world_of(request), _said(wishes), actor=actor)
    return NumberShown(**imported)


@writing.patch("/numbers/{number}")
def update_number(request: Request, number: Number, wish: Change) -> NumberShown:
    """Change a number; what is not named stays as it is."""
    changes = _said(
        {
            "termination_uri": wish.termination_uri,
            "auth_username": wish.username,
            "auth_password": _password(wish),
            "transport": wish.transport,
            **_binding(wish),
        }
    )
    if not changes:
        raise UserError("nothing is to be changed", fix="name what is, such as outbound")
    named, actor = read_phone(number), actor_of(request)
    changed = workspace_numbers.update_number(world_of(request), named, changes, actor=actor)
    return NumberShown(**changed)


@writing.delete("/numbers/{number}")
def release_number(request: Request, number: Number) -> Released:
    """Give a number back for good. Refused (409) while a running campaign calls from it."""
    named = read_phone(number)
    workspace_numbers.release_number(world_of(request), named, actor=actor_of(request))
    return Released(number=named)


def _binding(wish: Binding) -> dict[str, Any]:
    countries = wish.to_countries
    return {
        "nickname": wish.nickname,
        "outbound_agents": _agents("outbound", wish.outbound),
        "inbound_agents": _agents("inbound", wish.inbound),
        "allowed_outbound_country_list": countries and [one.upper() for one in countries],
    }


def _agents(field: str, texts: list[str] | None) -> list[dict[str, Any]] | None:
    """Read the agents of a number; None: they stay, an empty list: nobody."""
    if texts is None:
        return None
    if not texts:
        return []
    try:
        return read_agents(texts)
    except ValueError as error:
        fix = "write for example agent_a=0.7 and agent_b@prod=0.3"
        raise UserError(f"{field} is not valid", why=str(error), fix=fix) from error


def _password(wish: Trunk) -> str | None:
    return wish.password.get_secret_value() if wish.password is not None else None


def _said(wishes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wishes.items() if value is not None}
