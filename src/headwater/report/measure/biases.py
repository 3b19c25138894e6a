"""Biases: what each model is known to get wrong, with the numbers of this workspace.

Reads  credits by model, and the sentence that each model bears
Makes  for each model its bias, and what it moves against the model that it differs from most
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater.contract.models import Model
    from headwater.report.measure.credited import Credited

ALIKE = 0.01
"""Models that hand out as many conversions, within this part, are held against each other."""
LEAST = 0.005
"""A smaller part of the credit moved is no difference worth a name."""


def biases(models: Mapping[str, Model], result: Credited) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield name, bias, what it does here and the numbers of each model that has given any credit."""
    shares = {name: _shares(result, name) for name in models}
    solved = {name: share for name, share in shares.items() if sum(share.values()) > 0}
    given = {name: sum(result.of(player, name).conversions for player in result.by_player) for name in solved}
    frugal = min(given, key=lambda name: (round(given[name], 6), name), default="")
    for name, share in solved.items():
        # a model that leaves conversions to nobody differs from all others; that is said apart
        alike = {other for other in solved if abs(given[other] - given[name]) <= ALIKE * given[name]}
        peers = (alike if len(alike) > 1 else set(solved)) - {name}
        others = {other: _moved(share, solved[other]) for other in peers}
        said = models[name].bias or models[name].summary
        if not others:
            yield name, said, "no other model to hold it against", {}
            continue
        beside = max(others, key=lambda other: (round(others[other], 9), other))
        moved = others[beside]
        if moved < LEAST:
            yield name, said, "all models say the same here", {"moved_share": moved, "beside": beside}
            continue
        there = solved[beside]
        players = sorted(share)
        more = max(players, key=lambda player: round(share[player] - there[player], 9))
        less = min(players, key=lambda player: round(share[player] - there[player], 9))
        credit = {
            (player, model): result.of(player, model).conversions
            for player in (more, less)
            for model in (name, beside)
        }
        yield (
            name,
            said,
            (
                f"gives {more} {_number(credit[more, name])} conversions and {less} {_number(credit[less, name])};"
                f" {beside} gives them {_number(credit[more, beside])} and {_number(credit[less, beside])}:"
                f" {moved:.0%} of the credit moves{_over(name, frugal, given)}"
            ),
            {
                "beside": beside,
                "moved_share": moved,
                "most": more,
                "most_here": credit[more, name],
                "most_there": credit[more, beside],
                "least": less,
                "least_here": credit[less, name],
                "least_there": credit[less, beside],
            },
        )


def _over(name: str, frugal: str, given: Mapping[str, float]) -> str:
    """Return how many conversions the model hands out that the most frugal one leaves to nobody."""
    over = given[name] - given[frugal]
    if over <= ALIKE * given[name]:
        return ""
    return f"; of its {_number(given[name])}, {frugal} says, {_number(over)} would have come anyway"


def _shares(result: Credited, model: str) -> dict[str, float]:
    credit = {player: result.of(player, model).conversions for player in result.by_player}
    whole = sum(credit.values())
    return {player: part / whole if whole else 0.0 for player, part in credit.items()}


def _moved(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the total variation: what must move to turn one division into the other."""
    return sum(abs(one[player] - other[player]) for player in one) / 2


def _number(conversions: float) -> str:
    return f"{conversions:,.0f}" if conversions >= 10 else f"{conversions:,.1f}"
