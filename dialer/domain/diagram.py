"""Draws the transition tables: `python -m dialer.domain.diagram` writes docs/states.md.

With `--check` it only tells whether the page is up to date.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dialer.domain.states import (
    ATTEMPT_MOVES,
    CAMPAIGN_MOVES,
    LEAD_MOVES,
    OPEN_STATUSES,
    AttemptStatus,
    CampaignStatus,
    LeadStatus,
    S,
)

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
_INTRODUCTION = """# States

Written by `python -m dialer.domain.diagram` from the transition tables in
`dialer/domain/states.py`. A change of state that is not drawn here raises an error.
"""
_ATTEMPT = f"""An attempt is one try to reach a lead. It holds a line while it is
{", ".join(OPEN_STATUSES[:-1])} or {OPEN_STATUSES[-1]}. What is drawn from NOT_PLACED and CANCELLED
is late evidence: a call turned up after the attempt was given up."""
_LEAD = """A lead is one person and number in one campaign. READY has a time at which it is due,
IN_FLIGHT has exactly one open attempt, HELD waits for a person. CLOSED opens
again only for somebody who asked to be called at a time, or, where the campaign allows it, after
a conversation that the analysis calls a voicemail."""
_CAMPAIGN = """A campaign is paused by a person, and held by the dialer itself, with a reason."""


def page() -> str:
    """Write the page."""
    sections = (
        ("Attempt", _ATTEMPT, _diagram(ATTEMPT_MOVES, first=AttemptStatus.INTENT)),
        ("Lead", _LEAD, _diagram(LEAD_MOVES, first=LeadStatus.READY)),
        ("Campaign", _CAMPAIGN, _diagram(CAMPAIGN_MOVES, first=CampaignStatus.DRAFT)),
    )
    drawn = [f"## {title}\n\n{text}\n\n{diagram}" for title, text, diagram in sections]
    return "\n".join([_INTRODUCTION, *drawn])


def _diagram(moves: Mapping[S, frozenset[S]], *, first: S) -> str:
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}"]
    places = list(moves)
    for current, targets in moves.items():
        lines += [f"    {current} --> {one}" for one in sorted(targets, key=places.index)]
        if not targets or current is LeadStatus.CLOSED:
            lines.append(f"    {current} --> [*]")
    return "\n".join([*lines, "```", ""])


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` compare it; gives the exit code."""
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write(
        "error: docs/states.md does not show the states as they are\n"
        "fix: python -m dialer.domain.diagram\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
