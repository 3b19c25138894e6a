"""Posterior: how far the increments could be off by chance, from the curvature of the likelihood at the fit.

Reads  a fit, exposure at the conversions, whose conversions they are
Makes  by causal group: the centre, and the covariance of the conversions that it brings

Each group keeps the mix of half-lives and levels that was fitted, and so does what its touches tell of want; the
strengths of all of them vary together. The covariance is Huber's sandwich with persons as blocks, so that
persons who convert again and again do not make it look surer than it is. For a group whose strength ended
at 0 the centre lies below 0, where the likelihood would have gone on to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headwater.attribution.incremental.histories import AROUND, PAST

if TYPE_CHECKING:
    from headwater.attribution.incremental.histories import Exposure, Floats, Whole
    from headwater.attribution.incremental.intensity import Fit

RIDGE = 1e-6
"""Share of each diagonal element that is added to it: what nobody met has no curvature."""
Z = 1.959963984540054
"""Standard errors that a 95 % interval reaches on either side."""
INFLATED = 5.0
"""So many times the error that a group would have alone, and it is not told apart from others."""
USUAL_MIX = (0.25, 0.5, 0.25)
"""Shares of the half-lives in what a group brings, where none was fitted."""


class Spread(NamedTuple):
    """A normal around the conversions that each causal group brings."""

    centre: Floats
    covariance: Floats


def spread(fit: Fit, at: Exposure, person: Whole, *, integration: float = 0.0) -> Spread:
    """Return centre and covariance of the conversions that each causal group brings.

    `integration` is the share that the finite number of reference moments adds to the variance.
    """
    from scipy.linalg import block_diag  # loads slowly; only who fits should wait

    expected = fit.expected.reshape(-1, len(PAST) + at.levels)
    mixes = _mixes(expected)
    unit = np.where(fit.unit > 0, fit.unit, 1.0)
    past = _directions(mixes / unit.reshape(mixes.shape))  # one unit of strength: one conversion
    plain, bends = np.split(fit.want, [len(fit.want) - at.bends])
    triples = len(plain) // (len(AROUND) + 1) * len(AROUND)  # none where all columns are gathered in one
    around, rates = plain[:triples], plain[triples:]
    turn = block_diag(past, _directions(around.reshape(-1, len(AROUND))), rates[:, None], np.diag(bends))
    turn = turn[:, np.abs(turn).sum(axis=0) > 0]
    inverse, variance, alone = _curved(fit, at, turn, person)
    groups = past.shape[1]
    centre = expected.sum(axis=1)
    slope = np.where(np.arange(turn.shape[1]) < groups, turn.T @ fit.slope, 0.0)
    shift = -(inverse @ slope)
    at_zero = centre <= 0
    of = slice(groups)
    return Spread(
        centre=np.where(at_zero, np.minimum(shift[of], 0.0), centre),
        covariance=_together(variance[of, of], inverse[of, of], alone[of], centre) * (1 + integration),
    )


def share_of(around: Spread, conversions: int) -> tuple[float, float]:
    """Return which share of the conversions all groups together bring, with its standard error."""
    whole = float(np.maximum(around.centre, 0.0).sum())
    error = float(np.sqrt(max(around.covariance.sum(), 0.0)))
    return whole / max(conversions, 1), error / max(conversions, 1)


def _curved(fit: Fit, at: Exposure, turn: Floats, person: Whole) -> tuple[Floats, Floats, Floats]:
    """Return the inverse of the curvature along the columns of `turn`, Huber's sandwich around it, and errors alone."""
    curvature = turn.T @ fit.curvature @ turn
    scale = np.sqrt(np.maximum(np.diag(curvature), 1e-12))
    curvature = curvature / scale[:, None] / scale[None, :]
    curvature[np.diag_indices_from(curvature)] += RIDGE
    inverse = np.linalg.inv(curvature)
    variance = inverse @ _by_person(_scores(fit, at, turn) / scale, person) @ inverse
    whole = np.outer(scale, scale)
    return inverse / whole, variance / whole, 1 / scale


def _together(variance: Floats, inverse: Floats, alone: Floats, centre: Floats) -> Floats:
    """Return the covariance with errors of their own for groups whose touches always come together.

    There the sandwich is noise, since nothing in the scores tells such groups apart. What one alone would have for an
    error is known, and that no more can pass from one to another than the others have.
    """
    errors = np.sqrt(np.maximum(np.diag(inverse), alone**2))
    against = np.maximum(-inverse / np.outer(errors, errors), 0.0)
    passes = against @ np.maximum(centre, 0.0) / Z
    own = np.sqrt(np.maximum(np.diag(variance), 1e-300))
    change = np.where(errors > INFLATED * alone, np.hypot(alone, np.minimum(errors, passes)) / own, 1.0)
    made: Floats = variance * np.outer(change, change)
    return made


def _mixes(expected: Floats) -> Floats:
    """Return what each half-life, and each level, adds to one conversion of the group."""
    whole = expected.sum(axis=1, keepdims=True)
    usual = np.zeros(expected.shape)
    usual[:, : len(PAST)] = USUAL_MIX
    made: Floats = np.where(whole > 0, expected / np.where(whole > 0, whole, 1.0), usual)
    return made


def _directions(mixes: Floats) -> Floats:
    """Return a column for each row of `mixes`, with the row's numbers in that row's places."""
    rows, width = mixes.shape
    made = np.zeros((rows * width, rows))
    for row in range(rows):
        made[row * width : (row + 1) * width, row] = mixes[row]
    return made


def _scores(fit: Fit, at: Exposure, turn: Floats) -> Floats:
    """Return each conversion's part in the first derivatives, less its mean."""
    columns = len(fit.effects)
    past = (at.past @ turn[:columns].astype(np.float32)) / (1 + at.past @ fit.effects.astype(np.float32))[
        :, None
    ]
    wanted = 1 + at.around @ fit.want.astype(np.float32)
    around = (at.around @ turn[columns:].astype(np.float32)) / wanted[:, None]
    scores = (past + around).astype(np.float64)
    centred: Floats = scores - scores.mean(axis=0)
    return centred


def _by_person(scores: Floats, person: Whole) -> Floats:
    order = np.argsort(person, kind="stable")
    first = np.flatnonzero(np.diff(person[order], prepend=-1))
    summed = np.add.reduceat(scores[order], first, axis=0)
    made: Floats = summed.T @ summed
    return made


def interval(centre: float, error: float, *, z: float = Z) -> tuple[float, float]:
    """Return a 95 % interval of a number that cannot be below 0, from a normal around `centre`.

    The lower end is 0 where the normal reaches below it; the upper end leaves 2.5 % of what lies above 0.
    """
    from scipy.special import ndtr, ndtri

    if error <= 0:
        return max(centre, 0.0), max(centre, 0.0)
    outside = float(ndtr(-centre / error))
    upper = centre + error * float(ndtri(min(1 - 0.025 * (1 - outside), 1 - 1e-16)))
    return max(0.0, centre - z * error), max(upper, 0.0)
