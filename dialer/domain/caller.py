"""Who is calling: what a person who is called must be told, as far as it was written down."""

from pydantic import BaseModel, ConfigDict, Field

from dialer.domain.e164 import E164


class CallerSpec(BaseModel):
    """Who is calling, and what the agent says of it. Only checked before a start, sent nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    legal_name: str | None = Field(default=None, min_length=1, max_length=200)
    callback_number: E164 | None = None  # where whoever was called may call back
    opt_out_words: str | None = Field(default=None, min_length=1)  # how the agent offers it
    discloses_ai: bool = False  # the agent says that it is an AI
    announces_recording: bool = False  # the agent says that the call is recorded
