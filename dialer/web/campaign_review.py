"""The review beside a campaign's form: what would come of it as it stands there."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dialer.actions.agent_variables import AgentVariables, required_variables
from dialer.actions.campaign_review import (
    LeadsAtHand,
    Outlook,
    leads_of,
    leads_to_copy,
    leads_to_copy_of_list,
    outlook,
)
from dialer.actions.number_check import findings_at_retell
from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.edit_effects import effects_of
from dialer.domain.lines import lines_in_force
from dialer.domain.preflight import Finding, FindingCode
from dialer.domain.states import NOT_BEGUN
from dialer.errors import NotFound, RefusedByRule, UserError
from dialer.forecast.assumptions import Assumptions
from dialer.forecast.estimate import estimate
from dialer.store import gate
from dialer.store.database import Database
from dialer.store.tables import Campaign
from dialer.web.campaign_form import (
    NOT_FILLED_IN,
    Sent,
    differences,
    form_of,
    in_order,
    read_edit,
    read_new,
    without_wrong,
)
from dialer.web.form_sections import BY_KEY
from dialer.web.kept_figures import Kept
from dialer.web.site import Site

_CALLER = "Fill it in"
WAYS: Mapping[FindingCode, tuple[str, str]] = {
    FindingCode.REGISTRY_TOO_OLD: ("/do-not-call", "Bring a newer one"),
    FindingCode.REGISTRY_UNDATED: ("/do-not-call", "Bring it with its day"),
    FindingCode.NO_REGISTRY: ("/do-not-call", "Bring one"),
    FindingCode.CALLER_UNNAMED: ("#caller-legal_name", _CALLER),
    FindingCode.NO_CALLBACK_NUMBER: ("#caller-callback_number", _CALLER),
    FindingCode.NO_OPT_OUT_WORDS: ("#caller-opt_out_words", _CALLER),
    FindingCode.AI_NOT_DISCLOSED: ("#caller-discloses_ai", "Tick it, once its prompt does"),
    FindingCode.RECORDING_NOT_ANNOUNCED: ("#caller-announces_recording", "Tick it, once it does"),
    FindingCode.NO_CONSENT: ("#require_consent", "To the setting"),
    FindingCode.NEVER_OPEN: ("#window-hours-mon", "Widen the hours"),
    FindingCode.NO_ZONE: ("#default_zone", "Name a zone for them"),
    FindingCode.NUMBERS_REST: ("#from_numbers", "Add a number"),
    FindingCode.NUMBER_UNKNOWN: ("#from_numbers", "To the numbers"),
    FindingCode.NUMBER_UNBOUND: ("#agent_id", "Name an agent"),
    FindingCode.NUMBER_COUNTRIES: ("#from_numbers", "To the numbers"),
    FindingCode.NUMBERS_NOT_ASKED: ("#from_numbers", "To the numbers"),
}
"""Where on the form, or elsewhere, something is done about a finding."""


def ways_from(form: str) -> dict[FindingCode, tuple[str, str]]:
    """Give the same for a page that is not the form itself, which is at `form`."""
    return {
        code: (form + url if url.startswith("#") else url, words)
        for code, (url, words) in WAYS.items()
    }


AGENT_WITHIN_S = 0.3


_TO_COPY: Mapping[str, Callable[[Database, int], LeadsAtHand]] = {
    "list": leads_to_copy_of_list,
    "source": leads_to_copy,
}
"""What counts the leads that a new campaign takes over, by the field that says of what."""


def review_of_new(
    site: Site, sent: Sent, *, source: tuple[str, int] | None, now: datetime
) -> dict[str, Any]:
    """Say what would come of a new campaign with the leads of `source`, or with none yet.

    A source is the field of the form that names it, and its id.
    """
    looked = sent
    if sent.wrong:
        filled = {key: value for key, value in NOT_FILLED_IN.items() if key in sent.wrong}
        looked = read_new(without_wrong(sent), filled_in=filled)
    problems = _problems(sent, looked)
    kept = None
    if source is not None:
        field, which = source
        ask = lambda: _TO_COPY[field](site.world().db, which)  # noqa: E731
        try:
            kept = site.figures.soon(("leads to copy", *source), ask, now=now)
        except (NotFound, RefusedByRule) as error:
            problems.append((field, why_not(error)))
            return _review(site, replace(looked, spec=None), None, problems, now=now)
    ready = source is None or kept is not None
    return _review(site, looked, kept, problems, now=now, ready=ready)


def review_of_edit(site: Site, row: Campaign, sent: Sent, *, now: datetime) -> dict[str, Any]:
    """Say what would come of a campaign that is edited, and what the edit changes for whom."""
    db = site.world().db
    ask = lambda: leads_of(db, row.id, now=site.world().clock.now())  # noqa: E731
    kept = site.figures.soon(("leads at hand", row.id), ask, now=now)
    at_hand = None if kept is None else kept.value
    looked = read_edit(row, without_wrong(sent)) if sent.wrong else sent
    problems = _problems(sent, looked)
    view = _review(site, looked, kept, problems, now=now, ready=kept is not None)
    return view | {
        "has_begun": row.status not in NOT_BEGUN,
        "changed": differences(sent, form_of(row)),
        "effects": effects_of(sent.typed.changed, has_begun=row.status not in NOT_BEGUN),
        "waiting": at_hand and sum(at_hand.places.values()),
        "in_flight": at_hand and at_hand.in_flight,
    }


def why_not(error: UserError) -> str:
    """Say at a field what is wrong; what to do about it is to choose something else there."""
    text = f"{error.what}: {error.why}" if error.why else error.what
    return f"{text[:1].upper()}{text[1:]}."


def _problems(sent: Sent, looked: Sent) -> list[tuple[str | None, str]]:
    """Say what is to be put right, each with its field, as far as it is of one."""
    found: list[tuple[str | None, str]] = []
    for key, text in in_order({**looked.wrong, **sent.wrong}).items():
        one = BY_KEY[key]
        found.append((one.id, text if text == one.missing else f"{one.label}: {text}"))
    others = dict.fromkeys((*sent.others, *looked.others))
    return [*found, *((None, text) for text in others)]


def _review(
    site: Site,
    sent: Sent,
    leads: Kept[LeadsAtHand] | None,
    problems: Sequence[tuple[str | None, str]],
    *,
    now: datetime,
    ready: bool = True,
) -> dict[str, Any]:
    """Look at `sent`, in which nothing is wrong any more; `problems` are those of the form."""
    at_hand = None if leads is None else leads.value
    view: dict[str, Any] = {"problems": problems, "changed": [], "counting": not ready}
    spec = sent.spec
    found = None
    if spec is not None and ready:
        found = _outlook(site, spec, leads, now=now)
        view["counting"] = found is None
    view["outlook"] = found
    view["ways"] = WAYS
    view["has_leads"] = at_hand is not None
    view["hours"] = _hours(site, spec, found, now=now) if spec and found and at_hand else None
    view["agent"] = _agent(site, sent, at_hand, now=now) if spec else None
    view["at_retell"] = _numbers(site, sent, now=now) if spec else []
    view["again"] = view["counting"] or bool(view["agent"] and view["agent"]["waiting"])
    return view


def _outlook(
    site: Site, spec: CampaignSpec, leads: Kept[LeadsAtHand] | None, *, now: datetime
) -> Outlook | None:
    db, at_hand = site.world().db, None if leads is None else leads.value
    mark = hashlib.sha256(spec.model_dump_json().encode()).hexdigest()
    question = (mark, None if leads is None else leads.as_of)
    ask = lambda: outlook(db, spec, at_hand, now=now)  # noqa: E731
    kept = site.reviews.soon(question, ask, now=now)
    return None if kept is None else kept.value


def _hours(site: Site, spec: CampaignSpec, found: Outlook, *, now: datetime) -> dict[str, Any]:
    state = site.world().db.read(gate.peek)
    ours = lines_in_force(state, now=now).lines
    lines = max(1, min(ours, spec.limits.lines or ours))
    pace = state.calls_per_second or site.settings.calls_per_second
    assumed = Assumptions(lines=lines, calls_per_second=pace)
    guess = estimate(found.to_call, assumed, most_attempts=spec.cadence.max_attempts)
    per_day = spec.limits.calls_per_day
    return {
        "lines": lines,
        "first_round": in_hours(guess.first_round_hours),
        "needed": in_hours(guess.hours),
        "open": in_hours(found.open_hours),
        "enough": guess.hours <= found.open_hours,
        "days": None if per_day is None else -(-found.to_call // per_day),
        "answer_rate": round(100 * assumed.answer_rate),
        "talk": round(assumed.talk.total_seconds() / 60),
    }


def in_hours(hours: float) -> str:
    """Say how many hours that is."""
    if hours * 60 < 1:
        return "under a minute"
    if hours < 2:
        return f"{hours * 60:,.0f} min"
    return f"{hours:,.1f} h" if hours < 10 else f"{hours:,.0f} h"


def _numbers(site: Site, sent: Sent, *, now: datetime) -> list[Finding]:
    """Say from which numbers no call could be made, as far as Retell has told by now."""
    spec, world = sent.spec, site.world()
    if spec is None or not sent.numbers:
        return []
    who = (spec.from_numbers, spec.agent_id is None, spec.countries)
    ask = lambda: findings_at_retell(world.provider, spec)  # noqa: E731
    kept = site.retell_says.soon(("findings", *who), ask, now=now, within_s=AGENT_WITHIN_S)
    return [] if kept is None else kept.value


def _agent(
    site: Site, sent: Sent, at_hand: LeadsAtHand | None, *, now: datetime
) -> dict[str, Any] | None:
    """Say what the agent wants to be told, and what of it the list does not have."""
    spec, world = sent.spec, site.world()
    if spec is None or (spec.agent_id is None and not sent.numbers):
        return None
    who = (spec.agent_id, spec.agent_version, spec.from_numbers, tuple(sorted(spec.variables)))
    ask = lambda: required_variables(world, spec)  # noqa: E731
    kept = site.retell_says.soon(("variables", *who), ask, now=now, within_s=AGENT_WITHIN_S)
    if kept is None:
        sentence = "Retell is asked what the agent says."
        return {"waiting": True, "sentence": sentence, "missing": (), "needed": (), "columns": None}
    told: AgentVariables = kept.value
    columns = at_hand.columns if at_hand is not None else None
    missing = sorted(told.needed - columns) if columns is not None else ()
    return {
        "waiting": False,
        "sentence": told.sentence,
        "checked": told.checked,
        "needed": sorted(told.needed),
        "missing": missing,
        "columns": None if columns is None else sorted(columns),
    }
