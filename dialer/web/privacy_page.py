"""Privacy: what is kept how long, who sees it, and when what was said is deleted."""

from datetime import timedelta
from typing import Annotated

from fastapi import Form
from starlette.requests import Request
from starlette.responses import Response

from dialer.actions import export_errands, purge, retention
from dialer.actions.errands import FORGOTTEN_AFTER
from dialer.domain.counts import how_many
from dialer.domain.roles import Role
from dialer.errors import UserError
from dialer.web.access import actor_of, requires
from dialer.web.error_pages import status_for
from dialer.web.form_errors import Unfit, about
from dialer.web.pages import page
from dialer.web.sign_in import see
from dialer.web.site import site_of

viewing = requires(Role.OPERATOR)
changing = requires(Role.ADMIN)

PATH = "/settings/privacy"
Typed = Annotated[str, Form(max_length=30)]


@viewing.get(PATH)
def privacy_page(request: Request) -> Response:
    """Show what is kept how long, and who sees it."""
    return _page(request)


@changing.post(PATH)
def keep_words(request: Request, days: Typed = "", sure: Typed = "") -> Response:
    """Have what was said be kept so long; asks first where that deletes something."""
    world = site_of(request).world()
    try:
        wanted = _days(days)
        if wanted is not None and not sure:
            calls = retention.count_older(world, wanted)
            if calls:
                return _page(request, typed=days, asked=(wanted, calls))
        retention.keep_days(world, wanted, actor=actor_of(request).name)
    except UserError as error:
        return _page(request, typed=days, error=error)
    return see(PATH)


def _page(
    request: Request,
    *,
    typed: str | None = None,
    error: UserError | None = None,
    asked: tuple[int, int] | None = None,
) -> Response:
    site = site_of(request)
    world = site.world()
    days = retention.kept_days(world.db)
    kept = how_many(days, "day") if days is not None else "until somebody deletes it"
    return page(
        request,
        "privacy.html",
        status=status_for(error),
        error=error,
        asked=asked,
        days=days,
        typed=typed if typed is not None else "" if days is None else str(days),
        kept=_kept(kept, live_transcripts=site.settings.live_transcripts),
        is_admin=actor_of(request).role.includes(Role.ADMIN),
        now=world.clock.now(),
    )


def _kept(words: str, *, live_transcripts: bool) -> list[tuple[str, str, str]]:
    """Give what is kept, how long, and where that is set."""
    live = "kept while a call lasts" if live_transcripts else "not kept while a call lasts"
    return [
        ("What was said in calls", words, "above"),
        ("What is said, while it is said", live, "DIALER_LIVE_TRANSCRIPTS"),
        ("Recordings, and Retell’s own copies", "as each agent says", "at Retell, for each agent"),
        ("Leads and how each call came out", "as long as the campaign is kept", "—"),
        ("Rejected rows of lists", _days_told(purge.REJECTS_KEPT), "fixed"),
        ("Results for other systems", _days_told(purge.RESULTS_KEPT), "fixed"),
        ("Exports", _days_told(export_errands.KEPT), "fixed"),
        ("Uploaded files nobody decided about", _days_told(FORGOTTEN_AFTER), "fixed"),
        ("Telephone numbers", "masked for viewers and in logs", "by role, under People"),
    ]


def _days_told(duration: timedelta) -> str:
    return how_many(duration.days, "day")


def _days(text: str) -> int | None:
    plain = text.strip().replace(",", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit()):
        fix = "write for example 90, or leave it empty"
        raise Unfit("days", f"“{text.strip()[:20]}” is no number of days", fix=fix)
    with about("days"):
        retention.refuse_unfit(int(plain))
    return int(plain)
