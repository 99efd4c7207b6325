"""The sender: one signed POST to the machine that was judged, and nothing else."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from receiver import NAME, SECRET, Receiver, receiving
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from dialer.results.sender import Answered, ResultSender

OLD = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs="
BODY = '{"type":"lead.closed","data":{"name":"Zoë"}}'.encode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def sender(**changes: Any) -> ResultSender:
    settings = {"private": True, "look_up": socket.getaddrinfo} | changes
    return ResultSender({NAME: [SECRET], "both": [SECRET, OLD]}, **settings)


def post(who: ResultSender, address: str, *, secret: str = NAME, body: bytes = BODY) -> Answered:
    now = datetime.now(UTC)
    return who.post(address, secret=secret, message_id="msg_1", body=body, now=now)


def test_the_reference_library_accepts_the_signature(receiver: Receiver) -> None:
    assert post(sender(), receiver.url) == Answered(status=204)
    (got,) = receiver.got
    assert got.body == BODY
    assert Webhook(SECRET).verify(got.body, dict(got.headers)) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(got.body + b" ", dict(got.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(got.body, dict(got.headers))


def test_the_signature_is_what_the_standard_says(receiver: Receiver) -> None:
    post(sender(), receiver.url)
    headers = receiver.got[0].headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + BODY
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert headers["content-type"] == "application/json"


def test_while_a_secret_is_changed_the_old_and_the_new_one_verify(receiver: Receiver) -> None:
    post(sender(), receiver.url, secret="both")
    (got,) = receiver.got
    for secret in (SECRET, OLD):
        Webhook(secret).verify(got.body, dict(got.headers))


def test_a_secret_that_is_not_known_sends_nothing(receiver: Receiver) -> None:
    answered = post(sender(), receiver.url, secret="crn")
    assert 'no secret called "crn"' in str(answered.error)
    assert receiver.got == []


@pytest.mark.parametrize("secret", ["", "abc", "whsec_", "whsec_c2hvcnQ=", "whsec_" + "A" * 400])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        ResultSender({"crm": [secret]}, private=False, look_up=socket.getaddrinfo)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [(307, {"location": receiver.url + "/elsewhere"})]
    assert post(sender(), receiver.url).status == 307
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("text", "wait"),
    [("120", timedelta(minutes=2)), ("soon", None), ("-5", None), ("Wed, 21 Oct 2015", None)],
)
def test_retry_after_is_read(receiver: Receiver, text: str, wait: timedelta | None) -> None:
    receiver.answers = [(503, {"retry-after": text})]
    assert post(sender(), receiver.url).retry_after == wait


def test_retry_after_may_be_a_date(receiver: Receiver) -> None:
    at = datetime.now(UTC) + timedelta(hours=1)
    receiver.answers = [(429, {"retry-after": at.strftime("%a, %d %b %Y %H:%M:%S GMT")})]
    wait = post(sender(), receiver.url).retry_after
    assert wait is not None
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_our_own_network_is_refused_unless_a_setting_allows_it(
    receiver: Receiver, host: str
) -> None:
    address = receiver.url.replace("127.0.0.1", host).replace("http://", "https://")
    answered = post(sender(private=False), address)
    assert answered.status is None
    assert "not a public address" in str(answered.error)
    assert receiver.got == []


def test_results_never_cross_the_internet_in_clear() -> None:
    answered = post(sender(private=False), "http://crm.example.com/")
    assert "https:// addresses only" in str(answered.error)


def test_the_connection_goes_to_the_machine_that_was_judged(receiver: Receiver) -> None:
    """A name that leads elsewhere at the next look-up gains nothing: there is no next one."""
    port = int(receiver.url.split(":")[2].split("/")[0])
    answers = [("127.0.0.1", port), ("169.254.169.254", 80)]
    asked: list[str] = []

    def look_up(host: str, _port: int, **_: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answers[len(asked) - 1])]

    address = f"http://rebinding.example.com:{port}/results"
    assert post(sender(look_up=look_up), address).status == 204
    assert asked == ["rebinding.example.com"]
    assert receiver.got[0].headers["host"] == f"rebinding.example.com:{port}"


def test_a_name_with_one_private_machine_is_refused(receiver: Receiver) -> None:
    def look_up(host: str, port: int, **_: object) -> list[Any]:
        both = ("93.184.215.14", "10.0.0.8")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in both]

    answered = post(sender(private=False, look_up=look_up), "https://crm.example.com/")
    assert "leads to 10.0.0.8" in str(answered.error)


def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert post(sender(), receiver.url).status == 204


def test_nobody_listening_is_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        answered = post(sender(), address)
    assert answered.status is None
    assert "ConnectError" in str(answered.error)


def test_an_answer_that_drips_is_cut_off() -> None:
    """Each byte comes in time, the whole never does."""
    gone = threading.Event()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
                while not gone.wait(0.01):
                    try:
                        connection.sendall(b"a")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        answered = post(sender(whole_within_s=0.3), address)
        gone.set()
        thread.join()
    assert answered.status is None
    assert answered.error
