"""Exports: what of a campaign is taken home."""

from enum import StrEnum

from dialer.domain.dispositions import Disposition
from dialer.domain.states import ClosedAs, LeadStatus


class ExportWhat(StrEnum):
    """What is written."""

    RESULTS = "results"  # each lead with its latest call
    COMPLETED = "completed"  # the same of those that were reached
    TO_FIX = "to_fix"  # the same of those that a person should look at
    ATTEMPTS = "attempts"  # each call
    LEADS = "leads"  # the leads as they are stored
    PROFILE = "profile"  # the columns that another system wants
    BATCH = "batch"  # who is still to be called, in Retell's template


def is_completed(
    status: LeadStatus, closed_as: ClosedAs | None, disposition: Disposition | None
) -> bool:
    """Tell whether a lead was reached."""
    return status is LeadStatus.CLOSED and closed_as is ClosedAs.REACHED


def is_to_fix(
    status: LeadStatus, closed_as: ClosedAs | None, disposition: Disposition | None
) -> bool:
    """Tell whether a person should look: at a lead that is held, a wrong number, a lost outcome."""
    if status is LeadStatus.HELD or closed_as is ClosedAs.INVALID_NUMBER:
        return True
    return status is LeadStatus.CLOSED and disposition is Disposition.UNKNOWN
