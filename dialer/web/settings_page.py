"""Settings: the limits over everything, and what the environment says."""

from typing import Annotated, Any

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import limits
from dialer.actions.limits import Limits
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.setting_list import setting_rows
from dialer.store import gate
from dialer.web.access import actor_of, requires
from dialer.web.error_pages import status_for
from dialer.web.form_errors import Unfit
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of

viewing = requires(Role.OPERATOR)
changing = requires(Role.ADMIN)

PATH = "/settings"
VARIABLES = {
    "lines": "DIALER_LINES",
    "calls_per_second": "DIALER_CALLS_PER_SECOND",
    "headroom": "DIALER_HEADROOM",
    "calls_per_day": "DIALER_CALLS_PER_DAY",
    "dollars_per_day": "DIALER_DOLLARS_PER_DAY",
}
WORDS = {
    "lines": "Lines: most calls open at once",
    "calls_per_second": "Calls started per second",
    "headroom": "Reserved lines, kept for other uses of Retell",
    "calls_per_day": "Calls per day; empty: no limit",
    "dollars_per_day": "Dollars per day; empty: no limit",
}
Typed = Annotated[str, Form(max_length=30)]


@viewing.get(PATH)
def settings_page(request: Request, saved: bool = False) -> Response:
    """Show the limits and the settings; `saved` where limits were set just now."""
    return _page(request, typed=None, error=None, saved=saved)


def _page(
    request: Request,
    *,
    typed: dict[str, str] | None,
    error: UserError | None,
    saved: bool = False,
) -> Response:
    site = site_of(request)
    world = site.world()
    state, configured = world.db.read(lambda tx: (gate.peek(tx), gate.configured(tx)))
    values = {name: getattr(state, name) for name in WORDS}
    changed = [name for name in WORDS if values[name] != configured.get(name)]
    return page(
        request,
        "settings.html",
        status=status_for(error),
        error=error,
        saved=saved,
        typed=typed or {name: _written(value) for name, value in values.items()},
        words=WORDS,
        variables=VARIABLES,
        configured={name: _written(configured.get(name)) for name in WORDS},
        changed=changed,
        provider_lines=state.provider_lines,
        foreign_calls=state.foreign_calls,
        rows=setting_rows(site.settings),
        is_admin=actor_of(request).role.includes(Role.ADMIN),
        now=world.clock.now(),
    )


def _written(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


@changing.post(f"{PATH}/limits")
def change_limits(
    request: Request,
    lines: Typed = "",
    calls_per_second: Typed = "",
    headroom: Typed = "",
    calls_per_day: Typed = "",
    dollars_per_day: Typed = "",
) -> Response:
    """Have other limits hold from now on."""
    typed = {
        "lines": lines,
        "calls_per_second": calls_per_second,
        "headroom": headroom,
        "calls_per_day": calls_per_day,
        "dollars_per_day": dollars_per_day,
    }
    try:
        wanted = Limits(
            lines=_whole("lines", lines),
            calls_per_second=_number("calls_per_second", calls_per_second),
            headroom=_whole("headroom", headroom or "0"),
            calls_per_day=_whole("calls_per_day", calls_per_day) if calls_per_day.strip() else None,
            dollars_per_day=(
                _number("dollars_per_day", dollars_per_day) if dollars_per_day.strip() else None
            ),
        )
        limits.change(site_of(request).world(), wanted, actor=actor_of(request).name)
    except UserError as error:
        return _page(request, typed=typed, error=error)
    return see(f"{PATH}?saved=1")


@changing.post(f"{PATH}/limits/bring-back")
def bring_back(request: Request) -> Response:
    """Have the limits hold that the settings name."""
    limits.bring_back(site_of(request).world(), actor=actor_of(request).name)
    return see(f"{PATH}?saved=1")


def _whole(field: str, text: str) -> int:
    plain = text.strip().replace(",", "")
    if not (plain.isascii() and plain.isdigit()):
        raise Unfit(field, f"“{text.strip()[:20]}” is no whole number", fix="write for example 20")
    return int(plain)


def _number(field: str, text: str) -> float:
    try:
        return float(text.strip())
    except ValueError as error:
        what = f"“{text.strip()[:20]}” is no number"
        raise Unfit(field, what, fix="write for example 1.5") from error
