"""Load: import a lead file into a campaign.

Every good row becomes a lead, every other row is kept with a reason: rows = imported + updated +
duplicates + rejected. Rows are stored in short transactions, so that running campaigns do not
wait, and an import that died goes on from where it was when it is started again.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from dialer.actions.agent_variables import required_variables
from dialer.actions.control import find
from dialer.actions.drafting import Chunk, FirstRows, chunks, look_first, one_ahead
from dialer.actions.export import export_rejects
from dialer.actions.preview import Preview
from dialer.actions.storing import Batch, Known, Target, store
from dialer.actions.turns import BREATH, Turns
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.states import OVER, ListStatus
from dialer.errors import RefusedByRule
from dialer.leads.column_map import headers_key
from dialer.leads.header_words import LeadField
from dialer.leads.notices import WarningCode
from dialer.leads.options import ImportOptions, Mapped
from dialer.leads.rows import LeadFile, read_leads
from dialer.log import get_logger
from dialer.store import bulk, campaigns, lists
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import LeadList

log = get_logger(__name__)

BATCH_ROWS = {"sqlite": 1_000, "postgresql": 5_000}
"""Stored in one transaction while no campaign is running."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come."""

    rows: int  # the row reached, as a person counts
    fraction: float | None  # of the file; None where nobody knows


@dataclass(frozen=True, slots=True)
class Order:
    """What a person decides about an import, beside the settings of the campaign."""

    changed: Mapping[str, Any] = field(default_factory=dict)  # import options to replace
    known: Known = Known.SKIP
    not_called_within: timedelta | None = None  # None: as the campaign says
    processes: int = 1
    check_agent: bool = True  # ask Retell which variables the agent's prompt needs
    tell: Callable[[Progress], None] = lambda progress: None
    doubt: Callable[[FirstRows], None] = lambda first: None  # raises to store nothing


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an import did. `rejects` is the file of rejected rows, None when there are none."""

    list_id: int
    rows: int
    imported: int
    updated: int
    duplicates: int
    rejected: int
    blank: int
    warnings: list[dict[str, Any]]
    rejects: Path | None
    already: bool = False  # the same file was imported before; nothing was stored now


def options_of(spec: CampaignSpec, **changed: Any) -> ImportOptions:
    """Give the import options that a campaign's settings mean."""
    options = {
        "country": spec.country,
        "allowed_countries": spec.countries,
        "allow_fictional": spec.allow_fictional,
        "default_zone": spec.default_zone,
        "require_consent": spec.require_consent,
    }
    return ImportOptions(**{**options, **changed})


def load(
    world: World,
    campaign_id: int,
    path: Path,
    *,
    actor: str,
    rejects_to: Path,
    order: Order = Order(),
) -> Loaded:
    """Import a file into a campaign that is not over; the rejected rows go to `rejects_to`.

    An import of the same file under the same settings is recognised: one that died goes on, one
    that is done is only told about.

    Raises:
        NotFound: no such file or campaign.
        FileProblem: nothing of the file can be imported, or it turns out to be too large.
        RefusedByRule: the campaign is over, or becomes so; what is stored by then stays.
    """
    campaign = world.db.read(lambda tx: find(tx, campaign_id))
    if campaign.status in OVER:
        raise RefusedByRule(
            f"campaign {campaign_id} is {campaign.status} and takes no more leads",
            fix="import the file into a new campaign",
        )
    spec = campaigns.spec_of(campaign)
    options, unchecked = options_for(world, spec, order)
    with read_leads(path, options=options, recall=partial(recall, world)) as file:
        if unchecked is not None:
            file.notices.add(WarningCode.AGENT_NOT_CHECKED, unchecked)
        marks = _marks(file, order)
        known = world.db.read(lambda tx: _find_list(tx, campaign_id, marks))
        if known is None and (first := look_first(file)).are_doubtful:
            order.doubt(first)
        row = _find_or_open_list(world, campaign_id, file, marks, actor=actor)
        already = row.status is ListStatus.DONE
        if not already:
            _store_all(world, file, row, spec=spec, order=order)
            _close_list(world, row.id, file)
    return _report(world, row.id, rejects_to=rejects_to, already=already)


def look_at(
    world: World, campaign_id: int, path: Path, *, order: Order, limit: int | None
) -> dict[str, Any]:
    """Give what importing a file into a campaign would do; nothing is stored. See `Preview`.

    Raises:
        NotFound: no such file or campaign.
    """
    spec = campaigns.spec_of(world.db.read(lambda tx: find(tx, campaign_id)))
    return look_for(world, spec, path, campaign_id=campaign_id, order=order, limit=limit)


def look_for(
    world: World,
    spec: CampaignSpec,
    path: Path,
    *,
    campaign_id: int | None,
    order: Order,
    limit: int | None,
    per_reason: int | None = None,
) -> dict[str, Any]:
    """Do the same for settings of which there may be no campaign yet."""
    options, unchecked = options_for(world, spec, order)
    target = Target(
        campaign_id or 0,
        0,
        known=order.known,
        not_called_within=order.not_called_within or spec.not_called_within,
    )
    preview = Preview(
        path,
        options=options,
        limit=limit,
        per_reason=per_reason,
        recall=partial(recall, world),
        processes=order.processes,
        tell=lambda row, fraction: order.tell(Progress(row, fraction)),
    )
    return preview.look(
        database=world.db, target=target, now=world.clock.now(), unchecked=unchecked
    )


def recall(world: World, headers: Iterable[str]) -> dict[LeadField, Mapped]:
    """Give what a person once said about a file with these headers."""
    key = headers_key(headers)
    said = world.db.read(lambda tx: lists.remembered_mapping(tx, key))
    return {LeadField(name): header for name, header in said.items() if name in set(LeadField)}


def options_for(world: World, spec: CampaignSpec, order: Order) -> tuple[ImportOptions, str | None]:
    """Give the options, and why nobody knows which variables the agent needs."""
    options = options_of(
        spec, **{"limits": world.import_limits, "read_at": world.clock.now(), **order.changed}
    )
    if not order.check_agent:
        return options, None
    needed = required_variables(world, spec)
    unknown = (
        f"What the agent's prompt asks for was not compared with the columns. {needed.sentence}"
    )
    options = replace(options, required_variables=needed.needed)
    return options, None if needed.checked else unknown


def imported_before(world: World, campaign_id: int, path: Path) -> LeadList | None:
    """Give the newest list that a campaign has of the same bytes."""
    sha256 = sha256_of(path)
    rows = world.db.read(lambda tx: lists.of_file(tx, campaign_id, sha256))
    return rows[0] if rows else None


def sha256_of(path: Path) -> str:
    """Tell a file by its bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _marks(file: LeadFile, order: Order) -> dict[str, str]:
    """Tell a file by its bytes, and an import by everything that decides about its rows.

    What the agent's prompt needs is left out: it may change while an import is interrupted.
    """
    sha256 = sha256_of(file.table.path)
    options = file.options
    decisive = {
        "file": sha256,
        "columns": file.columns.summary(),
        "country": options.country,
        "countries": sorted(options.countries),
        "fictional": options.allow_fictional,
        "zone": options.default_zone,
        "missing": [options.missing_variable.policy, options.missing_variable.text],
        "table": [options.encoding, options.delimiter, options.sheet, options.header_row],
        "known": order.known,
        "consent": options.require_consent,
    }
    written = orjson.dumps(decisive, option=orjson.OPT_SORT_KEYS)
    return {"sha256": sha256, "fingerprint": hashlib.sha256(written).hexdigest()}


def _find_list(tx: Connection, campaign_id: int, marks: Mapping[str, str]) -> LeadList | None:
    """Find an earlier import of the same.

    Raises:
        RefusedByRule: the file was begun under other settings and never finished.
    """
    for row in lists.of_file(tx, campaign_id, marks["sha256"]):
        if row.fingerprint == marks["fingerprint"]:
            return row
        if row.status is ListStatus.IMPORTING:
            raise RefusedByRule(
                f"this file was begun as list {row.id} under other settings, and not finished",
                fix=f"dialer lists undo {row.id}, or import it as it was begun",
            )
    return None


def _find_or_open_list(
    world: World, campaign_id: int, file: LeadFile, marks: Mapping[str, str], *, actor: str
) -> LeadList:
    now = world.clock.now()
    said = {name.value: header for name, header in file.options.overrides.items()}

    def body(tx: Connection) -> LeadList:
        bulk.hold_other_imports(tx, campaign_id)
        known = _find_list(tx, campaign_id, marks)
        if known is not None:
            return known
        list_id = lists.add(
            tx,
            campaign_id=campaign_id,
            file_name=file.table.path.name,
            mapping={"headers": list(file.header), "columns": file.columns.summary()},
            now=now,
            **marks,
        )
        if said:
            lists.remember_mapping(tx, headers_key(file.header), said, now=now)
        log_action(
            tx,
            actor=actor,
            action="import",
            subject=f"list:{list_id}",
            now=now,
            after={"campaign": campaign_id, "file": file.table.path.name},
        )
        return lists.lock(tx, list_id)

    return world.db.transact(body)


def _store_all(
    world: World, file: LeadFile, row: LeadList, *, spec: CampaignSpec, order: Order
) -> None:
    """Store what of the file is not stored yet, chunk by chunk."""
    after = row.stored_row
    stored = world.db.read(lambda tx: bulk.rejected_after(tx, row.id, after))
    target = Target(
        row.campaign_id,
        row.id,
        known=order.known,
        not_called_within=order.not_called_within or spec.not_called_within,
        stored=frozenset(stored),
    )
    found = chunks(file, after_row=after, processes=order.processes)
    rows = row.rows
    turns = Turns(BATCH_ROWS["sqlite" if world.db.is_sqlite else "postgresql"])
    with closing(found if world.db.is_sqlite else one_ahead(found)) as found:
        for chunk in found:
            rows = _store_chunk(world, target, chunk, turns=turns, rows=rows)
            order.tell(Progress(chunk.last_row, chunk.fraction_read))
            del chunk  # or there would be two while the next one is made


def _store_chunk(world: World, target: Target, chunk: Chunk, *, turns: Turns, rows: int) -> int:
    """Store one chunk in several transactions; the last one says that all of it is stored.

    `rows` is how many rows of the list are stored; gives how many there are now.
    """
    most = max(len(chunk.drafts), len(chunk.rejects), 1)
    start = 0
    while start < most:
        part = slice(start, start + turns.rows)

        def body(
            tx: Connection, part: slice = part, rows: int = rows
        ) -> tuple[int, bool, datetime]:
            began_at = world.clock.now()  # after the wait for the lock, which says nothing
            batch = Batch(chunk.drafts[part], chunk.rejects[part])
            more = store(tx, target, batch, rows=rows, now=began_at)
            if part.stop >= most:
                lists.change(tx, target.list_id, stored_row=chunk.last_row)
            somebody_waits = campaigns.any_running(tx)
            return rows + more, somebody_waits, began_at

        rows, somebody_waits, began_at = world.db.transact(body)
        turns.learn(world.clock.now() - began_at, somebody_waits=somebody_waits)
        if somebody_waits:
            world.clock.sleep(BREATH)
        start = part.stop
    return rows


def _close_list(world: World, list_id: int, file: LeadFile) -> None:
    now = world.clock.now()

    def body(tx: Connection) -> LeadList:
        row = lists.lock(tx, list_id)
        if row.status is ListStatus.IMPORTING:
            file.notices.judge(rows=row.rows, rejected=row.rejected)
            warnings = file.notices.details()
            lists.close(tx, list_id, now=now, blank=file.blank, warnings=warnings)
        return lists.lock(tx, list_id)

    row = world.db.transact(body)
    log.info("list_loaded", list_id=list_id, imported=row.imported, rejected=row.rejected)


def _report(world: World, list_id: int, *, rejects_to: Path, already: bool) -> Loaded:
    """Tell what is in the list, and write its rejected rows down."""
    row = world.db.read(lambda tx: lists.get(tx, list_id))
    assert row is not None
    rejects = None
    if row.duplicates + row.rejected and row.purged_at is None:
        rejects_to.parent.mkdir(parents=True, exist_ok=True)
        export_rejects(world.db, list_id, rejects_to)
        rejects = rejects_to
    return Loaded(
        list_id=list_id,
        rows=row.rows,
        imported=0 if already else row.imported,
        updated=0 if already else row.updated,
        duplicates=row.duplicates + (row.imported + row.updated if already else 0),
        rejected=row.rejected,
        blank=row.blank,
        warnings=row.warnings or [],
        rejects=rejects,
        already=already,
    )
