"""A campaign's settings, as they stand in a campaign file and in the campaign's row."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from dialer.domain.cadence import Cadence
from dialer.domain.callbacks import CallbackSpec
from dialer.domain.caller import CallerSpec
from dialer.domain.caller_id import CallerIdSpec
from dialer.domain.campaign_limits import CampaignLimits, HoldRules
from dialer.domain.dispositions import Disposition
from dialer.domain.durations import Duration
from dialer.domain.e164 import E164
from dialer.domain.moments import Moment
from dialer.domain.opt_out_words import OptOutSpec
from dialer.domain.person_caps import PersonCaps
from dialer.domain.results import ResultSpec
from dialer.domain.variables import check_variable_names
from dialer.domain.window import Window
from dialer.domain.zone_names import check_zone


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", value):
        raise ValueError(f'{value!r} is not a two-letter country such as "US"')
    return value.upper()


Country = Annotated[str, AfterValidator(_country)]


class CampaignSpec(BaseModel):
    """The validated settings of one campaign."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    leads: str | None = None  # a lead file, relative to the campaign file
    from_numbers: tuple[E164, ...] = Field(min_length=1)
    purpose: Literal["telemarketing", "other"] = "telemarketing"  # other: nothing is sold
    agent_id: str | None = Field(default=None, min_length=1)
    agent_version: int | str | None = None
    agent_override: dict[str, Any] | None = None
    variables: dict[str, str] = Field(default_factory=dict)
    custom_sip_headers: dict[str, str] | None = None
    honor_internal_dnc: bool = True
    country: Country = "US"
    allowed_countries: tuple[Country, ...] = ()
    allow_fictional: bool = False
    default_zone: str | None = None
    not_called_within: Duration | None = None  # import nobody another campaign called since
    require_consent: bool = False  # call only leads whose list says when and how they agreed
    calendar: str | None = Field(default=None, pattern=r"^[\w-]{1,100}$")  # that agents book
    start_at: Moment | None = None
    ends_at: Moment | None = None  # who still waits then is not called any more
    weight: float = Field(default=1.0, gt=0, le=1000)
    limits: CampaignLimits = CampaignLimits()
    window: Window = Window()
    cadence: Cadence = Cadence()
    callback: CallbackSpec = CallbackSpec()
    opt_out: OptOutSpec = OptOutSpec()
    person: PersonCaps = PersonCaps()
    caller: CallerSpec = CallerSpec()
    caller_id: CallerIdSpec = CallerIdSpec()
    hold: HoldRules = HoldRules()
    results: ResultSpec = ResultSpec()

    @model_validator(mode="before")
    @classmethod
    def _own_wait_for_callbacks(cls, given: Any) -> Any:
        """Let a file that writes its own wait for callbacks, and no more about them, have it."""
        if isinstance(given, dict) and "callback" not in given:
            cadence = given.get("cadence")
            delays = cadence.get("delays") if isinstance(cadence, dict) else None
            if isinstance(delays, dict) and Disposition.CALLBACK in delays:
                return {**given, "callback": {"keys": []}}
        return given

    @field_validator("default_zone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return None if value is None else check_zone(value)

    @field_validator("variables")
    @classmethod
    def _no_shadowing(cls, value: dict[str, str]) -> dict[str, str]:
        if shadowing := check_variable_names(value):
            raise ValueError(f"Retell sets these variables itself: {', '.join(shadowing)}")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if others := set(self.caller_id.weights) - set(self.from_numbers):
            raise ValueError(
                f"caller_id.weights names {', '.join(sorted(others))}, which from_numbers does not"
            )
        if self.start_at is not None and self.ends_at is not None and self.ends_at <= self.start_at:
            raise ValueError("ends_at must be later than start_at")
        return self

    @property
    def day_zone(self) -> str:
        """The zone whose midnight begins a day of this campaign's limits."""
        return self.limits.zone or self.default_zone or "UTC"

    @property
    def countries(self) -> frozenset[str]:
        """The countries whose numbers may be called."""
        return frozenset(self.allowed_countries or (self.country,))
