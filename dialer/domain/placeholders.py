"""The `{{name}}` in the texts of an agent: what must have a value before somebody is called.

A placeholder without a value is read aloud as it stands.
https://docs.retellai.com/build/dynamic-variables
"""

import re
from collections.abc import Iterable

from dialer.domain.variables import check_variable_names

LONGEST_NAME = 200  # what is longer was a text between braces, not the name of a column

# Innermost braces only, so that {{current_time_{{zone}} }} needs the zone. The possessive `*+`
# never gives back what it took: hostile text is read once.
_PLACEHOLDER = re.compile(r"\{\{([^{}]*+)\}\}")

# An example of JSON written with doubled braces has quotes where a name has none.
_NO_NAME = re.compile(r'["\r\n\x00]')

_FILLED_BY_RETELL = frozenset({"contact_memory"})  # what it keeps of earlier calls


def placeholders_of(texts: Iterable[str]) -> frozenset[str]:
    """Give the names that the texts want a value for, less those Retell fills itself.

    Spaces around a name are no part of it, its case is. Unbalanced braces are text.
    """
    names = {match[1].strip() for text in texts for match in _PLACEHOLDER.finditer(text)}
    names = {name for name in names if 0 < len(name) <= LONGEST_NAME and not _NO_NAME.search(name)}
    return frozenset(names - set(check_variable_names(names)) - _FILLED_BY_RETELL)
