"""What pages say to do about an error.

Errors name commands, for those who type them. A page names the place where the same is done by
hand; a piece of which nothing is known here is for whoever runs the dialer.
"""

import re
from collections.abc import Mapping

from markupsafe import Markup

_SEE_CAMPAIGN = ("/campaigns/{}", "Go to the campaign")
_PEOPLE = ("/settings/people", "Look at the people")
_NUMBERS = ("/settings/numbers", "Look at the numbers")
PLACES: Mapping[str, tuple[str, str]] = {
    "agents": ("/settings/agents", "Look at the agents"),
    "agents set-webhook": ("/settings/agents/{}", "Set it on the agent’s page"),
    "audit": ("/problems", "Look under Problems"),
    "calls list": ("/", "Look at the calls of a campaign’s leads"),
    "calls": ("/", "Find the lead of the call in its campaign"),
    "campaigns": _SEE_CAMPAIGN,
    "campaigns list": ("/", "See all campaigns"),
    "campaigns edit": ("/campaigns/{}/edit", "Edit the campaign"),
    "dnc": ("/do-not-call", "Look under Do not call"),
    "dnc import": ("/do-not-call", "Bring it under Do not call"),
    "doctor": ("/health", "Look under Health"),
    "incidents": ("/problems", "See all problems"),
    "leads list": ("/", "Find the lead in its campaign"),
    "leads": ("/leads/{}", "Go to the lead"),
    "lists list": ("/lists", "See all lists"),
    "lists import": ("/upload", "Upload it again"),
    "lists": ("/lists/{}", "Go to the list"),
    "numbers": _NUMBERS,
    "schedules list": ("/schedules", "See all schedules"),
    "schedules": ("/schedules/{}", "Go to the schedule"),
    "tokens": _PEOPLE,
    "users": _PEOPLE,
    "voices": ("/settings/voices", "Look at the voices"),
}
"""Where on pages the same is done as by a command; `{}` is the id that the command names."""
LISTS: Mapping[str, str] = {"/campaigns/{}": "/", "/leads/{}": "/"}
"""Where to look when no id is named."""
ELSEWHERE = "Ask whoever runs the dialer"

_APART = re.compile(r"; or, [^:;]*: |; or: |; |, or (?=dialer )|: (?=`?dialer )")
_COMMAND = re.compile(r"`?\bdialer ([a-z]+)(?: ([a-z-]+))?(?: ([\w-]+))?")
_OPTION = re.compile(r"--[a-z]")


def fix_on_page(fix: str) -> Markup:
    """Write what to do as sentences, with links in the place of commands."""
    said = list(dict.fromkeys(_piece(one) for one in _APART.split(fix.strip().rstrip("."))))
    return Markup(" ").join(said)


def _piece(text: str) -> Markup:
    found = _COMMAND.search(text)
    if found is None or not _is_command(found):
        if _OPTION.search(text):
            return Markup(f"{ELSEWHERE}.")
        return Markup("{}{}.").format(text[:1].upper(), text[1:])
    noun, verb, subject = found.groups()
    known = PLACES.get(f"{noun} {verb}") or PLACES.get(noun)
    if known is None:
        return Markup(f"{ELSEWHERE}.")
    url, words = known
    if "{}" in url:
        is_id = subject is not None and (subject.isdigit() or subject.startswith("agent_"))
        url = url.format(subject) if is_id else LISTS.get(url, url.partition("/{}")[0])
    return Markup('<a href="{}">{}</a>.').format(url, words)


def _is_command(found: re.Match[str]) -> bool:
    """Tell a command from a sentence about the dialer."""
    return found[1] in COMMANDS


COMMANDS = frozenset(
    {
        *(name.partition(" ")[0] for name in PLACES),
        *("config", "demo", "init", "migrate", "restored", "results", "sim", "slots", "up"),
        *("webhooks", "functions"),
    }
)
"""First words of commands, those without a place on pages, too."""
