"""Addresses of results: nothing leads into our own network, however it is spelled."""

import socket
from typing import Any

import pytest

from dialer.results.addresses import AddressRefused, is_public, machines_of


def leads_to(*machines: str) -> Any:
    """Give a look-up in which every name leads to these machines."""

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in machines]

    return look_up


@pytest.mark.parametrize(
    "machine",
    [
        "127.0.0.1",
        "127.255.0.3",
        "0.0.0.0",
        "10.0.0.8",
        "172.16.4.4",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.7",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_a_machine_of_our_own_network_is_not_public(machine: str) -> None:
    assert not is_public(machine)
    with pytest.raises(AddressRefused, match="not a public address"):
        machines_of("crm.example.com", 443, private=False, look_up=leads_to("8.8.8.8", machine))


@pytest.mark.parametrize("machine", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_a_machine_in_the_internet_is_public(machine: str) -> None:
    assert is_public(machine)
    found = machines_of("crm.example.com", 443, private=False, look_up=leads_to(machine))
    assert found == [machine]


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "0",
        "::1",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "localhost",
    ],
)
def test_loopback_is_refused_in_all_its_spellings(spelling: str) -> None:
    """The system reads the spelling, as it would for the connection."""
    flags = 0 if spelling == "localhost" else socket.AI_NUMERICHOST

    def look_up(host: str, port: int, **options: Any) -> Any:
        return _real_look_up(host, port, flags=flags, **options)

    with pytest.raises(AddressRefused):
        machines_of(spelling, 80, private=False, look_up=look_up)


def _real_look_up(host: str, port: int, **options: Any) -> Any:
    import _socket  # below the wall of the tests, which knows only plain spellings

    return _socket.getaddrinfo(host, port, 0, options["type"], 0, options["flags"])


def test_a_name_that_is_not_known_is_refused() -> None:
    def look_up(*_: object, **__: object) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(AddressRefused, match="not a known name"):
        machines_of("nowhere.invalid", 443, private=False, look_up=look_up)
    with pytest.raises(AddressRefused, match="not a known name"):
        machines_of("nowhere.invalid", 443, private=False, look_up=lambda *_, **__: [])


def test_the_setting_lets_our_own_network_pass() -> None:
    found = machines_of("crm.internal", 80, private=True, look_up=leads_to("10.0.0.8"))
    assert found == ["10.0.0.8"]


def test_a_scope_is_no_way_around() -> None:
    with pytest.raises(AddressRefused, match="fe80::1"):
        machines_of("router.local", 80, private=False, look_up=leads_to("fe80::1%eth0"))
