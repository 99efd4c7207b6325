"""Files of schedules made on pages: the lists that runs read, and the folders they watch.

Somebody at a browser names no path of this machine: lists lie in one folder of the dialer's home,
and watched folders in another.
"""

import re
import shutil
from pathlib import Path

from dialer.actions.world import World
from dialer.errors import NotFound, UserError
from dialer.store.ledger import log_action

LISTS, INBOX = "lists", "inbox"
MOST_SHOWN = 200
_FOLDER = re.compile(r"[\w][\w .-]{0,59}")


def lists_in(home: Path) -> list[str]:
    """Give the names of the lists that runs may read, in order."""
    folder = home / LISTS
    if not folder.is_dir():
        return []
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    return [name for name in names if not name.startswith(".")][:MOST_SHOWN]


def list_path(home: Path, name: str) -> Path:
    """Give the path of a list by its name.

    Raises:
        NotFound: there is no such list.
    """
    if name not in lists_in(home):
        raise NotFound(f"there is no list “{name[:60]}” here", fix="choose one, or bring the file")
    return home / LISTS / name


def bring(world: World, path: Path, *, home: Path, actor: str) -> str:
    """Put a file among the lists, in place of an older one of this name; gives the name."""
    folder = home / LISTS
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    again = target.exists()
    shutil.move(path, target)
    after: dict[str, object] = {"file": path.name, "bytes": target.stat().st_size, "again": again}
    world.db.transact(
        lambda tx: log_action(
            tx,
            actor=actor,
            action="bring_list_file",
            subject="schedules",
            now=world.clock.now(),
            after=after,
        )
    )
    return path.name


def watched(home: Path, name: str) -> str:
    """Give the pattern of a watched folder, which is made where it is not there yet.

    Raises:
        UserError: the name is no name of a folder.
    """
    if not _FOLDER.fullmatch(name) or name.endswith("."):
        raise UserError(
            "the folder needs a plain name", fix="write letters, digits, spaces, dots and dashes"
        )
    (home / INBOX).mkdir(parents=True, exist_ok=True)
    return str(home / INBOX / name / "*")
