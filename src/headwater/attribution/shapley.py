"""Shapley: each conversion is divided fairly over the channels that took part in its journey.

Reads  the distinct channels of journeys
Makes  the Shapley values of the channels

Two games. `conversions`: v(S) = conversions of the journeys whose channels all lie in S. A journey
with the set C adds the game "all of C must be there", whose Shapley value is an equal split over C
(unanimity game, Shapley 1953); values add up over games, so that the sum over journeys is exact for
any number of channels. `rate`: v(S) = conversions over journeys inside S; no short form is known, so
that all subsets are summed, up to 20 channels (see `rate_game`; Python only).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import fsum
from typing import TYPE_CHECKING, Any, Self

from headwater.attribution.behind import by_coalition
from headwater.attribution.coalitions import MASK_BITS, coalitions, equal_split, sets_of
from headwater.attribution.estimator import Estimator
from headwater.attribution.money import rounded
from headwater.attribution.packing import UNNAMED, coded_sql, players
from headwater.attribution.rate_game import rate_values
from headwater.attribution.reading import read_journeys
from headwater.attribution.resampling import sets_without
from headwater.contract.errors import UsageError
from headwater.contract.models import PathModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.contract.models import Runs
    from headwater.contract.ports import Reader
    from headwater.contract.settings import Settings

GAMES = ("conversions", "rate")


def model(settings: Settings) -> PathModel:  # noqa: ARG001 (every model is made from the settings)
    """Return the model as reports use it."""
    return PathModel(
        name="shapley",
        summary="Shapley values, exact: each conversion is split equally over its distinct channels.",
        bias="Favours channels that keep company: in each journey all channels get the same, whatever they did.",
        credited=credited,
        counted=counted,
        left_out=sets_without,
        behind=by_coalition,
    )


def credited(reader: Reader, steps_sql: str) -> Mapping[str, tuple[float, Decimal]]:
    """Return the conversions and the value credited to each player that took part in any."""
    names = players(reader, steps_sql)
    if len(names) > MASK_BITS:
        rows = reader.query(counts_sql(steps_sql)).to_pylist()
        return _settled((row["player"], row["players"], row["conversions"], row["net_value"]) for row in rows)
    if not names:
        return {}
    rows = reader.query(masks_sql(coded_sql(steps_sql, names))).to_pylist()
    sets = ([name for code, name in enumerate(names) if row["mask"] >> code & 1] for row in rows)
    return _settled(
        (name, len(members), row["conversions"], row["net_value"])
        for row, members in zip(rows, sets, strict=True)
        for name in members
    )


def counted(runs: Runs) -> Mapping[str, tuple[float, Decimal]]:
    """Return what `credited` returns, from journeys in memory."""
    names = runs.players
    parts: list[tuple[str, int, int, Decimal]] = []
    for codes, conversions, micros in sets_of(runs):
        value = Decimal(micros).scaleb(-6)
        parts += [(names[code], len(codes), conversions, value) for code in codes]
    return _settled(parts)


def masks_sql(coded: str) -> str:
    """Return the SQL that counts the journeys by the set of their players, one bit a player.

    Journeys without conversion and value divide nothing and are left out before the grouping.
    """
    return f"""
        select mask, {_SUMS}
        from (
            select
                journey_id,
                bit_or(cast(power(2e0, code) as bigint)) as mask,
                max(conversion_count) as conversion_count,
                max(net_value) as net_value
            from ({coded}) as coded
            where conversion_count > 0 or net_value <> 0
            group by journey_id
        ) as sets
        group by mask
    """


def counts_sql(steps_sql: str) -> str:
    """Return the SQL that counts each player's journeys by how many players took part in them."""
    return f"""
        select player, players, {_SUMS}
        from (
            select player, conversion_count, net_value, count(*) over (partition by journey_id) as players
            from (
                select
                    journey_id,
                    coalesce(player, '{UNNAMED}') as player,
                    max(conversion_count) as conversion_count,
                    max(net_value) as net_value
                from ({steps_sql}) as steps
                where conversion_count > 0 or net_value <> 0
                group by journey_id, coalesce(player, '{UNNAMED}')
            ) as distinct_players
        ) as counted
        group by player, players
    """


_SUMS = """
            cast(sum(conversion_count) as bigint) as conversions,
            cast(sum(net_value) as decimal(38, 6)) as net_value"""


def _settled(parts: Iterable[tuple[str, int, int, Decimal]]) -> dict[str, tuple[float, Decimal]]:
    """Add up (player, players that share, conversions, value), exactly, in an order that repeats."""
    conversions: dict[tuple[str, int], int] = {}
    values: dict[tuple[str, int], Decimal] = {}
    for name, size, count, value in parts:
        conversions[name, size] = conversions.get((name, size), 0) + count
        values[name, size] = values.get((name, size), Decimal(0)) + value
    names = sorted({name for name, _ in conversions})
    credit: dict[str, list[float]] = {name: [] for name in names}
    money = dict.fromkeys(names, Fraction(0))
    for name, size in sorted(conversions):
        credit[name].append(conversions[name, size] / size)
        money[name] += Fraction(values[name, size]) / size
    total = sum(money.values(), Fraction(0))
    settled = rounded([money[name] for name in names], Decimal(round(total * 10**6)).scaleb(-6))
    return {name: (fsum(credit[name]), part) for name, part in zip(names, settled, strict=True)}


class Shapley(Estimator):
    """Shapley values; `game` is "conversions" (any number of channels) or "rate" (up to 20).

    >>> Shapley().fit([{"path": "a > b > a", "conversions": 2, "value": 10}]).credits_
    {'a': 1.0, 'b': 1.0}
    """

    def __init__(self, *, game: str = "conversions") -> None:
        self.game = game

    def fit(self, journeys: Any) -> Self:
        """Divide the conversions of the journeys (see `reading`); raises UsageError for another game."""
        if self.game not in GAMES:
            raise UsageError(f"There is no game {self.game!r}.", hint=f"choose {' or '.join(GAMES)}.")
        read = read_journeys(journeys)
        split = equal_split if self.game == "conversions" else rate_values
        credits_, values = split(coalitions(read))
        self.channels_ = read.channels
        self.credits_ = dict(zip(read.channels, credits_.tolist(), strict=True))
        self.values_ = dict(
            zip(read.channels, rounded([Fraction(value) for value in values], read.total_value), strict=True)
        )
        return self
