"""One cell: what a person meant by it."""

import re

import phonenumbers

_ENDS = " \t\r\n\x0b\x0c\xa0\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
_INVISIBLE = _ENDS + "\u2060\u2066\u2067\u2068\u2069\u3000\ufeff"
_NULL_LIKE = frozenset({"N/A", "n/a", "#N/A", "-", "--", "–", "—", "NULL", "null", "(null)", "\\N"})
_ESCAPED = re.compile(r"'[=+\-@\t\r]")
_YES = frozenset({"1", "y", "yes", "true", "t", "x", "ja", "si", "sí", "oui", "sim", "dnc"})
_COUNTRY_NAMES = {
    "usa": "US",
    "unitedstates": "US",
    "unitedstatesofamerica": "US",
    "america": "US",
    "canada": "CA",
    "mexico": "MX",
    "méxico": "MX",
    "uk": "GB",
    "unitedkingdom": "GB",
    "greatbritain": "GB",
    "england": "GB",
    "ireland": "IE",
    "germany": "DE",
    "deutschland": "DE",
    "france": "FR",
    "spain": "ES",
    "españa": "ES",
    "italy": "IT",
    "netherlands": "NL",
    "india": "IN",
    "australia": "AU",
    "newzealand": "NZ",
    "brazil": "BR",
    "brasil": "BR",
    "japan": "JP",
    "philippines": "PH",
    "singapore": "SG",
}


def clean_cell(text: str) -> str:
    """Trim what cannot be seen, undo the exporter's escape, and empty the null-likes.

    "Null" and "None" survive: the one is a surname, the other an answer.
    """
    text = text.strip(_INVISIBLE)
    if _ESCAPED.match(text):
        text = text[1:]
    return "" if text in _NULL_LIKE else text


def is_yes(text: str) -> bool:
    """Tell whether a mark such as do-not-call is set."""
    return text.casefold() in _YES


def parse_country(text: str) -> str | None:
    """Read a country as two letters ("us", "USA", "United States"); None if unknown."""
    word = "".join(char for char in text.casefold() if char.isalpha())
    if word in _COUNTRY_NAMES:
        return _COUNTRY_NAMES[word]
    code = word.upper()
    return code if code in phonenumbers.SUPPORTED_REGIONS else None
