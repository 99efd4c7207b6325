"""Retell's objects as they travel, read leniently and written strictly.

What we send is checked before a phone can ring. What we receive is never refused for a field we
could live without: new values appear every few weeks, so an optional field of the wrong shape
reads as None and an unknown word stays a plain string.

https://docs.retellai.com/api-references/create-phone-call
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticUseDefault

MAX_METADATA_BYTES = 50_000  # Retell's limit is given as 50 kB

WEB_CALL = "web_call"
"""The type of a call in a browser; it rings no phone."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_MS = 946_684_800_000  # the year 2000; below it somebody sent seconds
_LATEST_MS = 32_503_680_000_000  # the year 3000


def moment_of(epoch_ms: int | None) -> datetime | None:
    """Read Retell's milliseconds; None for a moment no call can have."""
    if epoch_ms is None or not _EARLIEST_MS <= epoch_ms < _LATEST_MS:
        return None
    return EPOCH + timedelta(milliseconds=epoch_ms)


def epoch_ms(moment: datetime) -> int:
    """Write a moment in Retell's milliseconds."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def to_whole(value: object) -> object:
    """Let a number with a fraction pass as a whole one."""
    return round(value) if isinstance(value, float) else value


Milliseconds = Annotated[int, BeforeValidator(to_whole)]
AgentVersion = (
    Annotated[int, Field(ge=0)]
    | Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]+$", min_length=1, max_length=20)]
)
NonEmpty = Annotated[str, StringConstraints(min_length=1)]


def fitting_metadata(metadata: dict[str, Any] | None) -> dict[str, Any] | None:
    """Refuse metadata that Retell would refuse for its size."""
    if len(json.dumps(metadata, ensure_ascii=False).encode(errors="replace")) > MAX_METADATA_BYTES:
        raise ValueError(f"metadata is larger than {MAX_METADATA_BYTES} bytes")
    return metadata


class CreatePhoneCall(BaseModel):
    """The request for one call; unknown fields pass, so that new ones need no release of ours."""

    model_config = ConfigDict(extra="allow")

    from_number: NonEmpty
    to_number: NonEmpty
    override_agent_id: NonEmpty | None = None
    override_agent_version: AgentVersion | None = None
    agent_override: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    retell_llm_dynamic_variables: dict[str, str] | None = None
    custom_sip_headers: dict[str, str] | None = None
    ignore_e164_validation: bool | None = None
    idempotency_key: NonEmpty | None = None
    honor_internal_dnc: bool | None = None

    _fits = field_validator("metadata")(fitting_metadata)

    def body(self) -> dict[str, Any]:
        """Give the JSON object to store with the attempt and to send."""
        return self.model_dump(mode="json", exclude_none=True)


class Received(BaseModel):
    """Anything Retell says. An optional field that cannot be read becomes its default."""

    model_config = ConfigDict(extra="allow")

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_default(
        cls, value: object, validate: ValidatorFunctionWrapHandler, about: ValidationInfo
    ) -> object:
        try:
            return validate(value)
        except (ValidationError, ValueError, OverflowError):
            if about.field_name is None or cls.model_fields[about.field_name].is_required():
                raise
            raise PydanticUseDefault from None


class Kept(Received):
    """Something of which every field counts, also those that are not known here."""

    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _keep_raw(cls, value: object, validate: ValidatorFunctionWrapHandler) -> Self:
        read: Self = validate(value)
        if isinstance(value, Mapping):
            read._raw = dict(value)
        return read

    @property
    def raw(self) -> dict[str, Any]:
        """The object as it came, with the fields that could not be read."""
        return self._raw


class CallAnalysis(Received):
    """What Retell made of a call after it; every field may be missing."""

    call_summary: str | None = None
    in_voicemail: bool | None = None
    user_sentiment: str | None = None  # Negative, Positive, Neutral, Unknown
    call_successful: bool | None = None
    custom_analysis_data: dict[str, Any] | None = None


class CallCost(Received):
    """What a call cost, in cents."""

    combined_cost: float | None = None
    product_costs: list[dict[str, Any]] | None = None
    total_duration_seconds: float | None = None
    total_duration_unit_price: float | None = None


class Call(Kept):
    """A call as Retell tells it. Only `call_id` is sure to be there.

    https://docs.retellai.com/api-references/get-call
    """

    call_id: Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\s\x00]+$")]
    call_type: str | None = None
    call_status: str | None = None  # registered, not_connected, ongoing, ended, error
    direction: str | None = None
    from_number: str | None = None
    to_number: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    agent_version: int | None = None
    agent_tag: str | None = None
    metadata: dict[str, Any] | None = None
    retell_llm_dynamic_variables: dict[str, Any] | None = None
    collected_dynamic_variables: dict[str, Any] | None = None
    custom_sip_headers: dict[str, Any] | None = None
    data_storage_setting: str | None = None
    opt_in_signed_url: bool | None = None
    start_timestamp: Milliseconds | None = None
    end_timestamp: Milliseconds | None = None
    transfer_end_timestamp: Milliseconds | None = None
    duration_ms: Milliseconds | None = None
    disconnection_reason: str | None = None  # see dialer.retell.mapping
    transfer_destination: Any = None
    telephony_identifier: dict[str, Any] | None = None
    transcript: str | None = None  # "Agent: …\nUser: …\n"
    transcript_object: list[Any] | None = None
    transcript_with_tool_calls: list[Any] | None = None
    scrubbed_transcript_with_tool_calls: list[Any] | None = None
    pre_session_transcript_with_tool_calls: list[Any] | None = None
    post_session_transcript_with_tool_calls: list[Any] | None = None
    scrubbed_pre_session_transcript_with_tool_calls: list[Any] | None = None
    scrubbed_post_session_transcript_with_tool_calls: list[Any] | None = None
    recording_url: str | None = None
    recording_multi_channel_url: str | None = None
    scrubbed_recording_url: str | None = None
    scrubbed_recording_multi_channel_url: str | None = None
    public_log_url: str | None = None
    knowledge_base_retrieved_contents_url: str | None = None
    latency: dict[str, Any] | None = None
    call_analysis: CallAnalysis | None = None
    call_cost: CallCost | None = None
    llm_token_usage: dict[str, Any] | None = None

    @property
    def started_at(self) -> datetime | None:
        return moment_of(self.start_timestamp)

    @property
    def ended_at(self) -> datetime | None:
        return moment_of(self.end_timestamp)

    def metadata_text(self, key: str) -> str | None:
        """Give one of our own metadata values; None where it is missing or no text."""
        value = (self.metadata or {}).get(key)
        return value if isinstance(value, str) and value else None


class CallPage(Received):
    """One page of list-calls. A page without `items` is unreadable, never empty."""

    items: list[Call]
    has_more: bool | None = None  # None: Retell did not say, so the list may go on
    pagination_key: str | None = None
    total: int | None = None


class Concurrency(Received):
    """The lines of the workspace, shared by everything that runs in it."""

    current_concurrency: int | None = None
    concurrency_limit: int | None = None
    base_concurrency: int | None = None
    purchased_concurrency: int | None = None
    concurrency_purchase_limit: int | None = None
    remaining_purchase_limit: int | None = None
    concurrency_burst_enabled: bool | None = None
    concurrency_burst_limit: int | None = None
    reserved_inbound_concurrency: int | None = None

    @property
    def outbound_ceiling(self) -> int | None:
        """The most outbound calls Retell lets through at once; None when it gave no limit."""
        limit = self.concurrency_limit
        if self.concurrency_burst_enabled and self.concurrency_burst_limit:
            limit = self.concurrency_burst_limit
        if limit is None:
            return None
        return max(0, limit - max(0, self.reserved_inbound_concurrency or 0))


class ApiKeyOwner(Received):
    """Whose key this is; the cheapest question that shows a key to be good."""

    org_id: str | None = None
    org_name: str | None = None
    api_key_name: str | None = None


class WebhookEvent(Received):
    """A webhook's body. `call` is None where the event has none or it has no usable id."""

    event: NonEmpty
    call: Call | None = None
    transfer_destination: Any = None
    transfer_option: Any = None

    @property
    def event_id(self) -> str | None:
        """Name this event the same at every delivery; None when it belongs to no call.

        Retell sends no event id. One call may be transferred more than once, so the transfer's
        own fields tell those events apart.
        """
        if self.call is None:
            return None
        name = f"{self.event}:{self.call.call_id}"
        if not self.event.startswith("transfer_"):
            return name
        destination = json.dumps(self.transfer_destination, sort_keys=True)
        return f"{name}:{self.call.start_timestamp}:{destination}"
