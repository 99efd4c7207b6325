"""What tests do without a server that they need."""

import os
from typing import NoReturn

import pytest


def server_missing(what: str, why: object) -> NoReturn:
    """Skip the test loudly; in CI there is no excuse."""
    message = f"{what} IS NOT AVAILABLE, SO THIS WAS NOT TESTED: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
