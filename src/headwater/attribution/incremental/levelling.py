"""Levelling: what a channel's touches do may level off as they add up, instead of growing with each of them alike.

Reads  exposure, the effects of a first fit
Makes  exposure with more columns, in which the next fit finds how far each channel's effect levels off

The tenth touch of a week does less than the first. Were the effect a straight line in the touches, its slope would
follow the persons whom a channel reaches all the time, and what it does to those whom it reaches now and then would
be lost. With a column for the strength of the touches at most so high, for each of some heights, and no coefficient
below 0, the effect may rise less from these heights on. The strength is that of the first fit, with its mix of
half-lives; a channel that did nothing there stays straight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from headwater.attribution.incremental.histories import PAST

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Exposure, Floats
    from headwater.attribution.incremental.intensity import Fit

CUTS = (0.35, 0.75)
"""Shares of the conversions that a channel reached, in order of how strongly, at which its effect may bend."""
LEAST = 0.1
"""Share of what a touch does at once below which nothing bends: so weak is what is left of touches long ago, and a
column cut off there would say who was met at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """How strong a group's touches are together, and the strengths at which their effect may bend."""

    strengths: Floats
    """By group and half-life of PAST: the effect of a unit of exposure in the first fit."""
    limits: Floats
    """By group and cut; 0 for a group that did nothing in the first fit, and for a cut that is the one before it."""

    @classmethod
    def of(cls, at: Exposure, fit: Fit) -> Self:
        """Return the levels that a first fit, and the exposure at the conversions, suggest."""
        strengths = fit.effects.reshape(-1, len(PAST))
        together = _together(at, strengths)
        limits = np.zeros((len(strengths), len(CUTS)))
        for group, reached in enumerate(together.T):
            if (reached > 0).any():
                cuts = np.quantile(reached[reached > 0], CUTS)
                cuts = np.maximum(cuts, LEAST * strengths[group].sum())
                # two columns cut off at the same height would be one
                limits[group] = np.where(np.diff(cuts, prepend=0.0) > 0, cuts, 0.0)
        return cls(strengths=strengths, limits=limits)

    def applied(self, seen: Exposure) -> Exposure:
        """Return the exposure with a column for each limit: the strength of the group's touches, at most the limit."""
        most = self.limits[None].astype(np.float32)
        capped = np.minimum(_together(seen, self.strengths)[:, :, None], most)
        past = np.concatenate([seen.past.reshape(*capped.shape[:2], len(PAST)), capped], axis=2)
        return replace(seen, past=past.reshape(len(past), -1), levels=len(CUTS))

    def by_half_life(self, fit: Fit) -> Floats:
        """Return by group and half-life the effect of a unit of exposure, on the mean of what it brings.

        What the columns of levels bring is shared among the half-lives as the first fit's strengths say.
        """
        width = len(PAST) + len(CUTS)
        brings, unit = fit.expected.reshape(-1, width), fit.unit.reshape(-1, width)[:, : len(PAST)]
        straight = np.sum(self.strengths * unit, axis=1, keepdims=True)
        capped = brings[:, len(PAST) :].sum(axis=1, keepdims=True)
        level = np.divide(capped, straight, out=np.zeros_like(capped), where=straight > 0)
        made: Floats = fit.effects.reshape(-1, width)[:, : len(PAST)] + level * self.strengths
        return made


def _together(seen: Exposure, strengths: Floats) -> Floats:
    """Return by moment and group how strong its touches are together."""
    plain = seen.past.reshape(len(seen.past), len(strengths), len(PAST))
    made: Floats = np.einsum("ngh,gh->ng", plain, strengths.astype(np.float32))
    return made
