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


def is_public(machine: str) -> bool:
    """Tell whether an IP address is that of a machine in the public internet."""
    address = ipaddress.ip_address(machine)
    inner = _inner(address) if isinstance(address, ipaddress.IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_link_local
        and not address.is_unspecified
    )


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Give the IPv4 address that an IPv6 address stands for, where it stands for one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else None
