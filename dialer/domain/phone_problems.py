"""Why a text is not a number to dial, and the sentence that says so."""

from dataclasses import dataclass
from enum import StrEnum

from dialer.domain.country_names import english_name


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


@dataclass(frozen=True, slots=True)
class PhoneProblem:
    """Why a text is not dialed, with a sentence a person can act on."""

    reason: PhoneReason
    message: str


def missing(written: str) -> PhoneProblem:
    """Say that there is nothing to dial."""
    if written:
        said = f'The phone cell says only "{_shown(written)}". Ask for the number.'
        return PhoneProblem(PhoneReason.MISSING, said)
    return PhoneProblem(PhoneReason.MISSING, "The phone cell is empty.")


def unparseable(written: str) -> PhoneProblem:
    """Say that the text is no telephone number."""
    return PhoneProblem(
        PhoneReason.UNPARSEABLE,
        f'"{_shown(written)}" is not a phone number. Write one number in digits.',
    )


def ambiguous(written: str) -> PhoneProblem:
    """Say that the text means more than one number."""
    return PhoneProblem(
        PhoneReason.UNPARSEABLE,
        f'"{_shown(written)}" can be read as more than one number. '
        "Write one, with + and its country code.",
    )


def damaged(written: str) -> PhoneProblem:
    """Say that a spreadsheet took the number for a quantity."""
    return PhoneProblem(
        PhoneReason.DAMAGED,
        f'"{_shown(written)}" lost digits in a spreadsheet. '
        "Format the column as text and export it again.",
    )


def short(written: str) -> PhoneProblem:
    """Say that too few digits are left for a person's number."""
    return PhoneProblem(
        PhoneReason.SHORT_OR_EMERGENCY,
        f'"{_shown(written)}" is an emergency or short number, or most of its digits are missing.',
    )


def placeholder(written: str) -> PhoneProblem:
    """Say that somebody filled a compulsory field."""
    return PhoneProblem(
        PhoneReason.INVALID,
        f'"{_shown(written)}" only fills the cell; it is nobody\'s number. Ask for the real one.',
    )


def without_area_code(written: str) -> PhoneProblem:
    """Say that a North American number is a local one."""
    return PhoneProblem(
        PhoneReason.INVALID,
        f'"{_shown(written)}" has no area code. Write all ten digits.',
    )


def no_country_code(written: str) -> PhoneProblem:
    """Say that the plus stands before something else than a country code."""
    return PhoneProblem(
        PhoneReason.INVALID,
        f'"{_shown(written)}" has no country code after its plus. '
        "Write + and the country code, or leave the plus out.",
    )


def invalid(written: str, *, country: str) -> PhoneProblem:
    """Say that no such number can exist."""
    return PhoneProblem(
        PhoneReason.INVALID,
        f'"{_shown(written)}" cannot be a number in {english_name(country)}. Check its '
        "digits and area code; a number from elsewhere needs + and its country code.",
    )


def nowhere(written: str) -> PhoneProblem:
    """Say that no country has such a number."""
    return PhoneProblem(
        PhoneReason.INVALID,
        f'"{_shown(written)}" cannot be a number anywhere. Check its digits and its country code, '
        "such as +1 for North America.",
    )


def not_allowed(e164: str, *, region: str) -> PhoneProblem:
    """Say that the number rings where this list must not call."""
    return PhoneProblem(
        PhoneReason.COUNTRY_NOT_ALLOWED,
        f"{e164} is a number in {english_name(region)}, which this list does not allow. "
        "Allow the country if it is meant to be called.",
    )


def premium(e164: str) -> PhoneProblem:
    """Say that the call would cost its caller."""
    return PhoneProblem(
        PhoneReason.PREMIUM_RATE, f"{e164} is a premium-rate number; the caller pays for it."
    )


def directory(e164: str) -> PhoneProblem:
    """Say that a directory answers there."""
    return PhoneProblem(
        PhoneReason.FICTIONAL, f"{e164} is directory assistance, not a person's number."
    )


def fictional(e164: str) -> PhoneProblem:
    """Say that the number is kept for films and examples."""
    return PhoneProblem(
        PhoneReason.FICTIONAL,
        f"{e164} is reserved for fiction and belongs to nobody. Ask for the real number.",
    )


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
