"""Correcting: rejected rows are mended on a page, and only these are imported again."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dialer.actions import uploads
from dialer.actions.control import find
from dialer.actions.export import find_list
from dialer.actions.world import World
from dialer.domain.errands import ErrandStatus
from dialer.domain.states import ListStatus
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.leads.exports import ExportFormat, open_export
from dialer.leads.formulas import AS_READ
from dialer.leads.problems import RejectReason
from dialer.store import errands, exports
from dialer.store.database import Connection, Database
from dialer.store.tables import Campaign, LeadList

AT_ONCE = 25
"""Rows on one page."""
NOT_TO_MEND = (
    RejectReason.DUPLICATE_IN_FILE,
    RejectReason.ALREADY_IN_CAMPAIGN,
    RejectReason.RECENTLY_CALLED,
    RejectReason.SUPPRESSED,
)
"""Nothing is wrong with these rows; they are no leads all the same."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """One rejected row, with its cells as they were."""

    row: int
    cells: Sequence[str]
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class BadRows:
    """Some rejected rows of a list that a person can mend."""

    lead_list: LeadList
    campaign: Campaign
    header: Sequence[str]
    rows: Sequence[BadRow]
    next_after: int | None  # None where these are the last
    may_be_mended: bool  # False: they are there to be read


def bad_rows(db: Database, list_id: int, *, after: int, reason: str | None = None) -> BadRows:
    """Give the next rows of a list that may be mended, or those rejected for one reason.

    Raises:
        NotFound: there is no such list, or its rejected rows are deleted by now.
    """

    def body(tx: Connection) -> BadRows:
        lead_list = find_list(tx, list_id)
        if lead_list.purged_at is not None:
            raise NotFound(f"the rejected rows of list {list_id} are deleted by now")
        some = {"list_id": list_id, "after_row": after, "most": AT_ONCE + 1}
        if reason is None:
            but = [one.value for one in NOT_TO_MEND]
            found = exports.rejects_but(tx, **some, reasons=but)
        else:
            found = exports.rejects_for(tx, **some, reason=reason)
        rows = [BadRow(*one) for one in found]
        more = rows[AT_ONCE - 1].row if len(rows) > AT_ONCE else None
        header = lead_list.mapping.get("headers", [])
        campaign = find(tx, lead_list.campaign_id)
        may_be_mended = reason not in NOT_TO_MEND
        return BadRows(lead_list, campaign, header, rows[:AT_ONCE], more, may_be_mended)

    return db.read(body)


def import_corrected(
    world: World,
    list_id: int,
    cells: Mapping[int, Sequence[str]],
    *,
    home: Path,
    actor: str,
) -> int:
    """Import rows of a list as they are now, and no others; gives the errand's id.

    They are held to the rules that the list was uploaded under.

    Raises:
        NotFound: there is no such list.
        RefusedByRule: it is not imported to its end.
        UserError: nothing was changed.
    """
    lead_list = world.db.read(partial(find_list, list_id=list_id))
    if lead_list.status is ListStatus.IMPORTING:  # its upload is not known as such yet
        raise RefusedByRule(
            f"list {list_id} is not imported to its end", fix="wait, or upload its file again"
        )
    if not cells:
        raise UserError("no cell was changed", fix="correct a row, then import")
    header = list(lead_list.mapping.get("headers", []))
    stem, _, _ = lead_list.file_name.rpartition(".")
    name = f"{(stem or lead_list.file_name).removesuffix('-corrected')}-corrected.csv"
    target = uploads.folder(home) / secrets.token_hex(12) / name
    target.parent.mkdir(parents=True, mode=0o700)
    csv = ExportFormat.CSV
    with open_export(target, form=csv, columns=header, title="rows", marks=AS_READ) as export:
        for row in sorted(cells):
            export.add(_fitted(cells[row], width=len(header)))
    asked: dict[str, Any] = {"map": _said(lead_list, header), "sure": True, "corrects": list_id}
    asked |= world.db.read(partial(_rules, list_id=list_id))
    return uploads.receive(
        world,
        file=f"{target.parent.name}/{target.name}",
        size=target.stat().st_size,
        campaign_id=lead_list.campaign_id,
        asked=asked,
        actor=actor,
        status=ErrandStatus.DOING,
    )


def _rules(tx: Connection, list_id: int) -> dict[str, Any]:
    """Give what the upload of a list said in place of its campaign; nothing without an upload."""
    row = errands.that_brought(tx, list_id)
    asked = {} if row is None else row.asked
    return {name: asked[name] for name in uploads.RULES if asked.get(name) is not None}


def _fitted(cells: Sequence[str], *, width: int) -> list[str]:
    """Give a row as wide as the header, and wider only where cells beyond it are filled."""
    filled = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    wide = max(width, filled)
    return [*cells[:wide], *[""] * (wide - len(cells))]


def _said(lead_list: LeadList, header: Sequence[str]) -> dict[str, list[str]]:
    """Give what the columns were taken for, where the same names can say it again."""
    columns: dict[str, Any] = dict(lead_list.mapping.get("columns", {}))
    phones = [columns.pop("phone", None), *columns.pop("alt_phones", [])]
    said = {name: [title] for name, title in columns.items()} | {"phone": phones}
    once = {title for title in header if title and list(header).count(title) == 1}
    return {name: titles for name, titles in said.items() if once.issuperset(titles)}
