"""Addresses of other systems: which machines a name leads to, and whether they are public.

Whoever may edit a campaign chooses an address, so it must not lead into our own network: to the
database, to a cloud's metadata at 169.254.169.254, to a page that trusts whoever is near. A name is
looked up once, every answer is judged, and the connection goes to an answer that was judged: a name
that leads elsewhere a moment later gains nothing. Spellings such as 0x7f.1 are left to the
system's own reading, and what it reads is judged.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

LookUp = Callable[..., list[Any]]


class AddressRefused(Exception):
    """Nothing is sent to this address; the text says why."""


def machines_of(host: str, port: int, *, private: bool, look_up: LookUp) -> list[str]:
    """Give the IP addresses of a host, each of which may be connected to.

    `private` lets addresses pass that only our own network reaches.

    Raises:
        AddressRefused: there is none, or one of them may not.
    """
    try:
        found = look_up(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"{host} is not a known name ({error})") from error
    machines = list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
    if not machines:
        raise AddressRefused(f"{host} is not a known name")
    for machine in machines:
        if not private and not is_public(machine):
            raise AddressRefused(
                f"{host} leads to {machine}, which is not a public address"
                " (DIALER_RESULT_PRIVATE allows that)"
            )
    return machines


_NOT_PUBLIC = tuple(
    ipaddress.ip_network(one)
    for one in (
        "192.0.0.0/24",  # of protocols; some releases of Python call single ones of it global
        "fec0::/10",  # sites, as they once were
        "2002::/16",  # tunnels, whose other end may be anything
        "2001::/23",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
    )
)


def is_public(machine: str) -> bool:
    """Tell whether an IP address is that of a machine in the public internet."""
    address = ipaddress.ip_address(machine)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_link_local
        and not any(address in network for network in _NOT_PUBLIC)
    )
