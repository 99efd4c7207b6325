"""The diary: what was committed, and when, and whether it might be."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from dialer.store.tables import IS_OPEN

LONGEST_WAY_MS = 200_000
"""From the claim of an attempt to the acceptance of its call, at most: 60 s, 10 s, 120 s."""


Pause = tuple[str, int, int | None]
"""What it stops, from when and until when; None: it lasts."""
Who = tuple[str, str]
"""A lead and its number: after a restore another lead may get the id."""
DOUBTED = "database"


@dataclass
class Diary:
    """What was committed, and when, by the world's own time: read after every commit."""

    limits: list[tuple[int, int]] = field(default_factory=list)
    opted_out: dict[str, int] = field(default_factory=dict)
    paused: list[Pause] = field(default_factory=list)  # of a campaign, by the gate, by a doubt
    retried: set[Who] = field(default_factory=set)  # leads that a person let go again
    edited: set[str] = field(default_factory=set)  # campaigns whose settings were changed
    passed: dict[str, int] = field(default_factory=dict)  # attempts that passed the send gate
    broken: list[str] = field(default_factory=list)
    clock_was_set: bool = False
    claimed: Callable[[int, str], None] = lambda campaign_id, phone: None
    restored_ms: int | None = None
    kept: set[Who] = field(default_factory=set)  # leads that the backup knew
    judged: set[str] = field(default_factory=set)  # calls asked about before rows were forgotten
    _audited: int = 0
    _suppressed: int = 0
    _events: int = 0

    def read(self, raw: Any, *, now_ms: int) -> None:
        """Take note of what the commit at this moment brought."""
        asked = "SELECT id, action, subject FROM audit_log WHERE id > ? ORDER BY id"
        for row_id, action, subject in raw.execute(asked, (self._audited,)).fetchall():
            self._audited = row_id
            self._take_note(raw, action, subject, now_ms)
        asked = "SELECT id, phone FROM do_not_call WHERE id > ? AND campaign_id IS NULL"
        for row_id, phone in raw.execute(asked, (self._suppressed,)).fetchall():
            self._suppressed = max(self._suppressed, row_id)
            self.opted_out.setdefault(phone, now_ms)
        (lines,) = raw.execute("SELECT lines FROM dial_gate").fetchone() or (0,)
        if not self.limits or self.limits[-1][1] != lines:
            self.limits.append((now_ms, lines))
        self._read_events(raw, lines=lines, now_ms=now_ms)

    def _read_events(self, raw: Any, *, lines: int, now_ms: int) -> None:
        """Ask of each claim and each send whether it might be, at the very commit."""
        asked = (
            "SELECT e.id, e.from_status, e.to_status, e.attempt_id, a.campaign_id, a.phone"
            " FROM attempt_event e JOIN attempt a ON a.id = e.attempt_id WHERE e.id > ?"
        )
        claimed = False
        for row in raw.execute(asked, (self._events,)).fetchall():
            self._events, before, after, attempt_id, campaign_id, phone = row
            if (before, after) == (None, "INTENT"):
                claimed = True
                self.claimed(campaign_id, phone)
            if (before, after) == ("INTENT", "SENDING"):
                self.passed[attempt_id] = now_ms
                self._judge(attempt_id, f"campaign:{campaign_id}", phone)
        if claimed and self.is_doubted:
            self.broken.append("a doubted database claims")
        if claimed:
            (is_open,) = raw.execute(f"SELECT count(*) FROM attempt WHERE {IS_OPEN}").fetchone()
            if is_open > lines:
                self.broken.append(f"overrun: a claim opens {is_open} attempts on {lines} lines")

    def _judge(self, attempt_id: str, campaign: str, phone: str) -> None:
        if phone in self.opted_out:
            self.broken.append(f"attempt {attempt_id} passes the gate after an opt-out")
        for what, _, until_ms in self.paused:
            if until_ms is None and what in ("gate", campaign):
                self.broken.append(f"attempt {attempt_id} passes the gate after a pause")
        if self.is_doubted:
            self.broken.append(f"attempt {attempt_id} passes the gate of a doubted database")

    @property
    def is_doubted(self) -> bool:
        """Whether nobody may be called, because the database may have gone back in time."""
        return any(what == DOUBTED and until is None for what, _, until in self.paused)

    def _take_note(self, raw: Any, action: str, subject: str, now_ms: int) -> None:
        match action:
            case "paused" | "stopped" | "pause_everything" | "doubt":
                self.paused.append((subject, now_ms, None))
            case "running" | "resume_everything" | "trust":
                self.paused = [
                    (name, since, now_ms if name == subject and until is None else until)
                    for name, since, until in self.paused
                ]
            case "retry":
                lead_id = subject.removeprefix("lead:")
                asked = "SELECT phone FROM lead WHERE id = ?"
                self.retried.update((lead_id, row[0]) for row in raw.execute(asked, (lead_id,)))
            case "edit":
                self.edited.add(subject.removeprefix("campaign:"))

    # A database that goes back in time

    def copy(self) -> "Diary":
        """Give what is known of the rows as they are now."""
        return replace(
            self,
            opted_out=dict(self.opted_out),
            paused=list(self.paused),
            edited=set(self.edited),
        )

    def go_back(self, then: "Diary", leads: set[Who], *, now_ms: int, doubted: bool) -> None:
        """Forget what the rows have forgotten, and keep what is true of the world.

        `leads` are those it knows. `doubted` says that sends are forgotten: nobody may be called
        from now on.
        """
        self.opted_out, self.paused, self.edited = then.opted_out, then.paused, then.edited
        self._audited, self._suppressed = then._audited, then._suppressed
        self._events = then._events
        self.restored_ms = now_ms
        self.kept = leads
        if doubted:
            self.paused.append((DOUBTED, now_ms, None))

    def is_forgotten(self, who: Who, *, at_ms: int) -> bool:
        """Tell whether a lead was there when it was called, and is not known any more."""
        return self.restored_ms is not None and at_ms < self.restored_ms and who not in self.kept

    def most_lines(self, now_ms: int) -> int:
        """Give the highest limit that a call accepted now may have been claimed under."""
        best, in_force = 0, 0
        for since_ms, lines in self.limits:
            if since_ms > now_ms:
                break
            if since_ms <= now_ms - LONGEST_WAY_MS:
                in_force = lines
            else:
                best = max(best, lines)
        return max(best, in_force)
