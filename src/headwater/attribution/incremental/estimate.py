"""Estimate: the increments of one goal's channels and campaigns, in order from histories to beliefs.

Reads  histories, names of units and groups, roles, priors, experiments
Makes  for each unit (a campaign of a channel) its increment, interval, evidence, and what a touch of it adds
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from headwater.attribution.incremental.belief import Observed, through
from headwater.attribution.incremental.bending import bent, edges
from headwater.attribution.incremental.campaigns import parted
from headwater.attribution.incremental.cautions import cautions
from headwater.attribution.incremental.histories import PAST, exposure, reference_moments
from headwater.attribution.incremental.intensity import Totals, fitted
from headwater.attribution.incremental.levelling import Levels
from headwater.attribution.incremental.posterior import USUAL_MIX, share_of, spread
from headwater.attribution.incremental.programs import without_programs
from headwater.attribution.incremental.proxies import as_one, evidence, why_one_sided
from headwater.attribution.incremental.season import season
from headwater.attribution.incremental.splitting import factor, known_alone
from headwater.attribution.incremental.upstream import brought

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headwater.attribution.incremental.belief import Belief
    from headwater.attribution.incremental.histories import Exposure, Floats, Histories, Moments, Whole
    from headwater.attribution.incremental.intensity import Fit
    from headwater.attribution.incremental.posterior import Spread

MOMENTS_PER_CONVERSION = 40
"""Reference moments: so many add a fortieth to the variance."""
LEAST_MOMENTS, MOST_MOMENTS = 200_000, 900_000
FITS = 3
"""The first takes want and effects as straight lines and says where effects may level off; each later one learns
season, and where want bends, from the one before it."""
SETTLING_ROUNDS = 12
"""Rounds in which strengths are moved until credits add up to what is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one goal's units add."""

    beliefs: list[Belief | None]
    """By group; None for groups that do nothing."""
    cautions: list[str]
    """What the data breaks of what the fit assumes, in words."""
    claimed: Floats
    """By group: what a model without any allowance for want would credit."""
    incremental: Floats
    """By unit, in conversions."""
    error: Floats
    """By unit."""
    strengths: Floats
    """By unit and half-life of PAST: what one touch adds to the intensity, as a share of what was there."""


@dataclass(slots=True)
class Study:
    """The histories with what several fits need of them."""

    histories: Histories
    rates: Floats
    parts: list[tuple[Moments, Exposure, float]]
    at: Exposure
    season: Floats
    """By day."""
    levels: Levels | None = None
    """None until after the first fit."""

    @classmethod
    def of(cls, histories: Histories) -> Study:
        """Look at reference moments and conversions once."""
        count = MOMENTS_PER_CONVERSION * len(histories.conversions)
        count = min(max(count, LEAST_MOMENTS), MOST_MOMENTS)
        rates = histories.rates()
        parts = [
            (moments, exposure(histories, moments, rates), days)
            for moments, days in reference_moments(histories, count)
        ]
        last = float(max(np.max(histories.end, initial=0.0), np.max(histories.conversions.time, initial=0.0)))
        at = exposure(histories, histories.conversions, rates)
        return cls(histories, rates, parts, at, np.ones(int(last) + 1))

    @property
    def integration(self) -> float:
        """Share that the finite number of reference moments adds to the variance."""
        return len(self.at) / max(sum(len(moments) for moments, _, _ in self.parts), 1)

    @property
    def stratum(self) -> Whole:
        """The stratum of each conversion's person."""
        return self.histories.stratum[self.histories.conversions.person]

    def looked_at_past_only(self, weights: Floats) -> None:
        """Look at touches before each moment alone, with `weights` as evidence of want."""
        self.parts = [
            (moments, as_one(exposure(self.histories, moments, self.rates, ahead=0.0), weights), days)
            for moments, _, days in self.parts
        ]
        self.at = as_one(exposure(self.histories, self.histories.conversions, self.rates, ahead=0.0), weights)

    def bend(self, fit: Fit) -> None:
        """Let want bend in what the fit says touches tell of it."""
        want = fit.want[: len(fit.want) - self.at.bends]
        at = edges(self.at, want)
        self.parts = [(moments, bent(seen, want, at), days) for moments, seen, days in self.parts]
        self.at = bent(self.at, want, at)

    def level(self, fit: Fit) -> None:
        """Let what touches do level off, from where the fit says that it is strong."""
        self.levels = Levels.of(self.at, fit)
        self.parts = [(moments, self.levels.applied(seen), days) for moments, seen, days in self.parts]
        self.at = self.levels.applied(self.at)

    def totals(self) -> Totals:
        """Return the sums over all time seen."""
        sums = Totals.empty(
            int(self.histories.stratum.max(initial=0)) + 1, self.at.past.shape[1], self.at.around.shape[1]
        )
        for moments, seen, days in self.parts:
            weight = self.season[_day(moments)] * days
            sums.add(seen, self.histories.stratum[moments.person], weight)
        return sums

    def learn_season(self, fit: Fit | None = None) -> None:
        """Learn the season from what the fit leaves unexplained."""
        due = np.zeros(len(self.season))
        for moments, seen, days in self.parts:
            weight = np.full(len(moments), days) if fit is None else days * self.intensity(fit, moments, seen)
            due += np.bincount(_day(moments), weights=weight, minlength=len(due))
        came = np.bincount(_day(self.histories.conversions), minlength=len(due)).astype(np.float64)
        self.season = season(came, due)

    def intensity(self, fit: Fit, moments: Moments, seen: Exposure) -> Floats:
        """Return the conversions a day at the moments, at mean season."""
        made: Floats = self.want(fit, moments, seen) * (1 + seen.past @ fit.effects)
        return made

    def want(self, fit: Fit, moments: Moments, seen: Exposure) -> Floats:
        """Return the conversions a day without any effect, at mean season."""
        made: Floats = fit.rate[self.histories.stratum[moments.person]] * (1 + seen.around @ fit.want)
        return made


def estimated(
    histories: Histories, believe: Callable[[int, Observed], Belief], pulls: Sequence[bool]
) -> Estimate:
    """Return what the units of the histories add; `believe` makes a belief of each causal group's observation."""
    histories = without_programs(histories)
    study, fit, totals, one_sided = _studied(histories)
    around = spread(fit, study.at, histories.conversions.person, integration=study.integration)
    times, doubt = _lost(histories, around)
    plain = _plain(study, totals)
    causal = np.flatnonzero(histories.is_causal)
    beliefs: list[Belief | None] = [None] * histories.groups
    for place, group in enumerate(causal.tolist()):
        centre, error = float(around.centre[place]), float(np.sqrt(around.covariance[place, place]))
        beliefs[group] = believe(
            group,
            Observed(
                claimed=float(plain[place]) * times,
                centre=centre * times,
                error=float(np.hypot(error * times, centre * doubt)),
                is_pull=pulls[group],
                is_one_sided=one_sided is not None,
                times=times,
            ),
        )
    claimed = np.zeros(histories.groups)
    claimed[causal] = plain
    beliefs = _with_upstream(histories, beliefs, pulls)
    said = cautions(histories, one_sided=one_sided, times=times, beliefs=beliefs)
    return _by_unit(study, fit, beliefs, claimed, said)


def _with_upstream(
    histories: Histories, beliefs: list[Belief | None], pulls: Sequence[bool]
) -> list[Belief | None]:
    """Add to push groups what comes through the pull touches that they bring about.

    A group with an experiment of its own has it in already.
    """
    if not any(pulls) or all(pulls):
        return beliefs
    share, doubt = brought(histories, pulls)
    adds = np.array([belief.incremental if belief else 0.0 for belief in beliefs])
    errors = np.array([belief.error if belief else 0.0 for belief in beliefs])
    return [
        through(belief, float(share[group] @ adds), _length(share[group] * errors, doubt[group] * adds))
        if belief and not pulls[group]
        else belief
        for group, belief in enumerate(beliefs)
    ]


def _length(*parts: Floats) -> float:
    return float(np.linalg.norm(np.concatenate(parts)))


def _studied(histories: Histories) -> tuple[Study, Fit, Totals, str | None]:
    """Fit want, effect and season; return the sums of the last fit, and why conversions end wanting if so."""
    study = Study.of(histories)
    study.learn_season()
    one_sided = why_one_sided(histories)
    if one_sided:
        weights = evidence(histories, study.totals(), study.rates)
        study.looked_at_past_only(np.zeros(study.at.around.shape[1]) if weights is None else weights)
    totals = study.totals()
    fit = fitted(study.at, study.stratum, totals)
    for _ in range(FITS - 1):
        study.learn_season(fit)
        study.bend(fit)
        if study.levels is None:
            study.level(fit)
        totals = study.totals()
        fit = fitted(study.at, study.stratum, totals)
    return study, fit, totals, one_sided


def _lost(histories: Histories, around: Spread) -> tuple[float, float]:
    """Return by how much increments are too small since persons go by several identifiers, with its error."""
    alone = known_alone(histories)
    if alone is None:
        return 1.0, 0.0
    study, fit, *_ = _studied(alone)
    theirs = spread(fit, study.at, alone.conversions.person, integration=study.integration)
    return factor(
        share_of(theirs, len(alone.conversions.person)), share_of(around, len(histories.conversions.person))
    )


def _plain(study: Study, totals: Totals) -> Floats:
    """Return what each causal group would be credited with if touches told nothing of want."""
    nothing = np.zeros((len(study.at), 0), dtype=np.float32)
    alone = replace(totals, around=totals.around[:, :0], both=totals.both[:, :, :0])
    fit = fitted(replace(study.at, around=nothing), study.stratum, alone)
    made: Floats = fit.expected.reshape(-1, len(PAST) + study.at.levels).sum(axis=1)
    return made


def _by_unit(
    study: Study, fit: Fit, beliefs: list[Belief | None], claimed: Floats, said: list[str]
) -> Estimate:
    """Part the groups' beliefs over their units, and find strengths whose credits add up to them."""
    histories = study.histories
    units, groups = len(histories.unit_group), histories.groups
    strengths = np.zeros((groups, len(PAST)))
    strengths[histories.is_causal] = _mixed(study, fit)
    moment, unit, weight = _past_pairs(study, histories.conversions, strengths)
    due = np.zeros(units)
    for moments, seen, days in study.parts:
        row, of, added = _past_pairs(study, moments, strengths)
        amount = study.want(fit, moments, seen) * study.season[_day(moments)] * days
        due += np.bincount(of, weights=added * amount[row], minlength=units)
    parts = parted(moment, unit, weight, due, histories.unit_group)
    believed = np.array([belief.incremental if belief else 0.0 for belief in beliefs])
    factor = np.where(believed > 0, 1.0, 0.0)
    weight = weight * parts.multiple[unit]
    group = histories.unit_group[unit]
    brought: Floats = np.zeros(units)
    for _ in range(SETTLING_ROUNDS):
        added = weight * factor[group]
        intensity = 1 + np.bincount(moment, weights=added, minlength=len(histories.conversions))
        brought = np.bincount(unit, weights=added / intensity[moment], minlength=units).astype(float)
        found = np.bincount(histories.unit_group, weights=brought, minlength=groups)
        factor *= np.where(found > 0, believed / np.where(found > 0, found, 1.0), 1.0)
    errors = np.array([belief.error if belief else 0.0 for belief in beliefs])
    whole = np.maximum(np.bincount(histories.unit_group, weights=brought, minlength=groups), 1e-9)
    share = brought / whole[histories.unit_group]
    return Estimate(
        beliefs=beliefs,
        cautions=said,
        claimed=claimed,
        incremental=brought,
        error=np.hypot(share * errors[histories.unit_group], parts.error * brought),
        strengths=strengths[histories.unit_group] * (parts.multiple * factor[histories.unit_group])[:, None],
    )


def _mixed(study: Study, fit: Fit) -> Floats:
    """Return the strengths of each causal group; a usual mix where the fit found none, to be scaled."""
    assert study.levels is not None, "the first fit comes first"
    found = study.levels.by_half_life(fit)
    unit = fit.unit.reshape(len(found), -1)[:, : len(PAST)]
    usual = np.array(USUAL_MIX) / np.maximum(unit, 1e-9)
    made: Floats = np.where(found.any(axis=1, keepdims=True), found, usual)
    return made


def _past_pairs(study: Study, moments: Moments, strengths: Floats) -> tuple[Whole, Whole, Floats]:
    """Return moment, unit and added intensity of each touch before a moment that adds any."""
    near = study.histories.near(moments)
    unit = study.histories.touch_unit[near.touch]
    group = study.histories.unit_group[unit]
    kept = (near.age >= 0) & study.histories.is_causal[group]
    age, group = near.age[kept], group[kept]
    added = np.zeros(len(age))
    for place, half_life in enumerate(PAST):
        added += strengths[group, place] * np.exp2(-age / half_life)
    return near.moment[kept], unit[kept], added


def _day(moments: Moments) -> Whole:
    return np.maximum(np.floor(moments.time), 0).astype(np.int64)
