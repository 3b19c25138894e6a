"""Campaigns: how much more or less than its channel each campaign does, drawn to the channel's mean.

Reads  pairs of touches before conversions and before reference moments, the fitted intensity
Makes  a multiple of the channel's effect for each campaign

A campaign's multiple has a gamma prior with mean 1; how wide it is comes from how much the campaigns differ
beyond chance (empirical Bayes), so that a small campaign is taken to be like its channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Floats, Whole

WIDTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0)
"""Shapes of the gamma prior that are tried: 4 means a standard deviation of a half."""
ROUNDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """The multiple of each unit, and the relative standard error that being told apart adds."""

    multiple: Floats
    error: Floats


def parted(moment: Whole, unit: Whole, weight: Floats, due: Floats, group: Whole) -> Parted:
    """Return the multiples of the units (mostly campaigns).

    `moment`, `unit`, `weight` are the past touches of conversions with what each adds at its channel's mean;
    `due` is how many conversions each unit brings in all at that mean; `group` is the unit's channel.
    """
    multiple = np.ones(len(due))
    shape = np.full(int(group.max(initial=0)) + 1, WIDTHS[-1])
    brought: Floats = due.copy()
    for _ in range(ROUNDS):
        share = shares(moment, multiple[unit] * weight)
        brought = np.bincount(unit, weights=share, minlength=len(due)).astype(float)
        shape = _shapes(brought, due, group, len(shape))
        multiple = (shape[group] + brought) / (shape[group] + due)
    return Parted(multiple=multiple, error=1 / np.sqrt(shape[group] + _told(moment, unit, weight, multiple)))


def shares(moment: Whole, added: Floats) -> Floats:
    """Return each touch's share of its conversion, from what each adds: 1 + all that was added is the whole."""
    made: Floats = added / (1 + np.bincount(moment, weights=added))[moment]
    return made


def _told(moment: Whole, unit: Whole, weight: Floats, multiple: Floats) -> Floats:
    """Return how many conversions' worth is told of each unit: the sum of the squares of its shares.

    A conversion that a unit has a half share in tells a quarter of what a conversion tells that it brought alone
    (Louis 1982, on the information that is missing where it is not known what brought what).
    """
    pair, place = np.unique(moment.astype(np.int64) * len(multiple) + unit, return_inverse=True)
    share = np.bincount(place, weights=shares(moment, multiple[unit] * weight), minlength=len(pair))
    told: Floats = np.bincount(pair % len(multiple), weights=share**2, minlength=len(multiple)).astype(float)
    return told


def _shapes(brought: Floats, due: Floats, group: Whole, groups: int) -> Floats:
    """Return, by group, the prior's shape under which what the units brought is likeliest (negative binomial)."""
    from scipy.special import gammaln  # loads slowly

    best, made = np.full(groups, -np.inf), np.full(groups, WIDTHS[-1])
    for shape in WIDTHS:
        each = (
            gammaln(shape + brought) - gammaln(shape)
            + shape * np.log(shape) - (shape + brought) * np.log(shape + due)
            + brought * np.log(np.maximum(due, 1e-300))
        )  # fmt: skip
        likelihood = np.bincount(group, weights=np.where(due > 0, each, 0.0), minlength=groups)
        better = likelihood > best + 1e-9
        best, made = np.where(better, likelihood, best), np.where(better, shape, made)
    return made
