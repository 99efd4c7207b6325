"""The one-time link, printed where the dialer was started, while nobody can sign in."""

import sys

from dialer.actions.people import first_link
from dialer.actions.world import World
from dialer.config import Settings


def print_first_link(world: World, settings: Settings) -> None:
    """Print the link on stderr, beside the log and not in it; nothing once somebody is here."""
    if not settings.print_first_link:
        return
    token = first_link(world.db, now=world.clock.now())
    if token is not None:
        address = settings.public_url or settings.web_url
        sys.stderr.write(f"nobody can sign in yet; the first admin: {address}/welcome/{token}\n")
        sys.stderr.flush()
