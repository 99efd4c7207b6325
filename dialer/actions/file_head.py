"""The head of a lead file: its columns, what each was taken for, and what its first rows hold."""

from itertools import islice
from pathlib import Path
from typing import Any

from dialer.leads.header_words import LeadField
from dialer.leads.options import ImportOptions
from dialer.leads.problems import FileProblem
from dialer.leads.reading import open_table
from dialer.leads.rows import LeadFile, Recall, read_leads

EXAMPLES = 3
"""Rows of which the cells are shown."""


def head_of(path: Path, *, options: ImportOptions, recall: Recall) -> dict[str, Any]:
    """Give the columns of a file: what each was taken for, and what its first rows hold.

    Raises:
        FileProblem: it is no table, or has not one filled cell; nothing can be said of it.
    """
    try:
        with read_leads(path, options=options, recall=recall) as file:
            rows = [record.cells for record in islice(file.records(), EXAMPLES)]
            return {"head": _columns(file, rows), "sheets": list(file.table.sheets)}
    except FileProblem:
        bare = _bare_head(path, options=options)
        if not bare["head"]:
            raise
        return bare


def _columns(file: LeadFile, rows: list[list[str]]) -> list[dict[str, Any]]:
    taken = dict.fromkeys(file.columns.phones, LeadField.PHONE.value)
    taken.update((place, one.value) for one, place in file.columns.fields.items())
    headers = file.columns.headers
    return [
        {
            "title": file.columns.title(place),
            "called": header if header and headers.count(header) == 1 else f"#{place + 1}",
            "taken": taken.get(place, ""),
            "examples": [row[place] for row in rows if place < len(row)],
        }
        for place, header in enumerate(headers)
    ]


def _bare_head(path: Path, *, options: ImportOptions) -> dict[str, Any]:
    """Give the first row as headers, of a file in which no leads are found."""
    with open_table(path, limits=options.limits, sheet=options.sheet) as table:
        rows = [record.cells for record in islice(table.records(), EXAMPLES + 1)]
        first = rows[0] if rows else []
        columns = [
            {
                "title": header or f"column_{place + 1}",
                "called": header if header and first.count(header) == 1 else f"#{place + 1}",
                "taken": "",
                "examples": [row[place] for row in rows[1:] if place < len(row)],
            }
            for place, header in enumerate(first)
        ]
        return {"head": columns, "sheets": list(table.sheets)}
