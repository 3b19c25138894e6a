"""Rates: what the workspace's own persons do, before and after a channel met them, and in the groups of a test."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from headwater.attribution.experiments.rates import groups_sql, met_sql, people_in, rates_of
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOUCHES = """touchpoint_id,person,occurred_at,channel
1,ada,2026-03-01T00:00:00Z,retargeting
2,ada,2026-03-20T00:00:00Z,retargeting
3,bo,2026-03-15T00:00:00Z,retargeting
4,cy,2026-03-31T00:00:00Z,display
5,dee,2026-01-01T00:00:00Z,retargeting
"""
ORDERS = """conversion_id,person,occurred_at,goal,value
1,ada,2026-03-19T00:00:00Z,purchase,9
2,ada,2026-03-20T00:00:00Z,purchase,9
3,ada,2026-03-30T00:00:00Z,lead,9
4,bo,2026-03-14T23:00:00Z,purchase,9
5,bo,2026-03-30T00:00:00Z,purchase,9
6,bo,2026-04-02T00:00:00Z,purchase,9
7,cy,2026-03-30T00:00:00Z,purchase,9
"""
GROUPS = "person,test\nada,held\nbo,Shown\ncy,shown\ndee,\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("shop")
    with Workspace(folder / "ws") as made:
        for kind, text in (("touchpoints", TOUCHES), ("conversions", ORDERS), ("persons", GROUPS)):
            file = folder / f"{kind}.csv"
            file.write_text(text)
            made.import_([file], kind=kind)
        yield made


def test_persons_whom_the_channel_met_are_counted_from_their_first_meeting(shop: Workspace) -> None:
    rows = shop.sql(met_sql(channel="retargeting", goal="purchase", days=20)).to_pylist()

    # ada: met on the 20th, one order then, one the day before; bo: met on the 15th, the order of April is too late
    assert rows == [{"outcome": 1.0, "before": 1.0, "persons": 2}]


def test_rates_are_those_of_all_persons_met(shop: Workspace) -> None:
    made = rates_of(shop.sql(met_sql(channel="retargeting", goal="purchase", days=365)))
    nobody = rates_of(shop.sql(met_sql(channel="no 'such'", goal="purchase", days=28)))

    assert (made.persons, made.mean) == (3, pytest.approx(1.0))
    assert made.variance == pytest.approx(1.0)
    assert (nobody.persons, nobody.mean) == (0, 0)


def test_the_groups_of_a_test_are_an_attribute_of_imported_persons(shop: Workspace) -> None:
    asked = groups_sql(attribute="test", goal="purchase", since=date(2026, 3, 15), until=date(2026, 3, 31))

    people, torn = people_in(shop.sql(asked))

    assert sorted(zip(people.is_held.tolist(), people.outcome.tolist(), strict=True)) == [
        (False, 1.0), (False, 1.0), (True, 2.0),
    ]  # fmt: skip
    assert people.before is not None
    assert sorted(people.before.tolist()) == [0, 0, 1]
    assert torn == 0
    assert people_in(shop.sql(asked), held="SHOWN")[0].is_held.sum() == 2
