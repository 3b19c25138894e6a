"""Headwater: self-hosted attribution, to tell which touch led to this sale.

>>> import headwater
>>> hw = headwater.open("shop")                        # a folder, or the address of a server
>>> hw.report("compare", by="channel").to_polars()

The public face is what `__all__` names; everything else may change until 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from headwater import attribution
    from headwater.doors import open_ as open  # noqa: A004 (headwater.open is the contract)
    from headwater.remote import RemoteWorkspace
    from headwater.result import ReportResult
    from headwater.scoring import score
    from headwater.workspace import Workspace

__version__ = "0.1.0"

__all__ = [
    "HeadwaterError",
    "RemoteWorkspace",
    "ReportResult",
    "Workspace",
    "__version__",
    "attribution",
    "open",
    "score",
]

_PLACES = {
    "RemoteWorkspace": ("headwater.remote", "RemoteWorkspace"),
    "ReportResult": ("headwater.result", "ReportResult"),
    "Workspace": ("headwater.workspace", "Workspace"),
    "attribution": ("headwater.attribution", None),
    "open": ("headwater.doors", "open_"),
    "score": ("headwater.scoring", "score"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that `import headwater` stays quick."""
    from importlib import import_module

    if name not in _PLACES:
        message = f"module 'headwater' has no attribute {name!r}"
        raise AttributeError(message)
    module, attribute = _PLACES[name]
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
