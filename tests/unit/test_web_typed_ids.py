"""What a browser sends in place of an id is an id, or nothing."""

import pytest

from dialer.web.typed_ids import typed_id


def test_an_id_is_read() -> None:
    assert typed_id("41") == 41
    assert typed_id("9" * 18) == 10**18 - 1


@pytest.mark.parametrize("text", ["", " ", "x", "-1", "4.0", "²", "٣", "9" * 19])
def test_what_no_row_could_have_is_no_id(text: str) -> None:
    assert typed_id(text) is None
