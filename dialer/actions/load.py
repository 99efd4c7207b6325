"""Load: import a lead file into a campaign.

Every good row becomes a lead, every other row is kept with a reason: rows = imported +
duplicates + rejected. Small transactions, so that running campaigns do not wait.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from dialer.actions.control import find, shift_into_windows
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.states import OVER, CampaignStatus, LeadStatus
from dialer.errors import RefusedByRule
from dialer.leads.outcomes import AcceptedRow, ImportOptions, RejectedRow
from dialer.leads.problems import RejectReason
from dialer.leads.rejects import write_rejects
from dialer.leads.rows import LeadFile, read_leads
from dialer.log import get_logger
from dialer.store import campaigns, leads, lists
from dialer.store.database import Connection
from dialer.store.ledger import log_action

log = get_logger(__name__)

BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an import did. `rejects` is the file of rejected rows, None when there are none."""

    list_id: int
    imported: int
    duplicates: int
    rejected: int
    blank: int
    rejects: Path | None


def options_of(spec: CampaignSpec, **changed: Any) -> ImportOptions:
    """Give the import options that a campaign's settings mean."""
    options = {
        "country": spec.country,
        "allowed_countries": spec.countries,
        "allow_fictional": spec.allow_fictional,
        "default_zone": spec.default_zone,
    }
    return ImportOptions(**{**options, **changed})


def load(
    world: World,
    campaign_id: int,
    path: Path,
    *,
    actor: str,
    rejects_to: Path,
    changed: dict[str, Any] | None = None,
) -> Loaded:
    """Import a file into a campaign that is not over.

    `changed` replaces single import options; the rejected rows are written to `rejects_to`.

    Raises:
        NotFound: no such file or campaign.
        FileProblem: nothing of the file can be imported.
        RefusedByRule: the campaign is over.
    """
    campaign = world.db.read(lambda tx: find(tx, campaign_id))
    if campaign.status in OVER:
        raise RefusedByRule(
            f"campaign {campaign_id} is {campaign.status} and takes no more leads",
            fix="import the file into a new campaign",
        )
    spec = campaigns.spec_of(campaign)
    file = read_leads(path, options=options_of(spec, **(changed or {})))
    list_id = _open_list(world, campaign_id, path, file, actor=actor)
    rejected = list(_batches_in(world, file, campaign_id=campaign_id, list_id=list_id))
    if rejected:
        rejects_to.parent.mkdir(parents=True, exist_ok=True)
        write_rejects(rejects_to, file.header, rejected)
    loaded = _close_list(world, list_id, campaign_id=campaign_id, blank=file.blank)
    log.info("list_loaded", list_id=list_id, imported=loaded.imported, rejected=loaded.rejected)
    return Loaded(
        list_id=list_id,
        imported=loaded.imported,
        duplicates=loaded.duplicates,
        rejected=loaded.rejected,
        blank=loaded.blank,
        rejects=rejects_to if rejected else None,
    )


def _open_list(world: World, campaign_id: int, path: Path, file: LeadFile, *, actor: str) -> int:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    now = world.clock.now()

    def body(tx: Connection) -> int:
        list_id = lists.add(
            tx,
            campaign_id=campaign_id,
            file_name=path.name,
            sha256=digest,
            mapping={"headers": list(file.header)},
            now=now,
        )
        log_action(
            tx,
            actor=actor,
            action="import",
            subject=f"list:{list_id}",
            now=now,
            after={"campaign": campaign_id, "file": path.name},
        )
        return list_id

    return world.db.transact(body)


def _batches_in(
    world: World, file: LeadFile, *, campaign_id: int, list_id: int
) -> Iterator[RejectedRow]:
    """Store the file batch by batch, and give the rows that became no lead."""
    for batch in _batches(file):
        now = world.clock.now()
        yield from world.db.transact(
            lambda tx, batch=batch, now=now: _store(  # type: ignore[misc]
                tx, batch, campaign_id=campaign_id, list_id=list_id, now=now
            )
        )


def _store(
    tx: Connection,
    batch: Sequence[AcceptedRow | RejectedRow],
    *,
    campaign_id: int,
    list_id: int,
    now: datetime,
) -> list[RejectedRow]:
    accepted = [row for row in batch if isinstance(row, AcceptedRow)]
    phones = [row.phone.e164 for row in accepted]
    known = lists.known_phones(tx, campaign_id, phones)
    suppressed = leads.suppressed_among(tx, phones)
    rejected = [row for row in batch if isinstance(row, RejectedRow)]
    good: list[dict[str, Any]] = []
    for row in accepted:
        refusal = _refusal(row, known=known, suppressed=suppressed)
        if refusal is None:
            good.append(_lead(row, campaign_id=campaign_id, list_id=list_id, now=now))
        else:
            rejected.append(refusal)
    leads.add(tx, good)
    lists.add_rejects(
        tx,
        [
            {
                "list_id": list_id,
                "row": row.row,
                "cells": list(row.cells),
                "reason": row.reason.value,
                "message": row.message,
            }
            for row in rejected
        ],
    )
    repeated = (RejectReason.DUPLICATE_IN_FILE, RejectReason.ALREADY_IN_CAMPAIGN)
    duplicates = sum(row.reason in repeated for row in rejected)
    lists.count(
        tx,
        list_id,
        imported=len(good),
        duplicates=duplicates,
        rejected=len(rejected) - duplicates,
    )
    return sorted(rejected, key=lambda row: row.row)


def _refusal(row: AcceptedRow, *, known: set[str], suppressed: set[str]) -> RejectedRow | None:
    phone = row.phone.e164
    if phone in suppressed:
        return RejectedRow(
            row.row, row.cells, RejectReason.SUPPRESSED, f"{phone} is on the do-not-call list."
        )
    if phone in known:
        return RejectedRow(
            row.row,
            row.cells,
            RejectReason.ALREADY_IN_CAMPAIGN,
            f"{phone} is already a lead of this campaign.",
        )
    return None


def _lead(row: AcceptedRow, *, campaign_id: int, list_id: int, now: datetime) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "list_id": list_id,
        "row": row.row,
        "phone": row.phone.e164,
        "alt_phones": list(row.alt_phones) or None,
        "name": row.name,
        "external_ref": row.external_ref,
        "zones": ",".join(row.zones),
        "zone_source": row.zone_source,
        "variables": row.variables,
        "status": LeadStatus.READY,
        "due_at": now,
        "attempts": 0,
        "free_tries": 0,
        "tries": 0,
        "created_at": now,
    }


def _close_list(world: World, list_id: int, *, campaign_id: int, blank: int) -> Any:
    now = world.clock.now()

    def body(tx: Connection) -> Any:
        lists.count(tx, list_id, blank=blank)
        campaign = find(tx, campaign_id)
        if campaign.status is CampaignStatus.RUNNING:
            shift_into_windows(tx, campaign_id, campaigns.spec_of(campaign), now=now)
        return next(row for row in lists.of_campaign(tx, campaign_id) if row.id == list_id)

    return world.db.transact(body)


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch
