"""Spellings: what most likely means the same is suggested once, and what does not is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.query import ReportQuery
from headwater.contract.settings import parsed
from headwater.report import answer
from headwater.report.spellings import Seen, pairs

if TYPE_CHECKING:
    from .conftest import World


def found(world: World) -> list[tuple[Any, ...]]:
    table = answer("spellings", world.context(), ReportQuery())
    return [(row["tag"], row["alias"], row["name"], row["certainty"]) for row in table.rows]


def visit(world: World, times: int = 1, **tags: Any) -> None:
    """Add tagged visits; `click_id_name` says how the click was marked."""
    for _ in range(times):
        world.touch("ada", 1, **tags)
        tagged = {f"utm_{tag}": tags[tag] for tag in ("source", "medium", "campaign") if tag in tags}
        world.row("landings", session_id=world.touchpoints[-1]["touchpoint_id"], **tagged)


def test_the_more_frequent_of_two_spellings_keeps_its_name(world: World) -> None:
    visit(world, 3, campaign="spring_sale")
    visit(world, 2, campaign="Spring-Sale")
    visit(world, 1, campaign="Spring_Sale")

    table = answer("spellings", world.context(), ReportQuery())

    assert [
        (row["alias"], row["name"], row["reason"], row["touches"], row["name_touches"]) for row in table.rows
    ] == [
        ("spring-sale", "spring_sale", "separators", 2, 3),
        ("spring_sale", "spring_sale", "case", 1, 3),
    ]


def test_a_slip_of_the_pen_is_only_perhaps_the_same(world: World) -> None:
    visit(world, 3, source="rundbrief")
    visit(world, 1, source="rundbreif")

    assert found(world) == [("source", "rundbreif", "rundbrief", "perhaps")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("spring_2025", "spring_2026"),
        ("cpc", "cpm"),
        ("brand", "generic"),
        ("sale_de_1", "sale_de_12"),
        ("up", "ups"),
    ],
)
def test_names_that_mean_different_things_are_left_alone(world: World, one: str, other: str) -> None:
    visit(world, 2, campaign=one)
    visit(world, 1, campaign=other)

    assert found(world) == []


def test_a_listed_name_wins_over_a_more_frequent_spelling(world: World) -> None:
    world.settings = parsed({"naming": {"mediums": ["paid_social"]}})
    visit(world, 5, medium="paid-social")

    assert found(world) == [("medium", "paid-social", "paid_social", "sure")]


def test_a_well_known_source_is_recognised(world: World) -> None:
    world.row("source_aliases", alias="google ads", source="google", category="search")
    visit(world, 2, source="google.ads")

    assert found(world) == [("source", "google.ads", "google", "sure")]


def test_a_source_whose_clicks_are_those_of_a_platform_is_likely_that_platform(world: World) -> None:
    world.row("click_id_names", name="fbclid", platform="meta", paid="unclear", priority=1, source="facebook")
    visit(world, 8, source="agency-7", click_id_name="fbclid")
    visit(world, 2, source="agency-7")
    visit(world, 2, source="partner", click_id_name="fbclid")
    visit(world, 8, source="partner")

    assert found(world) == [("source", "agency-7", "facebook", "likely")]


def test_what_only_a_referrer_says_is_no_tag(world: World) -> None:
    world.touch("ada", 1, source="blog.example").touch("ada", 1, source="blog-example")

    assert found(world) == []


values = st.text(alphabet="abAB_- 12", min_size=1, max_size=8).filter(str.strip)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(values, st.integers(1, 9), max_size=8))
def test_no_name_is_an_alias_of_another_and_no_alias_is_named_twice(seen: dict[str, int]) -> None:
    rows = list(pairs([Seen(value=value, touches=count) for value, count in seen.items()]))

    aliases = {row["alias"] for row in rows if row["alias"] != row["name"].lower()}
    assert not aliases & {row["name"].lower() for row in rows}
    assert all(row["name"] in {value.strip() for value in seen} for row in rows)
