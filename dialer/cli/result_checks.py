"""The check of `dialer doctor` for results that go to other systems."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dialer.cli.checks import Finding, Verdict, ok, sqlite_file

if TYPE_CHECKING:
    from dialer.config import Settings
    from dialer.store.result_delivery import Standing


def addresses_of_results(settings: "Settings") -> Iterator[Finding]:
    """Whether the addresses that are told results take them."""
    from dialer.bootstrap import open_sender
    from dialer.store.database import Database
    from dialer.store.migrate import newest, revision_of
    from dialer.store.result_delivery import standing

    place = sqlite_file(settings)
    if place is not None and not place.exists():
        return
    open_sender(settings)  # its error is the finding
    database = Database(settings.database_url)
    try:
        if database.read(revision_of) != newest():
            return  # said of the tables already
        found = database.read(standing)
    finally:
        database.close()
    yield from _findings(found)


def _findings(found: "Standing") -> Iterator[Finding]:
    for one in found.off:
        sentence = f"campaign {one.campaign_id}: {one.address} answered 410 and is off"
        fix = f"when it is back: dialer results on {one.campaign_id}"
        yield Finding("results", Verdict.FAIL, sentence, fix)
    for one in found.failing:
        sentence = f"campaign {one.campaign_id}: {one.address} takes nothing: {one.last_error}"
        fix = f"dialer results test {one.campaign_id}"
        yield Finding("results", Verdict.WARN, sentence, fix)
    if found.dead:
        sentence = f"{found.dead} dead letters wait for a person"
        yield Finding("results", Verdict.WARN, sentence, "dialer results list --state dead")
    if not (found.off or found.failing or found.dead):
        yield ok("results", f"every address takes them; {found.waiting} wait")
