"""What others wrote: as it was published, named, and licensed."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from dialer.web.assets import VENDOR

IN_TESTS = Path(__file__).parents[1] / "browser"
LISTS = [VENDOR / "vendored.toml", IN_TESTS / "vendored.toml"]
FIELDS = {"name", "package", "version", "path", "sha256", "licence"}


@pytest.mark.parametrize("path", LISTS, ids=["served", "tests"])
def test_every_file_is_in_the_list_and_as_published(path: Path) -> None:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["file"]
    kinds = (".js", ".css", ".map", ".woff2", ".svg")
    there = {one.name for one in path.parent.iterdir() if one.suffix in kinds}
    assert there == {one["name"] for one in listed}
    for one in listed:
        assert set(one) == FIELDS
        assert one["version"] in one["name"]
        content = (path.parent / one["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
