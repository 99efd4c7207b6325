"""The bodies in which numbers and agents are asked for, checked as Retell checks them."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictStr, model_validator

from dialer.simulator.requests import E164, AgentVersion

Text = Annotated[StrictStr, Field(min_length=1)]
Country = Annotated[StrictStr, Field(pattern=r"^[A-Z]{2}$")]
Transport = Literal["TLS", "TCP", "UDP"]


class WeightedAgent(BaseModel):
    """An agent of a number, and how often it is drawn."""

    model_config = ConfigDict(extra="forbid")

    agent_id: Text
    weight: Annotated[float, Field(gt=0, le=1)]
    agent_version: AgentVersion | None = None


def _whole(agents: list[WeightedAgent] | None) -> list[WeightedAgent] | None:
    if agents and abs(sum(one.weight for one in agents) - 1) > 1e-6:
        raise ValueError("total weights must add up to 1")
    return agents


Agents = Annotated[list[WeightedAgent] | None, AfterValidator(_whole)]


class NumberWish(BaseModel):
    """What every request about a number may hold."""

    model_config = ConfigDict(extra="forbid")

    nickname: StrictStr | None = None
    inbound_agents: Agents = None
    outbound_agents: Agents = None
    inbound_webhook_url: StrictStr | None = None
    allowed_inbound_country_list: list[Country] | None = None
    allowed_outbound_country_list: list[Country] | None = None
    transport: Transport | None = None

    def shown(self) -> dict[str, Any]:
        """Give the fields that were sent and that a number shows."""
        return self.model_dump(mode="json", exclude_unset=True, exclude=UNSHOWN)

    def trunk(self) -> dict[str, Any]:
        """Give the fields of the SIP trunk that were sent."""
        sent = self.model_dump(mode="json", exclude_unset=True)
        return {shown: sent[name] for name, shown in TRUNK.items() if name in sent}


class CreateNumber(NumberWish):
    """POST /create-phone-number."""

    area_code: Annotated[int, Field(ge=200, le=999)] | None = None
    country_code: Literal["US", "CA"] = "US"
    number_provider: Literal["twilio", "telnyx"] = "twilio"
    phone_number: StrictStr | None = None
    toll_free: bool = False
    fallback_number: StrictStr | None = None


class ImportNumber(NumberWish):
    """POST /import-phone-number."""

    phone_number: Text
    termination_uri: Text
    sip_trunk_auth_username: StrictStr | None = None
    sip_trunk_auth_password: StrictStr | None = None
    codecs: list[StrictStr] | None = None
    ignore_e164_validation: bool = True

    @model_validator(mode="after")
    def _is_a_number(self) -> Self:
        if not self.ignore_e164_validation and not E164.fullmatch(self.phone_number):
            raise ValueError("phone_number must be a phone number in E.164 format")
        return self


class UpdateNumber(NumberWish):
    """PATCH /update-phone-number/{number}."""

    auth_username: StrictStr | None = None
    auth_password: StrictStr | None = None
    termination_uri: StrictStr | None = None
    codecs: list[StrictStr] | None = None
    fallback_number: StrictStr | None = None
    inbound_sms_agents: Agents = None
    outbound_sms_agents: Agents = None
    inbound_sms_webhook_url: StrictStr | None = None


TRUNK = {
    "termination_uri": "termination_uri",
    "auth_username": "auth_username",
    "sip_trunk_auth_username": "auth_username",
    "transport": "transport",
    "codecs": "codecs",
}
"""The fields of requests that a number shows in its trunk; passwords are never shown."""

UNSHOWN = {
    *TRUNK,
    *("auth_password", "sip_trunk_auth_password", "ignore_e164_validation"),
    *("country_code", "number_provider", "toll_free"),
}


class EngineWish(BaseModel):
    """What makes an agent's sentences."""

    model_config = ConfigDict(extra="allow")

    type: Literal["retell-llm", "custom-llm", "conversation-flow"]
    llm_id: Text | None = None
    llm_websocket_url: Text | None = None
    conversation_flow_id: Text | None = None

    @model_validator(mode="after")
    def _names_it(self) -> Self:
        needed = {"retell-llm": "llm_id", "custom-llm": "llm_websocket_url"}
        name = needed.get(self.type, "conversation_flow_id")
        if getattr(self, name) is None:
            raise ValueError(f"{name} is required for {self.type}")
        return self


WebhookEvents = list[
    Literal[
        "call_started",
        "call_ended",
        "call_analyzed",
        "transcript_updated",
        "transfer_started",
        "transfer_bridged",
        "transfer_cancelled",
        "transfer_ended",
    ]
]


class AgentWish(BaseModel):
    """PATCH /update-agent/{agent_id}; Retell has some sixty fields more, which pass unread."""

    model_config = ConfigDict(extra="allow")

    agent_name: StrictStr | None = None
    response_engine: EngineWish | None = None
    voice_id: Text | None = None
    webhook_url: StrictStr | None = None
    webhook_events: WebhookEvents | None = None
    webhook_timeout_ms: Annotated[int, Field(ge=1)] | None = None
    max_call_duration_ms: Annotated[int, Field(ge=60_000, le=7_200_000)] | None = None
    ring_duration_ms: Annotated[int, Field(ge=5_000, le=300_000)] | None = None
    end_call_after_silence_ms: Annotated[int, Field(ge=10_000)] | None = None


class CreateAgent(AgentWish):
    """POST /create-agent."""

    response_engine: EngineWish
    voice_id: Text


class LlmWish(BaseModel):
    """POST /create-retell-llm."""

    model_config = ConfigDict(extra="allow")

    general_prompt: StrictStr | None = None
    begin_message: StrictStr | None = None
    start_speaker: Literal["user", "agent"] = "agent"
    default_dynamic_variables: dict[str, StrictStr] | None = None


class NewVersion(BaseModel):
    """POST /create-agent-version/{agent_id}."""

    model_config = ConfigDict(extra="forbid")

    base_version: Annotated[int, Field(ge=0)]


class Publication(BaseModel):
    """POST /publish-agent-version/{agent_id}."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=0)]
    version_title: StrictStr | None = None
    version_description: StrictStr | None = None
