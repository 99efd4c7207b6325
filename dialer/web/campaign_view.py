"""A campaign as its page shows it: figures, bars, what to fix, and which leads are behind them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from dialer.actions.campaign_live import Counted, Standing, speed_of
from dialer.domain.counts import how_many
from dialer.domain.dispositions import MEANING
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.lead_filter import LeadFilter
from dialer.domain.states import NOT_BEGUN, OVER, CampaignStatus, ClosedAs, LeadState
from dialer.store.figures import Progress
from dialer.store.tables import Campaign, Errand
from dialer.web.held_words import held_words
from dialer.web.status_page import notices, reason

_CAN_RESUME = (CampaignStatus.PAUSED, CampaignStatus.HELD)
_CAN_STOP = (*NOT_BEGUN, *_CAN_RESUME, CampaignStatus.RUNNING)
_ERRANDS: Mapping[ErrandKind, str] = {
    ErrandKind.LEADS: "Import",
    ErrandKind.UNDO: "Undo an import",
    ErrandKind.EXPORT: "Export",
    ErrandKind.FORECAST: "Forecast",
}
CHART_HEIGHT = 100
LATEST = "latest"
"""Sorts leads by their latest calls, in an address."""


def live_view(
    found: Standing, of: Counted, *, now: datetime, counting: bool = False
) -> dict[str, Any]:
    """Give everything that changes by itself on the page."""
    row, done = found.campaign, of.progress
    running = row.status is CampaignStatus.RUNNING
    why = reason(row, done, state=found.state, now=now)
    return {
        "id": row.id,
        "status": row.status.value,
        "reason": why,
        "goes_on": found.goes_on,
        "counting": counting,
        "notices": [one for one in notices(found.state, now=now) if one != why],
        "copying": row.status is CampaignStatus.DRAFT and row.pending_after is not None,
        "not_reached": done.closed_as.get(ClosedAs.EXHAUSTED, 0),
        "never_called": done.closed_as.get(ClosedAs.STOPPED, 0),
        "first_is_called": found.first_is_called,
        "first_only": row.first_only and running,
        "can": possible(row, done),
        "progress": done,
        "ours": found.ours,
        "lines": found.lines.lines,
        "reached_share": percent(of.reached, of.rang),
        "calls_per_minute": round(of.calls_per_minute, 1),
        "time_left": in_words(of.time_left(now=now)) if running else None,
        "why": speed_of(found, of, now=now),
        "funnel": _funnel(row.id, of),
        "dispositions": _dispositions(row.id, of),
        "minutes": _minutes(of.minutes, now=now),
        "most_per_minute": max(of.minutes, default=0),
        "to_fix": _to_fix(row.id, of),
        "errands": [
            {
                "words": _errand_words(one.kind, one.asked),
                "status": one.status.value,
                "sentence": one.sentence,
                "percent": round(100 * (one.fraction or 0)),
                "url": _errand_url(one),
            }
            for one in found.errands
            if one.status is not ErrandStatus.CHECKED
            and not (one.kind is ErrandKind.FORECAST and one.status is ErrandStatus.DONE)
        ],
        "waiting": [
            {"file": one.asked.get("file", "the file"), "url": _errand_url(one)}
            for one in found.errands
            if one.status is ErrandStatus.CHECKED
        ],
    }


def possible(row: Campaign, done: Progress) -> dict[str, bool]:
    """Say what an operator may do to a campaign now."""
    status, not_reached = row.status, done.closed_as
    starts = status in NOT_BEGUN and done.pending + done.retry_later > 0
    return {
        "start": starts,
        "schedule": starts,
        "unschedule": status is CampaignStatus.SCHEDULED,
        "pause": status is CampaignStatus.RUNNING,
        "resume": status in _CAN_RESUME,
        "stop": status in _CAN_STOP,
        "edit": status not in OVER,
        "redial": bool(
            not_reached.get(ClosedAs.EXHAUSTED, 0) + not_reached.get(ClosedAs.STOPPED, 0)
        ),
        "archive": status in OVER and status is not CampaignStatus.ARCHIVED,
    }


def percent(part: int, whole: int) -> int | None:
    """Give a share in percent; None of nothing."""
    return round(100 * part / whole) if whole else None


def _bar(part: int, whole: int) -> int:
    """Give how long a bar is, in percent; of something it is never without length."""
    return max(1, percent(part, whole) or 0) if part else 0


def _funnel(campaign_id: int, of: Counted) -> list[dict[str, Any]]:
    done = of.progress
    steps = (
        ("Leads", done.leads, LeadFilter()),
        ("Called, or over", done.begun, LeadFilter(begun=True)),
        ("Finished", done.finished, LeadFilter(finished=True)),
        ("Reached", done.completed, LeadFilter(state=LeadState.COMPLETED)),
    )
    return [
        {
            "words": words,
            "count": count,
            "percent": _bar(count, done.leads),
            "url": url_of(campaign_id, chosen),
        }
        for words, count, chosen in steps
    ]


def _dispositions(campaign_id: int, of: Counted) -> list[dict[str, Any]]:
    return [
        {
            "words": word.value,
            "sentence": MEANING[word].sentence,
            "count": count,
            "percent": _bar(count, of.attempts),
            "url": url_of(campaign_id, LeadFilter(last=word)),
        }
        for word, count in of.dispositions
    ]


def _minutes(counts: Sequence[int], *, now: datetime) -> list[dict[str, Any]]:
    most = max(counts, default=0) or 1
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=len(counts) - 1)
    return [
        {
            "at": first + timedelta(minutes=n),
            "count": count,
            "height": round(CHART_HEIGHT * count / most),
            "x": n * 10,
        }
        for n, count in enumerate(counts)
    ]


def _to_fix(campaign_id: int, of: Counted) -> list[dict[str, Any]]:
    found = []
    for word, count in sorted(of.held.items(), key=lambda one: -one[1]):
        words = held_words(word)
        url = url_of(campaign_id, LeadFilter(held=word))
        found.append(_fixable(count, "lead", words.sentence, url=url, fix=words.fix))
    for list_id, file_name, rejected in of.rejected:
        sentence = f"Rejected from {file_name}."
        url = f"/lists/{list_id}/correct"
        found.append(_fixable(rejected, "row", sentence, url=url, fix="correct them"))
    if wrong := of.progress.closed_as.get(ClosedAs.INVALID_NUMBER, 0):
        url = url_of(campaign_id, LeadFilter(closed_as=ClosedAs.INVALID_NUMBER))
        fix = "ask for other numbers, and import them"
        found.append(_fixable(wrong, "lead", "The number does not exist.", url=url, fix=fix))
    return found


def _fixable(count: int, noun: str, sentence: str, *, url: str, fix: str) -> dict[str, Any]:
    return {"sentence": sentence, "many": how_many(count, noun), "url": url, "fix": fix}


def _errand_url(one: Errand) -> str | None:
    match one.kind:
        case ErrandKind.LEADS:
            return f"/upload/{one.id}"
        case ErrandKind.EXPORT:
            return f"/exports?campaign={one.campaign_id}"
        case ErrandKind.FORECAST:
            return f"/campaigns/{one.campaign_id}/forecast"
        case _:
            return None


def _errand_words(kind: ErrandKind, asked: Mapping[str, Any]) -> str:
    if kind is ErrandKind.BULK:
        verb = {"skip": "Skip", "retry": "Call again", "do_not_call": "Do not call"}
        return f"{verb[asked['verb']]}: {how_many(asked['leads'], 'lead')}"
    return _ERRANDS.get(kind, kind.value)


def url_of(
    campaign_id: int, chosen: LeadFilter, *, after: str | None = None, latest: bool = False
) -> str:
    """Give the address of the leads a filter finds, or of all by their `latest` calls."""
    sort = {"sort": LATEST} if latest else {}
    given = chosen.written() | sort | ({"after": after} if after else {})
    query = urlencode(given)
    return f"/campaigns/{campaign_id}" + (f"?{query}" if query else "")


def in_words(length: timedelta | None) -> str | None:
    """Say about how long something takes."""
    if length is None:
        return None
    minutes = length.total_seconds() / 60
    if minutes < 1:
        return "under a minute"
    if minutes < 90:
        return f"about {minutes:.0f} min"
    hours = minutes / 60
    return f"about {hours:.0f} h" if hours < 48 else f"about {how_many(round(hours / 24), 'day')}"
