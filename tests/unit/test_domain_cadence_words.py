"""A cadence in words."""

from dialer.domain.cadence import DEFAULT_DELAYS, Cadence
from dialer.domain.cadence_words import rules_of, sentences_of
from dialer.domain.dispositions import Disposition


def test_each_way_that_is_called_again_has_a_rule() -> None:
    assert [one[0] for one in rules_of(Cadence())] == list(DEFAULT_DELAYS)


def test_waits_are_said_in_their_order() -> None:
    rules = {one[0]: one[1:] for one in rules_of(Cadence())}
    assert rules[Disposition.DIAL_FAILED] == (
        "15m, then 1h, then 4h, then the same again",
        "does not count as an attempt",
    )
    assert rules[Disposition.QUICK_HANGUP] == ("3d, each time", "after 2 of them no more")
    assert rules[Disposition.PROVIDER_BUSY][1] == "as often as it takes"


def test_what_a_campaign_writes_itself_is_said() -> None:
    cadence = Cadence.model_validate(
        {"delays": {"busy": "5m"}, "min_gap": "1h", "jitter": "10m", "retries": "after fresh"}
    )
    rules = {one[0]: one[1] for one in rules_of(cadence)}
    assert rules[Disposition.BUSY] == "5m, each time"
    said = " ".join(sentences_of(cadence))
    for words in ("At least 1h after", "Up to 10m longer", "called after leads", "5 attempts"):
        assert words in said
