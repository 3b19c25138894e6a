"""Addresses: IP addresses, read from whatever text stands in the place of one.

Reads  texts of sockets, headers, messages and settings
Makes  addresses, or None; whether one is within ranges

The only place where the collector reads an address: what is no address is never an error here.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=65536)
def parsed(text: str) -> Address | None:
    """Return the address that a text is, spaces around it aside; None where it is none.

    >>> parsed(" 203.0.113.7"), parsed("shop.example")
    (IPv4Address('203.0.113.7'), None)
    """
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def truncated(address: Address, *, v4_bits: int, v6_bits: int) -> Address:
    """Return the first address of the network that so many leading bits name; IPv4 within IPv6 is IPv4."""
    plain = (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address
    bits = v4_bits if plain.version == 4 else v6_bits
    return ipaddress.ip_network((plain, bits), strict=False).network_address


@lru_cache(maxsize=65536)
def is_within(text: str, ranges: tuple[str, ...]) -> bool:
    """Tell whether a text is an address in one of the ranges (203.0.113.0/24, or one address)."""
    found = parsed(text)
    return found is not None and any(found in network for network in _networks(ranges))


@lru_cache(maxsize=64)
def _networks(ranges: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(one.strip(), strict=False) for one in ranges)
