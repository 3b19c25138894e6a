"""The models against reference numbers that others computed for the same paths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pytest

from headwater.attribution import First, Last, Linear, Markov
from headwater.attribution.markov import credited

if TYPE_CHECKING:
    from pathlib import Path

    from attribution.worlds import Reference
    from headwater.engine.duckdb import DuckDB

NAMES = ["path", "conversions", "value", "nulls"]


@pytest.fixture(scope="module")
def reference(datasets: Path) -> Reference:
    return json.loads((datasets / "channelattribution_reference.json").read_text())


@pytest.fixture(scope="module")
def journeys(datasets: Path) -> pa.Table:
    return pyarrow.csv.read_csv(datasets / "channelattribution_Data.csv").rename_columns(NAMES)


def column(reference: Reference, name: str) -> dict[str, float]:
    return {channel: row[name] for channel, row in reference["channels"].items()}


def test_first_and_last_of_the_demo_paths_are_exact(journeys: pa.Table, reference: Reference) -> None:
    assert First().fit(journeys).credits_ == column(reference, "first")
    assert Last().fit(journeys).credits_ == column(reference, "last")


def test_linear_of_the_demo_paths_is_exact_to_nine_digits(journeys: pa.Table, reference: Reference) -> None:
    assert Linear().fit(journeys).credits_ == pytest.approx(column(reference, "linear"), rel=1e-9)


def test_removal_effects_of_the_demo_paths_are_exact_to_nine_digits(
    journeys: pa.Table, reference: Reference
) -> None:
    markov = Markov().fit(journeys)

    assert markov.removal_effects_ == pytest.approx(column(reference, "markov1_removal_effect"), rel=1e-9)
    assert markov.credits_ == pytest.approx(column(reference, "markov1"), rel=1e-9)
    assert markov.base_probability_ == pytest.approx(reference["base_conversion_probability"], rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_sql_and_python_count_the_demo_paths_alike(
    journeys: pa.Table, reference: Reference, engine: DuckDB, order: int
) -> None:
    engine.execute("drop table if exists demo")
    engine.execute("create table demo (path varchar, conversions bigint, value double, nulls double)")
    engine.insert("demo", journeys)
    steps = """
        select
            cast(number as varchar) as journey_id,
            place as step,
            cast(len(touches) as bigint) as step_count,
            touches[place] as player,
            conversions as conversion_count,
            cast(nulls as bigint) as null_count,
            cast(value as decimal(18, 6)) as net_value
        from (select *, row_number() over () as number, string_split(path, ' > ') as touches from demo)
        cross join range(1, 400) as places(place)
        where place <= len(touches)
    """
    markov = Markov(order=order).fit(journeys)

    found = credited(engine, steps, order=order)

    assert {name: credit for name, (credit, _) in found.items()} == pytest.approx(markov.credits_, rel=1e-12)
    money = {name: float(value) for name, (_, value) in found.items()}
    assert money == pytest.approx({name: float(value) for name, value in markov.values_.items()}, abs=1e-4)
