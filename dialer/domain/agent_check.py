"""Agent check: does Retell have of an agent what calls of ours need?"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What came of comparing one thing."""

    OK = "ok"
    WARN = "warn"  # calls are made and closed, but somebody should look
    FAIL = "fail"  # must be mended before it calls


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of the report."""

    name: str
    verdict: Verdict
    sentence: str
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """What Retell has of an agent. An event list that is None stands for Retell's own three."""

    agent_id: str
    version: int | None
    is_published: bool | None
    webhook_url: str | None
    webhook_events: Collection[str] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What we expect. `url` is None where nobody has said how Retell reaches us."""

    url: str | None
    events: Collection[str]
    by_call: bool  # the address goes with each call, so the agent's own does not count
    rehearsal: bool = False  # the simulator knows our address by itself


def check_agent(facts: AgentFacts, wanted: Wanted) -> list[Checked]:
    """Compare what Retell has with what we expect."""
    rest = [_events(facts, wanted), _published(facts)]
    if wanted.url is None and wanted.rehearsal:
        return rest
    return [_address(facts, wanted), *rest]


def _address(facts: AgentFacts, wanted: Wanted) -> Checked:
    name, set_it = "webhook address", f"dialer agents set-webhook {facts.agent_id}"
    if wanted.by_call and wanted.url is not None:
        return Checked(name, Verdict.OK, f"{wanted.url} goes with each call")
    if wanted.url is None:
        sentence = "nobody has said how Retell reaches us, so calls close by look-ups only"
        return Checked(name, Verdict.WARN, sentence, "set DIALER_PUBLIC_URL")
    if facts.webhook_url == wanted.url:
        return Checked(name, Verdict.OK, f"{wanted.url} is the agent's")
    has = f"it has {facts.webhook_url}" if facts.webhook_url else "it has none of its own"
    return Checked(name, Verdict.FAIL, f"{has}, we expect {wanted.url}", set_it)


def _events(facts: AgentFacts, wanted: Wanted) -> Checked:
    name, all_of_them = "webhook events", ", ".join(wanted.events)
    if wanted.by_call and wanted.url is not None:
        return Checked(name, Verdict.OK, f"{all_of_them} are asked for with each call")
    if facts.webhook_events is None:
        return Checked(name, Verdict.OK, "Retell's own choice, which has all we need")
    missing = [one for one in wanted.events if one not in facts.webhook_events]
    if not missing:
        return Checked(name, Verdict.OK, f"{all_of_them} are told")
    fix = f"dialer agents set-webhook {facts.agent_id}"
    return Checked(name, Verdict.FAIL, f"{', '.join(missing)} would not be told", fix)


def _published(facts: AgentFacts) -> Checked:
    version = "its version" if facts.version is None else f"version {facts.version}"
    if facts.is_published:
        return Checked("version", Verdict.OK, f"{version} is published")
    if facts.is_published is None:
        return Checked("version", Verdict.WARN, f"Retell does not say whether {version} is out")
    at = "" if facts.version is None else f" --version {facts.version}"
    fix = f"dialer agents publish {facts.agent_id}{at}"
    return Checked("version", Verdict.WARN, f"{version} is a draft, which may still change", fix)
