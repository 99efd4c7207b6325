"""What people do in the state machines, at any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dialer.actions import control, copying, do_not_call
from dialer.actions.callbacks import promise_callback
from dialer.actions.editing import edit
from dialer.actions.lead_control import retry, skip
from dialer.domain.do_not_call import OptOut, OptOutSource
from dialer.store import gate
from simulation.machine_stage import PHONES, Stage

T = TypeVar("T")

ACTOR = "machine"
EDITS: tuple[dict[str, Any], ...] = (
    {"limits.lines": 1},
    {"limits.lines": None, "limits.lines_at_least": 1},
    {"limits.calls_per_day": 2},
    {"limits.calls_per_day": None},
    {"window.blackout": ["2026-03-05", "2026-11-01"]},
    {"window.blackout": []},
    {"window.opens": "10:00", "window.closes": "12:00"},
    {"person.calls_per_day": 1},
    {"person.calls_per_day": 3},
    {"cadence.max_attempts": 2},
    {"cadence.delays": {"no_answer": "0s"}},
    {"caller_id.calls_per_day": 3},
)
WHIMS = (
    *("opt_out", "pause", "resume", "resume", "stop", "emergency", "all_clear", "all_clear"),
    *("fewer_lines", "more_lines", "more_lines", "slower", "faster", "edit", "edit", "edit"),
    *("skip", "retry", "retry", "promise_soon", "promise_tomorrow", "redial"),
)


@dataclass
class People:
    """People at their screens; `which` names a campaign, a lead or a number, counted round.

    Raises UserError where the dialer refuses.
    """

    stage: Stage

    def opt_out(self, which: int, _: Any) -> None:
        phone = list(PHONES)[which % len(PHONES)]
        wish = OptOut("asked", OptOutSource.HAND, actor=ACTOR)
        do_not_call.add(self.stage.world, phone, wish)
        self.stage.wire.forbidden.opted_out.setdefault(phone, self.stage.now)

    def pause(self, which: int, _: Any) -> None:
        campaign_id = self._campaign(which)
        control.pause(self.stage.world, campaign_id, actor=ACTOR)
        self.stage.wire.forbidden.halted[campaign_id] = self.stage.now

    def resume(self, which: int, _: Any) -> None:
        campaign_id = self._campaign(which)
        control.resume(self.stage.world, campaign_id, actor=ACTOR)
        self.stage.wire.forbidden.halted.pop(campaign_id, None)

    def stop(self, which: int, _: Any) -> None:
        campaign_id = self.stage.campaign_ids[-1]  # where there are several, the others go on
        control.stop(self.stage.world, campaign_id, actor=ACTOR)
        self.stage.wire.forbidden.halted.setdefault(campaign_id, self.stage.now)

    def emergency(self, which: int, _: Any) -> None:
        control.pause_everything(self.stage.world, actor=ACTOR)
        forbidden = self.stage.wire.forbidden
        forbidden.everything = forbidden.everything or self.stage.now

    def all_clear(self, which: int, _: Any) -> None:
        control.resume_everything(self.stage.world, actor=ACTOR)
        self.stage.wire.forbidden.everything = None

    def fewer_lines(self, which: int, _: Any) -> None:
        self._limits(lines=which % 2)

    def more_lines(self, which: int, _: Any) -> None:
        self._limits(lines=2 + which % 3)

    def slower(self, which: int, _: Any) -> None:
        self._limits(calls_per_second=0.5)

    def faster(self, which: int, _: Any) -> None:
        self._limits(calls_per_second=None)

    def _limits(self, **values: Any) -> None:
        self.stage.world.db.transact(lambda tx: gate.set_limits(tx, **values))

    def edit(self, which: int, changes: dict[str, Any]) -> None:
        edit(self.stage.world, self._campaign(which), changes, actor=ACTOR)

    def skip(self, which: int, _: Any) -> None:
        skip(self.stage.world, self._lead(which), reason="test", actor=ACTOR)

    def retry(self, which: int, _: Any) -> None:
        retry(self.stage.world, self._lead(which), at=None, actor=ACTOR)

    def promise_soon(self, which: int, _: Any) -> None:
        promise_callback(self.stage.world, self._lead(which), "in 5 minutes", actor=ACTOR)

    def promise_tomorrow(self, which: int, _: Any) -> None:
        promise_callback(self.stage.world, self._lead(which), "tomorrow at 3 pm", actor=ACTOR)

    def redial(self, which: int, _: Any) -> None:
        copied = copying.redial(self.stage.world, self._campaign(which), actor=ACTOR)
        control.start(self.stage.world, copied.campaign_id, actor=ACTOR)
        self.stage.campaign_ids.append(copied.campaign_id)

    def _campaign(self, which: int) -> int:
        return self.stage.campaign_ids[which % len(self.stage.campaign_ids)]

    def _lead(self, which: int) -> int:
        rows = self.stage.lead_rows()
        return int(rows[which % len(rows)].id)


def pick(choices: Sequence[T], which: int) -> T | None:
    """Give one of several; None where there is none."""
    return choices[which % len(choices)] if choices else None
