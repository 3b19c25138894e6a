"""Apart: links without those that join persons who were known apart at an earlier time.

Reads  links as `components` reads them; the persons and links of the earlier time
Makes  the links that leave those persons as they were

Whatever was linked then stays linked. A new link stays if it gives a person a new device, address or
first customer id. It falls if it joins two persons that were there already, be it through addresses that
are new themselves, and if a second person came to a device that was there. Which of several such links
falls is decided by their hashes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.contract.steps import Solve
from headwater.contract.tables import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from headwater.contract.query import KnownApart
    from headwater.contract.steps import AnyStep

    Ints = NDArray[np.int64]

DEVICE = "anonymous:"
NOBODY = -1
"""The person of an identifier that was not known."""


def steps_apart(steps: Iterable[AnyStep], known: KnownApart) -> Iterator[AnyStep]:
    """Yield the steps, with `components` made from links that join nobody."""
    for step in steps:
        if step.makes is not COMPONENTS or not isinstance(step, Solve):
            yield step
            continue
        solve = step.solve

        def solved(
            tables: Mapping[str, pa.Table], solve: Callable[[Mapping[str, pa.Table]], pa.Table] = solve
        ) -> pa.Table:
            return solve({**tables, "links": kept_apart(tables["links"], known)})

        yield replace(step, solve=solved)


def kept_apart(links: pa.Table, known: KnownApart) -> pa.Table:
    """Return `links` (identifier, other_identifier, hash, other_hash) without those that join."""
    left, right = _integers(links["hash"]), _integers(links["other_hash"])
    was_there = _pairs(_integers(known.links["hash"]), _integers(known.links["other_hash"]))
    one, other = _persons(left, known.persons), _persons(right, known.persons)
    is_new = ~np.isin(_pairs(left, right), was_there)
    is_device, other_is_device = (
        pc.starts_with(links[name], DEVICE).to_numpy(zero_copy_only=False)
        for name in ("identifier", "other_identifier")
    )
    falls = np.zeros(len(links), dtype=bool)
    persons = _Persons(_named(known.persons))
    # customer ids and addresses form persons first, and devices attach to them, as in `components`; what
    # was linked already is one person already, and only devices that were known can join two
    between = ~is_device & ~other_is_device
    joins = ~between & ~(is_device & (one == NOBODY)) & ~(other_is_device & (other == NOBODY))
    for chosen in (is_new & between, is_new & joins):
        for place in _ordered(np.flatnonzero(chosen), left, right):
            ends = [
                (int(left[place]), int(one[place]), bool(is_device[place])),
                (int(right[place]), int(other[place]), bool(other_is_device[place])),
            ]
            falls[place] = not persons.join(*ends)
    return links.filter(pa.array(~falls))


End = tuple[int, int, bool]
"""An identifier of a link: its hash, the person that it was known as, and whether it is a device."""


class _Persons:
    """Sets of identifiers, each with the person that it was known as and whether that has a name."""

    def __init__(self, named: set[int]) -> None:
        self._above: dict[int, int] = {}
        self._known: dict[int, int] = {}
        self._named: dict[int, bool] = {_whole(person): True for person in named}

    def join(self, one: End, other: End) -> bool:
        """Unite the sets of two identifiers; not where that joins persons, or a device would be shared."""
        top, below = self._top(*one), self._top(*other)
        persons = {self._known[top], self._known[below]} - {NOBODY}
        is_shared = (one[2] or other[2]) and self._named[top] and self._named[below]
        if top != below and (len(persons) > 1 or is_shared):
            return False
        self._above[below] = top
        self._known[top] = min(persons, default=NOBODY)
        self._named[top] = self._named[top] or self._named[below]
        return True

    def _top(self, identifier: int, known_as: int, is_device: bool) -> int:  # noqa: FBT001 (a part of an End)
        top = identifier if known_as == NOBODY else _whole(known_as)
        self._known.setdefault(top, known_as)
        self._named.setdefault(top, not is_device)
        while (above := self._above.get(top, top)) != top:
            self._above[top] = self._above.get(above, above)
            top = above
        return top


def _whole(person: int) -> int:
    """Return what stands for all identifiers of a person that was known: they are one set from the start."""
    return -2 - person


def _named(persons: pa.Table) -> set[int]:
    """Return the persons that are known by more than devices."""
    is_device = persons["is_device"].to_numpy()
    return set(_integers(persons["person_id"])[~is_device].tolist())


def _ordered(places: Ints, left: Ints, right: Ints) -> Iterator[int]:
    return (int(place) for place in places[np.lexsort((right[places], left[places]))])


def _persons(hashes: Ints, persons: pa.Table) -> Ints:
    """Return the person that each identifier was known as, NOBODY for a new one."""
    known, ids = _integers(persons["hash"]), _integers(persons["person_id"])
    if not len(known):
        return np.full(len(hashes), NOBODY, dtype=np.int64)
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], hashes), len(known) - 1)
    found: Ints = np.where(known[order][place] == hashes, ids[order][place], NOBODY)
    return found


def _pairs(left: Ints, right: Ints) -> Ints:
    """Return one number for each pair of hashes."""
    return (left * np.int64(1_000_003)) ^ right


def _integers(column: pa.ChunkedArray) -> Ints:
    values: Ints = column.to_numpy().astype(np.int64)
    return values
