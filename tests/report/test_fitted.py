"""Fitted: credit, scatter and bounds of a fitted model come from one reading, and are what three readings say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from headwater.contract.models import FittedModel
from headwater.contract.query import ReportQuery
from headwater.report import answer
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.fitted import credit_sql, fitted, sizes_sql
from headwater.report.measure.rows import rows

if TYPE_CHECKING:
    from tests.report.conftest import World

ASKED: list[str] = []


def halves(steps: str) -> str:
    """Credit half of each conversion, in equal parts, and note that this was asked."""
    ASKED.append(steps)
    return f"""
        select *, 5e-1 / cast(step_count as double) as weight,
            5e-1 * cast(step as double) / cast(step_count as double) as upto from ({steps}) as steps
    """


def of_email(placed: str) -> str:
    """State an interval of e-mail alone."""
    return f"""
        select player, sum(weight) as conversions, 0e0 as low, 2 * sum(weight) as high
        from ({placed}) as placed where player = 'email' group by player
    """


MODEL = FittedModel(
    name="halves", summary="", fits="", weighted=halves, bounds_sql=of_email, method="95 %, stated"
)


def tell(world: World) -> None:
    world.touch("ada", 1, "email").touch("ada", 2, "display").touch("ada", 3, "email").buy("ada", 4, "10.01")
    world.touch("bo", 1, "display").buy("bo", 2, "99.99")
    world.touch("cy", 1, "email")


def test_one_reading_says_what_three_would(world: World) -> None:
    tell(world)
    context, query = world.context(), ReportQuery()
    by, chosen = dimension("channel", reader=context.reader), selection(context, query)

    read = {row["player"]: row for row in fitted(context.reader, chosen, by=by, model=MODEL, bounded=True)}

    placed = halves(by.of_steps(chosen.steps))
    for sql in (credit_sql(placed), sizes_sql(placed)):
        for row in rows(context.reader, sql):
            assert {name: read[row["player"]][name] for name in row} == row
    assert (read["email"]["bound_of"], read["email"]["low"]) == (pytest.approx(1 / 3), 0.0)
    assert read["email"]["high"] == pytest.approx(2 / 3)
    assert read["display"]["low"] is None


@pytest.mark.parametrize("report", ["attribution", "budget"])
def test_a_report_reads_the_weighted_steps_once(world: World, report: str) -> None:
    tell(world)
    context = replace(world.context(), models={"halves": MODEL})
    ASKED.clear()

    table = answer(report, context, ReportQuery(models=("halves",)))

    assert len(ASKED) == 1
    assert table.meta["unattributed"]["halves"]["conversions"] == pytest.approx(1.0)
