"""What a person says of an upload beside its columns: how it is read, and who is left out of it."""

from collections.abc import Mapping
from typing import Any

from dialer.domain.durations import parse_duration
from dialer.domain.places import parse_country
from dialer.leads.options import MissingPolicy, MissingVariable
from dialer.web.form_errors import Unfit

MISSING: Mapping[MissingPolicy, str] = {
    MissingPolicy.ALLOW: "are called as they are",
    MissingPolicy.REJECT: "are rejected",
    MissingPolicy.DEFAULT: "are called with this text instead",
}


def table_options(
    country: str, sheet: str, encoding: str, delimiter: str, header_row: str, known: str
) -> dict[str, Any]:
    """Read how a file is to be read; what is empty is found out.

    Raises:
        Unfit: something is not understood.
    """
    code = parse_country(country.strip()) if country.strip() else None
    if country.strip() and code is None:
        raise Unfit("country", f"{country} is not a country", fix="write for example US")
    header = header_row.strip()
    if header and not (header.isascii() and header.isdigit()):
        fix = "write 1, or 0 where there is no header"
        raise Unfit("header_row", "the header row is a number", fix=fix)
    return {
        "country": code,
        "sheet": sheet.strip() or None,
        "encoding": encoding.strip() or None,
        "delimiter": delimiter or None,
        "header_row": int(header) if header else None,
        "known": known if known in ("skip", "update") else "skip",
    }


def import_rules(
    not_called_within: str, missing: str, missing_text: str, allow_country: str
) -> dict[str, Any]:
    """Read who is left out; what is empty is as the campaign says.

    Raises:
        Unfit: something is not understood.
    """
    return {
        "not_called_within": _duration(not_called_within.strip()),
        "missing_variable": _missing(missing, missing_text.strip()),
        "allowed_countries": _countries(allow_country),
    }


def typed_rules(asked: Mapping[str, Any]) -> dict[str, str]:
    """Give what `import_rules` read, as it stands in the form."""
    missing = MissingVariable.parse(asked.get("missing_variable") or MissingPolicy.ALLOW)
    return {
        "not_called_within": asked.get("not_called_within") or "",
        "missing": missing.policy.value,
        "missing_text": missing.text,
        "allow_country": ", ".join(asked.get("allowed_countries") or ()),
    }


def _duration(text: str) -> str | None:
    if not text:
        return None
    try:
        parse_duration(text)
    except ValueError as error:
        raise Unfit("not_called_within", str(error), fix="write for example 30d") from error
    return text


def _missing(word: str, text: str) -> str:
    policy = MissingPolicy(word) if word in set(MissingPolicy) else MissingPolicy.ALLOW
    if policy is not MissingPolicy.DEFAULT:
        return policy.value
    if not text:
        what = "there is no text for leads that lack what the agent says"
        raise Unfit("missing_text", what, fix="write one, or choose another way")
    return f"{policy.value}={text}"


def _countries(text: str) -> list[str] | None:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    codes = {part: parse_country(part) for part in parts}
    for part, code in codes.items():
        if code is None:
            raise Unfit("allow_country", f"{part} is not a country", fix="write for example US, CA")
    return sorted({code for code in codes.values() if code}) or None
