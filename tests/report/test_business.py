"""Business: the few numbers that advice rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headwater.contract.query import ReportQuery
from headwater.report.filters import selection
from headwater.report.measure.business import Business, business

if TYPE_CHECKING:
    from .conftest import World


def numbers(world: World) -> Business:
    context = world.context()
    return business(context.reader, selection(context, ReportQuery()))


def test_journeys_are_counted_by_their_touches_and_how_they_end(world: World) -> None:
    world.touch("ada", 1, "social").touch("ada", 3, "direct").buy("ada", 5)
    world.touch("bo", 1, "search").buy("bo", 1.5)
    world.buy("cy", 2)

    said = numbers(world)

    assert (said.conversions, said.touched, said.channels) == (3, 2, 3)
    assert (said.median_touches, said.median_lag_days) == (1.5, 2.25)
    assert (said.one_touch_share, said.direct_close_share) == (0.5, 0.5)


def test_customers_who_come_back_are_a_share_of_persons(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2).buy("ada", 3).touch("bo", 1).buy("bo", 2)

    said = numbers(world)

    assert (said.persons, said.repeat_share) == (2, 0.5)


def test_stages_count_where_they_came_before_the_sale(world: World) -> None:
    world.touch("ada", 1).buy("ada", 2, goal="lead").buy("ada", 3, goal="opportunity").buy("ada", 9)
    world.touch("bo", 1).buy("bo", 2).buy("bo", 8, goal="lead")

    said = numbers(world)

    assert (said.persons, said.leads, said.opportunities) == (2, 1, 1)


def test_visits_in_which_something_happened_are_what_engagement_can_weigh(world: World) -> None:
    world.touch("ada", 1, event_count=4, duration_seconds=60).touch("ada", 2)
    world.touch("ada", 3, kind="call", event_count=4)

    assert numbers(world).measured_share == 1 / 3


def test_an_empty_workspace_has_no_shares(world: World) -> None:
    said = numbers(world)

    assert (said.conversions, said.one_touch_share, said.median_lag_days, said.measured_share) == (
        0,
        None,
        None,
        None,
    )
