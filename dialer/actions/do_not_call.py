"""Do not call: put a number on the list, take it off, and say what is known about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.actions.aside import cancel_intent
from dialer.actions.control import find, read_lead
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut
from dialer.domain.hold import Hold, HoldCode
from dialer.domain.phones import Phone, parse_phone
from dialer.domain.states import ClosedAs, LeadStatus
from dialer.errors import NotFound, RefusedByRule
from dialer.log import get_logger
from dialer.store import leads, registries, suppressions
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Lead, Registry, Suppression

log = get_logger(__name__)

_OPTED_OUT = Hold(HoldCode.SUPPRESSED, "The number was put on the do-not-call list.")


@dataclass(frozen=True, slots=True)
class OptedOut:
    """What an opt-out did; all is False and 0 when the number was on the list and nobody waited."""

    changed: bool  # the entry is new, began anew or lasts longer now
    closed: int  # leads that waited
    cancelled: int  # calls that were claimed and not sent


@dataclass(frozen=True, slots=True)
class Known:
    """What the lists say of a number."""

    entries: list[Suppression]
    registries: list[Registry]
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one number as somebody wrote it; `problem` where it is none."""

    phone: str
    done: OptedOut
    problem: str | None = None

    @property
    def result(self) -> str:
        """Say it in one word."""
        if self.problem is not None:
            return "rejected"
        return "added" if self.done.changed else "unchanged"


def suppress(tx: Connection, phone: str, opt_out: OptOut, *, now: datetime) -> OptedOut:
    """Never call this number again, as far as the opt-out goes; its waiting leads close at once.

    A call that was claimed and not sent is given up. One that is out goes on, and its lead closes
    with it. May be called twice.
    """
    held = suppressions.lock_person(tx, phone)
    changed = suppressions.add(tx, [phone], opt_out, now=now) > 0
    where = opt_out.campaign_id
    chosen = [lead for lead in held if where is None or lead.campaign_id == where]
    cancelled = sum(_give_up(tx, lead, now=now) for lead in chosen)
    closed = leads.close_waiting(
        tx, closed_as=ClosedAs.SUPPRESSED, phone=phone, campaign_id=where, now=now
    )
    if changed:
        log_action(
            tx,
            actor=opt_out.actor,
            action="do_not_call",
            subject=f"phone:{phone}",
            now=now,
            after={**_told(opt_out), "closed": closed, "cancelled": cancelled},
        )
        log.info("opted_out", source=opt_out.source, campaign_id=where, closed=closed)
    return OptedOut(changed, closed, cancelled)


def add(world: World, phone: str, opt_out: OptOut) -> OptedOut:
    """Put a number on the list by a person's wish.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: the entry would be over already.
    """

    def body(tx: Connection) -> OptedOut:
        if opt_out.campaign_id is not None:
            find(tx, opt_out.campaign_id)
        suppressions.lock_person(tx, phone)
        now = world.clock.now()  # under the locks: every send gate after it sees the entry
        refuse_expired(opt_out, now=now)
        return suppress(tx, phone, opt_out, now=now)

    return world.db.transact(body)


def add_lead(world: World, lead_id: int, opt_out: OptOut) -> OptedOut:
    """Put a lead's number on the list. Raises: as `add`, and NotFound where there is no lead."""
    lead = world.db.read(lambda tx: read_lead(tx, lead_id))
    return add(world, lead.phone, opt_out)


def add_written(
    world: World, texts: Sequence[str], opt_out: OptOut, *, country: str = "US"
) -> list[Written]:
    """Put numbers on the list as they are written; one that is none does not keep the others.

    Each is a transaction of its own. May be called twice. Raises: as `add`.
    """
    found = []
    for text in texts:
        read = parse_phone(text, country=country, allow_fictional=True, allowed_countries=None)
        if isinstance(read, Phone):
            found.append(Written(read.e164, add(world, read.e164, opt_out)))
        else:
            found.append(Written(text, OptedOut(False, 0, 0), problem=read.message))
    return found


def remove(
    world: World, phone: str, *, campaign_id: int | None, reason: str, actor: str
) -> Suppression:
    """Take an entry off our list and give it as it was; leads that it closed stay closed.

    Raises:
        NotFound: there is no such entry.
    """

    def body(tx: Connection) -> Suppression:
        gone = suppressions.remove(tx, phone, campaign_id=campaign_id)
        if gone is None:
            raise _not_listed(tx, phone, campaign_id=campaign_id)
        log_action(
            tx,
            actor=actor,
            action="allow_calls",
            subject=f"phone:{phone}",
            now=world.clock.now(),
            before=_entry(gone),
            after={"campaign": campaign_id, "reason": reason},
        )
        return gone

    removed = world.db.transact(body)
    log.info("opt_out_removed", campaign_id=campaign_id)
    return removed


def look_up(tx: Connection, phone: str, *, campaign_id: int | None, now: datetime) -> Known:
    """Give all that is known of a number, expired entries too.

    `suppressed` tells of one campaign, or of entries that hold everywhere when none is named.
    """
    entries = suppressions.entries_of(tx, phone)
    listed = registries.listing(tx, phone)
    holds = any(
        (entry.campaign_id is None or entry.campaign_id == campaign_id)
        and (entry.expires_at is None or entry.expires_at > now)
        for entry in entries
    )
    return Known(entries, listed, holds or bool(listed))


def refuse_expired(opt_out: OptOut, *, now: datetime) -> None:
    """Refuse an entry that would be over before it begins.

    Raises:
        RefusedByRule: it would.
    """
    if opt_out.expires_at is not None and opt_out.expires_at <= now:
        raise RefusedByRule(
            f"an entry that expires on {opt_out.expires_at:%Y-%m-%d} is over already",
            fix="name a later day, or none for good",
        )


def _give_up(tx: Connection, lead: Lead, *, now: datetime) -> bool:
    if lead.status is not LeadStatus.IN_FLIGHT:
        return False
    attempt = suppressions.unsent_of(tx, lead.id)
    if attempt is None:
        return False
    return cancel_intent(tx, attempt, lead, _OPTED_OUT, now=now, by="do_not_call")


def _not_listed(tx: Connection, phone: str, *, campaign_id: int | None) -> NotFound:
    where = "everywhere" if campaign_id is None else f"for campaign {campaign_id}"
    others = suppressions.entries_of(tx, phone)
    listed = registries.listing(tx, phone)
    if others:
        scopes = ", ".join(
            "everywhere" if one.campaign_id is None else f"campaign {one.campaign_id}"
            for one in others
        )
        why = f"it is on the list: {scopes}"
    elif listed:
        why = "it is in a registry, which is not ours to change: " + ", ".join(
            one.name for one in listed
        )
    else:
        why = None
    return NotFound(
        f"{phone} is not on the do-not-call list {where}",
        why=why,
        fix=f"dialer dnc check {phone} shows what is known",
    )


def _told(opt_out: OptOut) -> dict[str, object]:
    return {
        "campaign": opt_out.campaign_id,
        "reason": opt_out.reason,
        "source": opt_out.source.value,
        "expires_at": opt_out.expires_at and opt_out.expires_at.isoformat(),
        "call_id": opt_out.call_id,
    }


def _entry(row: Suppression) -> dict[str, object]:
    return {
        "campaign": row.campaign_id,
        "reason": row.reason,
        "source": row.source.value,
        "note": row.note,
        "since": row.created_at.isoformat(),
        "expires_at": row.expires_at and row.expires_at.isoformat(),
        "actor": row.actor,
    }
