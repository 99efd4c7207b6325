"""The sections of a campaign's form: how people are asked for each setting.

The rules are those of `CampaignSpec`; nothing here says what is valid.
"""

from collections.abc import Iterator, Mapping

from dialer.web.form_fields import ENDINGS, HOURS, Field, Kind

_SOLD = (("telemarketing", "something is sold"), ("other", "nothing is sold"))
_RETRIES = (("before fresh", "before leads nobody called yet"), ("after fresh", "after them"))
_CHOOSE = (("round robin", "in turn"), ("local presence", "the nearest to the lead"))
_RESUME = (("after check", "after a check that calls nobody"), ("by hand", "only by a person"))

SECTIONS: Mapping[str, tuple[Field, ...]] = {
    "Who": (
        Field("name", "Name of the campaign", missing="Give the campaign a name."),
        Field("country", "Country of numbers without a code", hint="Two letters, such as US."),
        Field(
            "allowed_countries",
            "Countries that may be called",
            Kind.LIST,
            hint="Such as US, CA. Empty: only the country above.",
            folded=True,
        ),
        Field(
            "default_zone",
            "Time zone of leads whose zone is not known",
            hint="Such as America/New_York. Empty: they are held, not called.",
            folded=True,
        ),
        Field(
            "require_consent",
            "Call only leads whose list says when and how they agreed",
            Kind.BOX,
            folded=True,
        ),
        Field(
            "not_called_within",
            "Leave out whom another campaign called in the last",
            hint="Such as 30d.",
            folded=True,
        ),
        Field("allow_fictional", "It may call 555-01xx, for rehearsals", Kind.BOX, folded=True),
    ),
    "Agent": (
        Field("agent_id", "Agent", hint="Empty: the agent that each number has at Retell."),
        Field(
            "agent_version",
            "Its version",
            hint="A number, or a tag such as prod. Empty: what Retell takes by itself.",
            folded=True,
        ),
        Field(
            "variables",
            "Variables that are the same for all leads",
            Kind.LINES,
            hint="One a line: offer = two months free. A column of the list comes first.",
            folded=True,
        ),
        Field("calendar", "Calendar that the agent books", folded=True),
    ),
    "Numbers": (
        Field(
            "from_numbers",
            "Numbers to call from",
            Kind.LIST,
            hint="As Retell has them, such as +12125550000; several with commas between.",
            missing="Name a number to call from.",
            spoken="tel",
        ),
        Field("caller_id.choose", "Which of them calls", Kind.CHOICE, choices=_CHOOSE, folded=True),
        Field(
            "caller_id.calls_per_day",
            "Most calls of each number in 24 hours",
            Kind.COUNT,
            hint="Over all campaigns. Empty: no limit.",
            folded=True,
        ),
        Field(
            "caller_id.spacing",
            "Between two calls from one number",
            hint="Such as 20s.",
            folded=True,
        ),
        Field(
            "caller_id.warm_up",
            "Calls on a number’s first days",
            Kind.LIST,
            hint="Such as 20, 50, 100.",
            folded=True,
        ),
    ),
    "When": (
        *HOURS,
        Field(
            "window.holidays", "Nobody is called on public holidays of the lead’s place", Kind.BOX
        ),
        Field("start_at", "Starts", Kind.MOMENT, hint="Empty: when somebody starts it."),
        Field(
            "ends_at",
            "Ends",
            Kind.MOMENT,
            hint="Who waits then is not called any more. Empty: when every lead is closed.",
        ),
        Field(
            "window.blackout",
            "Dates without calls",
            Kind.LIST,
            hint="Such as 2026-12-24, or 2026-12-24/2027-01-01 for several.",
            folded=True,
        ),
    ),
    "Cadence": (
        Field(
            "cadence.max_attempts",
            "Most attempts for a lead",
            Kind.COUNT,
            hint="Only attempts that rang count.",
        ),
        Field(
            "cadence.max_days",
            "Days from the first attempt to the last",
            Kind.COUNT,
            folded=True,
        ),
        Field(
            "cadence.min_gap",
            "Shortest time between two attempts",
            hint="Such as 3h; it lengthens the waits below. Empty: as they say.",
            folded=True,
        ),
        Field(
            "cadence.retries",
            "Leads to be called again come",
            Kind.CHOICE,
            choices=_RETRIES,
            folded=True,
        ),
        Field(
            "cadence.jitter",
            "Waits are up to so much longer",
            hint="Such as 10m, so that retries spread.",
            folded=True,
        ),
        Field(
            "cadence.quick_hangup",
            "Hung up sooner than this is no conversation",
            hint="Such as 6s.",
            folded=True,
        ),
        Field(
            "cadence.max_free_tries",
            "Most tries that cost the lead nothing",
            Kind.COUNT,
            folded=True,
        ),
        Field(
            "cadence.voicemail_retries",
            "Also call again where only the analysis heard a voicemail",
            Kind.BOX,
            folded=True,
        ),
        *(field for one in ENDINGS for field in (one.waits, one.at_most)),
    ),
    "Limits": (
        Field(
            "limits.lines", "Most lines of its own", Kind.COUNT, hint="Empty: all that are free."
        ),
        Field("limits.calls_per_day", "Most calls in a day", Kind.COUNT, hint="Empty: no limit."),
        Field(
            "limits.dollars_per_day",
            "Most dollars in a day",
            Kind.COUNT,
            hint="Empty: no limit.",
        ),
        Field(
            "limits.zone",
            "Whose midnight begins such a day",
            hint="Empty: that of the zone above, else UTC.",
            folded=True,
        ),
        Field(
            "limits.lines_at_least",
            "Lines it has before others get more",
            Kind.COUNT,
            folded=True,
        ),
        Field(
            "limits.lines_per_minute",
            "Lines it gets more each minute after its start",
            Kind.COUNT,
            hint="It then begins with one. Empty: all at once.",
            folded=True,
        ),
        Field(
            "weight",
            "Its share of the lines, beside other campaigns",
            Kind.COUNT,
            hint="1 is usual.",
            folded=True,
        ),
        Field(
            "person.calls_per_day",
            "Most calls to one number in 24 hours",
            Kind.CAP,
            hint="Of all campaigns and systems; “none” sets no cap, the law does.",
            folded=True,
        ),
        Field("person.calls_per_week", "In 7 days", Kind.CAP, folded=True),
        Field("person.calls_per_month", "In 30 days", Kind.CAP, folded=True),
        Field("person.gap", "After a call by another campaign or system", folded=True),
        Field(
            "hold.failed_share",
            "It holds itself when more of its calls fail than",
            Kind.SHARE,
            hint="0.5 is half of them; “never” is possible.",
            folded=True,
        ),
        Field(
            "hold.opted_out_share",
            "Or when more of those who answer ask not to be called than",
            Kind.SHARE,
            hint="0.05 is one in twenty.",
            folded=True,
        ),
        Field("hold.resume", "It goes on", Kind.CHOICE, choices=_RESUME, folded=True),
    ),
    "Rules": (
        Field("purpose", "In these calls", Kind.CHOICE, choices=_SOLD),
        Field("caller.legal_name", "In whose name the agent calls"),
        Field(
            "caller.callback_number",
            "Number for people who want to call back",
            Kind.PHONE,
            hint="Such as +14155550198, or as it is written in the country of the campaign.",
            spoken="tel",
        ),
        Field("caller.opt_out_words", "How the agent offers not to call again"),
        Field("caller.discloses_ai", "The agent says that it is an AI", Kind.BOX),
        Field("caller.announces_recording", "It says that the call is recorded", Kind.BOX),
        Field(
            "honor_internal_dnc",
            "Retell’s own do-not-call list is asked, too",
            Kind.BOX,
            folded=True,
        ),
        Field(
            "opt_out.keys",
            "Where the analysis says that somebody opted out",
            Kind.LIST,
            folded=True,
        ),
        Field(
            "results.address",
            "Address of your own system that is told the results",
            hint="Such as https://crm.example.com/dialer.",
            folded=True,
        ),
        Field(
            "results.secret",
            "Name of the secret that signs them",
            hint="As in DIALER_RESULT_SECRETS; never the secret itself.",
            folded=True,
        ),
    ),
}

ONLY_IN_FILES = (
    *("leads", "agent_override", "custom_sip_headers"),
    *(
        "window.days",
        "window.opens",
        "window.closes",
        "window.emergencies",
        "window.legal_override",
    ),
    *("cadence.day_parts", "cadence.counts", "caller_id.weights", "results.events"),
    *("callback.keys", "callback.formats", "callback.at_most", "callback.furthest"),
    *("callback.again_after", "hold.failed_among", "hold.failed_within", "hold.opted_out_among"),
)
"""Settings without a field: rarely wanted, or not lightly. What a campaign has of them it keeps."""


def fields() -> Iterator[Field]:
    """Give all fields, in the order of the form."""
    for section in SECTIONS.values():
        yield from section


BY_KEY: Mapping[str, Field] = {one.key: one for one in fields()}
