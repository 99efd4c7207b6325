"""Health: what screens tell of the audit, of incidents, and of a doubted database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialer.store import audits, doubts, incidents, webhooks
from dialer.store.audits import AuditKind
from dialer.store.database import Connection
from dialer.store.doubts import Standing
from dialer.store.tables import AuditRun, Incident

LATE_AFTER: Mapping[AuditKind, timedelta] = {
    AuditKind.RECENT: timedelta(minutes=5),
    AuditKind.COMPLETE: timedelta(hours=2),
    AuditKind.PROVIDER: timedelta(hours=2),
}
INCIDENTS_SHOWN = 20

DOUBTED = (
    "Nobody is called: the database may have gone back in time. {} Calling goes on by itself once"
    " Retell's calls were compared, some minutes later. If Retell cannot be asked any more:"
    " dialer restored --call-anyway REASON"
)


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the audit, and what people should know."""

    now: datetime
    runs: Mapping[AuditKind, AuditRun]
    open_incidents: int
    incidents: Sequence[Incident]  # the first of them
    dead_letters: int
    standing: Standing | None

    @property
    def doubt(self) -> str | None:
        """Say why nobody is called, where the database is doubted."""
        if self.standing is None:
            return None
        if self.standing.doubted_at is not None:
            return DOUBTED.format(self.standing.doubt)
        if self.standing.is_moved:
            return DOUBTED.format("It lies on another server than before.")
        return None

    def age(self, kind: AuditKind) -> timedelta | None:
        """Say how long ago the last audit of a kind began that came to its end."""
        run = self.runs.get(kind)
        if run is None or run.started_at is None:
            return None
        return self.now - run.started_at

    @property
    def late(self) -> list[AuditKind]:
        """Give the audits that should have run, and did not; one that never ran is not late."""
        ages = {kind: self.age(kind) for kind in AuditKind}
        return [kind for kind, age in ages.items() if age is not None and age > LATE_AFTER[kind]]

    @property
    def broken(self) -> dict[str, list[str]]:
        """Give the invariants that the last audits found broken, with the first ids of each."""
        found: dict[str, list[str]] = {}
        for run in self.runs.values():
            for name, ids in (run.broken or {}).items():
                found[name] = list(dict.fromkeys([*found.get(name, []), *ids]))
        return found


def health(tx: Connection, *, now: datetime) -> Health:
    """Read what there is to tell."""
    return Health(
        now,
        audits.all_last(tx),
        incidents.count_unclosed(tx),
        incidents.unclosed(tx, most=INCIDENTS_SHOWN),
        webhooks.count_dead(tx),
        doubts.standing(tx),
    )
