"""Components: the persons that the links show, as connected components on two levels.

Reads  links, click_links   pairs of identifiers (with `hash` and `other_hash`, their stable hashes)
Makes  components   identifier -> person_id

Known identifiers (customer id, e-mail, phone) form persons first; devices attach afterwards. So a
device never bridges two known persons: one that several of them use is shared, and its events go to
them by time (`device_owners`). An e-mail address or phone number with more customer ids than
`max_links` belongs to nobody in particular (a till, a switchboard) and links nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from headwater.contract.steps import Solve
from headwater.contract.tables import CLICK_LINKS, COMPONENTS, LINKS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

FEW = 10_000
"""Fewer links than this need no solver."""
LINKS_WITH_HASHES = """
    select identifier, other_identifier, stable_hash(identifier) as hash, stable_hash(other_identifier) as other_hash
    from (
        select identifier, other_identifier from links
        union all
        select identifier, other_identifier from click_links
    ) as evidence
"""


def components(*, max_links: int) -> Solve:
    """Make `components` with SciPy; on 10 million edges it takes seconds."""

    def solve(tables: Mapping[str, pa.Table]) -> pa.Table:
        return persons_of(tables["links"], max_links=max_links)

    return Solve(
        makes=COMPONENTS,
        reads=(LINKS, CLICK_LINKS),
        solve=solve,
        params={"max_links": max_links},
        queries={"links": LINKS_WITH_HASHES},
    )


def persons_of(links: pa.Table, *, max_links: int) -> pa.Table:
    """Return one row (identifier, person_id, is_shared) per identifier that stands in `links`."""
    names = pa.chunked_array(
        [*links["identifier"].chunks, *links["other_identifier"].chunks], type=pa.string()
    )
    hashes = np.concatenate([_integers(links["hash"]), _integers(links["other_hash"])])
    encoded = names.combine_chunks().dictionary_encode()
    nodes = encoded.dictionary
    indices = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    node_hash = np.zeros(len(nodes), dtype=np.int64)
    node_hash[indices] = hashes
    left, right = indices[: len(links)], indices[len(links) :]
    is_device = pc.starts_with(nodes, "anonymous:").to_numpy(zero_copy_only=False)

    left, right = _without_shared_values(left, right, nodes=nodes, max_links=max_links)
    between = ~is_device[left] & ~is_device[right]
    known = _labels(left[between], right[between], count=len(nodes))
    label, is_shared = _with_devices(left, right, known=known, is_device=is_device)
    smallest = np.full(label.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, label, node_hash)
    return pa.table({"identifier": nodes, "person_id": smallest[label], "is_shared": is_shared})


def _integers(column: pa.ChunkedArray) -> Ints:
    values: Ints = column.to_numpy().astype(np.int64)
    return values


def _labels(left: Ints, right: Ints, *, count: int) -> Ints:
    if len(left) < FEW:
        return _labels_of_few(left, right, count=count)
    # SciPy takes a quarter of a second to load: only a full build needs it
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(left), dtype=np.int8)
    _, label = connected_components(coo_matrix((ones, (left, right)), shape=(count, count)), directed=False)
    return np.asarray(label, dtype=np.int64)


def _labels_of_few(left: Ints, right: Ints, *, count: int) -> Ints:
    """Return the same parts, each named by its smallest node: labels sink along links until none does."""
    label: Ints = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(label[left], label[right])
        sunk = label.copy()
        np.minimum.at(sunk, label[left], low)
        np.minimum.at(sunk, label[right], low)
        sunk = sunk[sunk]
        if np.array_equal(sunk, label):
            return label
        label = sunk


def _without_shared_values(left: Ints, right: Ints, *, nodes: pa.Array, max_links: int) -> tuple[Ints, Ints]:
    """Return the links without those of addresses and numbers that too many customer ids share."""
    is_user = pc.starts_with(nodes, "user:").to_numpy(zero_copy_only=False)
    degree = np.bincount(left[is_user[right]], minlength=len(nodes)) + np.bincount(
        right[is_user[left]], minlength=len(nodes)
    )
    is_contact = pc.or_(pc.starts_with(nodes, "email:"), pc.starts_with(nodes, "phone:"))
    shared = is_contact.to_numpy(zero_copy_only=False) & (degree > max_links)
    kept = ~shared[left] & ~shared[right]
    return left[kept], right[kept]


def _with_devices(left: Ints, right: Ints, *, known: Ints, is_device: Flags) -> tuple[Ints, Flags]:
    """Attach each device to the one person it was seen with; say which devices are shared."""
    count = len(known)
    device = np.where(is_device[left], left, right)
    other = np.where(is_device[left], right, left)
    mixed = is_device[left] != is_device[right]
    low, high = _range_of_labels(device[mixed], known[other[mixed]], count=count)
    attached, is_shared = low == high, (high >= 0) & (low != high)
    owner = np.where(attached, low, -1)

    # devices that only other devices vouch for follow them, where these agree on one person
    both = is_device[left] & is_device[right] & ~is_shared[left] & ~is_shared[right]
    among = _labels(left[both], right[both], count=count)
    spoken = is_device & attached
    low, high = _range_of_labels(among[spoken], owner[spoken], count=count)
    agreed = low == high
    follows = is_device & ~attached & ~is_shared
    # where they disagree, or nobody is known, the devices stay together among themselves
    label = np.where(
        is_device,
        np.where(attached, owner, np.where(follows & agreed[among], low[among], count + among)),
        known,
    )
    label = np.where(is_shared, 2 * count + np.arange(count), label)
    return np.unique(label, return_inverse=True)[1].astype(np.int64), is_shared


def _range_of_labels(groups: Ints, labels: Ints, *, count: int) -> tuple[Ints, Ints]:
    """Return the smallest and the largest label of each group; (count, -1) for an empty one."""
    low, high = np.full(count, count, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    np.minimum.at(low, groups, labels)
    np.maximum.at(high, groups, labels)
    return low, high
