"""What is found about a campaign before it starts, for people and for programs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dialer.cli.checks import sqlite_file
from dialer.cli.exits import WrongUsage
from dialer.cli.output import say
from dialer.cli.worlds import load_settings, opened_world
from dialer.errors import UserError

if TYPE_CHECKING:
    from dialer.actions.world import World
    from dialer.config import Settings
    from dialer.domain.campaign_spec import CampaignSpec
    from dialer.domain.preflight import Finding

SHORTEST_REASON = 10
"""A reason of fewer letters tells nobody anything."""


def say_findings(found: "Sequence[Finding]") -> None:
    """Say each finding in a line, with what to do about it."""
    for one in finding_fields(found):
        say(finding_line(one))


def finding_line(fields: dict[str, Any]) -> str:
    """Write a finding for people."""
    kind = "may not start" if fields["forbids"] else "warning"
    return f"{kind}: {fields['sentence']} ({fields['fix']})"


def finding_fields(found: "Sequence[Finding]") -> list[dict[str, Any]]:
    """Give findings for programs."""
    return [
        {"code": one.code.value, "forbids": one.forbids, "sentence": one.sentence, "fix": one.fix}
        for one in found
    ]


def say_before_start(world: "World", campaign_id: int) -> "tuple[list[Finding], int | None]":
    """Say what is found about a campaign; give that, and how many leads have consent.

    That is None where the campaign needs none.
    """
    from dialer.actions.control import find
    from dialer.actions.preflight import findings_of
    from dialer.domain.preflight import FindingCode

    row = world.db.read(lambda tx: find(tx, campaign_id))
    found = findings_of(world, row, now=world.clock.now())
    say_findings([one for one in found if one.code is not FindingCode.NO_CONSENT])
    return found, say_consent(world, campaign_id)


def say_consent(world: "World", campaign_id: int) -> int | None:
    """Say how many leads have consent, where the campaign needs it; give how many have."""
    from dialer.actions.explain import consents_of
    from dialer.domain.preflight import consent_sentence

    counted = consents_of(world.db, campaign_id, now=world.clock.now())
    if counted is None:
        return None
    say(consent_sentence(waiting=counted.waiting, agreed=counted.agreed))
    return counted.agreed


def check_reason(despite: str | None, *, at: str | None) -> None:
    """Refuse a reason to start despite a finding that is none, or that would be forgotten.

    Raises:
        WrongUsage: it is one of these.
    """
    if despite is None:
        return
    if len(despite.strip()) < SHORTEST_REASON:
        raise WrongUsage(
            "--despite needs a reason", fix='--despite "why it must start, and who says so"'
        )
    if at is not None:
        raise WrongUsage(
            "--despite counts for a start now",
            why="what forbids it may be mended by then, or be something else",
            fix="leave out --at or --despite",
        )


def findings_of_file(spec: "CampaignSpec") -> "list[Finding]":
    """Tell what is found about a campaign file; what cannot be asked is left out.

    A file is checked wherever it lies; `dialer doctor` tells what is wrong here.
    """
    from dialer.domain.preflight import FindingCode, caller_findings

    try:
        settings = load_settings()
    except UserError:
        return caller_findings(spec.caller)
    found = _findings_by_database(settings, spec)
    if found is None:
        found = [*caller_findings(spec.caller), *_findings_at_retell(settings, spec)]
    if settings.mode == "live":
        return found
    # A rehearsal that does not run yet has no numbers to ask about.
    return [one for one in found if one.code is not FindingCode.NUMBERS_NOT_ASKED]


def _findings_by_database(settings: "Settings", spec: "CampaignSpec") -> "list[Finding] | None":
    """Tell what the database and Retell find; None without a database that can be asked."""
    from dialer.actions.preflight import findings_without_leads
    from dialer.store.database import is_outage

    place = sqlite_file(settings)
    if place is not None and not place.is_file():
        return None  # checking a file makes no database
    try:
        with opened_world(settings) as world:
            return findings_without_leads(world, spec, now=world.clock.now())
    except UserError:
        return None
    except Exception as error:
        if not is_outage(error):
            raise
        return None


def _findings_at_retell(settings: "Settings", spec: "CampaignSpec") -> "list[Finding]":
    from dialer.actions.number_check import findings_at_retell
    from dialer.bootstrap import open_provider

    provider = open_provider(settings)
    try:
        return findings_at_retell(provider, spec)
    finally:
        provider.close()
