"""Strata: persons are divided by what tells their conversion rates apart, and by nothing else."""

from __future__ import annotations

import json

import numpy as np

from headwater.attribution.incremental.strata import MOST_STRATA, strata

RANDOM = np.random.default_rng(1)
SIZE = 20_000


def persons(**columns: list[object]) -> list[str | None]:
    return [json.dumps(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]


def test_an_attribute_that_matters_divides_and_one_that_does_not_is_left() -> None:
    plan = RANDOM.choice(["free", "paid"], SIZE)
    colour = RANDOM.choice(["red", "blue"], SIZE)
    counted = RANDOM.poisson(np.where(plan == "paid", 0.2, 0.02)).astype(float)
    found = strata(persons(plan=list(plan), colour=list(colour)), counted, np.ones(SIZE))

    assert len(np.unique(found)) == 2
    assert len({(one, other) for one, other in zip(plan, found.tolist(), strict=True)}) == 2


def test_numbers_are_cut_into_parts() -> None:
    score = RANDOM.random(SIZE).round(4)
    found = strata(persons(score=score.tolist()), RANDOM.poisson(0.3 * score).astype(float), np.ones(SIZE))

    assert 2 <= len(np.unique(found)) <= 5
    means = [score[found == number].mean() for number in np.unique(found)]
    assert len(set(np.round(means, 2))) == len(means)


def test_names_of_everybody_and_broken_json_divide_nobody() -> None:
    told: list[str | None] = [json.dumps({"name": f"person {number}"}) for number in range(500)]
    found = strata([*told, "{", None, "[1]"], np.ones(503), np.ones(503))

    assert len(np.unique(found)) == 1


def test_there_are_never_too_many() -> None:
    columns = {f"trait_{number}": RANDOM.integers(0, 5, SIZE).tolist() for number in range(4)}
    rate = 0.02 * sum(np.array(values) for values in columns.values())
    found = strata(persons(**columns), RANDOM.poisson(rate).astype(float), np.ones(SIZE))

    assert 2 <= len(np.unique(found)) <= MOST_STRATA
