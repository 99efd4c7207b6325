"""Batch hand-over: leads that are still to be called, in Retell's own template.

Retell's batch flow knows no do-not-call list, no caps per person and no zones per lead, so a lead
that may not be called is not in the file, by the same gates as a call of ours. Only the hour is
not asked: the batch has a window of its own, and people are told which zones it must fit.

Nothing of ours marks these calls as our own: they are calls of another system, and count as such.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from dialer.actions.control import find, lock
from dialer.actions.export import keys_of, lead_ids_in_order, variables_of
from dialer.actions.facts import facts_of, zones_of
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.gates import every_gate
from dialer.domain.hold import CLOSED_NOW, Hold, HoldCode
from dialer.domain.next_call import HANDED_OVER
from dialer.domain.states import CampaignStatus, ClosedAs, LeadStatus
from dialer.errors import RefusedByRule
from dialer.leads.batch_file import BatchFile, open_batch_file, taken_names
from dialer.leads.exports import Target
from dialer.log import get_logger
from dialer.store import campaigns, exports, gate, leads, person_calls, suppressions
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Campaign, Lead

log = get_logger(__name__)

PAGE_LEADS = 500
_QUIET = (CampaignStatus.DRAFT, CampaignStatus.PAUSED)
_OTHERWISE = (*CLOSED_NOW, HoldCode.NOT_RUNNING, HoldCode.BACKING_OFF)
"""Reasons that keep us from calling now, and say nothing of a batch."""


@dataclass(slots=True)
class BatchExported:
    """What was written. `left_out` counts the leads that were not, by reason."""

    rows: int = 0
    closed: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)


def export_batch(
    world: World, campaign_id: int, target: Target, *, close: bool, actor: str
) -> BatchExported:
    """Write the leads of a campaign that wait and may be called, in the order of their files.

    With `close` those that were written are closed here, so that nobody calls them twice.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: the campaign may call them itself meanwhile, or nobody may be called.
    """
    row = world.db.read(partial(_ready, campaign_id=campaign_id))
    spec = campaigns.spec_of(row)
    names = list(dict.fromkeys([*spec.variables, *keys_of(variables_of(world.db, campaign_id))]))
    taken = taken_names(names)
    names = [name for name in names if name not in taken]
    done, written = BatchExported(), []
    with open_batch_file(target, names) as file:
        ids = lead_ids_in_order(world.db, campaign_id)
        for start in range(0, len(ids), PAGE_LEADS):
            page = list(ids[start : start + PAGE_LEADS])
            body = partial(_callable, campaign=row, spec=spec, ids=page, now=world.clock.now())
            for lead, hold in world.db.read(body):
                if hold is not None:
                    done.left_out[hold] += 1
                    continue
                _write(file, lead, spec)
                done.zones[zones_of(lead)[0]] += 1
                written.append(lead.id)
    done.rows, done.warnings = file.count, _warnings(file, done, taken)
    if close:
        done.closed = _close(world, row.id, written)
    _log(world, row.id, done, actor=actor)
    return done


def _ready(tx: Connection, *, campaign_id: int) -> Campaign:
    row = find(tx, campaign_id)
    if row.status not in _QUIET:
        raise RefusedByRule(
            f'campaign {row.id} "{row.name}" is {row.status}',
            why="it might call the same people while the batch does",
            fix=f"dialer campaigns pause {row.id}",
        )
    state = gate.find(tx)
    if state is not None and (state.everything_paused or state.is_doubted):
        raise RefusedByRule(
            "nobody may be called now",
            why="all calling is paused, or the database may have gone back in time",
            fix="dialer doctor",
        )
    return row


def _callable(
    tx: Connection, *, campaign: Campaign, spec: CampaignSpec, ids: Sequence[int], now: datetime
) -> list[tuple[Lead, str | None]]:
    """Read leads with the reason why each may not be called; closed ones are left out."""
    found = {row.id: row for row in exports.whole_leads(tx, ids)}
    rows = [found[one] for one in ids if one in found]
    rows = [row for row in rows if row.status is not LeadStatus.CLOSED]
    phones = [row.phone for row in rows]
    listed = suppressions.suppressed_among(tx, phones, campaign_id=campaign.id, now=now)
    had = person_calls.among(tx, phones, now=now)
    judged = []
    for row in rows:
        facts = facts_of(
            row,
            status=campaign.status,
            spec=spec,
            suppressed=row.phone in listed,
            calls=had.get(row.phone, ()),
            promised=row.callback_at is not None,
            state=None,
        )
        holds = [hold for _, hold in every_gate(facts, now=now) if hold is not None]
        judged.append((row, _why_not(row, holds, now=now)))
    return judged


def _why_not(row: Lead, holds: Sequence[Hold], *, now: datetime) -> str | None:
    grave = [hold.code for hold in holds if hold.code not in _OTHERWISE]
    if HoldCode.SUPPRESSED in grave:
        return HoldCode.SUPPRESSED.value
    if row.status is LeadStatus.IN_FLIGHT:
        return HoldCode.IN_FLIGHT.value
    if row.status is LeadStatus.HELD:
        return row.held_reason or HoldCode.HELD.value
    wanted_at = row.wanted_at or row.due_at
    awaits_its_time = bool(row.tries) or row.callback_at is not None
    if awaits_its_time and (wanted_at is None or wanted_at > now):
        return HoldCode.GAP.value
    return grave[0].value if grave else None


def _write(file: BatchFile, lead: Lead, spec: CampaignSpec) -> None:
    own: dict[str, Any] = lead.overrides or {}
    version = None if "agent_id" in own else spec.agent_version
    file.add(
        lead.phone,
        {**spec.variables, **lead.variables},
        agent_id=own.get("agent_id", spec.agent_id),
        agent_version=own.get("agent_version", version),
        # Neither "install" nor "attempt_id": these are not our calls, and count as others'.
        metadata={
            **own.get("metadata", {}),
            "handed_over_campaign": str(lead.campaign_id),
            "handed_over_lead": str(lead.id),
        },
        sip_headers={**(spec.custom_sip_headers or {}), **own.get("sip_headers", {})},
        ignore_e164=own.get("ignore_e164"),
    )


def _close(world: World, campaign_id: int, ids: Sequence[int]) -> int:
    closed = 0
    for start in range(0, len(ids), PAGE_LEADS):
        page = ids[start : start + PAGE_LEADS]

        def body(tx: Connection, page: Sequence[int] = page) -> int:
            lock(tx, campaign_id)
            return leads.close_those(
                tx,
                page,
                closed_as=ClosedAs.STOPPED,
                reason=HANDED_OVER,
                now=world.clock.now(),
            )

        closed += world.db.transact(body)
    return closed


def _warnings(file: BatchFile, done: BatchExported, taken: Sequence[str]) -> list[str]:
    told = []
    if taken:
        told.append(f"left out, because Retell reads them otherwise: {', '.join(taken)}")
    if file.like_formulas:
        told.append(
            f"{file.like_formulas} cells look like formulas; do not open the file in a spreadsheet"
        )
    if done.zones:
        zones = ", ".join(f"{name} ({count:,})" for name, count in done.zones.most_common())
        told.append(f"one time window holds for the whole batch; it must fit: {zones}")
    return told


def _log(world: World, campaign_id: int, done: BatchExported, *, actor: str) -> None:
    now = world.clock.now()
    after = {"rows": done.rows, "closed": done.closed, "left_out": dict(done.left_out)}
    world.db.transact(
        lambda tx: log_action(
            tx,
            actor=actor,
            action="export_batch",
            subject=f"campaign:{campaign_id}",
            now=now,
            after=after,
        )
    )
    log.info("batch_exported", campaign_id=campaign_id, rows=done.rows, closed=done.closed)
