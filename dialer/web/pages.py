"""Pages: templates filled in, with what every page shows around it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dialer.domain.counts import how_many
from dialer.domain.dispositions import spoken
from dialer.domain.local_time import zone
from dialer.domain.roles import Actor, Role
from dialer.web.assets import url_of
from dialer.web.page_fixes import fix_on_page
from dialer.web.site import site_of
from dialer.web.timed_sentences import IN_WORDS, marked, timed
from dialer.web.written_values import value_words

TEMPLATES = Path(__file__).parent / "templates"
REFRESH_S = 5
_ENDS = (".", "!", "?", "…", ".”", "?”", '."')

environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(
    request: Request,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """Fill in a template and answer with it."""
    actor: Actor | None = getattr(request.state, "actor", None)
    text = filled(
        template,
        mode=site_of(request).settings.mode,
        actor=actor,
        may_operate=actor is not None and actor.role.includes(Role.OPERATOR),
        here=request.url.path,
        refresh_s=REFRESH_S,
        **values,
    )
    return HTMLResponse(text, status_code=status, headers=headers)


def filled(template: str, **values: Any) -> str:
    """Fill in a template that is no whole page."""
    return environment.get_template(template).render(**values)


def wants_page(request: Request) -> bool:
    """Tell whether a person reads the answer, and not a program."""
    return "text/html" in request.headers.get("accept", "")


def number(count: int) -> str:
    """Write a count with its thousands apart."""
    return f"{count:,}"


def moment(at: datetime) -> Markup:
    """Write a moment in UTC."""
    return marked(at, shown=at.astimezone(UTC).strftime("%a %d %b %Y, %H:%M:%S UTC"))


def stamp(at: datetime) -> Markup:
    """Write a moment in UTC as narrow as can be, for columns that say so."""
    return marked(at, shown=at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"))


def local_moment(at: datetime, zone_name: str | None) -> Markup:
    """Write a moment by the clock of a zone, with UTC behind it."""
    if zone_name is None:
        return moment(at)
    return marked(at, shown=at.astimezone(zone(zone_name)).strftime(f"{IN_WORDS} %Z"))


def words(text: str) -> str:
    """Write a stable word as people read it: `no_answer` is "No answer"."""
    return spoken(text).capitalize()


def sentence(text: str) -> str:
    """Write what somebody says as one sentence, however it begins and ends."""
    said = text[:1].upper() + text[1:].strip()
    return said if said.endswith(_ENDS) else f"{said}."


def duration(milliseconds: int) -> str:
    """Write how long a call was."""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def dollars(cents: float) -> str:
    """Write an amount; calls cost fractions of a cent."""
    return f"${cents / 100:,.2f}" if cents >= 1 or cents == 0 else f"${cents / 100:.4f}"


def size(count: int) -> str:
    """Write how large a file is."""
    if count >= 1_000_000:
        return f"{count / 1_000_000:,.1f} MB"
    return f"{max(1, round(count / 1000)):,} KB" if count else "0 KB"


def pretty(value: object) -> str:
    """Write what a program sent so that people can read it."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


environment.filters |= {
    "age": lambda age: f"{age.total_seconds():,.0f} s ago",
    "number": number,
    "many": how_many,
    "moment": moment,
    "written": lambda text: moment(datetime.fromisoformat(text)),
    "local": local_moment,
    "stamp": stamp,
    "words": words,
    "sentence": sentence,
    "timed": timed,
    "duration": duration,
    "dollars": dollars,
    "pretty": pretty,
    "size": size,
    "on_page": fix_on_page,
    "value_words": value_words,
}
environment.globals["asset"] = url_of
