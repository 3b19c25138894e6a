"""Rate ratio: by the formula of Mantel and Haenszel, with persons as blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.report.measure.rate_ratio import LEAST, Compared


def compared(*strata: tuple[int, float, int, float], one_person: bool = False) -> Compared:
    """Return groups from (conversions, time) of the exposed and of the unexposed, stratum by stratum."""
    stratum = np.repeat(np.arange(len(strata)), [exposed + other for exposed, _, other, _ in strata])
    is_exposed = np.concatenate([np.repeat([True, False], [row[0], row[2]]) for row in strata])
    person = np.arange(len(stratum))
    if one_person:
        person = np.where(is_exposed, person // 4, person)
    return Compared(
        exposed_time=np.array([row[1] for row in strata], dtype=float),
        unexposed_time=np.array([row[3] for row in strata], dtype=float),
        person=person,
        stratum=stratum,
        is_exposed=is_exposed,
    )


def test_one_stratum_gives_the_ratio_of_rates_and_its_textbook_interval() -> None:
    found = compared((40, 100, 80, 400)).adjusted()

    assert found is not None
    assert found.ratio == pytest.approx(2.0)
    # log ratio +- 1.96 sqrt(1/40 + 1/80) where one stratum is all there is, but for the pooled rate
    error = np.sqrt(40 * (400 / 500) ** 2 + (2 * 100 / 500) ** 2 * 80) / (40 * 400 / 500)
    greenland = np.sqrt(120 * 100 * 400 / 500**2 / ((40 * 400 / 500) * (80 * 100 / 500)))
    assert np.log(found.high / found.low) / 2 == pytest.approx(1.959964 * max(error, greenland), rel=1e-6)


def test_strata_take_away_what_is_only_in_the_mix() -> None:
    mixed = compared((10, 1000, 90, 9000), (900, 9000, 100, 1000))

    found = mixed.adjusted()

    assert found is not None
    assert mixed.crude() == pytest.approx(910 / 10_000 / (190 / 10_000))
    assert found.ratio == pytest.approx(1.0)
    assert found.low < 1 < found.high


def test_the_formula_by_hand_for_two_strata() -> None:
    found = compared((20, 100, 30, 300), (15, 50, 40, 150)).adjusted()

    assert found is not None
    assert found.ratio == pytest.approx((20 * 300 / 400 + 15 * 150 / 200) / (30 * 100 / 400 + 40 * 50 / 200))


def test_persons_who_convert_again_and_again_are_one_piece_of_evidence_each() -> None:
    apart, together = compared((40, 100, 80, 400)), compared((40, 100, 80, 400), one_person=True)

    one, other = apart.adjusted(), together.adjusted()

    assert one is not None
    assert other is not None
    assert one.ratio == other.ratio
    assert other.high / other.low > 1.3 * one.high / one.low


def test_a_stratum_where_one_side_has_no_time_says_nothing() -> None:
    alone = compared((40, 100, 80, 400)).adjusted()

    assert compared((40, 100, 80, 400), (500, 50, 0, 0)).adjusted() == alone


@pytest.mark.parametrize("strata", [(LEAST - 1, 100, 80, 400), (40, 100, LEAST - 1, 400), (40, 100, 0, 0)])
def test_too_few_on_a_side_give_no_number(strata: tuple[int, float, int, float]) -> None:
    assert compared(strata).adjusted() is None


@given(
    st.lists(
        st.tuples(st.integers(5, 40), st.integers(1, 500), st.integers(5, 40), st.integers(1, 500)),
        min_size=2,
        max_size=5,
    )
)
def test_to_swap_the_sides_turns_the_ratio_round(strata: list[tuple[int, int, int, int]]) -> None:
    found = compared(*strata).adjusted()
    swapped = compared(*[(other, rest, came, time) for came, time, other, rest in strata]).adjusted()

    assert found is not None
    assert swapped is not None
    assert swapped.ratio == pytest.approx(1 / found.ratio)
    assert found.low < found.ratio < found.high


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        time, rest = random.uniform(50, 400, 6), random.uniform(50, 400, 6)
        rate = random.uniform(0.05, 0.3, 6)
        found = compared(
            *zip(
                random.poisson(1.7 * rate * time).tolist(), time.tolist(),
                random.poisson(rate * rest).tolist(), rest.tolist(), strict=True,
            )
        ).adjusted()  # fmt: skip
        assert found is not None
        held += found.low <= 1.7 <= found.high

    assert 0.92 <= held / 400 <= 0.98
