"""The signature under webhooks, against our own and the official implementation."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from retell.lib.webhook_auth import symmetric
from retell.lib.webhook_auth import verify as sdk_verify

from dialer.errors import BadSignature
from dialer.retell.signature import sign, verify

KEY = "key_badge"
NOW = datetime(2026, 11, 3, 12, 0, 0, 456_789, tzinfo=UTC)
NOW_MS = 1_793_707_200_456
BODY = '{"event":"call_ended","call":{"name":"Zoë 😀"}}'.encode()


def refused(header: str | None, *, keys: list[str] | None = None, body: bytes = BODY) -> str:
    with pytest.raises(BadSignature) as caught:
        verify(body, header, keys=[KEY] if keys is None else keys, now=NOW)
    return caught.value.reason


def test_what_we_sign_we_accept() -> None:
    verify(BODY, sign(BODY, KEY, NOW_MS), keys=[KEY], now=NOW)


def test_the_digest_covers_the_body_followed_by_the_milliseconds() -> None:
    digest = hmac.new(KEY.encode(), BODY + str(NOW_MS).encode(), hashlib.sha256).hexdigest()
    assert sign(BODY, KEY, NOW_MS) == f"v={NOW_MS},d={digest}"


def test_what_the_official_package_signs_we_accept() -> None:
    header = symmetric["sign"](BODY.decode(), KEY, NOW_MS)
    verify(BODY, header, keys=[KEY], now=NOW)


def test_what_we_sign_the_official_package_accepts() -> None:
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    assert sdk_verify(BODY.decode(), KEY, sign(BODY, KEY, now_ms))
    assert not sdk_verify(BODY.decode(), KEY, sign(BODY, "another", now_ms))


def test_any_of_several_keys_may_have_signed() -> None:
    verify(BODY, sign(BODY, KEY, NOW_MS), keys=["old", KEY, ""], now=NOW)


@pytest.mark.parametrize("keys", [[], [""], [" ", ""]])
def test_without_a_usable_key_everything_is_refused(keys: list[str]) -> None:
    for key in ["", " ", KEY]:
        assert refused(sign(BODY, key, NOW_MS), keys=keys) == "no_keys"


def test_an_empty_key_beside_a_good_one_opens_nothing() -> None:
    assert refused(sign(BODY, "", NOW_MS), keys=["", KEY]) == "mismatch"


@pytest.mark.parametrize("header", [None, ""])
def test_a_missing_header_is_refused(header: str | None) -> None:
    assert refused(header) == "missing"


@pytest.mark.parametrize(
    "header",
    [
        "v=1,d=",
        "d=" + "0" * 64,
        "v=,d=" + "0" * 64,
        f"v={NOW_MS},d=" + "0" * 63,
        f"v={NOW_MS},d=" + "g" * 64,
        f"v={NOW_MS},d=" + "0" * 64 + ",x=1",
        f"v={NOW_MS}, d=" + "0" * 64,
        "v=-5,d=" + "0" * 64,
        "v=" + "9" * 5000 + ",d=" + "0" * 64,
        "v=١٢٣,d=" + "0" * 64,
        "sha256=" + "0" * 64,
    ],
)
def test_a_header_of_another_shape_is_refused(header: str) -> None:
    assert refused(header) == "malformed"


def test_upper_case_hex_is_accepted() -> None:
    stamp, digest = sign(BODY, KEY, NOW_MS).split(",d=")
    verify(BODY, f"{stamp},d={digest.upper()}", keys=[KEY], now=NOW)


@pytest.mark.parametrize("off_ms", [-300_000, 300_000])
def test_five_minutes_either_way_are_tolerated(off_ms: int) -> None:
    verify(BODY, sign(BODY, KEY, NOW_MS + off_ms), keys=[KEY], now=NOW)


@pytest.mark.parametrize("off_ms", [-300_001, 300_001, -NOW_MS, 10**12])
def test_more_than_five_minutes_are_stale(off_ms: int) -> None:
    assert refused(sign(BODY, KEY, NOW_MS + off_ms)) == "stale"


def test_the_zone_of_the_clock_does_not_matter() -> None:
    from zoneinfo import ZoneInfo

    verify(BODY, sign(BODY, KEY, NOW_MS), keys=[KEY], now=NOW.astimezone(ZoneInfo("Asia/Tokyo")))


def test_another_body_another_key_or_another_time_is_a_mismatch() -> None:
    good = sign(BODY, KEY, NOW_MS)
    assert refused(good, body=BODY + b" ") == "mismatch"
    assert refused(sign(BODY, "other", NOW_MS)) == "mismatch"
    assert refused(good.replace(str(NOW_MS), str(NOW_MS + 1))) == "mismatch"


def test_a_plain_digest_of_the_body_alone_is_a_mismatch() -> None:
    plain = hmac.new(KEY.encode(), BODY, hashlib.sha256).hexdigest()
    assert refused(f"v={NOW_MS},d={plain}") == "mismatch"


def test_bytes_that_are_no_text_can_be_verified() -> None:
    verify(b"\xff\x00", sign(b"\xff\x00", KEY, NOW_MS), keys=[KEY], now=NOW + timedelta(seconds=1))
