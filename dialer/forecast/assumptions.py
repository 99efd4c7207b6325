"""What a forecast takes for granted: lines, pace, and how people answer their phones."""

from dataclasses import dataclass
from datetime import timedelta

from dialer.simulator.faults import Span
from dialer.simulator.outcomes import Outcome
from dialer.simulator.settings import Event, SimulatorSettings

RINGING: Span = (8, 30)
"""Seconds until somebody or something picks up, or nobody did."""
MACHINE: Span = (15, 40)
"""Seconds with a voicemail, and with people who have no time now."""
NO_TIME: Span = (0, 0)
"""An analysis comes with the end of its call: one webhook then says what otherwise takes three."""

ANSWERED = {Outcome.LONG_TALK: 95.5, Outcome.CALLBACK: 4.0, Outcome.OPT_OUT: 0.5}
"""What those want who answer, in percent."""
UNANSWERED = {
    Outcome.VOICEMAIL: 50.0,
    Outcome.NO_ANSWER: 38.0,
    Outcome.BUSY: 5.0,
    Outcome.DECLINED: 5.0,
    Outcome.DIAL_FAILED: 2.0,
}
"""How the other calls come out, in percent."""

WEBHOOKS = "http://forecast.invalid/webhooks/retell"
"""Where the simulated Retell believes webhooks to go; they go nowhere."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed. The same assumptions and the same seed give the same forecast."""

    lines: int = 20
    calls_per_second: float = 1.0
    answer_rate: float = 0.3  # the share of calls that a person answers
    talk: timedelta = timedelta(minutes=2)  # a conversation, on average
    seed: int = 1

    def simulated(self) -> SimulatorSettings:
        """Give the settings of a Retell in which calls come out so."""
        mean_s = self.talk.total_seconds()
        return SimulatorSettings(
            webhook_url=WEBHOOKS,
            webhook_events=(Event.ANALYZED,),
            seed=self.seed,
            limit=self.lines,
            ring_s=RINGING,
            talk_s=MACHINE,
            long_talk_s=(mean_s / 4, mean_s * 7 / 4),
            analysis_s=NO_TIME,
            mix={
                **{name: part * self.answer_rate for name, part in ANSWERED.items()},
                **{name: part * (1 - self.answer_rate) for name, part in UNANSWERED.items()},
            },
        )
