"""Settling: which way the rows of a kind meet what is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.collect.importing.facts import settled_facts
from headwater.collect.importing.totals import settled_days, settled_paths
from headwater.collect.importing.versions import settled_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from headwater.collect.importing.bench import Bench
    from headwater.collect.importing.rows import Rows
    from headwater.collect.importing.settled import Settled

WAYS = {"facts": settled_facts, "versions": settled_versions, "paths": settled_paths, "days": settled_days}


def settled(
    bench: Bench, rows: Sequence[Rows], *, archive: Sequence[Path], tick: Callable[[float], None]
) -> Settled:
    """Write the new rows aside and count the others."""
    return WAYS[rows[0].kind.settling](bench, rows, archive=archive, tick=tick)
