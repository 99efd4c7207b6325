"""Export: results, leads and rejected rows as files. Reads only.

Rows are read a few hundred at a time, each in a transaction of its own, so that a campaign that
runs does not wait and memory does not grow with its leads, but for their ids. A lead is written
once, as it is when its turn comes.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from dialer.actions.control import find
from dialer.domain.dispositions import Disposition
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.errors import NotFound
from dialer.leads.exports import Export, ExportFormat, Target, open_export
from dialer.leads.rejects import RejectFile
from dialer.store import exports, lists
from dialer.store.database import Connection, Database
from dialer.store.tables import LeadList

T = TypeVar("T")
Tell = Callable[[int, int], None]
"""Hears how many of how many leads were looked at."""
Wanted = Callable[[LeadStatus, ClosedAs | None, Disposition | None], bool]
"""Whether a lead is written, by its state, by how it closed and by how its last call came out."""

PAGE_LEADS = 500
STRETCH_IDS = 5_000
"""Ids looked through in one read, whoever's leads they are."""

STATUS_WORDS: Mapping[LeadStatus, str] = {
    LeadStatus.READY: "waiting",
    LeadStatus.IN_FLIGHT: "being called",
    LeadStatus.HELD: "held",
    LeadStatus.CLOSED: "closed",
}
_ROW_BITS, _ID_BITS = 32, 40
_STATUS = exports.LEAD_COLUMNS.index("status")
_BY = [exports.RESULT_COLUMNS.index(name) for name in ("status", "closed_as", "disposition")]
_CONSENT = ("at", "source", "text")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `warnings` are sentences about what a format could not hold."""

    rows: int
    warnings: list[str]


def _everybody(
    status: LeadStatus, closed_as: ClosedAs | None, disposition: Disposition | None
) -> bool:
    return True


def _nobody_hears(done: int, total: int) -> None:
    pass


def export_results(
    db: Database,
    campaign_id: int,
    target: Target,
    *,
    form: ExportFormat = ExportFormat.CSV,
    wanted: Wanted = _everybody,
    tell: Tell = _nobody_hears,
) -> Exported:
    """Write each lead of a campaign with its latest attempt, in the order of the files.

    Every key of Retell's custom analysis is a column `analysis.<key>`. Of the leads only those
    that are `wanted`.

    Raises:
        NotFound: there is no such campaign.
    """
    db.read(lambda tx: find(tx, campaign_id))
    keys = sorted(keys_of(_looked_through(db, campaign_id, exports.analyses)))
    columns = [*exports.RESULT_COLUMNS, *(f"analysis.{key}" for key in keys)]
    with open_export(target, form=form, columns=columns, title="results") as export:
        for row in rows_of(db, lead_ids_in_order(db, campaign_id), exports.results, tell=tell):
            if wanted(*(row[place] for place in _BY)):
                export.add(_with_values(row[:-1], row[-1], keys))
    return _exported(export)


def export_attempts(
    db: Database,
    campaign_id: int,
    target: Target,
    *,
    form: ExportFormat = ExportFormat.CSV,
    tell: Tell = _nobody_hears,
) -> Exported:
    """Write each attempt of a campaign, by lead and in the order they were made.

    Raises:
        NotFound: there is no such campaign.
    """
    db.read(lambda tx: find(tx, campaign_id))
    ids = lead_ids_in_order(db, campaign_id)
    columns = list(exports.ATTEMPT_COLUMNS)
    with open_export(target, form=form, columns=columns, title="attempts") as export:
        for start in range(0, len(ids), PAGE_LEADS):
            page = list(ids[start : start + PAGE_LEADS])
            by_lead: dict[int, list[Sequence[Any]]] = {}
            for row in db.read(partial(exports.attempts, ids=page)):
                by_lead.setdefault(row[0], []).append(row)
            for lead_id in page:
                for attempt in by_lead.get(lead_id, ()):
                    export.add(attempt)
            tell(start + len(page), len(ids))
    return _exported(export)


def export_leads(
    db: Database,
    campaign_id: int,
    target: Target,
    *,
    form: ExportFormat = ExportFormat.CSV,
    tell: Tell = _nobody_hears,
) -> Exported:
    """Write the leads of a campaign as they are stored, with a column for each variable.

    A variable that is called like one of our columns stands under `variable.<name>`.

    Raises:
        NotFound: there is no such campaign.
    """
    db.read(lambda tx: find(tx, campaign_id))
    return _write_leads(db, campaign_id, target, form=form, list_id=None, tell=tell)


def export_list(
    db: Database, list_id: int, target: Target, *, form: ExportFormat = ExportFormat.CSV
) -> Exported:
    """Write the leads that a list brought, as `export_leads` does.

    Raises:
        NotFound: there is no such list.
    """
    row = db.read(partial(find_list, list_id=list_id))
    return _write_leads(db, row.campaign_id, target, form=form, list_id=list_id)


def export_rejects(
    db: Database, list_id: int, target: Target, *, form: ExportFormat = ExportFormat.CSV
) -> Exported:
    """Write the rows of a list that are no leads, to be corrected and imported again.

    Raises:
        NotFound: there is no such list, or its rejected rows are deleted by now.
    """
    found = db.read(partial(find_list, list_id=list_id))
    if found.purged_at is not None:
        raise NotFound(
            f"the rejected rows of list {list_id} were deleted on {found.purged_at:%Y-%m-%d}",
            why="they are kept for 90 days after the import",
            fix=f"import {found.file_name} again with --dry-run",
        )
    header = found.mapping.get("headers", [])
    after = 0
    with RejectFile(target, header, form=form) as file:
        while True:
            page = partial(exports.rejects, list_id=list_id, after_row=after, most=PAGE_LEADS)
            rows = db.read(page)
            for row, cells, reason, message in rows:
                file.add(row, cells, reason, message)
            if len(rows) < PAGE_LEADS:
                break
            after = rows[-1][0]
    return Exported(file.count, file.warnings)


def _write_leads(
    db: Database,
    campaign_id: int,
    target: Target,
    *,
    form: ExportFormat,
    list_id: int | None,
    tell: Tell = _nobody_hears,
) -> Exported:
    keys = list(keys_of(variables_of(db, campaign_id, list_id=list_id)))
    columns = [*exports.LEAD_COLUMNS[:-1], *(f"consent_{part}" for part in _CONSENT)]
    for key in keys:
        columns.append(f"variable.{key}" if key in columns else key)
    with open_export(target, form=form, columns=columns, title="leads") as export:
        ids = lead_ids_in_order(db, campaign_id, list_id=list_id)
        for row in rows_of(db, ids, exports.leads, tell=tell):
            *own, consent, values = row
            own[_STATUS] = STATUS_WORDS[own[_STATUS]]
            export.add(_with_values(_with_values(own, consent, _CONSENT), values, keys))
    return _exported(export)


def find_list(tx: Connection, list_id: int) -> LeadList:
    """Read a list.

    Raises:
        NotFound: there is none with this id.
    """
    row = lists.get(tx, list_id)
    if row is None:
        raise NotFound(f"there is no list {list_id}", fix="dialer lists list shows them all")
    return row


def _looked_through(
    db: Database, campaign_id: int, read: Callable[..., Iterable[T]]
) -> Iterator[T]:
    """Read something of all leads of a campaign, by stretches of ids that are quickly read."""
    bounds = db.read(lambda tx: exports.lead_ids_between(tx, campaign_id))
    if bounds is None:
        return
    first, last = bounds
    for after in range(first - 1, last, STRETCH_IDS):
        until = min(after + STRETCH_IDS, last)
        yield from db.read(partial(read, campaign_id=campaign_id, after=after, until=until))


def variables_of(
    db: Database, campaign_id: int, *, list_id: int | None = None
) -> Iterator[dict[str, Any]]:
    """Read the variables of all leads of a campaign."""
    yield from _looked_through(db, campaign_id, partial(exports.variables, list_id=list_id))


def keys_of(found: Iterable[Any]) -> dict[str, None]:
    """Collect the keys of all objects, in the order in which they first come."""
    keys: dict[str, None] = {}
    for one in found:
        if isinstance(one, dict) and not one.keys() <= keys.keys():
            keys.update(dict.fromkeys(one))
    return keys


def lead_ids_in_order(
    db: Database, campaign_id: int, *, list_id: int | None = None
) -> Sequence[int]:
    """Give the leads in the order of their files, which is not the one they were stored in."""
    read = partial(exports.places, list_id=list_id)
    order = [
        ((of_list << _ROW_BITS) + row << _ID_BITS) + lead_id
        for of_list, row, lead_id in _looked_through(db, campaign_id, read)
    ]
    order.sort()
    return array("q", (place & (1 << _ID_BITS) - 1 for place in order))


def rows_of(
    db: Database,
    ids: Sequence[int],
    read: Callable[..., Iterable[tuple[Any, ...]]],
    *,
    tell: Tell = _nobody_hears,
) -> Iterator[tuple[Any, ...]]:
    """Read leads by their ids, in that order; those that are gone by now are left out."""
    for start in range(0, len(ids), PAGE_LEADS):
        page = list(ids[start : start + PAGE_LEADS])
        found = {row[0]: row for row in db.read(partial(read, ids=page))}
        yield from (found[lead_id] for lead_id in page if lead_id in found)
        tell(start + len(page), len(ids))


def _with_values(own: Sequence[Any], found: Any, keys: Sequence[str]) -> list[Any]:
    if not isinstance(found, dict):
        return [*own, *(None for _ in keys)]
    return [*own, *map(found.get, keys)]


def _exported(export: Export) -> Exported:
    return Exported(export.rows, export.warnings)
