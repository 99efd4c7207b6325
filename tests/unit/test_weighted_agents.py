"""The agents of a number, as people type them."""

from typing import Any

import pytest

from dialer.domain.campaign_spec import CampaignSpec
from dialer.domain.number_findings import NumberAtRetell, workspace_findings
from dialer.domain.weighted_agents import read_agents, written
from dialer.retell.agents import BoundAgent


@pytest.mark.parametrize(
    ("texts", "agents"),
    [
        (["a"], [{"agent_id": "a", "weight": 1}]),
        (["a=1"], [{"agent_id": "a", "weight": 1}]),
        (["a", "b"], [{"agent_id": "a", "weight": 0.5}, {"agent_id": "b", "weight": 0.5}]),
        (
            ["a@3=0.7", "a@prod=0.3"],
            [
                {"agent_id": "a", "weight": 0.7, "agent_version": 3},
                {"agent_id": "a", "weight": 0.3, "agent_version": "prod"},
            ],
        ),
    ],
)
def test_agents_are_read_with_versions_and_weights(
    texts: list[str], agents: list[dict[str, Any]]
) -> None:
    assert read_agents(texts) == agents


def test_three_agents_have_a_third_each() -> None:
    assert sum(one["weight"] for one in read_agents(["a", "b", "c"])) == pytest.approx(1)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["a=0.5"], "add up to 0.5"),
        (["a=0.5", "b=0.6"], "add up to 1.1"),
        (["a=1", "b"], "each of the agents"),
        (["a=x"], "no weight"),
        (["a=0", "b=1"], "above 0"),
        (["a=2"], "at most 1"),
        (["=1"], "names no agent"),
        ([""], "names no agent"),
        (["a@=1"], "names no agent"),
        (["a=nan"], "above 0"),
    ],
)
def test_what_makes_no_whole_is_refused(texts: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_agents(texts)


@pytest.mark.parametrize("texts", [["a"], ["a@3=0.7", "a@prod=0.3"], ["a=0.5", "b=0.5"]])
def test_what_is_written_is_read_back(texts: list[str]) -> None:
    agents = [BoundAgent.model_validate(one) for one in read_agents(texts)]
    assert written(agents) == texts


def test_many_numbers_are_not_all_named() -> None:
    spec = CampaignSpec(name="x", from_numbers=("+12125550100",))
    asked = [NumberAtRetell(f"+1212555{n:04}", known=False) for n in range(8)]
    (finding,) = workspace_findings(spec, asked)
    assert finding.sentence.endswith("+12125550004 and 3 more")
