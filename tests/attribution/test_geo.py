"""Geo tests: a mixture of other regions says what would have been, and placebos how far it goes astray."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from headwater.attribution.experiments.finding import Trial, of_geo
from headwater.attribution.experiments.geo import GeoResult, Panel, geo_effect, mixture
from headwater.attribution.experiments.geo_power import geo_designs
from headwater.attribution.experiments.power import Design
from headwater.contract.errors import UsageError

DAYS = tuple(date(2026, 1, 1) + timedelta(days=day) for day in range(74))
SINCE, UNTIL = DAYS[60], DAYS[-1]
CUT = 0.15


def market(seed: int, *, regions: int = 20, size: float = 15) -> tuple[np.ndarray, np.random.Generator]:
    """Return what is expected of regions of all sizes with weeks, growth and moods of their own."""
    rng = np.random.default_rng(seed)
    scale = size * np.exp(rng.normal(0, 0.7, regions))
    day = np.arange(len(DAYS))
    mood = np.zeros((regions, len(DAYS)))
    for place in range(1, len(DAYS)):
        mood[:, place] = 0.6 * mood[:, place - 1] + rng.normal(0, 0.08, regions)
    return np.exp(mood) * (1 + 0.2 * np.sin(day * 2 * np.pi / 7) + 0.003 * day) * scale[:, None], rng


def tried(seed: int, *, cut: float = CUT, switched: int = 5) -> tuple[GeoResult, float]:
    """Switch a channel off that brings `cut` of all conversions; also return what was truly lost."""
    full, rng = market(seed)
    rows = rng.choice(len(full), switched, replace=False)
    less = full.copy()
    less[np.ix_(rows, range(60, len(DAYS)))] *= 1 - cut
    panel = Panel(geos=_names(len(full)), days=DAYS, conversions=rng.poisson(less).astype(float))
    return geo_effect(panel, [panel.geos[row] for row in rows], since=SINCE, until=UNTIL, seed=seed), float(
        (less - full).sum()
    )


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"region {place:02}" for place in range(count))


def _panel(seed: int = 1, **changed: Any) -> Panel:
    full, rng = market(seed, **changed)
    return Panel(geos=_names(len(full)), days=DAYS, conversions=rng.poisson(full).astype(float))


def test_the_interval_holds_the_truth_nearly_as_often_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.attribution.experiments.geo.PLACEBOS", 40)
    found = [tried(seed) for seed in range(120)]

    assert 0.9 <= np.mean([abs(made.effect - truth) <= made.reach for made, truth in found]) <= 0.99
    astray = [made.effect - truth for made, truth in found]
    assert abs(np.mean(astray)) < 0.25 * np.std(astray)


def test_a_switch_without_effect_is_seldom_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headwater.attribution.experiments.geo.PLACEBOS", 40)

    assert np.mean([tried(seed, cut=0.0)[0].p_value < 0.05 for seed in range(120)]) <= 0.12


def test_a_mixture_has_shares_that_sum_to_one_and_finds_the_regions_that_it_was_made_from() -> None:
    rng = np.random.default_rng(3)
    theirs = rng.gamma(5, 0.2, (6, 60))

    shares = mixture(0.3 * theirs[1] + 0.7 * theirs[4], theirs)

    assert shares == pytest.approx([0, 0.3, 0, 0, 0.7, 0], abs=0.01)
    assert shares.sum() == pytest.approx(1)
    assert mixture(np.zeros(5), np.zeros((4, 5))).sum() == pytest.approx(1)


def test_the_same_file_gives_the_same_answer_whatever_the_order_of_its_regions() -> None:
    panel = _panel()
    turned = Panel(geos=panel.geos[::-1], days=panel.days, conversions=panel.conversions[::-1])

    one = geo_effect(panel, panel.geos[:3], since=SINCE, until=UNTIL)
    other = geo_effect(turned, panel.geos[:3], since=SINCE, until=UNTIL)

    assert one == geo_effect(panel, panel.geos[:3], since=SINCE, until=UNTIL)
    assert other.expected == pytest.approx(one.expected, rel=1e-6)


@pytest.mark.parametrize(
    ("switched", "since", "says"),
    [
        (("nowhere",), SINCE, "nowhere"),
        ((), SINCE, "No region"),
        (_names(16), SINCE, "too few to compare"),
        (_names(3), DAYS[10], "10 days before"),
        (_names(3), date(2027, 1, 1), "0 in it"),
    ],
)
def test_a_test_that_cannot_be_analysed_says_why(switched: tuple[str, ...], since: date, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        geo_effect(_panel(), switched, since=since, until=UNTIL)


def test_regions_without_conversions_before_are_no_part_of_the_mixture() -> None:
    panel = _panel()
    panel.conversions[19, :60] = 0

    assert geo_effect(panel, panel.geos[:3], since=SINCE, until=UNTIL).others == 16


# -- what it says of the channel -------------------------------------------------------------------


def _result(actual: float, expected: float) -> GeoResult:
    return GeoResult(
        switched=("a",), others=30, days_before=60, days=14, actual=actual, expected=expected,
        standard_error=10.0, elsewhere=900.0, placebos=30, confidence=0.95,
    )  # fmt: skip


def test_what_regions_lose_without_the_channel_is_the_share_that_it_brings_where_it_is_on() -> None:
    tested = Trial(channel="display", goal="purchase", since=SINCE, until=UNTIL)

    off = of_geo(tested, _result(80, 100), switched_off=True)
    on = of_geo(tested, _result(130, 100), switched_off=False)

    assert off.incremental == pytest.approx(0.2 * 900)
    assert off.lift == pytest.approx(180 / 720)
    assert on.incremental == pytest.approx(30)
    assert on.lift == pytest.approx(0.3)
    assert on.low < 30 < on.high
    assert off.high - off.low == pytest.approx(9 * (on.high - on.low))
    assert on.high - on.low == pytest.approx(2 * 1.96 * on.standard_error, rel=1e-3)


# -- planning --------------------------------------------------------------------------------------


def test_more_days_and_larger_regions_show_smaller_effects() -> None:
    small, large = (geo_designs(_panel(size=size), days=(7, 28), design=Design()) for size in (2, 100))

    assert [(one.days, len(one.regions)) for one in small] == [(7, 5), (7, 10), (28, 5), (28, 10)]
    assert np.mean([one.smallest_effect for one in large]) < np.mean([one.smallest_effect for one in small])
    assert small[2].smallest_effect < small[0].smallest_effect


def test_an_effect_of_the_size_that_a_design_shows_is_found_about_as_often_as_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headwater.attribution.experiments.geo.PLACEBOS", 40)
    planned = np.mean(
        [
            geo_designs(_panel(seed), days=(14,), counts=(5,), design=Design())[0].smallest_effect
            for seed in range(20)
        ]
    )

    found = [tried(1_000 + seed, cut=float(planned))[0] for seed in range(100)]

    assert 0.65 <= np.mean([abs(made.effect) > made.reach for made in found]) <= 0.95


def test_a_history_that_is_too_short_for_any_design_is_refused() -> None:
    with pytest.raises(UsageError, match="too few"):
        geo_designs(_panel(), days=(70,), design=Design())
