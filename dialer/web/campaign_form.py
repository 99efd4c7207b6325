"""A campaign's form as it was sent: what stands in it, what it makes, and what is wrong with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from dialer.actions import editing
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.states import CampaignStatus
from dialer.errors import UserError
from dialer.store import campaigns
from dialer.store.tables import Campaign
from dialer.web.form_fields import HOURS, Kind
from dialer.web.form_sections import BY_KEY
from dialer.web.form_texts import NOTHING, YES, Texts, Typed, changes_of, nested, texts_of, told

NUMBER = "number."
"""Numbers that were ticked have names of their own that begin so."""
CLOCK, SEEN = "clock", "seen"
UTC = "UTC"
NOT_FILLED_IN = {"name": "?", "from_numbers": ["+12025550100"]}
"""In place of what everybody must fill in, to say something before they did."""


IN_ORDER = tuple(dict.fromkeys(("name", "file", "list", "source", *BY_KEY)))
"""The fields as they stand on the form."""


@dataclass(slots=True)
class Sent:
    """A form, and what came of reading it. `spec` is None where something is wrong."""

    typed: Typed
    locked: frozenset[str] = frozenset()
    spec: CampaignSpec | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)  # by field
    others: list[str] = field(default_factory=list)  # wrong, and of no field

    @property
    def is_right(self) -> bool:
        """Tell whether nothing is wrong with it."""
        return not (self.wrong or self.others)

    @property
    def mark(self) -> str:
        """Give what tells these changes from others."""
        text = json.dumps(self.changes, sort_keys=True, default=lambda _: "")
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def numbers(self) -> list[str]:
        """Give the numbers to call from, as far as they were named."""
        text = self.typed.texts.get("from_numbers", "")
        return [part for one in text.split(",") if (part := one.strip())]


def blank() -> Typed:
    """Give the form of a campaign of which nobody said anything yet."""
    texts = texts_of(NOTHING, clock=UTC)
    return Typed(texts, texts, UTC, UTC)


def form_of(row: Campaign) -> Typed:
    """Give the form of a campaign as it is."""
    spec = campaigns.spec_of(row)
    clock = spec.default_zone or UTC
    texts = texts_of(spec, clock=clock)
    return Typed(texts, texts, clock, clock)


def locked_in(row: Campaign) -> frozenset[str]:
    """Give the fields of a campaign that cannot be changed any more."""
    if row.status is CampaignStatus.DRAFT:
        return frozenset()
    return frozenset(key for key in BY_KEY if key.partition(".")[0] not in editing.ALWAYS)


def typed_in(fields: Mapping[str, str], before: Typed, *, locked: frozenset[str]) -> Typed:
    """Give what stands in a form that came back; fields that were locked are not in it."""
    clean = {name: text.replace("\x00", "") for name, text in fields.items()}
    # Browsers leave out a box that is not ticked, and nothing else.
    absent = {key: "" if BY_KEY[key].kind is Kind.BOX else before.texts[key] for key in BY_KEY}
    texts = absent | {key: clean[key] for key in BY_KEY if key in clean}
    texts |= {key: before.texts[key] for key in locked}
    ticked = [text for name, text in clean.items() if name.startswith(NUMBER)]
    if "from_numbers" not in locked:
        texts["from_numbers"] = ", ".join([*ticked, *filter(None, [texts["from_numbers"].strip()])])
    return Typed(
        texts, _seen(clean, before), clean.get(CLOCK, "").strip() or UTC, before.clock_before
    )


def _seen(fields: Mapping[str, str], before: Typed) -> Texts:
    """Give what the person saw; what somebody else changed meanwhile is not taken back by them."""
    try:
        seen = json.loads(fields.get(SEEN, ""))
    except ValueError:
        return before.texts
    known = isinstance(seen, dict) and all(isinstance(one, str) for one in seen.values())
    return {key: seen.get(key, "") for key in BY_KEY} if known else before.texts


def read_new(typed: Typed, *, filled_in: Mapping[str, Any] | None = None) -> Sent:
    """Read the form of a new campaign; `filled_in` stands where nothing was typed."""
    changes, wrong = changes_of(typed)
    sent = Sent(typed, changes=changes, wrong=wrong)
    # Named, so that a wait of one's own for callbacks does not give up those at a time.
    settings = {**(filled_in or {}), "callback": {}, **nested(changes)}
    try:
        spec = CampaignSpec.model_validate(settings)
    except ValidationError as error:
        more, sent.others = told(error.errors())
        sent.wrong = more | wrong
    else:
        sent.spec = None if wrong else spec
    return sent


def read_edit(row: Campaign, typed: Typed) -> Sent:
    """Read the form of a campaign there is, against what it is now."""
    changes, wrong = changes_of(typed)
    sent = Sent(typed, locked_in(row), changes=changes, wrong=wrong)
    try:
        spec = editing.changed_spec(row, changes, source="the form")
    except UserError as error:
        if not isinstance(error.__cause__, ValidationError):
            raise
        more, sent.others = told(error.__cause__.errors())
        sent.wrong = more | wrong
    else:
        sent.spec = None if wrong else spec
    return sent


def in_order(wrong: Mapping[str, str]) -> dict[str, str]:
    """Give what is wrong in the order in which the fields stand on the form."""
    return {key: wrong[key] for key in IN_ORDER if key in wrong}


def without_wrong(sent: Sent) -> Typed:
    """Give the form with everything that is wrong as it was before somebody typed it."""
    wrong = set(sent.wrong)
    if any(BY_KEY[key].kind is Kind.HOURS for key in wrong & BY_KEY.keys()):
        wrong |= {one.key for one in HOURS}  # a week is read as a whole
    before = {key: sent.typed.before.get(key, "") for key in wrong}
    return replace(sent.typed, texts={**sent.typed.texts, **before})


def differences(sent: Sent, now: Typed) -> list[dict[str, Any]]:
    """Tell what is changed, field by field; `meanwhile` where somebody else changed it, too."""
    typed = sent.typed
    return [
        {
            "label": BY_KEY[key].label,
            "key": key,
            "before": _shown(key, now.texts[key]),
            "after": _shown(key, typed.texts[key]),
            "meanwhile": now.texts[key] != typed.before[key],
        }
        for key in typed.changed
    ]


def _shown(key: str, text: str) -> str:
    if BY_KEY[key].kind is Kind.BOX:
        return "yes" if text == YES else "no"
    return text.replace("T", " ") if BY_KEY[key].kind is Kind.MOMENT else text or "–"
