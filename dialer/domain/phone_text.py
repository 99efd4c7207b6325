"""What people and spreadsheets make of a telephone number, undone.

Everything here works on text alone and knows no numbering plan. A text is made plainer or it is
refused; digits are never added, and none is dropped that could belong to the number.
"""

import re
import unicodedata

_NO_PHONE = frozenset(
    {"n/a", "na", "#n/a", "n.a.", "null", "(null)", "nil", "none", "nan", "unknown", "no"}
    | {"tbd", "tba", "x", "?", ".", "-", "--", "---", "–", "—"}
)
_EXCEL_ERRORS = re.compile(r"#+|#(?:value!|ref!|name\?|num!|div/0!|error!|null!)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"(\+?[0-9])(?:[.,]([0-9]*))?\s?[eE][+ ]?([0-9]{1,3})")
_DECIMAL = re.compile(r"(\+?[0-9]{8,})[.,]([0-9]+)")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){2,}(?:\.0+)?")
# A cell that begins with + or = is a formula: "=1-4155552671" became a number that is off by one.
_NEGATIVE = re.compile(r"[-−][0-9]+(?:[.,][0-9]+)?(?:[eE]\+?[0-9]+)?")
_EXTENSION = re.compile(
    r"[\s,;(\[]*(?:"
    r"(?:\b(?:ext(?:ension|n)?|extensión|ramal|anexo|interno)\b|(?<=\d)ext)[\s.:=#]*(\d{0,7})"
    r"|(?:\b(?:durchwahl|dw|nebenstelle|poste|opt(?:ion)?)\b|(?<=[\d\s),;.(\[])x|#|,,+|(?<=\d)[pw])"
    r"[\s.:=#]*(\d{1,7})"
    r")[\s)\]#]*$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[(\[]?\b(?:home|house|mobile|mobil|mob|cell|cellular|cellphone|work|office|business|direct|"
    r"main|personal|private|privat|primary|preferred|landline|day|daytime|evening|phone|telephone|"
    r"telefon|telefono|teléfono|téléphone|telefone|tel|tél|tlf|ph|number|handy|portable|fixe|"
    r"m[oó]vil|celular|cel|casa|whatsapp|callto|h|m|w|c|o|p|t)\b[.:]*[)\]]?"
    r"|^no\b[.:]*",
    re.IGNORECASE,
)
_PLUS_INSIDE = re.compile(r"\d\D*\+")
_ODD_SEPARATORS = re.compile(r"[_·•~]+")
_ONLY_A_NUMBER = re.compile(r"[0-9+()\[\]\s./:\-\u2010-\u2015\u2212]*")
_SECOND_ENDING = re.compile(r"/\s*[0-9]{1,3}$")  # "1234567/8": two numbers, or an extension
_DATE = re.compile(
    r"[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}(?:[ T].*)?"
    r"|[0-9]{1,2}([-/.])[0-9]{1,2}\2(?:19|20)[0-9]{2}(?: .*)?"
)
_VANITY_FREE = re.compile(r"1?8(?:00|33|44|55|66|77|88)(?=[0-9]*[A-Z]{3})[0-9A-Z]{7,11}")
_VANITY_LOCAL = re.compile(r"(?:\+?1[-.]?)?\(?[2-9][0-9]{2}[-.)](?=[-.0-9]*[A-Z]{3})[-.0-9A-Z]+")
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")

_SURELY_BETWEEN = re.compile(r"[;|\n\r]|\b(?:or|and)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_BETWEEN = re.compile(r"[/;|,&\n\r]|\b(?:or|and|oder|und|ou|y)\b", re.IGNORECASE)
_BEFORE_NEXT = re.compile(r"\s+(?=[+(]|[^\W\d_])")


def says_nothing(text: str) -> bool:
    """Tell whether a plain text stands for an empty cell."""
    return not text or text.casefold() in _NO_PHONE


def plain(text: str) -> str:
    """Give the text without invisible characters, in ASCII digits, trimmed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(
            str(unicodedata.decimal(char)) if char.isdecimal() else char
            for char in text
            if unicodedata.category(char) != "Cf"
        )
    if not text.isprintable():
        text = "".join(char for char in text if char.isprintable() or char.isspace())
    return text.strip()


def undo_spreadsheet(text: str) -> str | None:
    """Undo what a spreadsheet did to a number; None when digits were lost."""
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    text = text.lstrip("'\"`=").rstrip("'\"` ")
    if _EXCEL_ERRORS.fullmatch(text) or _NEGATIVE.fullmatch(text):
        return None
    if match := _SCIENTIFIC.fullmatch(text):
        fraction, exponent = match[2] or "", int(match[3])
        if len(fraction) < exponent or fraction[exponent:].strip("0"):
            return None
        return match[1] + fraction[:exponent]
    if match := _DECIMAL.fullmatch(text):
        return None if match[2].strip("0") else match[1]
    if _THOUSANDS.fullmatch(text):
        return text.partition(".")[0].replace(",", "")
    return text


def split_extension(text: str) -> tuple[str, str | None]:
    """Give the number and its extension, which nothing dials."""
    if _ONLY_A_NUMBER.fullmatch(text):
        return text, None
    match = _EXTENSION.search(text)
    if match is None or count_digits(text[: match.start()]) < 7:
        return text, None
    return text[: match.start()], match[1] or match[2] or None


def without_words(text: str) -> str | None:
    """Drop labels such as "(home)" and spell out 1-800-FLOWERS; None when words remain.

    A single stray letter is an error of typing, never a key on the telephone; a plus after the
    first digit means two numbers, or none.
    """
    if not _ONLY_A_NUMBER.fullmatch(text):
        if spelled := _spelled_out(text):
            return spelled
        text = _LABEL.sub(" ", _ODD_SEPARATORS.sub(" ", text)).strip()
        if not _ONLY_A_NUMBER.fullmatch(text):
            return None
    if _PLUS_INSIDE.search(text) or not count_digits(text):
        return None
    match = _SECOND_ENDING.search(text)
    return None if match and count_digits(text[: match.start()]) >= 7 else text


def is_date(text: str) -> bool:
    """Tell whether a text is a day, which in Denmark could also be a number."""
    return _DATE.fullmatch(text) is not None


def count_digits(text: str) -> int:
    """Count the decimal digits of a text."""
    return sum(char.isdecimal() for char in text)


def split_phones(text: str) -> list[str]:
    """Take apart a cell that holds several numbers; a cell with one comes back as it is.

    Only where every part has the digits of a whole number, so that "030/1234567" stays one.
    """
    if len(text) < 14:  # no room for two
        return [text]
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    if len(parts) > 1 and all(count_digits(part) >= 7 for part in parts):
        return parts
    apart = [part for part in _SURELY_BETWEEN.split(text) if part.strip()]
    whole = any(count_digits(part) >= 10 for part in apart)
    if len(apart) > 1 and whole and not _LETTER.search("".join(apart)):
        return apart  # "4155552671; 911": the one is no reason against the other
    for parts in (text.split(), _BEFORE_NEXT.split(text), _each_with_plus(text)):
        if len(parts) > 1 and all(count_digits(part) >= 10 for part in parts):
            return parts
    return [text]


def _each_with_plus(text: str) -> list[str]:
    """Take apart "+14155552671+14155552672"; without the first plus the second may say "and"."""
    return [f"+{part}" for part in text[1:].split("+")] if text.startswith("+") else [text]


def _spelled_out(text: str) -> str | None:
    """Give the digits of letters on the keypad, or None when the letters are words.

    Any case and spacing on toll-free codes, where digits too many are ignored by the network;
    elsewhere only capitals without a space, since "212 pending" would ring at a stranger's.
    """
    keys = re.sub(r"[\s().+-]", "", text).upper()
    if _VANITY_FREE.fullmatch(keys):
        return keys[: 11 if keys.startswith("1") else 10].translate(_KEYPAD)
    if len(keys.removeprefix("1")) != 10 or not _VANITY_LOCAL.fullmatch(text):
        return None
    return None if _LABEL.search(text) else keys.translate(_KEYPAD)
