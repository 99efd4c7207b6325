"""What a campaign was held for, in words: the cause, who says what of it, and what to do."""

from collections.abc import Mapping
from typing import NamedTuple

from dialer.domain.hold_checks import NUMBER_UNKNOWN


class HoldWords(NamedTuple):
    """The cause of a hold, and what a person does before the campaign goes on."""

    cause: str
    what_to_do: str


_SETTINGS = HoldWords(
    "Retell does not take the calls as the campaign describes them.",
    "Correct the settings that are named, then resume.",
)
_WORDS: Mapping[str, HoldWords] = {
    "http_400": _SETTINGS,
    "http_401": HoldWords(
        "Retell does not accept our API key.",
        "Give the dialer a key that is valid (RETELL_API_KEY), start it again, then resume.",
    ),
    "http_402": HoldWords(
        "Retell wants to be paid first.", "Pay in Retell’s dashboard, then resume."
    ),
    "http_403": HoldWords(
        "Our API key may not make calls at Retell.",
        "Allow it in Retell’s dashboard, or give the dialer another key, then resume.",
    ),
    "http_404": HoldWords(
        "Retell does not know the agent.",
        "Choose an agent that Retell has in the campaign’s settings, then resume.",
    ),
    "http_422": _SETTINGS,
    "bad_request": _SETTINGS,
    "unwritable_request": _SETTINGS,
    NUMBER_UNKNOWN: HoldWords(
        "Retell knows none of the numbers that it calls from.",
        "Choose numbers that Retell has in the campaign’s settings, then resume.",
    ),
    "bad_numbers": HoldWords(
        "Several leads’ numbers in a row were refused.",
        "Look at its latest leads: is this the right list, and the right country? Then resume.",
    ),
    "failing": HoldWords(
        "Too many of its calls failed technically.",
        "Look at its latest calls, mend the agent, number or trunk they name, then resume.",
    ),
    "opt_outs": HoldWords(
        "Too many people asked not to be called again.",
        "Listen to its latest calls; change what the agent says, or whom it calls, then resume.",
    ),
    "no_valid_payment": HoldWords(
        "Retell has no valid means of payment.", "Add one in Retell’s dashboard, then resume."
    ),
    "credit_exhausted": HoldWords(
        "The credit at Retell is used up.", "Pay in Retell’s dashboard, then resume."
    ),
    "budget_reached": HoldWords(
        "The budget that is set at Retell is used up.",
        "Raise it in Retell’s dashboard, or wait for its next month, then resume.",
    ),
    "scam_detected": HoldWords(
        "Retell took a call for a fraud.",
        "Listen to its latest calls, ask Retell’s support, then resume.",
    ),
    "sip_routing_error": HoldWords(
        "Calls go round in circles between trunks.", "Mend the trunk’s routes, then resume."
    ),
    "telephony_provider_permission_denied": HoldWords(
        "The telephony provider does not allow these calls.",
        "Allow the countries of its leads at the provider, then resume.",
    ),
}
_OTHER = HoldWords(
    "Its calls cannot be made as they are.", "Mend what the sentence names, then resume."
)


def hold_words(reason: str | None) -> HoldWords:
    """Say what a campaign was held for, and what to do."""
    return _WORDS.get(reason or "", _OTHER)


def said_of_hold(reason: str | None, sentence: str | None) -> str | None:
    """Give what is said of a hold beside its cause; the words of Retell as Retell's."""
    if sentence and (reason == NUMBER_UNKNOWN or (reason or "").startswith("http_")):
        return f"Retell says: “{sentence.rstrip('.')}”."
    return sentence
