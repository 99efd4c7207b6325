"""Selections: which leads of a campaign another one takes over."""

from enum import StrEnum


class Selection(StrEnum):
    """Which leads are copied; those on the do-not-call list never are."""

    EVERYBODY = "everybody"  # but wrong numbers
    NOT_REACHED = "not_reached"  # closed without having been reached
    NOT_REACHED_OR_STOPPED = "not_reached_or_stopped"  # and those their campaign did not get to
