"""Telephone numbers as people write them, and the one form in which they are dialed.

`phonenumbers` is the authority on what exists. Around it stand the checks it does not make:
what a spreadsheet does to numbers, and numbers that exist but must never be dialed. A number is
read or refused; it is never completed by guessing.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType


class PhoneReason(StrEnum):
    """Why a text is not a number to dial. Stable words: they are stored and exported."""

    MISSING = "missing_phone"  # the cell says nothing
    UNPARSEABLE = "unparseable_phone"  # not a telephone number at all
    INVALID = "invalid_phone"  # looks like one, but cannot exist
    DAMAGED = "damaged_phone"  # a spreadsheet lost digits
    SHORT_OR_EMERGENCY = "short_or_emergency"  # 911, short codes
    PREMIUM_RATE = "premium_rate"  # whoever calls pays
    FICTIONAL = "fictional_number"  # reserved for films, or for the directory
    COUNTRY_NOT_ALLOWED = "country_not_allowed"  # exists, but not in this list's countries


class PhoneKind(StrEnum):
    """What is known of the line behind a number."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"  # North America does not tell them apart
    TOLL_FREE = "toll_free"
    VOIP = "voip"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that may be dialed. `country` is its own, not that of the list."""

    e164: str
    country: str
    kind: PhoneKind
    extension: str | None = None  # as written; nothing dials it


@dataclass(frozen=True, slots=True)
class PhoneProblem:
    """Why a text is not dialed, with a sentence a person can act on."""

    reason: PhoneReason
    message: str


_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.FIXED_OR_MOBILE,
    PhoneNumberType.TOLL_FREE: PhoneKind.TOLL_FREE,
    PhoneNumberType.VOIP: PhoneKind.VOIP,
}

_NO_PHONE = frozenset(
    {"n/a", "na", "#n/a", "n.a.", "null", "(null)", "nil", "none", "nan", "unknown", "no"}
    | {"tbd", "tba", "x", "?", ".", "-", "--", "---", "–", "—"}
)
_EXCEL_ERRORS = re.compile(r"#+|#(?:value!|ref!|name\?|num!|div/0!|error!|null!)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\+?([0-9])(?:[.,]([0-9]*))?[eE]\+?([0-9]{1,2})")
_DECIMAL = re.compile(r"(\+?[0-9]{8,})[.,]([0-9]+)")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.0+)?")
_EXTENSION = re.compile(
    r"[\s,;]*(?:\bext(?:ension|n)?\b|(?<=\d)ext|;ext|(?<=[\d\s)])x|#)[\s.:=]*(\d{1,7})$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[(\[]?\b(?:home|house|mobile|mob|cell|cellular|work|office|business|direct|main|personal|"
    r"private|phone|telephone|tel|ph|number|no|h|m|w|c|o|p|t)\b[.:]*[)\]]?",
    re.IGNORECASE,
)
_PLUS_INSIDE = re.compile(r"\d\D*\+")
_VANITY = re.compile(r"1?[2-9][0-9]{2}[0-9A-Z]{7}")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_SEPARATORS = re.compile(r"[/;|,&\n\r]|\bor\b|\band\b", re.IGNORECASE)

# Reserved for fiction: NPA-555-01XX in North America; Ofcom's list in the United Kingdom.
_FICTIONAL = re.compile(
    r"\+1[2-9]\d\d55501\d\d"
    r"|\+44(?:1632960|7700900|2079460|8081570|3069990)\d{3}"
    r"|\+44(?:11[3-8]|1[2-6]1)4960\d{3}"
)
_DIRECTORY = re.compile(r"\+1\d{3}5551212")


def parse_phone(
    text: str,
    *,
    country: str,
    allow_fictional: bool,
    allowed_countries: frozenset[str] | None,
) -> Phone | PhoneProblem:
    """Read one telephone number, or say why it is not dialed.

    `country` (two letters) is where a number without a country code is from;
    `allowed_countries` None allows every country. A plus is never put before bare digits:
    "44 20 7946 0018" in a list of the United States is refused, not taken for London.
    """
    written = _plain(text)
    if written.casefold() in _NO_PHONE or not written:
        return PhoneProblem(PhoneReason.MISSING, "The phone cell is empty.")
    repaired = _undo_spreadsheet(written)
    if isinstance(repaired, PhoneProblem):
        return repaired
    number, extension = _split_extension(repaired)
    dialable = _without_words(number)
    if dialable is None:
        return _unparseable(written)
    try:
        parsed = phonenumbers.parse(_international(dialable, country=country), country)
    except NumberParseException:
        return _too_short(written) or _unparseable(written)
    found = _judge(
        parsed,
        written=written,
        country=country,
        allow_fictional=allow_fictional,
        allowed_countries=allowed_countries,
    )
    if isinstance(found, PhoneProblem) or extension is None:
        return found
    return Phone(found.e164, found.country, found.kind, extension)


def split_phones(text: str) -> list[str]:
    """Take apart a cell that holds several numbers; a cell with one comes back as it is.

    Only where every part has the digits of a whole number, so that "030/1234567" stays one.
    """
    parts = [part for part in _SEPARATORS.split(text) if part.strip()]
    if len(parts) > 1 and all(_digits(part) >= 7 for part in parts):
        return parts
    words = text.split()
    if len(words) > 1 and all(_digits(word) >= 10 for word in words):
        return words
    return [text]


def _plain(text: str) -> str:
    """Give the text without invisible characters, in ASCII digits, trimmed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(
            str(unicodedata.decimal(char)) if char.isdecimal() else char
            for char in text
            if unicodedata.category(char) != "Cf"
        )
    return "".join(char for char in text if char.isprintable() or char.isspace()).strip()


def _undo_spreadsheet(text: str) -> str | PhoneProblem:
    """Undo what a spreadsheet did to a number, as long as no digit was lost."""
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    text = text.lstrip("'\"`=").rstrip("'\"` ")
    if _EXCEL_ERRORS.fullmatch(text):
        return _damaged(text)
    if match := _SCIENTIFIC.fullmatch(text):
        fraction, exponent = match[2] or "", int(match[3])
        if len(fraction) < exponent or fraction[exponent:].strip("0"):
            return _damaged(text)
        return match[1] + fraction[:exponent]
    if match := _DECIMAL.fullmatch(text):
        return match[1] if not match[2].strip("0") else _damaged(text)
    if _THOUSANDS.fullmatch(text):
        return text.partition(".")[0].replace(",", "")
    return text


def _split_extension(text: str) -> tuple[str, str | None]:
    match = _EXTENSION.search(text)
    if match is None or _digits(text[: match.start()]) < 7:
        return text, None
    return text[: match.start()], match[1]


def _without_words(text: str) -> str | None:
    """Drop labels such as "(home)" and spell out 1-800-FLOWERS; None when words remain.

    A single stray letter is an error of typing, never a key on the telephone; a plus after the
    first digit means two numbers, or none.
    """
    if _PLUS_INSIDE.search(text):
        return None
    if not any(char.isalpha() for char in text):
        return text
    unlabelled = _LABEL.sub(" ", text).strip()
    if not any(char.isalpha() for char in unlabelled):
        return unlabelled if _digits(unlabelled) else None
    keys = re.sub(r"[\s().+*-]", "", unlabelled).upper()
    if _VANITY.fullmatch(keys) and sum(char.isalpha() for char in keys) >= 3:
        return keys.translate(_KEYPAD)
    return None


def _international(text: str, *, country: str) -> str:
    """Write the prefixes of an international call as a plus."""
    digits = re.sub(r"[^0-9+]", "", text)
    if digits.lstrip("+").startswith("00"):
        return "+" + digits.lstrip("+")[2:]
    if digits.startswith("011") and phonenumbers.country_code_for_region(country) == 1:
        return "+" + digits[3:]
    if digits.startswith("+"):
        return "+" + digits.lstrip("+")  # "(+1) 415…", "++1415…"
    return text


def _judge(
    parsed: PhoneNumber,
    *,
    written: str,
    country: str,
    allow_fictional: bool,
    allowed_countries: frozenset[str] | None,
) -> Phone | PhoneProblem:
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    fictional = _FICTIONAL.fullmatch(e164) is not None
    region = phonenumbers.region_code_for_number(parsed)
    if region is None or not phonenumbers.is_valid_number_for_region(parsed, region):
        if not fictional:
            return _too_short(written) or _invalid(written, country=country)
        region = region or _region_of_code(parsed, default=country)
    if allowed_countries is not None and region not in allowed_countries:
        return PhoneProblem(
            PhoneReason.COUNTRY_NOT_ALLOWED,
            f"{e164} is a number in {region}, which this list does not allow. "
            f"Allow {region} if it is meant to be called.",
        )
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.PREMIUM_RATE:
        return PhoneProblem(
            PhoneReason.PREMIUM_RATE, f"{e164} is a premium-rate number; the caller pays for it."
        )
    if _DIRECTORY.fullmatch(e164):
        return PhoneProblem(
            PhoneReason.FICTIONAL, f"{e164} is directory assistance, not a person's number."
        )
    if fictional and not allow_fictional:
        return PhoneProblem(
            PhoneReason.FICTIONAL,
            f"{e164} is reserved for fiction and belongs to nobody. Ask for the real number.",
        )
    return Phone(e164, region, _KINDS.get(kind, PhoneKind.OTHER))


def _region_of_code(parsed: PhoneNumber, *, default: str) -> str:
    code = parsed.country_code or 0
    if phonenumbers.country_code_for_region(default) == code:
        return default
    return phonenumbers.region_code_for_country_code(code)


def _digits(text: str) -> int:
    return sum(char.isdecimal() for char in text)


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _too_short(written: str) -> PhoneProblem | None:
    if not 1 <= _digits(written) <= 6 or any(char.isalpha() for char in written):
        return None
    return PhoneProblem(
        PhoneReason.SHORT_OR_EMERGENCY,
        f'"{_shown(written)}" is an emergency or short number, or most of its digits are missing.',
    )


def _unparseable(written: str) -> PhoneProblem:
    return PhoneProblem(
        PhoneReason.UNPARSEABLE,
        f'"{_shown(written)}" is not a phone number. Write one number in digits.',
    )


def _damaged(written: str) -> PhoneProblem:
    return PhoneProblem(
        PhoneReason.DAMAGED,
        f'"{_shown(written)}" lost digits in a spreadsheet. '
        "Format the column as text and export it again.",
    )


def _invalid(written: str, *, country: str) -> PhoneProblem:
    return PhoneProblem(
        PhoneReason.INVALID,
        f'"{_shown(written)}" cannot be a number in {country}. Check its digits and area code; '
        "a number from elsewhere needs + and its country code.",
    )
