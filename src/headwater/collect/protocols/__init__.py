"""Protocols: one file for each way in which clients speak to the collector, and this registry.

A path decides the protocol. A trailing slash makes no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.collect.protocols import segment

if TYPE_CHECKING:
    from headwater.collect.protocols.wire import Wire

WIRES: tuple[Wire, ...] = (segment.WIRE,)
BY_NAME: dict[str, Wire] = {wire.name: wire for wire in WIRES}
BY_PATH: dict[str, tuple[Wire, str]] = {
    path: (wire, kind) for wire in WIRES for path, kind in wire.paths.items()
}


def spoken(path: str) -> tuple[Wire, str] | None:
    """Return the protocol of a path and the type that it gives to messages; None for other paths."""
    return BY_PATH.get(path) or BY_PATH.get(path.rstrip("/"))
