"""What the provider says of one call, in our words.

The engine learns of calls from webhooks and from look-ups; both arrive here as the same plain
values, so that it applies them by rank without knowing who spoke.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.domain.callbacks import Asked
from dialer.domain.dispositions import MEANING, Disposition
from dialer.domain.states import AttemptStatus


@dataclass(frozen=True, slots=True)
class CallEvidence:
    """One sighting of one call. A field is None where the provider said nothing usable."""

    call_id: str
    rank: AttemptStatus  # what the attempt has become at least: PLACED, ONGOING or ENDED
    attempt_id: str | None = None  # ours, from the call's metadata
    install: str | None = None  # which installation placed it; None for a call that is not ours
    disposition: Disposition | None = None  # set exactly when rank is ENDED
    reason: str | None = None  # the provider's own word, also one we do not know
    to_number: str | None = None
    from_number: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_ms: int | None = None
    cost_cents: float | None = None
    product_costs: Sequence[Mapping[str, object]] | None = None  # in cents each
    latency: Mapping[str, object] | None = None  # by kind, in milliseconds
    llm_tokens: Mapping[str, object] | None = None
    transcript: str = ""
    scrubbed_transcript: str | None = None  # without personal data
    recording_url: str | None = None
    analysis: Mapping[str, object] | None = None
    analysis_done: bool = False  # the analysis is final, even if it is empty
    summary: str | None = None
    sentiment: str | None = None
    hung_up: bool = False  # by the other side, not by the agent
    in_voicemail: bool | None = None
    call_successful: bool | None = None
    agent_id: str | None = None
    agent_version: int | None = None
    asked: Asked | None = None  # for a callback; set once the lead's zone is known
    only_heard: bool = False  # a conversation but for the analysis, which heard a voicemail
    raw: Mapping[str, object] | None = None  # the provider's object as it came

    @property
    def connected(self) -> bool:
        """Whether something picked up, whatever the disposition says."""
        return bool(self.duration_ms) or bool(self.transcript)

    @property
    def rang(self) -> bool:
        """Whether a phone rang or may have rung, once the call is over."""
        return MEANING[self.disposition or Disposition.UNKNOWN].rang or self.connected

    @property
    def custom_analysis(self) -> object:
        """What the agent's own fields of the analysis say; None where there are none."""
        return (self.analysis or {}).get("custom_analysis_data")
