"""The bodies the simulated Retell accepts."""

import re
from typing import Annotated, Any, Self, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictStr,
    ValidationError,
    model_validator,
)

from dialer.simulator.answers import MESSAGES, Refused, refusal

METADATA_MAX_BYTES = 50_000
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def _e164(number: str) -> str:
    if not E164.fullmatch(number):
        raise ValueError("must be a phone number in E.164 format")
    return number


def _small(metadata: dict[str, Any] | None) -> dict[str, Any] | None:
    if metadata is not None and len(orjson.dumps(metadata)) > METADATA_MAX_BYTES:
        raise ValueError("must not exceed 50 kB")
    return metadata


Metadata = Annotated[dict[str, Any] | None, AfterValidator(_small)]
AgentVersion = (
    Annotated[int, Field(ge=0)]
    | Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z0-9_-]+$")]
)


class AgentOverrides(BaseModel):
    """The part of `agent_override.agent` that changes what the simulator does."""

    model_config = ConfigDict(extra="allow")

    webhook_url: StrictStr | None = None
    webhook_events: list[StrictStr] | None = None
    webhook_timeout_ms: int | None = None


class AgentOverride(BaseModel):
    """Partial overrides of the agent for one call."""

    model_config = ConfigDict(extra="allow")

    agent: AgentOverrides = AgentOverrides()


class CreatePhoneCall(BaseModel):
    """POST /v2/create-phone-call; https://docs.retellai.com/api-references/create-phone-call."""

    from_number: Annotated[StrictStr, Field(min_length=1)]
    to_number: Annotated[StrictStr, AfterValidator(_e164)]
    override_agent_id: Annotated[StrictStr, Field(min_length=1)] | None = None
    override_agent_version: AgentVersion | None = None
    agent_override: AgentOverride = AgentOverride()
    metadata: Metadata = None
    retell_llm_dynamic_variables: dict[str, StrictStr] | None = None
    custom_sip_headers: dict[str, StrictStr] | None = None
    ignore_e164_validation: bool = False
    idempotency_key: Annotated[StrictStr, Field(min_length=1)] | None = None
    honor_internal_dnc: bool = False

    @model_validator(mode="after")
    def _calls_from_a_number(self) -> Self:
        if not self.ignore_e164_validation and not E164.fullmatch(self.from_number):
            raise ValueError("from_number must be a phone number in E.164 format")
        return self


class UpdateCall(BaseModel):
    """PATCH /v2/update-call/{call_id}."""

    model_config = ConfigDict(extra="forbid")

    metadata: Metadata = None
    data_storage_setting: StrictStr | None = None
    custom_attributes: dict[str, str | int | float | bool] | None = None


class LiveChanges(BaseModel):
    """What may be changed while a call goes on."""

    model_config = ConfigDict(extra="forbid")

    metadata: Metadata = None
    data_storage_setting: StrictStr | None = None
    override_dynamic_variables: dict[str, StrictStr] | None = None


class UpdateLiveCall(BaseModel):
    """PATCH /v2/update-live-call/{call_id}."""

    model_config = ConfigDict(extra="forbid")

    fields_to_override: LiveChanges = LiveChanges()
    call_control: dict[str, Any] | None = None


Body = TypeVar("Body", bound=BaseModel)


def read_body(shape: type[Body], body: object) -> Body:
    """Check a decoded JSON body.

    Raises:
        Refused: it has not the shape; a 400 naming the first thing that is wrong.
    """
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        message = f"{MESSAGES[400]} {where}: {first['msg']}"
        raise Refused(refusal(400, message=message)) from error
