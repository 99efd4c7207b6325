"""One batch of a lead file into the database: which rows are new, known, or not to be called.

A row is stored at most once whatever happens: its list and row number are in the lead, in the
lead it updated, or in the reject. An import that died goes on by doing its last rows again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import orjson

from dialer.actions.first_due import FirstDue, FirstMoment
from dialer.domain.states import OVER, LeadStatus, ListStatus
from dialer.errors import RefusedByRule
from dialer.leads.outcomes import AcceptedRow, RejectedRow
from dialer.leads.problems import RejectReason
from dialer.store import bulk, campaigns, lists, suppressions
from dialer.store.bulk import KnownLead, NewLead
from dialer.store.database import Connection

_new = tuple.__new__  # a fifth of the time of Draft(…), a million times per list

REPEATED = (RejectReason.DUPLICATE_IN_FILE, RejectReason.ALREADY_IN_CAMPAIGN)
"""Rows that are no leads because somebody else is; counted apart from the bad ones."""


class Known(StrEnum):
    """What becomes of a row whose person the campaign has already."""

    SKIP = "skip"  # the lead stays as it is
    UPDATE = "update"  # the lead gets the row's values; when it is called stays


class Draft(NamedTuple):
    """A good row on its way; lists and objects are JSON already."""

    phone: str  # first, so that drafts sort by it
    row: int
    alt_phones: str | None
    name: str
    external_ref: str | None
    zones: str
    zone_source: str
    variables: str
    overrides: str | None
    not_before: datetime | None
    region: str | None
    consent: str | None
    written_cells: str  # JSON, a third of a list; in case the row is rejected after all

    @property
    def cells(self) -> list[str]:
        """Give the cells as they were in the file."""
        found: list[str] = orjson.loads(self.written_cells)
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows go, and on which terms."""

    campaign_id: int
    list_id: int
    known: Known = Known.SKIP
    not_called_within: timedelta | None = None
    stored: frozenset[int] = frozenset()  # rows that were rejected before a crash


@dataclass(slots=True)
class Batch:
    """What becomes of some rows. `drafts` are those that nothing speaks against so far."""

    drafts: list[Draft]
    rejects: list[RejectedRow]
    updates: dict[int, Draft] = field(default_factory=dict)  # by the lead's id
    imported: int = 0

    def refuse(self, draft: Draft, reason: RejectReason, message: str) -> None:
        """Reject a row that seemed good."""
        self.rejects.append(RejectedRow(draft.row, draft.cells, reason, message))


def draft_of(lead: AcceptedRow, cells: Sequence[str]) -> Draft:
    """Write a row as the database keeps it."""
    fields = (
        lead.phone,
        lead.row,
        orjson.dumps(lead.alt_phones).decode() if lead.alt_phones else None,
        lead.name,
        lead.external_ref or None,
        lead.zones,
        str(lead.zone_source),
        orjson.dumps(lead.variables).decode(),
        orjson.dumps(lead.overrides).decode() if lead.overrides else None,
        lead.not_before,
        lead.region,
        orjson.dumps(lead.consent).decode() if lead.consent else None,
        orjson.dumps(cells).decode(),
    )
    return _new(Draft, fields)


def store(tx: Connection, target: Target, batch: Batch, *, rows: int, now: datetime) -> int:
    """Store rows and count them, all in the caller's transaction.

    The drafts are in the order of their phones, which is what makes storing them fast. `rows` is
    how many rows of the list this import knows to be stored; gives how many were added.

    Raises:
        RefusedByRule: the campaign is over, the import was undone, or somebody else does it too.
    """
    first_due = _first_due(tx, target, rows=rows, now=now)
    if target.stored:
        batch.drafts = [one for one in batch.drafts if one.row not in target.stored]
        batch.rejects = [one for one in batch.rejects if one.row not in target.stored]
    refuse_uncallable(tx, target, batch, now=now)
    refuse_known_refs(tx, target, batch)
    first_rows: dict[str, int] = {}
    for draft in batch.drafts:
        first_rows.setdefault(draft.phone, draft.row)
    # Of one number only the first row: which of several PostgreSQL would keep is its own affair.
    leads = [
        new_lead(draft, first_due) for draft in batch.drafts if first_rows[draft.phone] == draft.row
    ]
    inserted = bulk.insert_leads(
        tx, leads, campaign_id=target.campaign_id, list_id=target.list_id, now=now
    )
    batch.imported = inserted.leads
    if batch.imported < len(batch.drafts):
        known = first_rows if inserted.known is None else inserted.known
        refuse_known_phones(tx, target, batch, first_rows=first_rows, known=known)
    updates = [(lead_id, new_lead(draft, first_due)) for lead_id, draft in batch.updates.items()]
    bulk.update_leads(tx, updates, list_id=target.list_id)
    bulk.release_consenting(tx, updates)
    _keep_rejects(tx, target, batch.rejects)
    repeated = sum(one.reason in REPEATED for one in batch.rejects)
    more = batch.imported + len(batch.updates) + len(batch.rejects)
    lists.count(
        tx,
        target.list_id,
        imported=batch.imported,
        updated=len(batch.updates),
        duplicates=repeated,
        rejected=len(batch.rejects) - repeated,
    )
    return more


def _keep_rejects(tx: Connection, target: Target, rejects: Sequence[RejectedRow]) -> None:
    rows = [
        (one.row, orjson.dumps(one.cells).decode(), one.reason.value, one.message)
        for one in rejects
    ]
    bulk.add_rejects(tx, target.list_id, rows)


def look_over(tx: Connection, target: Target, batch: Batch, *, now: datetime) -> None:
    """Do what `store` does to rows, and store nothing."""
    refuse_uncallable(tx, target, batch, now=now)
    refuse_known_refs(tx, target, batch)
    phones = [draft.phone for draft in batch.drafts]
    known = bulk.known_by_phone(tx, target.campaign_id, phones)
    left = []
    for draft in batch.drafts:
        lead = known.get(draft.phone)
        if lead is None:
            left.append(draft)
        else:
            _update_or_refuse(target, batch, draft, lead, what=draft.phone)
    batch.drafts = left


def refuse_uncallable(tx: Connection, target: Target, batch: Batch, *, now: datetime) -> None:
    """Take out the numbers that must not be called, or that somebody called lately."""
    phones = [draft.phone for draft in batch.drafts]
    suppressed = suppressions.suppressed_among(tx, phones, campaign_id=target.campaign_id, now=now)
    called = {}
    if target.not_called_within is not None:
        since = now - target.not_called_within
        called = bulk.called_since(tx, phones, since=since, but_by=target.campaign_id)
    if not suppressed and not called:
        return
    left = []
    for draft in batch.drafts:
        phone = draft.phone
        if phone in suppressed:
            batch.refuse(draft, RejectReason.SUPPRESSED, f"{phone} is on the do-not-call list.")
        elif phone in called:
            batch.refuse(
                draft,
                RejectReason.RECENTLY_CALLED,
                f"{phone} was called by another campaign on {called[phone]:%Y-%m-%d at %H:%M} UTC.",
            )
        else:
            left.append(draft)
    batch.drafts = left


def refuse_known_refs(tx: Connection, target: Target, batch: Batch) -> None:
    """Take out the rows whose external reference a lead of another list has."""
    refs = [draft.external_ref for draft in batch.drafts if draft.external_ref is not None]
    known = {
        ref: lead
        for ref, lead in bulk.known_by_ref(tx, target.campaign_id, refs).items()
        if lead.list_id != target.list_id
    }
    if not known:
        return
    # Whoever has the row's number goes before whoever has its reference.
    taken = bulk.known_by_phone(
        tx, target.campaign_id, [one.phone for one in batch.drafts if one.external_ref in known]
    )
    left = []
    moved: dict[str, int] = {}  # numbers that a known lead gets from a row of this batch
    for draft in batch.drafts:
        lead = known.get(draft.external_ref or "")
        if draft.phone in moved:
            _refuse_repeated(batch, draft, moved[draft.phone])
        elif lead is None or draft.phone in taken:
            left.append(draft)
        else:
            _update_or_refuse(target, batch, draft, lead, what=f'"{draft.external_ref}"')
            if batch.updates.get(lead.id) is draft:
                moved[draft.phone] = draft.row
    batch.drafts = left


def refuse_known_phones(
    tx: Connection,
    target: Target,
    batch: Batch,
    *,
    first_rows: Mapping[str, int],
    known: Iterable[str],
) -> None:
    """Tell apart the rows that were not inserted: repeated here, or known to the campaign.

    `first_rows` has the first row of each phone, `known` the phones that may have been there.
    """
    asked = {phone: first_rows[phone] for phone in known}
    others = bulk.known_but_of(tx, target.campaign_id, asked, list_id=target.list_id)
    for draft in batch.drafts:
        lead = others.get(draft.phone)
        if lead is None:
            if first_rows[draft.phone] != draft.row:
                _refuse_repeated(batch, draft, first_rows[draft.phone])
        elif lead.list_id == target.list_id:
            _refuse_repeated(batch, draft, lead.row)
        else:
            _update_or_refuse(target, batch, draft, lead, what=draft.phone)


def _update_or_refuse(
    target: Target, batch: Batch, draft: Draft, lead: KnownLead, *, what: str
) -> None:
    """Decide about a row whose lead another list brought."""
    updated_row = lead.updated_row if lead.updated_list_id == target.list_id else None
    if lead.id in batch.updates:
        updated_row = batch.updates[lead.id].row
    if updated_row is not None:
        if updated_row != draft.row:
            _refuse_repeated(batch, draft, updated_row)
        return
    already = RejectReason.ALREADY_IN_CAMPAIGN
    if target.known is Known.SKIP:
        batch.refuse(draft, already, f"{what} is already a lead of this campaign.")
    elif lead.status is LeadStatus.CLOSED:
        batch.refuse(draft, already, f"{what} is a lead of this campaign that is closed already.")
    elif lead.phone != draft.phone and lead.status is LeadStatus.IN_FLIGHT:
        batch.refuse(draft, already, f"{what} is being called at {lead.phone} right now.")
    else:
        batch.updates[lead.id] = draft


def _refuse_repeated(batch: Batch, draft: Draft, row: int | None) -> None:
    batch.refuse(
        draft,
        RejectReason.DUPLICATE_IN_FILE,
        f"{draft.phone} is already in row {row} of this file.",
    )


def _first_due(tx: Connection, target: Target, *, rows: int, now: datetime) -> FirstDue:
    """Hold campaign and list still, and give when new leads are due.

    Raises:
        RefusedByRule: the campaign is over, the import was undone, or somebody else does it too.
    """
    campaign = campaigns.hold_still(tx, [target.campaign_id])[target.campaign_id]
    if campaign.status in OVER:
        raise RefusedByRule(
            f"campaign {campaign.id} is {campaign.status} and takes no more leads",
            fix="import the file into a new campaign",
        )
    found = lists.lock(tx, target.list_id)
    if found.status is not ListStatus.IMPORTING:
        raise RefusedByRule(f"list {target.list_id} was finished or undone in the meantime")
    if found.rows != rows:  # rejected rows that this import knows nothing of may be among them
        raise RefusedByRule(
            f"list {target.list_id} is being imported by another process",
            fix="wait until it is done: dialer lists list",
        )
    if not found.imported:
        lists.begin(tx, found.id)
    spec = campaigns.spec_of(campaign)
    return FirstDue(campaign.status, spec.window, require_consent=spec.require_consent, now=now)


def new_lead(draft: Draft, first_due: FirstDue) -> NewLead:
    (
        phone,
        row,
        alt_phones,
        name,
        external_ref,
        zones,
        source,
        variables,
        overrides,
        not_before,
        region,
        consent,
        _,
    ) = draft
    if first_due.asks_consent and (why := first_due.why_no_consent(consent)):
        when: FirstMoment = LeadStatus.HELD, None, not_before, why
    else:
        when = first_due.of(zones, phone=phone, region=region, not_before=not_before)
    return _new(
        NewLead,
        (
            row,
            phone,
            alt_phones,
            name,
            external_ref,
            zones,
            source,
            region,
            variables,
            overrides,
            consent,
            *when,
        ),
    )
