"""Number check: ask Retell whether calls can be made from a campaign's numbers, before it starts.

Asked within five seconds, outside any transaction. Nothing here fails: what Retell does not tell
is a finding that warns, for a start must not hang on one slow answer.
"""

from datetime import timedelta
from http import HTTPStatus

from dialer.actions.world import Provider
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.number_findings import NumberAtRetell, not_asked, workspace_findings
from dialer.domain.preflight import Finding
from dialer.errors import AccountProblem, AgentNotFound, LookUpFailed
from dialer.retell.agents import AgentReader, PhoneNumber

WITHIN = timedelta(seconds=5)
FEW = 5
"""More numbers than these are asked for as a list first: one question instead of many."""


def findings_at_retell(provider: Provider, spec: CampaignSpec) -> list[Finding]:
    """Tell from which of a campaign's numbers no call could be made."""
    try:
        return workspace_findings(spec, _ask(provider, spec))
    except (LookUpFailed, AccountProblem) as error:
        return [not_asked(f"{error.message.rstrip('.')} ({error.code})")]


def _ask(provider: Provider, spec: CampaignSpec) -> list[NumberAtRetell]:
    listed: dict[str | None, PhoneNumber] = {}
    if len(spec.from_numbers) > FEW:
        listed = {one.phone_number: one for one in provider.phone_numbers()}
    reader = provider.agents(within=WITHIN)
    return [
        _told(number, listed.get(number) or _found(reader, number)) for number in spec.from_numbers
    ]


def _found(reader: AgentReader, number: str) -> PhoneNumber | None:
    try:
        return reader.phone_number(number)
    except AgentNotFound as error:
        if error.status == HTTPStatus.NOT_FOUND and number not in error.message:
            raise  # it is the question that is not known there
        return None


def _told(number: str, found: PhoneNumber | None) -> NumberAtRetell:
    if found is None:
        return NumberAtRetell(number, known=False)
    countries = tuple(one.upper() for one in found.allowed_outbound_country_list or ())
    return NumberAtRetell(number, known=True, has_agent=bool(found.callers), countries=countries)
