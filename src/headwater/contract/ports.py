"""Ports: what the stages ask of the world, as Protocols that the edges fulfil."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa


class Reader(Protocol):
    """Answers read-only SQL over the tables of one workspace; one reader serves one thread."""

    def query(self, sql: str, params: Sequence[Any] = ()) -> pa.Table:
        """Return the rows of one SELECT as an Arrow table; `?` marks are bound to `params`."""
        ...


class PersonalStore(Protocol):
    """The one encrypted place for e-mail addresses, phone numbers and names."""

    def keyed(self, kind: str, values: Iterable[str]) -> Mapping[str, str | None]:
        """Keep the raw values and return, for each, the keyed hash that events carry.

        `kind` is "email" or "phone". Values that are not of the kind at all map to None.
        """
        ...
