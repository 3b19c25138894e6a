"""Outbound: which addresses this program may be sent to by a URL that somebody gave it.

Reads  a URL, the addresses that its name resolves to
Makes  a `Destination`, or the reason why there is none

A URL that a user typed, or a redirect that a foreign server sent, must not reach what only this machine
can reach: itself, its network, the metadata service of its cloud. So the URL is read strictly, every
address of the name is checked (not only one of them), and whoever connects uses the checked address, not
the name. `ipaddress.is_global` alone is not enough: older versions call wrapped addresses public.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from headwater.contract.errors import HeadwaterError

PORTS = (80, 443, 8443)
"""Ports of the web."""
STANDARD_PORT = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
_UNSAFE = re.compile(
    r"[\x00-\x20\x7f-\xa0\\<>\"^`{|}\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_DOTS = "\u3002\uff0e\uff61"
"""Signs that become a dot in a name."""
_LOCAL = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "localdomain",
    "arpa",
)
"""Last parts of names that never are on the public net."""
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_FORBIDDEN = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
"""Networks that are not the public net, or that wrap an address of another one (6to4, Teredo)."""
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "168.63.129.16/32", "192.0.0.192/32", "100.100.100.200/32")
)  # fmt: skip
"""Link-local addresses and the metadata services of clouds: refused whatever an operator allows."""


class OutboundError(HeadwaterError):
    """A URL leads where this program must not go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a URL leads, read strictly."""

    scheme: str
    """http or https"""
    host: str
    """Lower case, in ASCII; an IPv6 address without brackets."""
    port: int
    is_address: bool
    """The host is an address, not a name."""


def destination(url: str, *, allow_private: bool = False) -> Destination:
    """Return where a URL leads.

    With `allow_private` names and ports of one's own network are let through; addresses are checked by
    `refusal`, that of the URL here and those of its name by whoever resolves it. Raises OutboundError.
    """
    if _UNSAFE.search(url):
        raise _refused(url, "it holds spaces, control signs or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(url, "it cannot be read as a URL") from error
    if parts.scheme not in STANDARD_PORT or not url[len(parts.scheme) :].startswith("://"):
        raise _refused(url, "only http:// and https:// are followed")
    if "@" in parts.netloc:
        raise _refused(url, "it carries a user name")
    port = port if port is not None else STANDARD_PORT[parts.scheme]
    if port not in PORTS and not (allow_private and port):
        raise _refused(url, f"port {port} is none of the web's ({', '.join(map(str, PORTS))})")
    host, is_address = _host(url, parts.netloc, parts.hostname or "", allow_private=allow_private)
    if is_address and (reason := refusal(host, allow_private=allow_private)):
        raise _refused(url, reason)
    return Destination(scheme=parts.scheme, host=host, port=port, is_address=is_address)


def refusal(address: str, *, allow_private: bool = False) -> str | None:
    """Return why an IP address must not be connected to, or None where it may be.

    >>> refusal("93.184.216.34"), refusal("64:ff9b::7f00:1")
    (None, '64:ff9b::7f00:1 is not an address of the public net')
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return f"{address!r} is no IP address"
    if isinstance(ip, ipaddress.IPv6Address) and (ip.scope_id is not None):
        return f"{address} names a network card"
    if any(ip in network for network in _NEVER if network.version == ip.version):
        return f"{address} is a link-local or metadata address"
    if allow_private:
        inner = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
        return refusal(str(inner), allow_private=True) if inner else None
    is_public = ip.is_global and not ip.is_multicast and not ip.is_reserved
    if isinstance(ip, ipaddress.IPv6Address):
        is_public = is_public and ip in _PUBLIC_V6
    if not is_public or any(ip in network for network in _FORBIDDEN if network.version == ip.version):
        return f"{address} is not an address of the public net"
    return None


def _host(url: str, netloc: str, host: str, *, allow_private: bool) -> tuple[str, bool]:
    if netloc.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host)), True
        except ValueError as error:
            raise _refused(url, "its IPv6 address is none") from error
    if not host or any(sign in host for sign in _DOTS):
        raise _refused(url, "it names no host")
    try:
        name = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError as error:
        raise _refused(url, "its host is no name") from error
    name = name.lower().removesuffix(".")
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(url, "its host is no name")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name)), True
        except ValueError as error:
            raise _refused(url, "its host is a number in another spelling than an IP address has") from error
    if not allow_private and (len(labels) == 1 or labels[-1] in _LOCAL):
        raise _refused(url, f"{name} is no name of the public net")
    return name, False


def _refused(url: str, reason: str) -> OutboundError:
    return OutboundError(
        f"{url[:200]!r} is not followed: {reason}.",
        hint="use a public http(s) address; for a server of your own, `--allow-private` lets its network through.",
    )
