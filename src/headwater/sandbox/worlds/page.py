"""Page: a world told to a reader: what it is for, its parameters, its truth.

Reads  a world, the rows of its truth, the totals of its market
Makes  Markdown, for docs/worlds and for the folder that `headwater simulate` writes

Run as a module it writes docs/worlds afresh: `python -m headwater.sandbox.worlds.page docs/worlds`.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headwater.sandbox.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PERSONS = 200_000
"""Persons behind the truth tables of the documents."""
LONGEST = 112
UNITS = {
    "organic": "conversions of 1,000 mean persons in 30 days, out of the market, without ads",
    "spread": "spread of log propensity",
    "market_visits": "times in the market per person and 30 days",
    "market_days": "mean days in the market",
    "market_factor": "times the organic intensity while in the market",
    "new_demand": "share of the lift that works on everybody alike",
    "once": "each person converts once at most",
    "weekly": "swing of demand within the week",
    "peak": "height of the sale in the last fifth of the period",
    "spend_follows": "advertisers follow the season",
    "refunded": "share of the conversions given back",
    "late": "share of the conversions reported late",
    "late_days": "mean days by which those are late",
    "covariate": "correlation of the visible score with log propensity",
    "devices": "devices per person",
    "cookie_days": "mean days that a cookie lives (0: for ever)",
    "known": "share of the persons known on all devices",
    "bots": "bots per person",
    "ceiling": "the most lift that all channels together can reach",
}


def page(world: World, truth: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> str:
    """Return the page of a world."""
    return "\n".join([declared(world), *_found(truth, facts), ""])


def declared(world: World) -> str:
    """Return what the world declares, without what a simulation finds."""
    lines = [f"# World: {world.title or world.name}", "", f"`headwater simulate {world.name} --out DIR`", ""]
    lines += [*_wrapped(world.lesson), "", "## Channels", ""]
    lines += _table(
        ("channel", "role", "touches in 30 days", "lift of a touch", "half-life, days", "most lift", "in the market", "propensity", "after a visit"),
        [
            (
                one.name, one.role, f"{one.touches:g}", f"{one.effect:.3g}", f"{one.half_life:g}",
                "-" if one.saturation is None else f"{one.saturation:.3g}", f"x {one.intent:.3g}",
                f"^ {one.propensity:.2g}", "-" if one.after_visit is None else f"{one.after_visit:g} days",
            )
            for one in world.channels
        ],
    )  # fmt: skip
    lines += [
        "",
        "Campaigns, with their share of the touches and their effect as a multiple of the channel's:",
        "",
    ]
    lines += [
        f"- {one.name}: " + ", ".join(f"{c.name} {c.share:.0%} x {c.strength:g}" for c in one.campaigns)
        for one in world.channels
        if one.is_paid
    ]
    if world.causes:
        lines += ["", "One touch brings about another, with a chance and a mean delay:", ""]
        lines += [
            f"- {one.cause} -> {one.outcome}: {one.chance:g}, {one.days:g} days" for one in world.causes
        ]
    if world.synergies:
        lines += ["", "Together they do more (this x the geometric mean of both lifts):", ""]
        lines += [f"- {one.one} with {one.other}: {one.effect:g}" for one in world.synergies]
    lines += ["", "## People, demand and what is seen", ""]
    plain = World(name="")
    rows = []
    for field in fields(World):
        if field.name in UNITS:
            value, usual = getattr(world, field.name), getattr(plain, field.name)
            rows.append(
                (f"**{field.name}**" if value != usual else field.name, _said(value), UNITS[field.name])
            )
    return "\n".join([*lines, *_table(("parameter", "value", "meaning"), rows), ""])


def _found(truth: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> list[str]:
    lines = ["## Truth", ""]
    lines += _wrapped(
        f"{facts['persons']:,} persons, {facts['days']} days, seed {facts['seed']}: {facts['conversions']:,} conversions "
        f"({facts['expected_conversions']:,.0f} expected), of which {facts['organic_conversions']:,.0f} would have come "
        f"without any ad and {facts['ads_conversions']:,.0f} would not. A row says what is lost when the channel or "
        "campaign alone is switched off and all else happens as before: expected, with the error of the draw of "
        "persons, and in this very market. Value is net of refunds. Where channels interact, rows do not add up."
    )
    rows = [
        (
            row["channel"] if not row["campaign"] else f"&nbsp; {row['campaign']}",
            f"{row['touches']:,}",
            f"{row['conversions']:,.1f} ± {row['conversions_error']:,.1f}",
            f"{row['realised_conversions']:,}",
            f"{row['value']:,.0f} ± {row['value_error']:,.0f} {row['currency']}",
        )
        for row in truth
    ]
    return [
        *lines,
        "",
        *_table(("channel or campaign", "touches", "increment", "in this market", "value"), rows),
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, LONGEST, break_long_words=False)


def _said(value: float | bool) -> str:  # noqa: FBT001 (a value to print, not a switch)
    return ("yes" if value else "no") if isinstance(value, bool) else f"{value:g}"


def main(folder: Path) -> None:
    """Write the page of every world, and their list, into `folder`."""
    from headwater.sandbox.worlds.catalogue import WORLDS
    from headwater.sandbox.worlds.simulation import Plan
    from headwater.sandbox.worlds.writing import facts, market

    folder.mkdir(parents=True, exist_ok=True)
    for world in WORLDS.values():
        made = market(Plan(world=world, persons=PERSONS))
        (folder / f"{world.name}.md").write_text(page(world, made.truth, facts(made.sums)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
