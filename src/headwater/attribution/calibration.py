"""Calibration: observation and experiments of one channel made into one estimate, with where it comes from.

Reads  what a model says of a channel, the channel's experiments, how much of the channel there was by day
Makes  one estimate weighted by precision, and the weight of each part

The rule that a reader would get wrong: an experiment over other days is not thrown away; it is scaled by how
much of the channel there was, and doubted more the less the days overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, fsum, log, sqrt
from typing import TYPE_CHECKING, Any

from headwater.contract.channel_names import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

DRIFT = 0.3
"""How much the effect of a contact may differ between two periods without a day in common, as a share of it."""
GUESSED = 0.5
"""The same, in addition, where nothing tells how much of the channel there was in the experiment's period."""
DOUBTS = ((1.0, 0.8), (2.0, 0.15), (4.0, 0.05))
"""How many times larger than stated the doubt of an observation may be, and how likely that is beforehand."""
EXACT = 1e-9
"""Errors below this share of the largest value count as this: nothing is known better."""
NORMAL = 1.959964
"""Standard deviations that hold 95 % of a normal distribution on each side together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One measured increment of a channel, as `import --as experiments` takes it."""

    channel: str
    goal: str | None
    since: date
    until: date
    """Last day, included."""
    incremental: float
    """Conversions that would not have come without the channel in these days."""
    standard_error: float | None
    kind: str = ""
    source: str = ""

    @property
    def label(self) -> str:
        """What the experiment is, in words for the user."""
        said = f"{self.kind or 'experiment'} {self.since} to {self.until}"
        return f"{said} ({self.source})" if self.source else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One estimate of the channel's increment in the period that is asked for."""

    label: str
    value: float
    standard_error: float
    note: str = ""
    """What was done to it, in words for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A piece of evidence as it went in, and its weight, 0 to 1; weights sum to 1."""

    evidence: Evidence
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """One estimate from all evidence: conversions, their standard error, and the parts."""

    value: float
    standard_error: float
    parts: tuple[Weighed, ...]

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.value - NORMAL * self.standard_error

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.value + NORMAL * self.standard_error

    @property
    def provenance(self) -> str:
        """The parts with their weights, the heaviest first, in words for the user."""
        parts = sorted(self.parts, key=lambda part: (-part.weight, part.evidence.label))
        return "; ".join(f"{part.weight:.0%} {_said(part.evidence)}" for part in parts)


def calibrated(
    observed: Evidence | None, experiments: Sequence[Evidence], *, doubt: float = 0.0
) -> Calibrated:
    """Combine what observation says with experiments of the same channel, goal and period.

    `doubt` is how far observation may be off by confounding, in conversions (a standard deviation). It may be
    larger than stated (`DOUBTS`), and counts as larger where only that explains the gap to the experiments. Experiments that contradict each other more
    than their errors allow each get the width that reconciles them (random effects, Paule and Mandel 1982).
    The order of experiments does not matter. Raises ValueError where there is nothing to combine.
    """
    if observed is None and not experiments:
        raise ValueError("there is neither an observation nor an experiment to combine")
    tried = _reconciled(sorted(experiments, key=lambda one: (one.label, one.value, one.standard_error)))
    if observed is None:
        return _weighed(tried)
    if not tried:
        return _weighed([_doubted(observed, doubt**2)])
    return _mixed(observed, tried, doubt)


def scaled(experiment: Experiment, *, since: date, until: date, amounts: Mapping[date, float]) -> Evidence:
    """Return what an experiment says of the days from `since` to `until` (included).

    `amounts` is how much of the channel there was by day (touches, or spend); the days between its first and
    last one that it leaves out had none. The increment grows in proportion. Where it does not reach into the
    experiment's period the number of days stands in, with more doubt.
    """
    asked, tested = _days(since, until), _days(experiment.since, experiment.until)
    known = _error(experiment)
    if (experiment.since, experiment.until) == (since, until):
        return Evidence(
            label=experiment.label,
            value=experiment.incremental,
            standard_error=known,
            note=_assumed(experiment),
        )
    there, here = _amount(amounts, experiment.since, experiment.until), _amount(amounts, since, until)
    is_guess = not there or here is None
    factor = asked / tested if is_guess or not there or here is None else here / there
    both = max(0, _days(max(since, experiment.since), min(until, experiment.until)))
    apart = 1 - both / (asked + tested - both)
    doubt = DRIFT * apart + (GUESSED if is_guess else 0.0)
    value, error = experiment.incremental * factor, known * factor
    size = max(abs(value), error)
    by = "days" if is_guess else "how much of the channel there was"
    notes = [f"scaled by {factor:.3g} for other days, by {by}", _assumed(experiment)]
    return Evidence(
        label=experiment.label,
        value=value,
        standard_error=sqrt(error**2 + (doubt * size) ** 2),
        note=", ".join(note for note in notes if note),
    )


def experiments_of(
    rows: Iterable[Mapping[str, Any]], *, channel: str, goal: str | None = None
) -> list[Experiment]:
    """Return the experiments of a channel from rows of the table `experiments`, in a fixed order.

    Of several versions of one experiment the latest known counts; of several spellings in one import, which are known
    since the same moment, the last by name, whatever order the rows come in. Names of channels match by their words. With a
    `goal`, an experiment of another goal is left out; one that names none is taken for every goal.
    """
    latest: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda one: (one["known_at"], one["channel"])):
        if words_of(row["channel"]) == words_of(channel) and (
            goal is None or row["goal"] in (None, "", goal)
        ):
            key = tuple(str(row[name]) for name in ("goal", "since", "until", "kind", "source"))
            latest[key] = row
    return [
        Experiment(
            channel=channel,
            goal=row["goal"],
            since=row["since"],
            until=row["until"],
            incremental=float(row["incremental"]),
            standard_error=row["standard_error"],
            kind=row["kind"] or "",
            source=row["source"] or "",
        )
        for _, row in sorted(latest.items())
    ]


def _mixed(observed: Evidence, tried: Sequence[Evidence], doubt: float) -> Calibrated:
    """Combine under several sizes of the doubt, each believed as far as it explains the gap to the experiments."""
    whole = _weighed(tried)
    errors = observed.standard_error**2 + whole.standard_error**2
    beliefs, ways = [], []
    for times, belief in DOUBTS:
        variance = errors + (times * doubt) ** 2
        gap = (observed.value - whole.value) ** 2
        beliefs.append(log(belief) - 0.5 * (log(variance) + gap / variance) if variance else log(belief))
        ways.append(_weighed([_doubted(observed, (times * doubt) ** 2), *tried]))
    top = max(beliefs)
    raw = [exp(one - top) for one in beliefs]
    shares = [one / fsum(raw) for one in raw]
    value = fsum(share * way.value for share, way in zip(shares, ways, strict=True))
    spread = fsum(
        share * (way.standard_error**2 + (way.value - value) ** 2)
        for share, way in zip(shares, ways, strict=True)
    )
    parts = tuple(
        Weighed(
            evidence=same[0].evidence,
            weight=fsum(share * part.weight for share, part in zip(shares, same, strict=True)),
        )
        for same in zip(*(way.parts for way in ways), strict=True)
    )
    return Calibrated(value=value, standard_error=sqrt(spread), parts=parts)


def _reconciled(experiments: Sequence[Evidence]) -> list[Evidence]:
    """Widen experiments that contradict each other until their differences are what errors allow."""
    between = variance_between([(one.value, one.standard_error) for one in experiments])
    if not between:
        return list(experiments)
    note = "widened: the experiments contradict each other"
    return [_doubted(one, between, note) for one in experiments]


def variance_between(estimates: Sequence[tuple[float, float]]) -> float:
    """Return the variance between experiments beyond their errors, 0 where errors explain it all.

    Each estimate is a value with its standard error. It solves Paule and Mandel's equation: the sum of squared,
    weighted deviations from the mean equals the number of experiments less one.
    """
    if len(estimates) < 2:
        return 0.0

    from scipy.optimize import brentq  # loads slowly; only who combines experiments should wait

    def surplus(variance: float) -> float:
        weights = [1 / (error**2 + variance) for _, error in estimates]
        mean = fsum(w * value for w, (value, _) in zip(weights, estimates, strict=True)) / fsum(weights)
        spread = fsum(w * (value - mean) ** 2 for w, (value, _) in zip(weights, estimates, strict=True))
        return spread - (len(estimates) - 1)

    values = [value for value, _ in estimates]
    most = (max(values) - min(values)) ** 2 + max(error for _, error in estimates) ** 2
    if surplus(0.0) <= 0:
        return 0.0
    return float(brentq(surplus, 0.0, most * len(estimates), xtol=1e-12 * max(most, 1e-12)))


def _weighed(evidence: Sequence[Evidence]) -> Calibrated:
    least = EXACT * max(1.0, *(abs(one.value) for one in evidence))
    precisions = [1 / max(one.standard_error, least) ** 2 for one in evidence]
    total = fsum(precisions)
    parts = tuple(
        Weighed(evidence=one, weight=precision / total)
        for one, precision in zip(evidence, precisions, strict=True)
    )
    value = fsum(part.weight * part.evidence.value for part in parts)
    return Calibrated(value=value, standard_error=sqrt(1 / total), parts=parts)


def _doubted(evidence: Evidence, variance: float, note: str = "") -> Evidence:
    error = sqrt(evidence.standard_error**2 + variance)
    said = ", ".join(one for one in (evidence.note, note) if one)
    return replace(evidence, standard_error=error, note=said)


def _error(experiment: Experiment) -> float:
    """Return the standard error; as wide as the value itself, and never below one, where none is given."""
    return experiment.standard_error or max(abs(experiment.incremental), 1.0)


def _assumed(experiment: Experiment) -> str:
    return "" if experiment.standard_error else "no standard error given: taken as wide as the value"


def _amount(amounts: Mapping[date, float], since: date, until: date) -> float | None:
    """Return how much there was from `since` to `until`; of days outside what is known, the mean of those inside."""
    if not amounts:
        return None
    first, last = max(since, min(amounts)), min(until, max(amounts))
    inside = _days(first, last)
    if inside <= 0:
        return None
    seen = fsum(amount for day, amount in amounts.items() if first <= day <= last)
    return seen * _days(since, until) / inside


def _days(since: date, until: date) -> int:
    return (until - since).days + 1


def _said(evidence: Evidence) -> str:
    return f"{evidence.label} [{evidence.note}]" if evidence.note else evidence.label
