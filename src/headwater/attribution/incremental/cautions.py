"""Cautions: what the data breaks of what the fit assumes, in words.

Reads  histories, what experiments say beside observation
Makes  sentences for the guard; none where all that can be checked holds

An interval tells of chance. Where an assumption is broken, numbers may be off by more, and the guard says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.attribution.incremental.histories import ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.attribution.incremental.belief import Belief
    from headwater.attribution.incremental.histories import Histories

RAISED = 1.05
"""Factor for what lost cookies hide that is worth a word."""
UPSTREAM = 0.03
"""Share of all increments that comes through touches which other channels have brought about, worth a word."""
COARSE = 2
"""Times of day; no more of them, and what came first within a day is not known."""


def cautions(
    histories: Histories, *, one_sided: str | None, times: float, beliefs: Sequence[Belief | None]
) -> list[str]:
    """Return what is broken; `one_sided` says why want cannot be told by what comes after conversions.

    `times` is by how much increments were raised.
    """
    found = []
    if one_sided:
        found.append(
            f"{one_sided}, so want is told by direct visits and published experiments "
            "instead of by what comes after: test pull channels"
        )
    if times > RAISED:
        found.append(
            f"one person goes by several identifiers (lost cookies, devices): what is seen was raised {times:.2f} times"
        )
    elif histories.known is not None and not histories.known.any():
        found.append(
            "nobody is known by name, so what lost cookies and several devices hide cannot be told: "
            "increments may be too low"
        )
    known = [belief for belief in beliefs if belief is not None]
    if sum(belief.upstream for belief in known) > UPSTREAM * sum(belief.incremental for belief in known):
        found.append(
            "push ads bring about pull touches, which tell of want less than they seem to: "
            "push channels may get too little and pull channels too much"
        )
    moments = ticks(histories.conversions.time)
    if moments is not None and len(moments) <= COARSE:
        found.append("conversions are known by the day alone, so what came first within a day is not known")
    against = sum(belief.is_contradicted for belief in known)
    if against:
        found.append(
            f"experiments contradict what is observed of {against} channel(s): look at their evidence"
        )
    return found
