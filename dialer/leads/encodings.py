"""Which encoding a text file has: told by a person, or found in its first bytes."""

import codecs

from dialer.leads.problems import FileProblem, FileProblemCode

AUTOMATIC = "automatic"  # UTF-8 or Windows-1252, line by line

_EXAMPLES = "utf-8, windows-1252, iso-8859-15, utf-16, shift_jis"
_NOT_OF_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape")


def told_encoding(name: str) -> str:
    """Check the name of an encoding that a person gave.

    Raises:
        FileProblem: there is no such encoding, or it is none of text.
    """
    try:
        codec = codecs.lookup(name)
        " ".encode(codec.name).decode(codec.name)
        known = codec.name.replace("_", "-") not in _NOT_OF_FILES
    except (LookupError, ValueError):
        known = False
    if not known:
        raise FileProblem(
            f'There is no text encoding "{name}".',
            code=FileProblemCode.UNKNOWN_ENCODING,
            fix=f"Choose one such as {_EXAMPLES}, or leave it out to have it found.",
        )
    return codec.name


def find_encoding(sample: bytes) -> str:
    """Tell the encoding from the first bytes of a file: a byte order mark, or where zeros are."""
    for mark, encoding in (
        (codecs.BOM_UTF8, AUTOMATIC),
        (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            return encoding
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if even + odd < len(sample) * 0.1:
        return AUTOMATIC
    # Digits, delimiters and Latin letters have a zero as every second byte; which, tells the order.
    if odd > 9 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 9 * odd else AUTOMATIC


def shown_encoding(encoding: str, sample: bytes) -> str:
    """Name an encoding for people; where it is found line by line, that of the first bytes."""
    if encoding != AUTOMATIC:
        return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"
