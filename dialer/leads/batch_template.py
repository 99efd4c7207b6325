"""The columns of Retell's batch call template, which set something for one call alone.

https://docs.retellai.com/deploy/make-batch-call
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from dialer.leads.cells import shown
from dialer.leads.content import json_object
from dialer.leads.header_words import header_key


class CallOverride(StrEnum):
    """What the template sets, by the word under which the lead keeps it."""

    AGENT_ID = "agent_id"
    AGENT_VERSION = "agent_version"
    METADATA = "metadata"
    SIP_HEADERS = "sip_headers"
    IGNORE_E164 = "ignore_e164"


TEMPLATE_WORDS: Mapping[str, CallOverride] = {
    "overrideagentid": CallOverride.AGENT_ID,
    "overrideagentversion": CallOverride.AGENT_VERSION,
    "metadata": CallOverride.METADATA,
    "customsipheaders": CallOverride.SIP_HEADERS,
    "ignoree164validation": CallOverride.IGNORE_E164,
}
JSON_OVERRIDES = frozenset({CallOverride.METADATA, CallOverride.SIP_HEADERS})

_TAG = re.compile(r"[a-z0-9_-]{1,20}")
_SIP_HEADER = re.compile(r"x-[a-z0-9-]+|user-to-user", re.IGNORECASE)
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class BadOverride(ValueError):
    """A cell of the template that cannot be sent; the text tells a person why."""


def override_of(header: str) -> CallOverride | None:
    """Give what a column of the template sets; None for every other column."""
    return TEMPLATE_WORDS.get(header_key(header))


def read_overrides(
    cells: Sequence[str], *, places: Sequence[tuple[int, CallOverride, str]]
) -> dict[str, Any] | None:
    """Read what a row sets for its call; `places` are position, meaning and header. None: nothing.

    Raises:
        BadOverride: a cell is not what Retell takes there.
    """
    found: dict[str, Any] = {}
    for place, meaning, header in places:
        if text := cells[place]:
            found[meaning.value] = _read(text, meaning=meaning, header=header)
    return found or None


def _read(text: str, *, meaning: CallOverride, header: str) -> Any:
    match meaning:
        case CallOverride.AGENT_ID:
            return _agent_id(text, header=header)
        case CallOverride.AGENT_VERSION:
            return _agent_version(text, header=header)
        case CallOverride.METADATA:
            return _object(text, header=header)
        case CallOverride.SIP_HEADERS:
            return _sip_headers(text, header=header)
        case CallOverride.IGNORE_E164:
            if (answer := _YES_NO.get(text.casefold())) is None:
                raise BadOverride(f'"{header}" says "{shown(text)}". Write true or false.')
            return answer


def _agent_id(text: str, *, header: str) -> str:
    if len(text.split()) > 1:
        raise BadOverride(f'"{header}" says "{shown(text)}", which is no id of an agent.')
    return text


def _agent_version(text: str, *, header: str) -> int | str:
    number = text.removesuffix(".0")  # a spreadsheet's 3
    if number.isdecimal() and number.isascii() and len(number) <= 9:
        return int(number)
    if _TAG.fullmatch(text):
        return text
    raise BadOverride(
        f'"{header}" says "{shown(text)}". Write the version as a number, or its tag in small '
        "letters."
    )


def _object(text: str, *, header: str) -> dict[str, object]:
    if (found := json_object(text)) is None:
        raise BadOverride(
            f'"{header}" holds no JSON object: "{shown(text)}". Write for example '
            '{"source": "fair"}, or leave it empty.'
        )
    return found


def _sip_headers(text: str, *, header: str) -> dict[str, object]:
    headers = _object(text, header=header)
    for name, value in headers.items():
        if not _SIP_HEADER.fullmatch(name):
            raise BadOverride(
                f'"{header}" sets "{shown(name)}". Headers begin with X-, or are User-To-User.'
            )
        if not isinstance(value, str) or not value.isprintable():
            raise BadOverride(f'"{header}" sets {shown(name)} to something that is not one text.')
    return headers
