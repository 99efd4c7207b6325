"""Our numbers: which agents call and answer, how they do, and why one rests."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions.workspace_numbers import (
    buy_number,
    list_numbers,
    release_number,
    update_number,
)
from dialer.domain.roles import Role
from dialer.domain.weighted_agents import read_agents
from dialer.errors import NotFound, UserError
from dialer.store import campaigns, number_use
from dialer.store.database import Connection
from dialer.web.access import actor_of, requires
from dialer.web.error_pages import status_for
from dialer.web.form_errors import Unfit
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of
from dialer.web.workspace import NUMBERS, numbers_of

viewing = requires(Role.OPERATOR)
changing = requires(Role.ADMIN)

PATH = "/settings/numbers"
COUNTRIES = ("US", "CA")
"""Where Retell sells numbers."""
Word = Annotated[str, Form(max_length=1000)]


@viewing.get(PATH)
def numbers_page(request: Request, done: str = "") -> Response:
    """Show the numbers of the workspace."""
    site = site_of(request)
    world = site.world()
    now = world.clock.now()
    found = numbers_of(site, now=site.world().clock.now())
    rows: Sequence[dict[str, Any]] = found.value or ()

    def body(tx: Connection) -> tuple[dict[str, Any], dict[str, Any], dict[int, str]]:
        numbers = [row["number"] for row in rows if row["number"]]
        names = campaigns.names(tx, {one for row in rows for one in row["campaigns"]})
        return number_use.latest(tx, numbers), number_use.why_resting(tx, now=now), names

    use, resting, names = world.db.read(body)
    shown = [{**row, "use": use.get(row["number"]), **_rest(row, resting)} for row in rows]
    return page(
        request,
        "numbers.html",
        told=found,
        numbers=shown,
        names=names,
        among=number_use.AMONG,
        changed=done[:30],
        is_admin=actor_of(request).role.includes(Role.ADMIN),
        now=now,
    )


def _rest(row: dict[str, Any], resting: dict[str, Any]) -> dict[str, Any]:
    until, reason = resting.get(row["number"], (None, None))
    why = (reason or "").partition(": ")
    return {"resting_until": until, "why_resting": why[2] or why[0]}


@changing.post(PATH)
def buy(
    request: Request,
    area_code: Word = "",
    country: Word = "US",
    toll_free: Word = "",
    nickname: Word = "",
    outbound: Word = "",
) -> Response:
    """Buy a number; it costs money each month."""
    site = site_of(request)
    code = area_code.strip()
    if code and not (code.isdecimal() and len(code) == 3):
        raise Unfit(
            "area_code", f"“{code[:10]}” is no area code", fix="write three digits, or none"
        )
    agents = _agents("outbound", outbound)
    wishes = {
        "area_code": int(code) if code else None,
        "country_code": country if country in COUNTRIES else "US",
        "toll_free": True if toll_free else None,
        "nickname": nickname.strip() or None,
        "outbound_agents": agents or None,
    }
    said = {name: value for name, value in wishes.items() if value is not None}
    bought = buy_number(site.world(), said, actor=actor_of(request).name)
    site.retell_says.forget(NUMBERS)
    return see(f"{PATH}?done={bought['number']}")


@changing.post(PATH + "/{number}/release")
def release(request: Request, number: str) -> Response:
    """Give a number back; refused while a running campaign calls from it."""
    site = site_of(request)
    row = _find(request, number)
    release_number(site.world(), row["number"], actor=actor_of(request).name)
    site.retell_says.forget(NUMBERS)
    return see(f"{PATH}?done={row['number']}")


@changing.get(PATH + "/{number}")
def number_page(request: Request, number: str) -> Response:
    """Show what of a number may be changed."""
    return _form(request, _find(request, number), typed=None, error=None)


@changing.post(PATH + "/{number}")
def change(
    request: Request, number: str, nickname: Word = "", outbound: Word = "", inbound: Word = ""
) -> Response:
    """Change what a number is called, and who calls from it and answers it."""
    site = site_of(request)
    row = _find(request, number)
    typed = {"nickname": nickname, "outbound": outbound, "inbound": inbound}
    try:
        changes = {
            "nickname": nickname.strip(),
            "outbound_agents": _agents("outbound", outbound),
            "inbound_agents": _agents("inbound", inbound),
        }
        update_number(site.world(), row["number"], changes, actor=actor_of(request).name)
    except UserError as error:
        return _form(request, row, typed=typed, error=error)
    site.retell_says.forget(NUMBERS)
    return see(f"{PATH}?done={row['number']}")


def _find(request: Request, number: str) -> dict[str, Any]:
    site = site_of(request)
    ask = partial(list_numbers, site.world())
    kept = site.retell_says.get(NUMBERS, ask, now=site.world().clock.now())
    for row in kept.value:
        if row["number"] == number:
            return dict(row)
    raise NotFound(f"the workspace has no number {number[:40]}", fix="look at the numbers")


def _form(
    request: Request, row: dict[str, Any], *, typed: dict[str, str] | None, error: UserError | None
) -> Response:
    given = {
        "nickname": row["nickname"] or "",
        "outbound": ", ".join(row["outbound"]),
        "inbound": ", ".join(row["inbound"]),
    }
    status = status_for(error)
    return page(
        request, "number.html", status=status, number=row, typed=typed or given, error=error
    )


def _agents(field: str, text: str) -> list[dict[str, Any]]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return read_agents(names) if names else []
    except ValueError as error:
        raise Unfit(field, str(error), fix="write for example agent_1, or agent_1=0.5") from error
