"""No page tells people to type a command: it leads to where the same is done."""

import re
from pathlib import Path

import pytest

import dialer
from dialer.web.page_fixes import COMMANDS, fix_on_page

SOURCE = Path(dialer.__file__).parent
SAID = re.compile(r'fix\s*=\s*\(?f?(["\'])(.*?)\1', re.DOTALL)


@pytest.mark.parametrize(
    ("fix", "shown"),
    [
        ("dialer campaigns list shows them all", '<a href="/">See all campaigns</a>.'),
        ("dialer lists list shows them all", '<a href="/lists">See all lists</a>.'),
        (
            "make somebody else an admin first: dialer users set-role NAME admin",
            'Make somebody else an admin first. <a href="/settings/people">Look at the people</a>.',
        ),
        (
            "dialer campaigns edit 7 --unset ends_at",
            '<a href="/campaigns/7/edit">Edit the campaign</a>.',
        ),
        ("dialer results list --campaign 3", "Ask whoever runs the dialer."),
        (
            "try again; if it stays so, tell whoever runs the dialer this reference",
            "Try again. If it stays so, tell whoever runs the dialer this reference.",
        ),
        ('say "<b>"', "Say &#34;&lt;b&gt;&#34;."),
    ],
)
def test_a_page_leads_to_where_it_is_done(fix: str, shown: str) -> None:
    assert fix_on_page(fix) == shown


def test_no_fix_in_the_source_shows_a_command_on_a_page() -> None:
    fixes = [
        said
        for path in SOURCE.rglob("*.py")
        if "cli" not in path.relative_to(SOURCE).parts
        for _, said in SAID.findall(path.read_text(encoding="utf-8"))
    ]
    assert sum("dialer " in one for one in fixes) > 30
    shown = [str(fix_on_page(re.sub(r"\{[^}]*\}", "7", one))) for one in fixes]
    found = {word for one in shown for word in re.findall(r"dialer ([a-z]+)", one)}
    assert found & COMMANDS == set()
