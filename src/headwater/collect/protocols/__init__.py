"""Protocols: one file for each way in which clients speak to the collector, and this registry.

The path decides the protocol; where two share a path, the one that accepts the request, or at last the
one that recognises its body. A trailing slash makes no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.collect.protocols import (
    amplitude,
    ga4,
    gtag,
    matomo,
    mixpanel,
    openpanel,
    pixel,
    plausible,
    posthog,
    segment,
    snowplow,
    touch,
    umami,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headwater.collect.protocols.wire import Wire
    from headwater.collect.request import Request

WIRES: tuple[Wire, ...] = (
    segment.WIRE,
    plausible.WIRE,
    ga4.WIRE,
    gtag.WIRE,
    snowplow.WIRE,
    matomo.WIRE,
    pixel.WIRE,
    openpanel.WIRE,
    mixpanel.WIRE,
    posthog.WIRE,
    amplitude.WIRE,
    umami.WIRE,
    touch.WIRE,
)
"""Of those that share a path, the first takes what no other recognises."""


def by_path(wires: Iterable[Wire]) -> dict[str, list[tuple[Wire, str]]]:
    """Return the protocols of each path; what accepts only some requests comes before what takes all."""
    found: dict[str, list[tuple[Wire, str]]] = {}
    for wire in sorted(wires, key=lambda wire: wire.accepts is None):
        for path, kind in wire.paths.items():
            found.setdefault(path.rstrip("/"), []).append((wire, kind))
    return found


BY_PATH = by_path(WIRES)


def spoken(path: str) -> list[tuple[Wire, str]]:
    """Return the protocols of a path, each with the type that the path gives to its messages."""
    found = BY_PATH.get(path) or BY_PATH.get(path.rstrip("/"))
    if found is not None:
        return found
    return [(wire, "") for wire in WIRES if wire.pattern and wire.pattern.fullmatch(path)]


def settled(request: Request, body: Any, choice: tuple[Wire, str]) -> tuple[Wire, str]:
    """Return the protocol of a request whose body is known: `choice`, unless another recognises it."""
    if choice[0].accepts is not None:
        return choice
    for wire, kind in spoken(request.path):
        if wire.recognises is not None and wire.recognises(request, body):
            return wire, kind
    return choice


def chosen(request: Request) -> tuple[Wire, str] | None:
    """Return the protocol of a request, and the type that its path gives to messages."""
    for wire, kind in spoken(request.path):
        if wire.accepts is None or wire.accepts(request):
            return wire, kind
    return None
