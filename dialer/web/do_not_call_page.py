"""The do-not-call list: look a number up, put it on, take it off, bring a file of numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from dialer.actions import do_not_call, file_errands
from dialer.actions.opt_out_files import export_opt_outs
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.domain.errands import FOR_A_WORKER, ErrandKind
from dialer.domain.phones import Phone, parse_phone
from dialer.domain.places import parse_country
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.leads.exports import ExportFormat
from dialer.web import do_not_call_view
from dialer.web.access import actor_of, requires
from dialer.web.error_pages import status_for
from dialer.web.file_form import FileForm, hand_over
from dialer.web.masking import as_seen_by
from dialer.web.pages import page
from dialer.web.said_of_numbers import read_day, registry_said
from dialer.web.sign_in import see
from dialer.web.site import site_of
from dialer.web.typed_ids import typed_id
from dialer.web.written_files import as_file

viewing = requires(Role.VIEWER)
changing = requires(Role.OPERATOR)

PATH = "/do-not-call"
MOST_PASTED = 1_000
NAMED = 10
"""So many numbers that are none are named; all stand in the form again."""
Word = Annotated[str, Form(max_length=200)]
Numbers = Annotated[str, Form(max_length=40_000)]
_BETWEEN = re.compile(r"[\n\r,;]+")


@dataclass(frozen=True, slots=True)
class Again:
    """What was typed to put numbers on the list, and why it must be typed again."""

    error: UserError | None
    number: str
    reason: str
    expires: str


NOT_AGAIN = Again(None, "", "", "")


@viewing.get(PATH)
def list_page(
    request: Request, number: str = "", before: int | None = None, done: str = ""
) -> Response:
    """Show what is known of a number, or the newest entries."""
    return _page(request, number=number[:40], before=before, done=done, error=None)


def _page(
    request: Request,
    *,
    error: UserError | None,
    again: Again = NOT_AGAIN,
    number: str = "",
    before: int | None = None,
    done: str = "",
) -> Response:
    world = site_of(request).world()
    now = world.clock.now()
    asked, wrong, place = None, None, {"number": number.strip(), "before": before}
    if number.strip():
        try:
            asked = _number(number)
        except UserError as problem:
            wrong = problem
    found = world.db.read(partial(do_not_call_view.read, asked=asked, before=before, now=now))
    found |= {name: as_seen_by(request, found[name]) for name in ("entries", "files")}
    query = urlencode({name: value for name, value in place.items() if value})
    working = any(one["status"] in FOR_A_WORKER for one in found["files"])
    return page(
        request,
        "do_not_call.html",
        status=status_for(error or again.error),
        number=number.strip(),
        wrong=wrong,
        error=error,
        again=again,
        working=working,
        is_stale="hx-request" in request.headers,
        live_url=f"{PATH}?{query}" if query else PATH,
        first=before is None,
        done={"added": "It is on the list, and not called.", "removed": "It was taken off."}.get(
            done
        ),
        now=now,
        **found,
    )


@changing.post(f"{PATH}/add")
def add(
    request: Request,
    number: Numbers = "",
    reason: Word = "",
    expires: Word = "",
    country: Word = "US",
) -> Response:
    """Put one number on the list, or several that were pasted, and close the leads that wait."""
    world = site_of(request).world()
    typed = partial(Again, reason=reason, expires=expires)
    texts = [part.strip() for part in _BETWEEN.split(number) if part.strip()]
    try:
        opt_out = OptOut(
            _given(reason), OptOutSource.HAND, actor_of(request).name, expires_at=_end_of(expires)
        )
        _refuse_too_many(texts)
        code = parse_country(country.strip() or "US") or "US"
        found = do_not_call.add_written(world, texts, opt_out, country=code)
    except UserError as error:
        return _page(request, error=None, again=typed(error=error, number=number))
    wrong = [one for one in found if one.problem is not None]
    if not wrong:
        return see(f"{PATH}?done=added")
    left = "\n".join(one.phone for one in wrong)
    problem = _what_is_wrong(wrong, put=len(found) - len(wrong))
    return _page(request, error=None, again=typed(error=problem, number=left))


def _refuse_too_many(texts: Sequence[str]) -> None:
    if not texts:
        raise UserError("there is no number", fix="write one, or paste several, each on a line")
    if len(texts) > MOST_PASTED:
        raise UserError(
            f"that are {len(texts):,} numbers, and {MOST_PASTED:,} at most are taken at once",
            fix="bring them as a file",
        )


def _what_is_wrong(wrong: Sequence[do_not_call.Written], *, put: int) -> UserError:
    """Tell which of the numbers are none; the others, `put` of them, are on the list."""
    if len(wrong) == 1:
        what = wrong[0].problem or ""
    else:
        what = ", ".join(f"“{one.phone[:40]}”" for one in wrong[:NAMED]) + " are no numbers"
    others = "The other is" if put == 1 else f"The other {put:,} are"
    return UserError(
        what,
        why=f"{others} on the list" if put else None,
        fix="correct what is left here, and add it again",
    )


@changing.get(f"{PATH}/export")
def export(request: Request) -> FileResponse:
    """Give all entries of our own list as a file."""
    write = partial(export_opt_outs, site_of(request).world().db)
    return as_file(request, write, form=ExportFormat.CSV, named="do-not-call")


@changing.post(f"{PATH}/remove")
def remove(
    request: Request, number: Word = "", campaign_id: Word = "", reason: Word = ""
) -> Response:
    """Take a number off the list; leads that were closed stay closed."""
    world = site_of(request).world()
    try:
        do_not_call.remove(
            world,
            _number(number),
            campaign_id=typed_id(campaign_id),
            reason=_given(reason),
            actor=actor_of(request).name,
        )
    except UserError as error:
        return _page(request, error=error)
    return see(f"{PATH}?done=removed")


@changing.post(f"{PATH}/file")
async def file(request: Request) -> Response:
    """Take a file of numbers, and have it read by a worker."""
    return await hand_over(request, _take)


def _take(request: Request, form: FileForm) -> Response:
    try:
        if form.path is None:
            raise UserError("no file was chosen", fix="choose a file")
        world, actor = site_of(request).world(), actor_of(request).name
        kind, asked = _asked(form.fields, now=world.clock.now())
        asked["name"] = form.path.name
        file_errands.receive(world, kind, file=form.name, size=form.size, asked=asked, actor=actor)
    except UserError as error:
        form.drop()
        return _page(request, error=error)
    return see(PATH)


def _asked(fields: Mapping[str, str], *, now: datetime) -> tuple[ErrandKind, dict[str, Any]]:
    country = parse_country(fields.get("country", "").strip() or "US")
    if country is None:
        raise UserError(f"{fields['country']} is not a country", fix="write for example US")
    if fields.get("kind") != "registry":
        ends = _end_of(fields.get("expires", ""))
        reason = _given(fields.get("reason", ""))
        expires_at = ends and ends.isoformat()
        return ErrandKind.OPT_OUTS, {
            "country": country, "reason": reason, "expires_at": expires_at
        }  # fmt: skip
    return ErrandKind.REGISTRY, {"country": country, **registry_said(fields, country, now=now)}


def _number(text: str) -> str:
    phone = parse_phone(text, country="US", allow_fictional=True, allowed_countries=None)
    if not isinstance(phone, Phone):
        raise UserError(phone.message)
    return phone.e164


def _given(reason: str) -> str:
    if not reason.strip():
        raise UserError("there is no reason", fix="say why, in a few words")
    return reason.strip()


def _end_of(text: str) -> datetime | None:
    """Give the moment at which a day has begun everywhere on earth."""
    day = read_day(text)
    return None if day is None else datetime.combine(day, time(12), tzinfo=UTC)
