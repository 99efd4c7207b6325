"""The activity log: who did what to what, and when."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from dialer.domain.roles import Role
from dialer.domain.states import CampaignStatus
from dialer.leads.exports import ExportFormat, open_export
from dialer.store import campaigns, ledger, lists, schedules
from dialer.store.database import Connection
from dialer.store.tables import AuditLog
from dialer.web.access import may_operate, requires
from dialer.web.masking import as_seen_by
from dialer.web.pages import page
from dialer.web.site import site_of
from dialer.web.written_files import as_file
from dialer.web.written_values import change_words, links_in, told

viewing = requires(Role.VIEWER)
exporting = requires(Role.OPERATOR)

PAGE = 50
AT_ONCE = 1_000
COLUMNS = ("at", "actor", "action", "subject", "before", "after")
_PAGES = {
    "campaign": "/campaigns/{}",
    "lead": "/leads/{}",
    "list": "/lists/{}",
    "schedule": "/schedules/{}",
}
Names = Mapping[tuple[str, int], str]
"""By kind and id."""
_SUBJECT = re.compile(r"(campaign|lead|list|schedule):(\d{1,18})")


@viewing.get("/activity")
def activity_page(
    request: Request, actor: str = "", subject: str = "", before: int | None = None
) -> Response:
    """Show what was done, the latest first."""

    def body(tx: Connection) -> tuple[list[AuditLog], Names]:
        rows = ledger.page(
            tx,
            before=before,
            most=PAGE + 1,
            subject=subject.strip()[:200] or None,
            actor=actor.strip()[:200] or None,
        )
        return rows, _names(tx, rows)

    rows, names = site_of(request).world().db.read(body)
    names = {one: as_seen_by(request, name) for one, name in names.items()}
    entries: list[dict[str, Any]] = [
        {
            "at": row.at,
            "actor": as_seen_by(request, row.actor),
            "action": _action(row),
            "subject": _named(request, row.subject, names),
            "url": _url(row.subject),
            "details": as_seen_by(request, change_words(row.before, row.after)),
            "links": [
                {
                    "words": names.get(one) or f"{one[0]} {one[1]}",
                    "url": _PAGES[one[0]].format(one[1]),
                }
                for one in links_in(row.before, row.after)
            ],
        }
        for row in rows[:PAGE]
    ]
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    asked = {"actor": actor.strip(), "subject": subject.strip()}
    return page(
        request,
        "activity.html",
        entries=entries,
        asked=asked,
        first=before is None,
        next_before=more,
        may_export=may_operate(request),
    )


@exporting.get("/activity/export")
def export_activity(request: Request, actor: str = "", subject: str = "") -> FileResponse:
    """Give all that was done as a file, the latest first; with the same filters."""
    db = site_of(request).world().db

    def write(path: Path, *, form: ExportFormat) -> None:
        before = None
        with open_export(path, form=form, columns=COLUMNS, title="activity") as export:
            while True:
                read = partial(
                    ledger.page,
                    before=before,
                    most=AT_ONCE,
                    subject=subject.strip()[:200] or None,
                    actor=actor.strip()[:200] or None,
                )
                rows = db.read(read)
                for row in rows:
                    told_of = (told(row.before), told(row.after))
                    export.add([row.at, row.actor, row.action, row.subject, *told_of])
                if len(rows) < AT_ONCE:
                    return
                before = rows[-1].id

    return as_file(request, write, form=ExportFormat.CSV, named="activity")


def _names(tx: Connection, rows: Sequence[AuditLog]) -> Names:
    """Give the names of the campaigns, schedules and lists that the rows are about, or name."""
    named = {one for row in rows for one in links_in(row.before, row.after)}
    subjects = (_SUBJECT.fullmatch(row.subject) for row in rows)
    named |= {(one[1], int(one[2])) for one in subjects if one}
    read = {"campaign": campaigns.names, "schedule": schedules.names, "list": lists.names}
    return {
        (kind, one): name
        for kind, names in read.items()
        for one, name in names(tx, {number for of, number in named if of == kind}).items()
    }


def _action(row: AuditLog) -> str:
    """Tell a resume from a start: both set a campaign running."""
    if row.action != CampaignStatus.RUNNING:
        return row.action
    was = (row.before or {}).get("status")
    return "resume" if was in (CampaignStatus.PAUSED, CampaignStatus.HELD) else "start"


def _named(request: Request, subject: str, names: Names) -> str:
    """Name what something was done to; numbers of leads are ours, and masked for nobody."""
    found = _SUBJECT.fullmatch(subject)
    if found is None:
        return str(as_seen_by(request, subject.replace(":", " ", 1)))
    number = f"{found[1]} {found[2]}"
    return names.get((found[1], int(found[2])), number)


def _url(subject: str) -> str | None:
    found = _SUBJECT.fullmatch(subject)
    return _PAGES[found[1]].format(found[2]) if found else None
