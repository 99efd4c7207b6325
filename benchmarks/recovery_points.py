"""The points at which a process dies, as the table of faults names them and as the seam does."""

from dataclasses import dataclass

UNSENT, EXISTS = 90, 300
"""The goals, in seconds: the attempt was not sent yet; the call may exist."""
STEPS_BEFORE_DEATH = 12


@dataclass(frozen=True, slots=True)
class Point:
    """Where a process dies; `lost`: while no webhook arrives."""

    name: str  # as the table of faults calls it
    armed: str  # as the seam calls it
    goal_s: int
    lost: bool = False


POINTS = (
    Point("plan: before claim", "before plan", UNSENT),
    Point("plan: inside the claim", "inside plan", UNSENT),
    Point("plan: after claim, before enqueue", "after plan", UNSENT),
    Point("dial: before the send gate", "before gate", UNSENT),
    Point("dial: after the gate, before POST", "after gate", EXISTS),
    Point("dial: headers sent", "headers sent", EXISTS),
    Point("dial: body sent", "body sent", EXISTS),
    Point("dial: answer read, before record", "before record", EXISTS),
    Point("dial: inside the record", "inside record", EXISTS),
    Point("dial: after record, before ack", "after record", EXISTS),
    Point("web: before insert", "before receive", EXISTS),
    Point("web: after commit, before 204", "after receive", EXISTS),
    Point("settle: before", "before settle", EXISTS),
    Point("settle: inside", "inside settle", EXISTS),
    Point("settle: after", "after settle", EXISTS),
    Point("import: after row k", "after import", UNSENT),
    Point("migrate: after step k", f"after step {STEPS_BEFORE_DEATH}", UNSENT),
    Point("reconcile: before look-up", "before look-up", EXISTS, lost=True),
    Point("reconcile: after look-up", "after look-up", EXISTS, lost=True),
    Point("reconcile: inside", "inside apply", EXISTS, lost=True),
    Point("dial: body sent, webhooks lost", "body sent", EXISTS, lost=True),
    Point("dial: before record, webhooks lost", "before record", EXISTS, lost=True),
)
