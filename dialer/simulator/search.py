"""list-calls: which calls are shown, in what order, on which page."""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from dialer.simulator.answers import MESSAGES, Refused, refusal
from dialer.simulator.calls import Call
from dialer.simulator.filters import ListCalls, matches
from dialer.simulator.shapes import call_summary

Position = tuple[int, int]
"""Where a call stands in the order: its start (or acceptance), then its serial number."""


def page(calls: Iterable[Call], *, wanted: ListCalls, now_ms: int) -> dict[str, Any]:
    """Give one page of the calls that pass the filters.

    Raises:
        Refused: `skip` and `pagination_key` together, or a key that is none of ours.
    """
    if wanted.pagination_key is not None and wanted.skip is not None:
        raise _bad_request("skip and pagination_key exclude each other")
    falling = wanted.sort_order == "descending"
    found = [call for call in calls if matches(call, criteria=wanted.filter_criteria)]
    found.sort(key=_position, reverse=falling)
    total = len(found)
    if wanted.pagination_key is not None:
        last = _read_key(wanted.pagination_key)
        found = [
            call
            for call in found
            if (_position(call) < last if falling else _position(call) > last)
        ]
    rest = found[wanted.skip or 0 :]
    shown = rest[: wanted.limit]
    answer: dict[str, Any] = {
        "items": [call_summary(call, now_ms=now_ms) for call in shown],
        "has_more": len(rest) > len(shown),
    }
    if answer["has_more"]:
        answer["pagination_key"] = _write_key(_position(shown[-1]))
    if wanted.include_total:
        answer["total"] = total
    return answer


def _position(call: Call) -> Position:
    return (call.shown_start_ms or call.created_ms, call.serial)


def _write_key(position: Position) -> str:
    return base64.urlsafe_b64encode("{}.{}".format(*position).encode()).decode()


def _read_key(key: str) -> Position:
    try:
        start_ms, serial = base64.urlsafe_b64decode(key.encode()).decode().split(".")
        return int(start_ms), int(serial)
    except (ValueError, binascii.Error) as error:
        raise _bad_request("pagination_key is not one of ours") from error


def _bad_request(reason: str) -> Refused:
    return Refused(refusal(400, message=f"{MESSAGES[400]} {reason}"))
