"""The activity log: who did what to what, and when."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from dialer.domain.roles import Role
from dialer.store import ledger
from dialer.web.access import actor_of, requires
from dialer.web.lead_view import told
from dialer.web.masking import masked
from dialer.web.pages import page
from dialer.web.site import site_of

router = requires(Role.VIEWER)

PAGE = 50
_PAGES = {
    "campaign": "/campaigns/{}",
    "lead": "/leads/{}",
    "list": "/lists/{}",
    "schedule": "/schedules/{}",
}
_SUBJECT = re.compile(r"(campaign|lead|list|schedule):(\d{1,18})")


@router.get("/activity")
def activity_page(
    request: Request, actor: str = "", subject: str = "", before: int | None = None
) -> Response:
    """Show what was done, the latest first."""
    world = site_of(request).world()
    rows = world.db.read(
        lambda tx: ledger.page(
            tx,
            before=before,
            most=PAGE + 1,
            subject=subject.strip()[:200] or None,
            actor=actor.strip()[:200] or None,
        )
    )
    entries: list[dict[str, Any]] = [
        {
            "at": row.at,
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "url": _url(row.subject),
            "before": told(row.before),
            "after": told(row.after),
        }
        for row in rows[:PAGE]
    ]
    if not actor_of(request).role.includes(Role.OPERATOR):
        entries = masked(entries)
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    asked = {"actor": actor.strip(), "subject": subject.strip()}
    return page(
        request,
        "activity.html",
        entries=entries,
        asked=asked,
        first=before is None,
        next_before=more,
    )


def _url(subject: str) -> str | None:
    found = _SUBJECT.fullmatch(subject)
    return _PAGES[found[1]].format(found[2]) if found else None
