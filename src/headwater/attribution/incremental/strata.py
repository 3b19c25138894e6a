"""Strata: groups of persons that convert at rates of their own, from what is known of them beforehand.

Reads  attributes of persons as JSON, conversions and days seen by person
Makes  a stratum number for each person

Only attributes that were imported with the person are looked at, never what the person was shown or did:
to adjust for what ads bring about would take their effect away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.attribution.incremental.histories import Floats, Whole

MOST_VALUES = 12
"""An attribute of more values than this, if they are numbers, is cut into QUANTILES parts, else passed over."""
QUANTILES = 4
MOST_STRATA = 24
LEAST_CONVERSIONS = 40
"""Mean conversions of a stratum below which nothing more is divided."""
SURE = 12.0
"""Log-likelihood ratio per value that an attribute must reach: what chance hardly does."""


def strata(attributes: Sequence[str | None], counted: Floats, days: Floats) -> Whole:
    """Return the stratum of each person; `counted` conversions in `days` seen.

    The attributes that tell conversion rates apart best are taken one by one, while strata stay large enough.
    """
    chosen: Whole = np.zeros(len(attributes), dtype=np.int64)
    offered = _offered(attributes)
    while offered:
        best = max(offered, key=lambda name: (_gain(chosen, offered[name], counted, days), name))
        codes = offered.pop(best)
        joined = chosen * (int(codes.max(initial=0)) + 1) + codes
        number, renumbered = _renumbered(joined)
        if number > MOST_STRATA or counted.sum() < LEAST_CONVERSIONS * number:
            continue
        if _gain(chosen, codes, counted, days) < SURE * number:
            continue
        chosen = renumbered
    return chosen


def _offered(attributes: Sequence[str | None]) -> dict[str, Whole]:
    """Return the codes of every attribute that can divide persons, by name."""
    texts, place = np.unique(
        np.array([one or "{}" for one in attributes], dtype=object).astype(str), return_inverse=True
    )
    told: list[dict[str, Any]] = [_parsed(text) for text in texts.tolist()]
    names = sorted({name for one in told for name in one})
    offered = {}
    for name in names:
        codes = _codes([one.get(name) for one in told])
        if codes is not None:
            offered[name] = codes[place.ravel()]
    return offered


def _parsed(text: str) -> dict[str, Any]:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def _codes(values: list[Any]) -> Whole | None:
    texts = ["" if value is None else str(value) for value in values]
    known, codes = np.unique(np.array(texts), return_inverse=True)
    if len(known) < 2:
        return None
    if len(known) <= MOST_VALUES:
        return codes.ravel().astype(np.int64)
    try:
        numbers = np.array([float(text) if text else np.nan for text in texts])
    except ValueError:
        return None
    cuts = np.nanquantile(numbers, np.linspace(0, 1, QUANTILES + 1)[1:-1])
    made: Whole = np.where(np.isnan(numbers), QUANTILES, np.searchsorted(cuts, numbers)).astype(np.int64)
    return made


def _gain(chosen: Whole, codes: Whole, counted: Floats, days: Floats) -> float:
    """Return twice the log-likelihood that rates by `codes` within `chosen` add."""
    return 2 * (
        _likelihood(chosen * (int(codes.max(initial=0)) + 1) + codes, counted, days)
        - _likelihood(chosen, counted, days)
    )


def _likelihood(groups: Whole, counted: Floats, days: Floats) -> float:
    came = np.bincount(groups, weights=counted)
    seen = np.bincount(groups, weights=days)
    known = came > 0
    return float((came[known] * np.log(came[known] / np.maximum(seen[known], 1e-9))).sum())


def _renumbered(codes: Whole) -> tuple[int, Whole]:
    known, made = np.unique(codes, return_inverse=True)
    return len(known), made.ravel().astype(np.int64)
