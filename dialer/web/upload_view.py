"""An upload as its page shows it, and what a person said about the file."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.actions.correcting import NOT_TO_MEND
from dialer.actions.storing import REPEATED
from dialer.domain.errands import ErrandStatus
from dialer.domain.states import CampaignStatus
from dialer.errors import UserError
from dialer.leads.problems import RejectReason
from dialer.store.tables import Campaign, Errand
from dialer.web.upload_rules import MISSING, typed_rules

FIELDS: Mapping[str, str] = {
    "": "a variable, or nothing",
    "phone": "Telephone number",
    "name": "Name",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "company": "Company",
    "time_zone": "Time zone",
    "country": "Country",
    "external_ref": "Your reference",
    "not_before": "Not before",
    "state": "State",
    "postal_code": "Postal code",
    "consent_at": "Consent: when",
    "consent_source": "Consent: where",
    "consent_text": "Consent: to which words",
    "do_not_call": "Do not call, where marked",
}
REASONS: Mapping[RejectReason, str] = {
    RejectReason.MISSING_PHONE: "No telephone number.",
    RejectReason.UNPARSEABLE_PHONE: "What stands there is no telephone number.",
    RejectReason.INVALID_PHONE: "Nobody can have such a number.",
    RejectReason.DAMAGED_PHONE: "A spreadsheet has cut the number short.",
    RejectReason.SHORT_OR_EMERGENCY: "A short or emergency number.",
    RejectReason.PREMIUM_RATE: "Calling it costs extra.",
    RejectReason.FICTIONAL_NUMBER: "555-01xx belongs to nobody; it is for rehearsals.",
    RejectReason.COUNTRY_NOT_ALLOWED: "The campaign does not call that country.",
    RejectReason.DUPLICATE_IN_FILE: "An earlier row of the file has the number.",
    RejectReason.ALREADY_IN_CAMPAIGN: "The campaign has this person already.",
    RejectReason.RECENTLY_CALLED: "Another campaign called it lately.",
    RejectReason.SUPPRESSED: "It is on the do-not-call list.",
    RejectReason.MISSING_VARIABLE: "Something that the agent says is empty.",
    RejectReason.FIELD_TOO_LONG: "A cell is too long.",
    RejectReason.BAD_ROW: "The cells do not match the header.",
}
STUCK_AFTER_S = 20
_NOT_ASKED = dict.fromkeys(("country", "sheet", "encoding", "delimiter", "header_row", "known"))


def view_of(row: Errand, campaign: Campaign | None, *, now: datetime) -> dict[str, Any]:
    """Give what the page shows, as plain values."""
    found = row.found or {}
    unread = row.status is ErrandStatus.FAILED and not found.get("counts")
    at_step_2 = unread or row.status in (ErrandStatus.CHECKING, ErrandStatus.CHECKED)
    waits_s = (now - row.created_at).total_seconds()
    return {
        "id": row.id,
        "file": row.asked.get("file", "the file"),
        "bytes": row.bytes,
        "status": row.status.value,
        "step": 2 if at_step_2 else 3,
        "campaign": campaign,
        "new_campaign": (row.asked.get("spec") or {}).get("name"),
        "percent": None if row.fraction is None else round(100 * row.fraction),
        "rows": row.rows,
        "nobody_works": row.holder is None and waits_s > STUCK_AFTER_S,
        "sentence": row.sentence,
        "asked": {**_NOT_ASKED, **row.asked, **typed_rules(row.asked)},
        "missing_ways": MISSING,
        "found": found,
        "message": _without_option(found.get("message") or ""),
        "reasons": _reasons(found.get("reasons", {}), found.get("rejected", ())),
        "no_leads": _no_leads(found.get("reasons", {})),
        "list_id": row.list_id,
        "loaded": found.get("loaded"),
        "error": found.get("error"),
        "fields": FIELDS,
    }


def rejects_view(list_id: int | None, why: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """Give what became of the rows of a list that are no leads, with the addresses of each kind."""
    base = f"/lists/{list_id}/correct"
    return {
        **_no_leads(dict(why)),
        "rows": [
            {"sentence": reason_sentence(reason), "count": count, "url": f"{base}?reason={reason}"}
            for reason, count in why
        ],
    }


def fictional_in(row: Errand, campaign: Campaign | None) -> int:
    """Count the rows that would be leads if the campaign might call 555-01xx, as it still may."""
    settled = campaign is not None and campaign.status is not CampaignStatus.DRAFT
    reasons: Mapping[str, int] = (row.found or {}).get("reasons", {})
    return 0 if settled else reasons.get(RejectReason.FICTIONAL_NUMBER, 0)


def _without_option(text: str) -> str:
    """Give what is said of a file without the option of a command that it names."""
    return text.partition(" Name it: --map")[0]


def reason_sentence(reason: str) -> str:
    """Say why rows were rejected."""
    known = reason in set(RejectReason)
    return REASONS[RejectReason(reason)] if known else reason.replace("_", " ")


def _reasons(
    counts: Mapping[str, int], shown: Sequence[Mapping[str, Any]]
) -> list[tuple[str, int, list[Mapping[str, Any]]]]:
    """Give each reason, the most frequent first: its sentence, its rows, and a few of them."""
    often = sorted(counts.items(), key=lambda one: -one[1])
    return [
        (reason_sentence(reason), count, [one for one in shown if one["reason"] == reason])
        for reason, count in often
    ]


def _no_leads(counts: Mapping[str, int]) -> dict[str, int]:
    """Count the rows that are no leads: those of which nothing is wrong, and the bad ones."""
    return {
        "repeated": sum(counts.get(reason, 0) for reason in REPEATED),
        "suppressed": counts.get(RejectReason.SUPPRESSED, 0),
        "called": counts.get(RejectReason.RECENTLY_CALLED, 0),
        "bad": sum(count for reason, count in counts.items() if reason not in NOT_TO_MEND),
    }


def typed_again(
    seen: dict[str, Any], typed: Mapping[str, str], column: Sequence[str]
) -> dict[str, Any]:
    """Give an upload with what was typed about it in the place of what was asked before."""
    head = seen["found"].get("head", [])
    if len(column) == len(head):
        head = [{**one, "taken": of} for one, of in zip(head, column, strict=True)]
    found = {**seen["found"], "head": head}
    return {**seen, "asked": {**seen["asked"], **typed}, "found": found}


def mapping_of(
    row: Errand, chosen: Sequence[str], *, known_fields: Sequence[str]
) -> dict[str, list[str]]:
    """Give what a person says of the columns, beside what they said before.

    Raises:
        UserError: no column holds telephone numbers.
    """
    head = (row.found or {}).get("head", [])
    said: dict[str, list[str]] = dict(row.asked.get("map", {}))
    if not head or len(chosen) != len(head):
        return said
    for field in known_fields:
        now = [one["called"] for one, of in zip(head, chosen, strict=True) if of == field]
        was = [one["called"] for one in head if one["taken"] == field]
        if now != was:
            said[field] = now
    if "phone" in said and not said["phone"]:
        raise UserError(
            "no column holds telephone numbers", fix="say which column the telephone number is"
        )
    return said
