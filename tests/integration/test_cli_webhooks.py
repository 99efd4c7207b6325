"""`dialer webhooks trigger` and `verify`, typed."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import Desk, kept_log

from dialer.retell.signature import sign

KEY, BODY = "key_5b1d", b'{"event":"call_ended"}'
SIGNED_MS = 1_793_707_200_456


@pytest.fixture
def desk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setenv("DIALER_WEBHOOK_KEYS", f"key_old,{KEY}")
    with kept_log():
        yield Desk(tmp_path, capsys)


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.json"
    path.write_bytes(BODY)
    return path


def test_a_body_is_ours_however_long_ago_it_was_signed(desk: Desk, body: Path) -> None:
    signature = sign(BODY, KEY, SIGNED_MS)
    answer = desk.type("webhooks", "verify", body, "--signature", signature)
    assert answer.code == 0
    assert "signed it at 2026-11-03 12:00:00 UTC" in answer.err


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        (sign(BODY, "another", SIGNED_MS), "another key signed it"),
        (sign(BODY + b" ", KEY, SIGNED_MS), "not byte for byte"),
        ("v=now,d=x", "is not written v="),
        (f"v={10**15},d={'0' * 64}", "is not written v="),
    ],
)
def test_one_that_is_not_ours_says_why(desk: Desk, body: Path, signature: str, why: str) -> None:
    answer = desk.type("webhooks", "verify", body, "--signature", signature)
    assert (answer.code, why in answer.err) == (1, True)


def test_a_file_that_is_not_there_is_named(desk: Desk, tmp_path: Path) -> None:
    answer = desk.type("webhooks", "verify", tmp_path / "no.json", "--signature", "x")
    assert "no.json cannot be read" in answer.err


def test_a_test_webhook_to_nobody_says_so(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/webhooks/retell"
        answer = desk.type("webhooks", "trigger", "--url", address)
    assert (answer.code, answer.fields["kept"]) == (1, "no")
    assert f"Nothing answers at {address}" in answer.err
