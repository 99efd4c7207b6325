"""Problems as their page shows them: those of one cause together, what follows, what to do."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.actions.glance import Waiting
from dialer.actions.wrong_numbers import WrongNumbers
from dialer.domain.counts import how_many
from dialer.domain.hold_checks import how_it_goes_on
from dialer.domain.hold_words import hold_words, said_of_hold
from dialer.domain.incident_words import cause, effect, what_to_do
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.states import ClosedAs
from dialer.store import campaigns
from dialer.store.invariants import INVARIANTS
from dialer.store.lead_paging import micros_of
from dialer.store.tables import Campaign, Incident, LeadList, WebhookEvent
from dialer.web.campaign_view import url_of
from dialer.web.held_words import held_words

PROMISES: Mapping[str, str] = {one.name: one.sentence for one in INVARIANTS}
TOLD = 5
"""Sentences of one cause that are shown; the others are counted."""


def of_incidents(rows: Iterable[Incident]) -> list[dict[str, Any]]:
    """Group incidents by their code, the first opened first."""
    return [
        {
            "key": code,
            "title": cause(code, promises=PROMISES),
            "count": sum(one.times for one in some),
            "since": min(one.opened_at for one in some),
            "effect": effect(code),
            "what_to_do": what_to_do(code),
            "ids": [one.id for one in some],
            "told": [one.sentence for one in some[:TOLD]],
            "more": max(0, len(some) - TOLD),
        }
        for code, some in _grouped(rows, "code").items()
    ]


def of_letters(rows: Iterable[WebhookEvent]) -> list[dict[str, Any]]:
    """Group webhooks that could not be settled by what was wrong."""
    return [
        {
            "title": error or "No error was kept.",
            "count": len(some),
            "since": min(one.received_at for one in some),
            "ids": [one.id for one in some],
        }
        for error, some in _grouped(rows, "error").items()
    ]


def of_held(
    rows: Iterable[tuple[Campaign, datetime | None]], waiting: Mapping[int, Waiting] | None
) -> list[dict[str, Any]]:
    """Give the campaigns that are held, since when and why, with how many leads wait for that."""
    return [
        {
            "id": row.id,
            "name": row.name,
            "since": since,
            "cause": hold_words(row.held_reason).cause,
            "said": said_of_hold(row.held_reason, row.held_text),
            "what_to_do": hold_words(row.held_reason).what_to_do,
            "goes_on": how_it_goes_on(row.held_reason, campaigns.spec_of(row).hold),
            "waiting": waiting is not None and waiting[row.id].leads > 0,
            "waits": "Its leads wait." if waiting is None else _wait(waiting[row.id].leads),
        }
        for row, since in rows
    ]


def of_rejects(rows: Iterable[tuple[LeadList, str]]) -> list[dict[str, Any]]:
    """Give the lists with rows that are no leads, as nobody has corrected them."""
    return [
        {
            "id": row.id,
            "file_name": row.file_name,
            "campaign_id": row.campaign_id,
            "campaign": campaign,
            "since": row.created_at,
            "url": f"/lists/{row.id}",
            "rows": how_many(row.rejected, "row"),
            "one": row.rejected == 1,
        }
        for row, campaign in rows
    ]


def of_wrong_numbers(rows: Sequence[WrongNumbers], *, now: datetime) -> dict[str, Any] | None:
    """Give the campaigns whose leads had numbers that do not exist; None without any."""
    if not rows:
        return None
    wrong = LeadFilter(closed_as=ClosedAs.INVALID_NUMBER)
    return {
        "since": min(one.since for one in rows),
        "until": micros_of(now),
        "ids": [one.campaign_id for one in rows],
        "campaigns": [
            {
                "id": one.campaign_id,
                "name": one.campaign,
                "leads": how_many(one.leads, "lead"),
                "url": url_of(one.campaign_id, wrong),
            }
            for one in rows
        ],
    }


def of_leads(rows: Iterable[Campaign], waiting: Mapping[int, Waiting]) -> list[dict[str, Any]]:
    """Give what leads wait for a person for, by campaign and reason."""
    found = []
    for row in rows:
        for reason, count in sorted(waiting[row.id].held.items(), key=lambda one: -one[1]):
            words = held_words(reason)
            found.append(
                {
                    "id": row.id,
                    "name": row.name,
                    "reason": reason,
                    "sentence": words.sentence,
                    "leads": how_many(count, "lead"),
                    "url": url_of(row.id, LeadFilter(held=reason)),
                    "fix": words.fix,
                    "fix_url": words.url(row.id),
                }
            )
    return found


def _wait(count: int) -> str:
    return f"{how_many(count, 'lead')} wait{'s' if count == 1 else ''}."


def _grouped(rows: Iterable[Any], column: str) -> Mapping[Any, Sequence[Any]]:
    grouped: dict[Any, list[Any]] = {}
    for row in rows:
        grouped.setdefault(getattr(row, column), []).append(row)
    return grouped
