"""Trials: calls by which people try an agent, and the mark by which they are told from others."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dialer.domain.hold import Hold, HoldCode

MARK = "test"
"""The name of the mark in the metadata of a call at Retell; other calls have none."""


class Trial(StrEnum):
    """What is tried; the value of the mark."""

    AS_LEAD = "true"  # a person stands in for a lead, in a browser or at their own phone
    FIRST_LEAD = "first_lead"  # a lead, called before the others; what it asks for is done


def is_marked(metadata: Mapping[str, Any] | None) -> bool:
    """Tell whether a person stands in for a lead, by what the call carries."""
    return (metadata or {}).get(MARK) in (True, Trial.AS_LEAD)


def marked_as(metadata: Mapping[str, Any] | None) -> Trial | None:
    """Read the mark of a request of ours; what an older list wrote under its name is none."""
    mark = (metadata or {}).get(MARK)
    return next((one for one in Trial if one.value == mark), None)


def trial_of(*, test_of: int | None, first_only: bool) -> Trial | None:
    """Say what a campaign's next call tries; None for an ordinary one."""
    if test_of is not None:
        return Trial.AS_LEAD
    return Trial.FIRST_LEAD if first_only else None


FIRST_LEAD_ONLY = Hold(
    HoldCode.FIRST_LEAD_ONLY,
    "The campaign calls only its first lead so far; the others wait until a person lets it call"
    " them, too.",
)
"""Why nobody more is called by a campaign that has called its first lead."""
