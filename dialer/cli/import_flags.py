"""The flags of `dialer lists import`."""

from pathlib import Path
from typing import Annotated

from typer import Option

Country = Annotated[str | None, Option(help="Country of numbers without a country code.")]
AllowCountry = Annotated[
    list[str] | None, Option(help="Countries that may be called, such as US,CA.")
]
Column = Annotated[
    list[str] | None, Option("--map", help="Which column holds what: phone=Mobile; repeatable.")
]
Sheet = Annotated[str | None, Option(help="Sheet of a workbook: name or number.")]
Encoding = Annotated[
    str | None, Option(help="Encoding, where it is not recognised, such as cp1252.")
]
Delimiter = Annotated[str | None, Option(help="Separator, where it is not recognised.")]
HeaderRow = Annotated[int | None, Option(min=0, help="Row of the header; 0: there is none.")]
Known = Annotated[str, Option(help="People the campaign has already: skip or update.")]
NotCalledWithin = Annotated[
    str | None, Option(help="Refuse numbers that other campaigns called since, such as 30d.")
]
MissingVariable = Annotated[
    str | None,
    Option(help="Leads without a value the agent's prompt needs: allow, reject, default=TEXT."),
]
DryRun = Annotated[bool, Option("--dry-run", help="Show what would happen; store nothing.")]
Limit = Annotated[int | None, Option(min=0, help="With --dry-run: most rows shown of each kind.")]
Rejects = Annotated[Path | None, Option(help="Where the rejected rows go, to be corrected.")]
Processes = Annotated[int | None, Option(min=1, help="Processes that read the file.")]
