"""Our do-not-call list as a file: numbers in by the thousand, and all entries out."""

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

from dialer.actions.control import find
from dialer.actions.do_not_call import refuse_expired
from dialer.actions.export import Exported
from dialer.actions.rejects_on_demand import RejectsOnDemand
from dialer.actions.scrub import Tell, breathe, say_nothing
from dialer.actions.world import World
from dialer.domain.do_not_call import OptOut
from dialer.leads.exports import ExportFormat, Target, open_export
from dialer.leads.opt_outs import NumbersOfRow, UnmarkedRow, open_opt_outs, opt_outs_in
from dialer.leads.options import ImportOptions
from dialer.leads.outcomes import RejectedRow
from dialer.log import get_logger
from dialer.store import suppressions
from dialer.store.database import Connection, Database
from dialer.store.ledger import log_action

log = get_logger(__name__)

ROWS_AT_ONCE = {"sqlite": 1_000, "postgresql": 5_000}
PAGE_ENTRIES = 1_000
COLUMNS = (
    "phone",
    "campaign_id",
    "reason",
    "source",
    "note",
    "since",
    "expires_at",
    "actor",
    "call_id",
)


@dataclass(slots=True)
class OptOutsRead:
    """What importing a file into our list did."""

    rows: int = 0
    numbers: int = 0  # of all rows that count; a row may hold several
    added: int = 0  # entries that are new, began anew or last longer now
    unmarked: int = 0  # rows that the file's own do-not-call column does not mark
    closed: int = 0  # leads that waited
    reasons: Counter[str] = field(default_factory=Counter)  # of rows that hold no number
    rejects: Path | None = None  # the file of those
    first_rejects: Sequence[tuple[int, str]] = ()  # the first of them, and what is wrong

    @property
    def rejected(self) -> int:
        """How many rows hold no number."""
        return self.reasons.total()


def import_opt_outs(
    world: World,
    path: Path,
    opt_out: OptOut,
    *,
    options: ImportOptions,
    rejects_to: Path,
    tell: Tell = say_nothing,
) -> OptOutsRead:
    """Put every number of a file on our list, and close the leads that wait for a call to it.

    May be done again with the same file: an entry that is there stays as it is.

    Raises:
        NotFound: no such file or campaign.
        FileProblem: nothing in the file can be read.
        RefusedByRule: the entries would be over already.
    """
    if opt_out.campaign_id is not None:
        world.db.read(partial(find, campaign_id=opt_out.campaign_id))
    refuse_expired(opt_out, now=world.clock.now())
    done = OptOutsRead()
    with open_opt_outs(path, options=options) as file, ExitStack() as stack:
        rejects = RejectsOnDemand(rejects_to, file.header, stack)
        outcomes = opt_outs_in(file)
        size = ROWS_AT_ONCE["sqlite" if world.db.is_sqlite else "postgresql"]
        while batch := list(islice(outcomes, size)):
            phones = _sorted_out(batch, done, rejects)
            store = partial(_store, world=world, phones=phones, opt_out=opt_out)
            added, closed = world.db.transact(store)
            done.added += added
            done.closed += closed
            tell(done.rows, file.table.fraction_read())
            breathe(world)
    done.rejects, done.first_rejects = rejects.path, rejects.first
    world.db.transact(partial(_note, world=world, path=path, opt_out=opt_out, done=done))
    log.info("opt_outs_imported", added=done.added, closed=done.closed)
    return done


def export_opt_outs(
    db: Database, target: Target, *, form: ExportFormat = ExportFormat.CSV
) -> Exported:
    """Write all entries of our list, expired ones too; registries are not ours to hand out."""
    after = 0
    with open_export(target, form=form, columns=COLUMNS, title="do not call") as export:
        while entries := db.read(partial(suppressions.page, after=after, most=PAGE_ENTRIES)):
            for one in entries:
                export.add(
                    [
                        one.phone,
                        one.campaign_id,
                        one.reason,
                        one.source,
                        one.note,
                        one.created_at,
                        one.expires_at,
                        one.actor,
                        one.call_id,
                    ]
                )
            after = entries[-1].id
    return Exported(export.rows, export.warnings)


def _sorted_out(
    batch: Sequence[NumbersOfRow | UnmarkedRow | RejectedRow],
    done: OptOutsRead,
    rejects: RejectsOnDemand,
) -> list[str]:
    """Count what became of some rows, and give the numbers among them."""
    phones: list[str] = []
    for outcome in batch:
        done.rows += 1
        match outcome:
            case NumbersOfRow():
                phones += outcome.phones
                done.numbers += len(outcome.phones)
            case UnmarkedRow():
                done.unmarked += 1
            case RejectedRow():
                done.reasons[outcome.reason.value] += 1
                rejects.add(outcome)
    return phones


def _store(
    tx: Connection, *, world: World, phones: Sequence[str], opt_out: OptOut
) -> tuple[int, int]:
    now = world.clock.now()
    added = suppressions.add(tx, phones, opt_out, now=now)
    closed = suppressions.close_waiting_among(tx, phones, campaign_id=opt_out.campaign_id, now=now)
    return added, closed


def _note(tx: Connection, *, world: World, path: Path, opt_out: OptOut, done: OptOutsRead) -> None:
    log_action(
        tx,
        actor=opt_out.actor,
        action="import_do_not_call",
        subject="do_not_call",
        now=world.clock.now(),
        after={
            "file": path.name,
            "campaign": opt_out.campaign_id,
            "reason": opt_out.reason,
            "added": done.added,
            "rejected": done.rejected,
            "closed": done.closed,
        },
    )
