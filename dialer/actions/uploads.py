"""Uploads: a lead file on its way from a page into a campaign.

1. The file lies beneath the folder of uploads; a worker reads it and stores nothing.
2. A person looks at what would happen, says what the columns are, and decides.
3. A worker imports it with the same engine as `dialer lists import`.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from dialer.actions import editing
from dialer.actions.control import draft, find
from dialer.actions.errand_hold import UPLOADS
from dialer.actions.world import World
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.errands import FOR_A_PERSON, ErrandKind, ErrandStatus
from dialer.domain.states import OVER
from dialer.errors import NotFound, RefusedByRule
from dialer.store import errands
from dialer.store.database import Connection
from dialer.store.tables import Errand

RULES = ("not_called_within", "missing_variable", "allowed_countries", "country", "known")
"""What an upload may say about its rows in place of its campaign; rows corrected later keep it."""
MOST_DOUBTED = "most of the first rows are no leads: the wrong file, or a column taken for another?"


def folder(home: Path) -> Path:
    """Give the folder in which uploads lie, each in one of its own."""
    return home / UPLOADS


def receive(
    world: World,
    *,
    file: str,
    size: int,
    campaign_id: int | None,
    asked: Mapping[str, Any],
    actor: str,
    status: ErrandStatus = ErrandStatus.CHECKING,
) -> int:
    """Take a file that lies in the folder of uploads, and give the errand's id.

    Without a campaign, `asked["spec"]` holds the settings of one to be made.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it is over.
    """
    now = world.clock.now()

    def body(tx: Connection) -> int:
        if campaign_id is not None:
            refuse_over(tx, campaign_id)
        told = {**asked, "file": file.rpartition("/")[2]}
        values = {"file": file, "bytes": size, "campaign_id": campaign_id, "asked": told}
        return errands.add(tx, ErrandKind.LEADS, now=now, status=status, actor=actor, **values)

    errand_id = world.db.transact(body)
    world.queue.run_errands()
    return errand_id


def check_again(world: World, errand_id: int, *, asked: Mapping[str, Any]) -> None:
    """Read the file once more, with what a person said of it.

    Raises:
        NotFound: there is no such upload.
        RefusedByRule: it is not waiting for a person.
    """

    def body(tx: Connection) -> None:
        row = find_errand(tx, errand_id)
        values = {"asked": {**row.asked, **asked}, "rows": 0, "fraction": None}
        _move(tx, row, ErrandStatus.CHECKING, **values)

    world.db.transact(body)
    world.queue.run_errands()


def allow_fictional(world: World, errand_id: int, *, actor: str) -> None:
    """Let the campaign of an upload call 555-01xx, and read the file once more.

    Raises:
        NotFound: there is no such upload.
        RefusedByRule: the campaign is no draft any more, or the file waits for nobody.
    """
    row = world.db.read(lambda tx: find_errand(tx, errand_id))
    said: dict[str, Any] = {}
    if row.campaign_id is None:
        said = {"spec": {**row.asked["spec"], "allow_fictional": True}}
    else:
        changes = {"allow_fictional": True}
        editing.edit(world, row.campaign_id, changes, actor=actor, source="the upload")
    check_again(world, errand_id, asked=said)


def confirm(world: World, errand_id: int, *, sure: bool, actor: str) -> None:
    """Import the file as it was checked; makes the campaign where there is none yet.

    Raises:
        NotFound: there is no such upload.
        RefusedByRule: most of its rows are no leads and nobody is `sure`, or it is under way.
    """
    now = world.clock.now()

    def body(tx: Connection) -> None:
        row = find_errand(tx, errand_id)
        found = row.found or {}
        if row.status is not ErrandStatus.CHECKED or found.get("file_error"):
            raise RefusedByRule("there is nothing to import", fix="look at the upload again")
        if found.get("doubtful") and not sure:
            raise RefusedByRule(
                MOST_DOUBTED, fix="tick the box to import the good rows all the same"
            )
        campaign_id = row.campaign_id
        if campaign_id is None:
            spec = CampaignSpec.model_validate(row.asked["spec"])
            campaign_id = draft(tx, spec, actor=actor, now=now)
        asked = {**row.asked, "sure": sure}
        values = {"campaign_id": campaign_id, "asked": asked, "rows": 0, "fraction": None}
        _move(tx, row, ErrandStatus.DOING, actor=actor, **values)

    world.db.transact(body)
    world.queue.run_errands()


def ask_undo(world: World, list_id: int, *, campaign_id: int, actor: str) -> int:
    """Have an import taken out again, and give the errand's id."""
    now = world.clock.now()
    values: dict[str, Any] = {"list_id": list_id, "campaign_id": campaign_id, "asked": {}}
    add = partial(
        errands.add, kind=ErrandKind.UNDO, status=ErrandStatus.DOING, now=now, actor=actor, **values
    )
    errand_id = world.db.transact(add)
    world.queue.run_errands()
    return errand_id


def find_errand(tx: Connection, errand_id: int) -> Errand:
    """Read an errand.

    Raises:
        NotFound: there is none with this id.
    """
    row = errands.get(tx, errand_id)
    if row is None:
        raise NotFound(f"there is no upload {errand_id}", fix="upload the file again")
    return row


def refuse_over(tx: Connection, campaign_id: int) -> None:
    """Refuse a campaign that takes no more leads.

    Raises:
        NotFound: there is no such campaign.
        RefusedByRule: it is over.
    """
    row = find(tx, campaign_id)
    if row.status in OVER:
        raise RefusedByRule(
            f'campaign "{row.name}" is {row.status} and takes no more leads',
            fix="choose another one, or a new one",
        )


def _move(tx: Connection, row: Errand, target: ErrandStatus, **values: Any) -> None:
    if not errands.move(tx, row.id, current=FOR_A_PERSON, status=target, **values):
        raise RefusedByRule("the file is being worked on", fix="wait until that is done")
