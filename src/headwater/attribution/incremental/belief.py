"""Belief: what a channel adds, from observation, published experiments and one's own.

Reads  observed increments with their spread, priors by channel, experiments
Makes  one estimate by channel with an interval and where it comes from

Where persons are seen before and after their conversions, observation tells want from effect. Where they are
not, what a pull channel adds can hardly be seen: the share of its claim that published experiments found is
then one more, wide, piece of evidence. Experiments of one's own are weighed by precision in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt
from typing import TYPE_CHECKING

from headwater.attribution.calibration import Evidence, calibrated, scaled
from headwater.attribution.incremental.posterior import interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from headwater.attribution.calibration import Experiment
    from headwater.attribution.priors import Prior

ADJUSTED = 0.1
"""How far off the allowance for want may be, as a share of what it took from the claim."""
FORM = 0.1
"""How far off the form of the model may be, as a share of the increment."""
ADJUSTED_BY_PROXY, FORM_BY_PROXY = 0.25, 0.15
"""The same where a conversion ends wanting, so that a proxy stands in."""
CONTRADICTED = 3.0
"""Standard errors by which an experiment contradicts what is observed."""
UPSTREAM = 0.25
"""How far off may be what comes through touches of other channels, as a share of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What observation says of one channel, in conversions."""

    claimed: float
    """What the model without any allowance for want would credit it with."""
    centre: float
    """Top of the likelihood; may lie below 0."""
    error: float
    is_pull: bool
    is_one_sided: bool
    """What comes after a conversion is no mirror of what came before it (see `proxies`)."""
    times: float = 1.0
    """By how much it was raised, since persons go by several identifiers (see `splitting`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What a channel adds, in conversions, with a 95 % interval and where it comes from."""

    incremental: float
    error: float
    low: float
    high: float
    evidence: str
    upstream: float = 0.0
    """Part of `incremental` that comes through touches of other channels."""
    is_tested: bool = False
    """An experiment of one's own is in it."""
    is_contradicted: bool = False
    """One of one's own experiments says something else than observation does, beyond chance."""


def believed(
    observed: Observed,
    prior: Prior,
    experiments: Sequence[Experiment],
    *,
    since: date,
    until: date,
    amounts: Mapping[date, float],
) -> Belief:
    """Return the belief about one channel in the days from `since` to `until` (included).

    `amounts` are the channel's touches by day: an experiment in other days is scaled by them.
    """
    doubt = _doubt(observed)
    value, error = observed.centre, sqrt(observed.error**2 + doubt**2)
    said = (
        "observed before and after touches"
        if not observed.is_one_sided
        else "observed before touches and by what visits tell: a conversion ends wanting here"
    )
    if observed.times > 1:
        said += f", raised {observed.times:.2f} times for what lost cookies and devices hide"
    if observed.is_pull and observed.is_one_sided:
        width = max(prior.standard_deviation * observed.claimed, observed.error)
        value, error = _combined((value, error), (prior.share * observed.claimed, width))
        said += f"; prior share {prior.share:.2f} of {observed.claimed:.0f} claimed: {prior.source}"
    is_contradicted = False
    if experiments:
        tests = [scaled(one, since=since, until=until, amounts=amounts) for one in experiments]
        is_contradicted = any(
            abs(test.value - value) > CONTRADICTED * hypot(test.standard_error, error) for test in tests
        )
        whole = calibrated(
            Evidence(label="observed", value=value, standard_error=observed.error),
            tests,
            doubt=sqrt(max(error**2 - observed.error**2, doubt**2)),
        )
        value, error, said = whole.value, whole.standard_error, f"{said}; calibrated: {whole.provenance}"
    low, high = interval(value, error)
    return Belief(
        incremental=max(value, 0.0),
        error=error,
        low=low,
        high=high,
        evidence=said,
        is_tested=bool(experiments),
        is_contradicted=is_contradicted,
    )


def through(belief: Belief, adds: float, error: float) -> Belief:
    """Return the belief about a channel with what comes through touches of others that it brings about.

    A channel with an experiment of its own has that in already.
    """
    if adds <= 0 or belief.is_tested:
        return belief
    value, whole = belief.incremental + adds, sqrt(belief.error**2 + error**2 + (UPSTREAM * adds) ** 2)
    low, high = interval(value, whole)
    said = f"{belief.evidence}; {adds:.1f} of it through pull touches that it brings about"
    return Belief(incremental=value, error=whole, low=low, high=high, evidence=said, upstream=adds)


def _doubt(observed: Observed) -> float:
    taken = max(observed.claimed - max(observed.centre, 0.0), 0.0)
    share, form = (ADJUSTED_BY_PROXY, FORM_BY_PROXY) if observed.is_one_sided else (ADJUSTED, FORM)
    return sqrt((share * taken) ** 2 + (form * max(observed.centre, 0.0)) ** 2)


def _combined(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    weights = [1 / max(error, 1e-9) ** 2 for _, error in (one, other)]
    value = (weights[0] * one[0] + weights[1] * other[0]) / sum(weights)
    return value, sqrt(1 / sum(weights))
