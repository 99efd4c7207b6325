"""Selections: which leads of a campaign another one takes over."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Selection(StrEnum):
    """Which leads are copied; those on the do-not-call list never are."""

    EVERYBODY = "everybody"  # but wrong numbers
    NOT_REACHED = "not_reached"  # closed without having been reached
    NOT_REACHED_OR_STOPPED = "not_reached_or_stopped"  # and those their campaign did not get to


@dataclass(frozen=True, slots=True)
class LeadSource:
    """Whose leads a campaign takes over."""

    campaign_id: int
    leads: Selection = Selection.EVERYBODY
    list_id: int | None = None  # only those that this list brought to that campaign

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Read what `written` wrote."""
        return cls(given["campaign"], Selection(given["leads"]), given.get("list"))

    def written(self) -> dict[str, Any]:
        """Write it for the row of the campaign that takes them."""
        of_list = {} if self.list_id is None else {"list": self.list_id}
        return {"campaign": self.campaign_id, "leads": self.leads.value, **of_list}
