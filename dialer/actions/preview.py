"""What an import would do, row by row; nothing is stored."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.actions.drafting import chunks
from dialer.actions.storing import REPEATED, Batch, Draft, Target, look_over
from dialer.leads.notices import WarningCode
from dialer.leads.options import ImportOptions
from dialer.leads.outcomes import AcceptedRow, RejectedRow
from dialer.leads.problems import FileProblem, RejectReason
from dialer.leads.rows import LeadFile, Recall, nothing_recalled, read_leads
from dialer.leads.table import Record
from dialer.store.database import Database
from dialer.store.seen import SeenPhones


class Preview:
    """Reads a file as an import would. `look` may be called once.

    With a database and a target the campaign's leads, the do-not-call list and the calls of other
    campaigns are asked too. `limit` caps the rows that are shown, never the counts; of rejected
    rows `per_reason` are shown, where it is given.
    """

    def __init__(
        self,
        path: Path,
        *,
        options: ImportOptions,
        limit: int | None = None,
        per_reason: int | None = None,
        recall: Recall = nothing_recalled,
        processes: int = 1,
        tell: Callable[[int, float | None], None] = lambda row, fraction: None,
    ) -> None:
        self.path = path
        self.options = options
        self.limit = limit
        self.per_reason = per_reason
        self.recall = recall
        self.processes = processes
        self.tell = tell
        self.accepted: list[dict[str, Any]] = []
        self.rejected: list[dict[str, Any]] = []
        self.counts = {"accepted": 0, "rejected": 0}
        self.updated = 0  # among the accepted
        self.reasons: dict[str, int] = {}

    def look(
        self,
        *,
        database: Database | None = None,
        target: Target | None = None,
        now: datetime,
        unchecked: str | None = None,
    ) -> dict[str, Any]:
        """Read the whole file and give what would become of every row.

        `unchecked` says why nobody knows which variables the agent needs. A file that cannot be
        imported gives `file_error` instead of raising.
        """
        file: LeadFile | None = None
        error: FileProblem | None = None
        try:
            with read_leads(self.path, options=self.options, recall=self.recall) as file:
                if unchecked is not None:
                    file.notices.add(WarningCode.AGENT_NOT_CHECKED, unchecked)
                self._read(file, database=database, target=target, now=now)
        except FileProblem as problem:
            error = problem
        return {
            "file_error": error and error.code.value,
            "message": error and " ".join(filter(None, (error.what, error.why, error.fix))),
            "warnings": file.notices.codes() if file else [],
            "warning_details": file.notices.details() if file else [],
            "counts": {**self.counts, "blank": file.blank if file else 0},
            "updated": self.updated,
            "reasons": self.reasons,
            "columns": file.columns.summary() if file else {},
            "accepted": self.accepted,
            "rejected": self.rejected,
        }

    def _read(
        self,
        file: LeadFile,
        *,
        database: Database | None,
        target: Target | None,
        now: datetime,
    ) -> None:
        with SeenPhones() as seen:
            for chunk in chunks(file, processes=self.processes):
                batch = Batch(chunk.drafts, chunk.rejects)
                if database is not None and target is not None:
                    database.read(
                        lambda tx, batch=batch: look_over(tx, target, batch, now=now)  # type: ignore[misc]
                    )
                self._set_repeated_aside(batch, seen)
                self.updated += len(batch.updates)
                self._show(file, [*batch.drafts, *batch.updates.values()])
                self._count(batch.rejects)
                self.tell(chunk.last_row, chunk.fraction_read)

        rejected = self.counts["rejected"]
        repeated = sum(self.reasons.get(reason.value, 0) for reason in REPEATED)
        file.notices.judge(rows=self.counts["accepted"] + rejected, rejected=rejected - repeated)

    def _set_repeated_aside(self, batch: Batch, seen: SeenPhones) -> None:
        firsts = seen.first_rows([(draft.phone, draft.row) for draft in batch.drafts])
        left = []
        for draft in batch.drafts:
            if draft.row in firsts:
                message = f"{draft.phone} is already in row {firsts[draft.row]} of this file."
                batch.refuse(draft, RejectReason.DUPLICATE_IN_FILE, message)
            else:
                left.append(draft)
        batch.drafts = left

    def _show(self, file: LeadFile, drafts: list[Draft]) -> None:
        self.counts["accepted"] += len(drafts)
        drafts.sort(key=lambda draft: draft.row)
        for draft in drafts[: self._room(self.accepted)]:
            lead = file.reader.read(Record(draft.row, list(draft.cells)))
            assert isinstance(lead, AcceptedRow)
            self.accepted.append(_fields(lead, others=file.columns.other_variables().values()))

    def _count(self, rejects: list[RejectedRow]) -> None:
        self.counts["rejected"] += len(rejects)
        rejects.sort(key=lambda one: one.row)
        for one in rejects:
            reason = one.reason.value
            before = self.reasons.get(reason, 0)
            self.reasons[reason] = before + 1
            if self._is_shown(before):
                self.rejected.append({"row": one.row, "reason": reason, "message": one.message})

    def _is_shown(self, before: int) -> bool:
        """Tell whether a rejected row is shown, after so many of its reason."""
        if self.per_reason is not None:
            return before < self.per_reason
        return self.limit is None or len(self.rejected) < self.limit

    def _room(self, shown: list[dict[str, Any]]) -> int | None:
        return None if self.limit is None else max(0, self.limit - len(shown))


def _fields(lead: AcceptedRow, *, others: Iterable[str]) -> dict[str, Any]:
    return {
        "row": lead.row,
        "phone": lead.phone,
        "name": lead.name or None,
        "first_name": lead.first_name or None,
        "last_name": lead.last_name or None,
        "email": lead.email or None,
        "company": lead.company or None,
        "country": lead.country,
        "external_ref": lead.external_ref or None,
        "not_before": lead.not_before,
        "alt_phones": list(lead.alt_phones),
        "zone": lead.zones or None,
        "zone_source": lead.zone_source.value,
        "region": lead.region,
        "consent": lead.consent,
        # A column without a header is a variable only where it is filled.
        "data": {name: lead.variables[name] or None for name in others if name in lead.variables},
        **_overrides(lead.overrides),
    }


def _overrides(overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"overrides": overrides} if overrides else {}
