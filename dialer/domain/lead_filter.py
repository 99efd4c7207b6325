"""Which leads of a campaign a person looks at: one question at a time, as an address carries it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dialer.domain.dispositions import Disposition
from dialer.domain.states import ClosedAs, LeadState

LONGEST_REASON = 60
FINISHED = "finished"
BEGUN = "begun"
"""Stand where a state does: the one is two of them, the other those and two more."""
LONGEST_ID = 18
YES = "yes"


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """At most one of these is set, but for `waiting`; none means all leads."""

    state: LeadState | None = None
    last: Disposition | None = None  # how the last call came out
    closed_as: ClosedAs | None = None
    held: str | None = None  # the reason for which they are held
    finished: bool = False  # closed, however they closed
    begun: bool = False  # called and to be called again, in flight, or finished
    list_id: int | None = None  # the list that brought them
    waiting: bool = False  # of that list only those that are still to be called

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Self:
        """Read what `written` wrote; what nobody knows shows all leads."""
        return next(iter(cls.asked(given)), cls())

    @classmethod
    def asked(cls, given: Mapping[str, str]) -> list[Self]:
        """Read all that an address asks for; the first is in force, as two are not combined."""
        found = []
        state = given.get("state", "").replace("_", " ")
        if state == FINISHED:
            found.append(cls(finished=True))
        elif state == BEGUN:
            found.append(cls(begun=True))
        elif state in set(LeadState):
            found.append(cls(state=LeadState(state)))
        if (last := given.get("last", "")) in set(Disposition):
            found.append(cls(last=Disposition(last)))
        if (closed_as := given.get("closed_as", "")) in set(ClosedAs):
            found.append(cls(closed_as=ClosedAs(closed_as)))
        if held := given.get("held", "")[:LONGEST_REASON]:
            found.append(cls(held=held))
        if (of := given.get("list", "")).isascii() and of.isdigit() and len(of) <= LONGEST_ID:
            found.append(cls(list_id=int(of), waiting=given.get("waiting") == YES))
        return found

    def written(self) -> dict[str, str]:
        """Write it for an address."""
        values: dict[str, Any] = {
            "state": self._group or (self.state and _address(self.state)),
            "last": self.last and self.last.value,
            "closed_as": self.closed_as and self.closed_as.value,
            "held": self.held,
            "list": None if self.list_id is None else str(self.list_id),
            "waiting": YES if self.waiting else None,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def _group(self) -> str | None:
        return FINISHED if self.finished else BEGUN if self.begun else None

    @property
    def words(self) -> str:
        """Say which leads these are."""
        if self.finished:
            return FINISHED
        if self.begun:
            return "called, or over"
        if self.state is not None:
            return self.state.value
        if self.last is not None:
            return f"last: {self.last.value.replace('_', ' ')}"
        if self.closed_as is not None:
            return f"closed as {self.closed_as.value.replace('_', ' ')}"
        if self.list_id is not None:
            return f"of list {self.list_id}{', to be called' if self.waiting else ''}"
        return f"held: {self.held.replace('_', ' ')}" if self.held else "all"


def _address(state: LeadState) -> str:
    return state.value.replace(" ", "_")
