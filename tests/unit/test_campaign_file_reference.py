"""The reference of campaign files is true: every line of it is valid, and defaults are defaults."""

import re
import tomllib
from pathlib import Path

import pytest

from dialer.domain.campaign_spec import CampaignSpec

PAGE = Path(__file__).parents[2] / "docs" / "campaign-files.md"
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
NEEDED = {"name": "Spring renewal", "from_numbers": ["+14155552671", "+12125550123"]}


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_is_valid(block: str) -> None:
    CampaignSpec.model_validate(NEEDED | tomllib.loads(block))


@pytest.mark.parametrize("block", BLOCKS)
def test_what_is_not_marked_as_an_example_is_the_default(block: str) -> None:
    shown = "\n".join(line for line in block.splitlines() if "# e.g." not in line)
    spec = CampaignSpec.model_validate(NEEDED | tomllib.loads(shown))
    assert spec == CampaignSpec.model_validate(NEEDED)


def test_every_setting_is_told() -> None:
    told = "\n".join(BLOCKS)
    quiet = {"agent_override", "custom_sip_headers"}  # for those who know Retell's interface
    missing = [
        name
        for name in CampaignSpec.model_fields
        if name not in quiet and not re.search(rf"^\[?{name}\b", told, re.MULTILINE)
    ]
    assert missing == []
