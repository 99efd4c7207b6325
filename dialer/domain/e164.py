"""Numbers in settings: written in full, as the networks know them."""

import re
from typing import Annotated

from pydantic import AfterValidator

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(text: str) -> bool:
    """Tell whether a text is a number in full."""
    return _E164.fullmatch(text) is not None


def _e164(value: str) -> str:
    if not is_e164(value):
        raise ValueError(f'{value!r} is not an international number such as "+14155550123"')
    return value


E164 = Annotated[str, AfterValidator(_e164)]
