"""Lead sources: where the leads of a campaign come from that did not come by a list of its own."""

from typing import Any

from dialer.actions.export import find_list
from dialer.domain.selection import LeadSource
from dialer.domain.states import ListStatus
from dialer.errors import RefusedByRule
from dialer.store import campaigns, lists
from dialer.store.database import Connection
from dialer.store.tables import Campaign


def source_list(tx: Connection, list_id: int) -> LeadSource:
    """Say whose leads those of a list are.

    Raises:
        NotFound: there is no such list.
        RefusedByRule: it was undone, is still being imported, or brought nobody.
    """
    row = find_list(tx, list_id)
    what = f'list {row.id} "{row.file_name}"'
    another = "choose another: dialer lists list shows them all"
    if row.status is ListStatus.UNDONE:
        why = f"its leads were taken out of campaign {row.campaign_id} again"
        raise RefusedByRule(f"{what} was undone", why=why, fix=another)
    if row.status is ListStatus.IMPORTING:
        raise RefusedByRule(
            f"{what} is still being imported",
            why="the leads that are still to come would be missing",
            fix="wait until dialer lists list says it is done; import an interrupted one again",
        )
    if row.imported <= row.undone:
        why = "its rows changed leads that older lists brought, or were no leads"
        raise RefusedByRule(f"{what} brought no leads", why=why, fix=another)
    return LeadSource(row.campaign_id, list_id=row.id)


def source_told(tx: Connection, row: Campaign) -> dict[str, Any] | None:
    """Tell whose leads a campaign took over; None where it took nobody's."""
    if row.copied_from is None:
        return None
    source = LeadSource.read(row.copied_from)
    of_list = None if source.list_id is None else lists.get(tx, source.list_id)
    return {
        "campaign_id": source.campaign_id,
        "campaign": campaigns.names(tx, [source.campaign_id]).get(source.campaign_id),
        "leads": source.leads.value,
        "list_id": source.list_id,
        "file_name": None if of_list is None else of_list.file_name,
    }
