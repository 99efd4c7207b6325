"""Exports that people ask for on pages: written by a worker, kept for a while, then deleted."""

import re
import secrets
import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dialer.actions.batch_export import export_batch
from dialer.actions.control import find
from dialer.actions.errand_hold import ErrandHold
from dialer.actions.export import Exported, Tell, export_attempts, export_leads, export_results
from dialer.actions.profile_export import export_profile, read_profile
from dialer.actions.world import World
from dialer.domain.counts import how_many
from dialer.domain.errands import ErrandKind, ErrandStatus
from dialer.domain.exports import ExportWhat, is_completed, is_to_fix
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.leads.export_profile import shipped_profiles
from dialer.leads.exports import ExportFormat
from dialer.log import get_logger
from dialer.store import errands
from dialer.store.database import Connection
from dialer.store.ledger import log_action
from dialer.store.tables import Errand

log = get_logger(__name__)

FOLDER = "exports"
KEPT = timedelta(days=7)
"""So long an export can be downloaded."""
_EVERY = 5_000
"""Leads between two signs of life."""
_UNFIT = re.compile(r"[^A-Za-z0-9]+")


def ask(
    world: World,
    campaign_id: int,
    what: ExportWhat,
    *,
    form: ExportFormat,
    profile: str | None,
    actor: str,
) -> int:
    """Have an export written and give the errand's id.

    Raises:
        NotFound: there is no such campaign.
        UserError: nobody knows the profile, or the kind has a form of its own.
    """
    if what is ExportWhat.PROFILE and profile not in shipped_profiles():
        raise UserError("no profile was chosen", fix=f"choose {', '.join(shipped_profiles())}")
    if what is ExportWhat.BATCH and form is not ExportFormat.CSV:
        raise UserError("Retell’s batch calls take a CSV file only", fix="choose CSV")
    now = world.clock.now()

    def body(tx: Connection) -> int:
        row = find(tx, campaign_id)
        named = f"{_slug(row.name)}-{profile or what.value}-{now:%Y-%m-%d}.{form.value}"
        asked: dict[str, Any] = {
            "what": what.value,
            "form": form.value,
            "profile": profile if what is ExportWhat.PROFILE else None,
            "name": named,
            "folder": secrets.token_hex(12),
        }
        after = {name: asked[name] for name in ("what", "form", "profile")}
        subject = f"campaign:{campaign_id}"
        log_action(tx, actor=actor, action="export", subject=subject, now=now, after=after)
        values = {"campaign_id": campaign_id, "asked": asked, "actor": actor}
        return errands.add(tx, ErrandKind.EXPORT, now=now, status=ErrandStatus.DOING, **values)

    errand_id = world.db.transact(body)
    world.queue.run_errands()
    return errand_id


def _slug(name: str) -> str:
    return _UNFIT.sub("-", name).strip("-").lower()[:60] or "campaign"


def write(hold: ErrandHold) -> None:
    """Write an export. May be done twice: the file is written anew."""
    row, asked = hold.errand, hold.errand.asked
    assert row.campaign_id is not None
    path = _path(row, home=hold.home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = WRITERS[ExportWhat(asked["what"])](hold, row.campaign_id, path)
    size = path.stat().st_size
    found = {"bytes": size, "rows": done.rows, "warnings": done.warnings}
    hold.finish(how_many(done.rows, "row"), found=found, bytes=size, rows=done.rows)


def _path(row: Errand, *, home: Path) -> Path:
    folder: str = row.asked["folder"]
    name: str = row.asked["name"]
    return home / FOLDER / folder / name


def _tell(hold: ErrandHold) -> Tell:
    def tell(done: int, total: int) -> None:
        if done % _EVERY == 0:
            hold.tell(done, done / total)

    return tell


def _results(hold: ErrandHold, campaign_id: int, path: Path, **more: Any) -> Exported:
    form, tell = _form(hold), _tell(hold)
    return export_results(hold.world.db, campaign_id, path, form=form, tell=tell, **more)


def _attempts(hold: ErrandHold, campaign_id: int, path: Path) -> Exported:
    return export_attempts(hold.world.db, campaign_id, path, form=_form(hold), tell=_tell(hold))


def _leads(hold: ErrandHold, campaign_id: int, path: Path) -> Exported:
    return export_leads(hold.world.db, campaign_id, path, form=_form(hold), tell=_tell(hold))


def _profile(hold: ErrandHold, campaign_id: int, path: Path) -> Exported:
    profile = read_profile(hold.errand.asked["profile"])
    db, form, tell = hold.world.db, _form(hold), _tell(hold)
    return export_profile(db, campaign_id, path, profile=profile, form=form, tell=tell)


def _batch(hold: ErrandHold, campaign_id: int, path: Path) -> Exported:
    """Write who is still to be called. Nobody is closed: that is done where the file is seen."""
    actor = hold.errand.actor
    done = export_batch(hold.world, campaign_id, path, close=False, actor=actor)
    left = [f"{count:,} left out: {reason}" for reason, count in done.left_out.most_common()]
    return Exported(done.rows, [*done.warnings, *left])


def _form(hold: ErrandHold) -> ExportFormat:
    return ExportFormat(hold.errand.asked["form"])


WRITERS: Mapping[ExportWhat, Callable[[ErrandHold, int, Path], Exported]] = {
    ExportWhat.RESULTS: _results,
    ExportWhat.COMPLETED: partial(_results, wanted=is_completed),
    ExportWhat.TO_FIX: partial(_results, wanted=is_to_fix),
    ExportWhat.ATTEMPTS: _attempts,
    ExportWhat.LEADS: _leads,
    ExportWhat.PROFILE: _profile,
    ExportWhat.BATCH: _batch,
}


def take_home(world: World, errand_id: int, *, home: Path, actor: str) -> Path:
    """Give the file of an export to somebody, and write down who has it.

    Raises:
        NotFound: there is no such export, or its file is gone.
        RefusedByRule: it is not written yet.
    """
    now = world.clock.now()

    def body(tx: Connection) -> Path:
        row = find_export(tx, errand_id)
        if row.status is not ErrandStatus.DONE:
            raise RefusedByRule("this export is not there", fix="wait for it, or ask again")
        path = _path(row, home=home)
        if not row.bytes or not path.is_file():
            raise NotFound(
                "the file of this export was deleted",
                why=f"exports are kept for {KEPT.days} days",
                fix="export it again",
            )
        subject = f"campaign:{row.campaign_id}"
        after: dict[str, object] = {"export": errand_id, "file": path.name}
        log_action(tx, actor=actor, action="download_export", subject=subject, now=now, after=after)
        return path

    return world.db.transact(body)


def find_export(tx: Connection, errand_id: int) -> Errand:
    """Read an export.

    Raises:
        NotFound: there is none with this id.
    """
    row = errands.get(tx, errand_id)
    if row is None or row.kind is not ErrandKind.EXPORT:
        raise NotFound(f"there is no export {errand_id}", fix="look at the exports")
    return row


def delete(world: World, errand_id: int, *, home: Path, actor: str) -> None:
    """Delete the file of an export; that there was one stays. May be called twice."""
    row = world.db.read(partial(find_export, errand_id=errand_id))
    _delete(world, row, home=home, actor=actor)


def delete_old(world: World, *, home: Path) -> None:
    """Delete the files of exports that were kept long enough."""
    before = world.clock.now() - KEPT
    for row in world.db.read(
        partial(errands.with_old_files, kind=ErrandKind.EXPORT, before=before)
    ):
        _delete(world, row, home=home, actor=None)


def _delete(world: World, row: Errand, *, home: Path, actor: str | None) -> None:
    """Forget that there is a file, then delete it; without an actor, because it is old."""
    now = world.clock.now()
    found = {**(row.found or {}), "deleted_at": now.isoformat()}

    def body(tx: Connection) -> bool:
        current = (ErrandStatus.DONE,)
        if not row.bytes or not errands.move(tx, row.id, current=current, bytes=0, found=found):
            return False
        if actor is not None:
            subject = f"campaign:{row.campaign_id}"
            after: dict[str, object] = {"export": row.id, "file": row.asked["name"]}
            log_action(
                tx, actor=actor, action="delete_export", subject=subject, now=now, after=after
            )
        return True

    if world.db.transact(body):
        shutil.rmtree(_path(row, home=home).parent, ignore_errors=True)
        log.info("export_deleted", errand_id=row.id)
