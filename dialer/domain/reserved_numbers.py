"""Numbers that look real and belong to nobody."""

import re

# Set aside for films, books and examples by the regulators: NPA-555-01XX in North America, and
# the published lists of Ofcom, ACMA, Arcep and the Bundesnetzagentur.
_FICTIONAL = re.compile(
    r"\+1[2-9]\d\d55501\d\d"
    r"|\+44(?:1632960|7700900|2079460|8081570|3069990|1914980|2896496|2920180|9098790)\d{3}"
    r"|\+44(?:11[3-8]|1[2-6]1)4960\d{3}"
    r"|\+61[2378](?:5550|7010)\d{4}"
    r"|\+61491(?:570(?:006|110|15[6-9]|313|737)|571(?:266|491|804)|572(?:549|665|983)"
    r"|573(?:087|770)|574(?:118|632)|575(?:254|789)|576(?:398|801)|577(?:426|644)"
    r"|578(?:148|888|957)|579(?:212|455|760))"
    r"|\+611[38]00975(?:70[7-9]|71[01])"
    r"|\+33(?:19900|26191|35301|46571|53649|63998)\d{4}"
    r"|\+49(?:3023125|6990009|4066969|2214710|8999998)\d{3}"
)
_DIRECTORY = re.compile(r"\+1\d{3}5551212")
_COUNTED = frozenset(
    {"1234567", "12345678", "123456789", "1234567890", "11234567890", "12345678901"}
    | {"0123456789", "01234567890", "987654321", "9876543210", "0987654321", "09876543210"}
)


def is_fictional(e164: str) -> bool:
    """Tell whether a regulator keeps the number for fiction."""
    return _FICTIONAL.fullmatch(e164) is not None


def is_directory(e164: str) -> bool:
    """Tell whether directory assistance answers there."""
    return _DIRECTORY.fullmatch(e164) is not None


def is_placeholder(digits: str) -> bool:
    """Tell whether the digits only fill a compulsory field: "0000000000", "1234567890"."""
    return len(digits) >= 7 and (len(set(digits)) == 1 or digits in _COUNTED)
