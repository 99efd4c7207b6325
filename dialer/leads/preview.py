"""What an import would do, as one JSON object; nothing is stored."""

from pathlib import Path

from dialer.leads.outcomes import AcceptedRow, ImportOptions, RejectedRow
from dialer.leads.problems import FileProblem
from dialer.leads.rows import LeadFile, read_leads


def preview(path: Path, *, options: ImportOptions, limit: int | None = None) -> dict[str, object]:
    """Read the whole file and give what would become of every row.

    `limit` caps the two lists, never the counts. A file that cannot be imported gives
    `file_error` instead of raising.
    """
    accepted: list[dict[str, object]] = []
    rejected: list[dict[str, object]] = []
    lead_file: LeadFile | None = None
    error: FileProblem | None = None
    try:
        lead_file = read_leads(path, options=options)
        for outcome in lead_file:
            if isinstance(outcome, RejectedRow):
                _append(rejected, _rejected(outcome), limit=limit)
            else:
                _append(accepted, _accepted(outcome, lead_file=lead_file), limit=limit)
    except FileProblem as problem:
        error = problem
    return {
        "file_error": error and error.code.value,
        "message": error and " ".join(filter(None, (error.what, error.why, error.fix))),
        "warnings": [],
        "counts": {
            "accepted": lead_file.accepted if lead_file else 0,
            "rejected": lead_file.rejected if lead_file else 0,
            "blank": lead_file.blank if lead_file else 0,
        },
        "columns": _columns(lead_file) if lead_file else {},
        "accepted": accepted,
        "rejected": rejected,
    }


def _append(shown: list[dict[str, object]], row: dict[str, object], *, limit: int | None) -> None:
    if limit is None or len(shown) < limit:
        shown.append(row)


def _columns(lead_file: LeadFile) -> dict[str, object]:
    columns = lead_file.columns
    return {
        "phone": [columns.headers[place] for place in columns.phones],
        **{name.value: columns.headers[place] for name, place in columns.fields.items()},
    }


def _accepted(lead: AcceptedRow, *, lead_file: LeadFile) -> dict[str, object]:
    others = lead_file.columns.other_variables().values()
    return {
        "row": lead.row,
        "phone": lead.phone.e164,
        "name": lead.name or None,
        "email": lead.email or None,
        "alt_phones": list(lead.alt_phones),
        "zone": list(lead.zones),
        "data": {name: lead.variables.get(name) or None for name in others},
    }


def _rejected(row: RejectedRow) -> dict[str, object]:
    return {"row": row.row, "reason": row.reason.value, "message": row.message}
