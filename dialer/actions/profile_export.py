"""Exports for other systems: leads and their calls in the columns a profile names."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dialer.actions.campaign_file import problems_of, read_toml, refusal
from dialer.actions.control import find
from dialer.actions.export import STATUS_WORDS, Exported, Tell, lead_ids_in_order, rows_of
from dialer.errors import NotFound
from dialer.leads.export_profile import ExportProfile, shipped_profile, shipped_profiles
from dialer.leads.exports import ExportFormat, Target, open_export
from dialer.store import exports
from dialer.store.database import Database

_OBJECTS = ("variables", "custom_analysis")


def read_profile(name: str) -> ExportProfile:
    """Read a profile that comes with the dialer, or one in a TOML file.

    Raises:
        NotFound: there is neither.
        UserError: the file is not valid; names key, value and what is wanted.
    """
    path = Path(name)
    if name in shipped_profiles():
        given = tomllib.loads(shipped_profile(name))
    elif path.suffix == ".toml":
        given = read_toml(path)
    else:
        raise NotFound(
            f"there is no profile {name}",
            why=f"known: {', '.join(shipped_profiles())}",
            fix="name one of these, or a file that ends with .toml",
        )
    try:
        return ExportProfile.model_validate(given)
    except ValidationError as error:
        raise refusal(problems_of(path, error, model=ExportProfile)) from error


def export_profile(
    db: Database,
    campaign_id: int,
    target: Target,
    *,
    profile: ExportProfile,
    form: ExportFormat = ExportFormat.CSV,
    tell: Tell = lambda done, total: None,
) -> Exported:
    """Write the leads of a campaign with their latest calls as a profile says.

    Raises:
        NotFound: there is no such campaign.
    """
    campaign = db.read(lambda tx: find(tx, campaign_id))
    ids = lead_ids_in_order(db, campaign_id)
    with open_export(target, form=form, columns=list(profile.columns), title="results") as export:
        for row in rows_of(db, ids, exports.profile_rows, tell=tell):
            fields = _fields(row, campaign.name)
            if profile.has_row(fields):
                export.add(profile.cells(fields))
    return Exported(export.rows, export.warnings)


def _fields(row: Sequence[Any], campaign: str) -> Mapping[str, Any]:
    fields = dict(zip(exports.PROFILE_COLUMNS, row, strict=True))
    variables, analysis = (fields.pop(name) or {} for name in _OBJECTS)
    found = {f"variable.{name}": value for name, value in variables.items()}
    if isinstance(analysis, dict):
        found |= {f"analysis.{name}": value for name, value in analysis.items()}
    milliseconds, cents = fields["duration_ms"], fields["cost_cents"]
    fields["status"] = STATUS_WORDS[fields["status"]]
    fields["campaign"] = campaign
    fields["duration_s"] = None if milliseconds is None else round(milliseconds / 1000)
    fields["cost_dollars"] = None if cents is None else round(cents / 100, 4)
    return {**fields, **found}
