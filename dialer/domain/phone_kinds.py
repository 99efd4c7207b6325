"""Kinds of telephone lines."""

from enum import StrEnum

from phonenumbers import PhoneNumberType


class PhoneKind(StrEnum):
    """What is known of the line behind a number."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"  # North America does not tell them apart
    TOLL_FREE = "toll_free"
    VOIP = "voip"
    OTHER = "other"


_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.FIXED_OR_MOBILE,
    PhoneNumberType.TOLL_FREE: PhoneKind.TOLL_FREE,
    PhoneNumberType.VOIP: PhoneKind.VOIP,
}


def kind_of(number_type: int) -> PhoneKind:
    """Give the kind of one of the library's types."""
    return _KINDS.get(number_type, PhoneKind.OTHER)
