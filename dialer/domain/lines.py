"""Lines: how many calls may be open now, how fast they may start, and who gets the free ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dialer.domain.counts import how_many
from dialer.domain.pacing import Moments, Pace

SHRINK_TO = 0.7
"""After a refusal for too many calls the limit falls to this share of what it was."""
SHRINK_HOLDS = timedelta(seconds=60)
RECOVERY_STEP = timedelta(seconds=30)
"""One line comes back in each step, once the shrinking has held."""
BACK_OFF_FIRST = timedelta(seconds=1)
BACK_OFF_MOST = timedelta(seconds=60)
BREAKER_STREAK = 5
BREAKER_SHARE = 0.05
BREAKER_SAMPLE = 20
"""The share counts only among at least this many sends."""
BREAKER_REST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class GateState:
    """The one row under whose lock slots are counted."""

    lines: int  # our own limit
    calls_per_second: float | None = None  # None: not paced
    headroom: int = 0
    provider_lines: int | None = None  # what Retell allows outbound calls; None: not asked yet
    foreign_calls: int = 0  # open at Retell, not ours
    next_send_at: datetime | None = None
    path_calls_per_second: Mapping[str, float] = field(default_factory=dict)
    path_next_send_at: Mapping[str, datetime] = field(default_factory=dict)
    backing_off_until: datetime | None = None
    backed_off_at: datetime | None = None
    busy_streak: int = 0
    shrunk_to: int | None = None
    shrunk_at: datetime | None = None
    unknown_streak: int = 0
    breaker_until: datetime | None = None  # set: the breaker is open, or half open when past
    everything_paused: bool = False
    calls_per_day: int | None = None  # over everything; None: no limit
    dollars_per_day: float | None = None
    day_zone: str = "UTC"  # whose midnight begins such a day
    turn: int = 0  # one more with each claim that took a lead
    doubted_at: datetime | None = None  # set: the rows may have gone back in time
    doubt: str | None = None  # why
    is_moved: bool = False  # the rows lie on another server, or timeline, than when last trusted

    @property
    def is_doubted(self) -> bool:
        """Whether nobody may be called until Retell's calls were compared with these rows."""
        return self.doubted_at is not None or self.is_moved


@dataclass(frozen=True, slots=True)
class LinesInForce:
    """How many lines may be busy at this moment, and the sentence that says why."""

    lines: int
    sentence: str


def lines_in_force(gate: GateState, *, now: datetime) -> LinesInForce:
    """Give the limit on our own open attempts."""
    lines, sentence = gate.lines, f"{how_many(gate.lines, 'line')}: our own limit."
    if gate.provider_lines is not None:
        theirs = max(0, gate.provider_lines - gate.foreign_calls - gate.headroom)
        if theirs < lines:
            lines = theirs
            sentence = (
                f"{how_many(lines, 'line')}: Retell allows {gate.provider_lines}, "
                f"{_are(gate.foreign_calls)} used by others, {_are(gate.headroom)} kept free."
            )
    shrunk = _shrunk_lines(gate, now=now)
    if shrunk is not None and shrunk < lines:
        lines = shrunk
        sentence = (
            f"{how_many(shrunk, 'line')}: Retell refused calls lately; one comes back every 30 s."
        )
    return LinesInForce(lines, sentence)


def _are(count: int) -> str:
    return f"{count} is" if count == 1 else f"{count} are"


def _shrunk_lines(gate: GateState, *, now: datetime) -> int | None:
    if gate.shrunk_to is None or gate.shrunk_at is None:
        return None
    recovering_for = now - gate.shrunk_at - SHRINK_HOLDS
    if recovering_for < timedelta(0):
        return gate.shrunk_to
    return gate.shrunk_to + 1 + int(recovering_for / RECOVERY_STEP)


def claimable(gate: GateState, *, open_attempts: int, unsent: int, now: datetime) -> int:
    """Count the attempts that may be claimed now.

    `unsent` are those among the open ones whose request has no answer yet (INTENT, SENDING).
    """
    if gate.everything_paused or gate.is_doubted:
        return 0
    if gate.backing_off_until and gate.backing_off_until > now:
        return 0
    free = lines_in_force(gate, now=now).lines - open_attempts
    return max(0, min(free, _paced(gate, now=now), _breaker_room(gate, unsent=unsent, now=now)))


def _paced(gate: GateState, *, now: datetime) -> int:
    pace = _pace(gate)
    return 1_000 if pace is None else pace.room(now)


def _pace(gate: GateState) -> Pace | None:
    if gate.calls_per_second is None:
        return None
    return Pace(gate.calls_per_second, gate.next_send_at)


def _breaker_room(gate: GateState, *, unsent: int, now: datetime) -> int:
    if gate.breaker_until is None:
        return 1_000
    if gate.breaker_until > now:
        return 0
    return 1 - unsent  # half open: one probe


def send_times(gate: GateState, *, now: datetime) -> Moments:
    """Open the moments at which the attempts of one claim are sent."""
    paths = {
        path: Pace(calls_per_second, gate.path_next_send_at.get(path))
        for path, calls_per_second in gate.path_calls_per_second.items()
    }
    return Moments(_pace(gate), paths, now=now)


def after_claim(gate: GateState, moments: Moments) -> GateState:
    """Remember when the next attempts may be sent, and that there was a claim."""
    return replace(
        gate,
        turn=gate.turn + 1,
        next_send_at=gate.next_send_at if gate.calls_per_second is None else moments.next_at,
        path_next_send_at={**gate.path_next_send_at, **moments.path_next_at},
    )


def backed_off(
    gate: GateState,
    *,
    sent_at: datetime,
    retry_after: timedelta | None,
    now: datetime,
) -> GateState:
    """Answer a refusal for too many calls: wait, and use fewer lines for a while.

    A refusal of a request that was sent before the last back-off tells nothing new, so a burst
    of refusals counts once.
    """
    waited = resting(gate, sent_at=sent_at, retry_after=retry_after, now=now)
    if waited.busy_streak == gate.busy_streak:
        return waited
    lines = int(lines_in_force(gate, now=now).lines * SHRINK_TO)
    return replace(waited, shrunk_to=max(1, lines), shrunk_at=now)


def resting(
    gate: GateState, *, sent_at: datetime, retry_after: timedelta | None, now: datetime
) -> GateState:
    """Let all sending wait: as long as Retell said, or twice as long as the last time."""
    news = gate.backed_off_at is None or sent_at > gate.backed_off_at
    streak = gate.busy_streak + 1 if news else gate.busy_streak
    wait = retry_after or min(BACK_OFF_FIRST * 2 ** min(streak - 1, 10), BACK_OFF_MOST)
    if not news and retry_after is None:
        return gate
    until = max(gate.backing_off_until or now, now + wait)
    return replace(
        gate,
        backing_off_until=until,
        backed_off_at=now if news else gate.backed_off_at,
        busy_streak=streak,
    )


def after_unknown(gate: GateState, *, sends: int, unknown: int, now: datetime) -> GateState:
    """Count an unknown outcome; `unknown` of the latest `sends` were. May open the breaker."""
    streak = gate.unknown_streak + 1
    too_many = sends >= BREAKER_SAMPLE and unknown > sends * BREAKER_SHARE
    probing = gate.breaker_until is not None
    opens = streak >= BREAKER_STREAK or too_many or probing
    until = now + BREAKER_REST if opens else gate.breaker_until
    return replace(gate, unknown_streak=streak, breaker_until=until)


def after_placed(gate: GateState) -> GateState:
    """A clear answer: the streaks end and the breaker closes."""
    return replace(gate, unknown_streak=0, breaker_until=None, busy_streak=0)


@dataclass(frozen=True, slots=True)
class Want:
    """What a running campaign could use now."""

    campaign_id: int
    due: int  # leads due, counted up to the free lines
    in_use: int  # its open attempts
    cap: int | None = None  # its own limit
    weight: float = 1.0
    at_least: int = 0  # lines it gets before others get more than they are promised themselves


def deal(free: int, wants: Sequence[Want]) -> dict[int, int]:
    """Deal free lines: first to those that have fewer than they were promised, then fairly.

    Fair is weighted max-min: the next one to whoever has least for their weight. No line is left
    while somebody could use it.
    """
    dealt = {want.campaign_id: 0 for want in wants}
    for _ in range(free):
        hungry = list(_hungry(wants, dealt))
        if not hungry:
            break
        short = [want for want in hungry if want.in_use + dealt[want.campaign_id] < want.at_least]
        poorest = min(
            short or hungry,
            key=lambda w: ((w.in_use + dealt[w.campaign_id]) / w.weight, w.campaign_id),
        )
        dealt[poorest.campaign_id] += 1
    return dealt


def _hungry(wants: Sequence[Want], dealt: dict[int, int]) -> Iterable[Want]:
    for want in wants:
        given = dealt[want.campaign_id]
        below_cap = want.cap is None or want.in_use + given < want.cap
        if given < want.due and below_cap:
            yield want
