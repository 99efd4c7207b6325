"""What an import would do, as one JSON object; nothing is stored."""

from pathlib import Path

from dialer.leads.outcomes import AcceptedRow, ImportOptions, RejectedRow
from dialer.leads.problems import FileProblem, RejectReason
from dialer.leads.rows import LeadFile, read_leads


def preview(path: Path, *, options: ImportOptions, limit: int | None = None) -> dict[str, object]:
    """Read the whole file and give what would become of every row.

    `limit` caps the two lists, never the counts. A file that cannot be imported gives
    `file_error` instead of raising.
    """
    shown = _Shown(limit)
    lead_file: LeadFile | None = None
    error: FileProblem | None = None
    try:
        with read_leads(path, options=options) as lead_file:
            for outcome in lead_file:
                shown.add(outcome, lead_file=lead_file)
    except FileProblem as problem:
        error = problem
    return {
        "file_error": error and error.code.value,
        "message": error and " ".join(filter(None, (error.what, error.why, error.fix))),
        "warnings": lead_file.notices.codes() if lead_file else [],
        "counts": {
            "accepted": shown.accepted_count,
            "rejected": shown.rejected_count,
            "blank": lead_file.blank if lead_file else 0,
        },
        "columns": _columns(lead_file) if lead_file else {},
        "accepted": shown.accepted,
        "rejected": shown.rejected,
    }


class _Shown:
    """The rows that are shown, and how many there are of both kinds."""

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.accepted: list[dict[str, object]] = []
        self.rejected: list[dict[str, object]] = []
        self.accepted_count = 0
        self.rejected_count = 0
        self._first_rows: dict[int, int] = {}

    def add(self, outcome: AcceptedRow | RejectedRow, *, lead_file: LeadFile) -> None:
        outcome = self._unless_repeated(outcome)
        if isinstance(outcome, RejectedRow):
            self.rejected_count += 1
            if self.limit is None or len(self.rejected) < self.limit:
                self.rejected.append(_rejected(outcome))
        else:
            self.accepted_count += 1
            if self.limit is None or len(self.accepted) < self.limit:
                self.accepted.append(_accepted(outcome, lead_file=lead_file))

    def _unless_repeated(self, outcome: AcceptedRow | RejectedRow) -> AcceptedRow | RejectedRow:
        """Let the first row with a number stand."""
        if isinstance(outcome, RejectedRow):
            return outcome
        first = self._first_rows.setdefault(int(outcome.phone[1:]), outcome.row)
        if first == outcome.row:
            return outcome
        return RejectedRow(
            outcome.row,
            [],
            RejectReason.DUPLICATE_IN_FILE,
            f"{outcome.phone} is already in row {first} of this file.",
        )


def _columns(lead_file: LeadFile) -> dict[str, object]:
    columns = lead_file.columns
    return {
        "phone": [columns.title(place) for place in columns.phones],
        **{name.value: columns.title(place) for name, place in columns.fields.items()},
    }


def _accepted(lead: AcceptedRow, *, lead_file: LeadFile) -> dict[str, object]:
    others = lead_file.columns.other_variables().values()
    return {
        "row": lead.row,
        "phone": lead.phone,
        "name": lead.name or None,
        "email": lead.email or None,
        "alt_phones": list(lead.alt_phones),
        "zone": lead.zones.split(",") if lead.zones else [],
        "data": {name: lead.variables[name] or None for name in others if name in lead.variables},
    }


def _rejected(row: RejectedRow) -> dict[str, object]:
    return {"row": row.row, "reason": row.reason.value, "message": row.message}
