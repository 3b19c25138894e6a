"""Intervals: how far the credit of a model could be off by chance.

Reads  the steps of a Selection, or its journeys in memory cut into blocks of persons
Makes  a Spread by model: standard errors by player, and how players move together

Persons are what is left to chance: all that one person brings comes or stays away together. For rule models the
standard error has a closed form, that of drawing as many persons again; for models that are solved from all
paths each of 128 blocks of persons is left out in turn (a delete-a-group jackknife). No interval says what a model
gets wrong by its very rule: it is about chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.contract.models import FittedModel, PathModel, RuleModel
from headwater.report.measure.blocks import BLOCKS, blocks
from headwater.report.measure.credited import MICRO, UNIT, units
from headwater.report.measure.fitted import fitted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pyarrow as pa

    from headwater.contract.models import LeftOut, Model, Runs
    from headwater.contract.ports import Reader
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection
    from headwater.report.measure.runs import Kept

    Floats = npt.NDArray[np.float64]

Z = 1.959963984540054
"""Standard errors on either side of a 95 % interval."""
UNIT_OF_SQUARES = "1e6"
"""Parts that squares are counted in."""
NAMED = "95 %, closed form with persons as blocks"
"""How meta names the intervals of rule models."""
NO_INTERVAL = "none: the model offers no way to solve it again"
TOO_MANY = "none: too many values to solve the model again; choose a coarser dimension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A 95 % interval of conversions and one of value, as a model states them."""

    conversions: tuple[float, float]
    value: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far off by chance one model's credit could be."""

    method: str
    """How meta names it."""
    players: Mapping[str, int]
    """Place of each player in what follows; a player that is not there has no credit, and that is certain."""
    errors: Floats
    """Standard errors of conversions."""
    value_errors: Floats
    moves: Floats
    """How the players' conversions move with each block, one row a block: squares add up to squared errors."""
    value_moves: Floats
    width: float = Z
    """Standard errors on either side."""
    stated: Mapping[str, Bounds] = field(default_factory=dict)
    """Intervals that the model states itself, which then hold."""

    def conversions(self, player: str, credit: float) -> tuple[float, float]:
        """Return the 95 % interval of a player's conversions."""
        if player in self.stated:
            return self.stated[player].conversions
        return low_high(credit, self._of(player, self.errors), width=self.width)

    def value(self, player: str, credit: float) -> tuple[float, float]:
        """Return the 95 % interval of a player's value."""
        if player in self.stated:
            return self.stated[player].value
        return low_high(credit, self._of(player, self.value_errors), width=self.width)

    def error_between(self, player: str, other: str) -> float:
        """Return the standard error of the difference of two players' conversions."""
        return _length(self._move(player, self.moves) - self._move(other, self.moves))

    def value_error_of(self, parts: Mapping[str, float]) -> float:
        """Return the standard error of a sum of players' values, each times its factor."""
        moves = [factor * self._move(player, self.value_moves) for player, factor in parts.items()]
        return _length(sum(moves, np.zeros(len(self.value_moves))))

    def error_of(self, parts: Mapping[str, float]) -> float:
        """Return the standard error of a sum of players' conversions, each times its factor."""
        moves = [factor * self._move(player, self.moves) for player, factor in parts.items()]
        return _length(sum(moves, np.zeros(len(self.moves))))

    def _of(self, player: str, errors: Floats) -> float:
        place = self.players.get(player)
        return 0.0 if place is None else float(errors[place])

    def _move(self, player: str, moves: Floats) -> Floats:
        place = self.players.get(player)
        move: Floats = np.zeros(len(moves)) if place is None else moves[:, place]
        return move


def low_high(credit: float, error: float, *, width: float = Z) -> tuple[float, float]:
    """Return the 95 % interval of a credit with a standard error.

    The error of a sum grows with the root of the sum. So the interval holds every true value from which
    the credit is no more than `width` errors off, with the error that would go with that true value (the
    score interval; Wilson 1927 for shares). It never reaches below zero, is longer upwards, and covers better
    than credit plus and minus `width` errors where there are few conversions. Where the error is larger than
    the credit it grows with the error alone. Of a credit below zero (refunds) the error is taken as it is.

    >>> low_high(1.0, 1.0), low_high(0.0, 0.0)
    ((0.176525, 5.664934), (0.0, 0.0))
    """
    reach = width * error
    if credit <= 0:
        return round(credit - reach, 6), round(credit + reach, 6)
    shift = width * reach * min(error / credit, 1.0) / 2
    reach = hypot(shift, reach)
    return round(max(credit + shift - reach, 0.0), 6), round(credit + shift + reach, 6)


def spreads(
    reader: Reader,
    chosen: Selection,
    *,
    by: Dimension,
    models: Mapping[str, Model],
    kept: Kept | None,
    read: Mapping[str, list[dict[str, Any]]] | None = None,
) -> dict[str, Spread | str]:
    """Return the spread of each model, or the words that say why there is none.

    `kept` are the journeys in memory; path models need them. `read` are the rows of fitted models that were read
    with their credit.
    """
    rules = {name: model for name, model in models.items() if isinstance(model, RuleModel)}
    found: dict[str, Spread | str] = _of_rules(reader, chosen, by=by, rules=rules)
    cut = blocks(kept) if kept else []
    for name, model in models.items():
        if isinstance(model, PathModel):
            found[name] = _of_path_model(model, cut) if cut and model.left_out else NO_INTERVAL
        elif isinstance(model, FittedModel):
            known = (read or {}).get(name)
            found[name] = _of_fitted(
                fitted(reader, chosen, by=by, model=model, bounded=True) if known is None else known,
                method=model.method,
            )
    return {name: found.get(name, NO_INTERVAL) for name in models}


def _of_path_model(model: PathModel, cut: list[Runs]) -> Spread | str:
    left = model.left_out(cut) if model.left_out else None
    return TOO_MANY if left is None else jackknifed(left)


def _of_fitted(read: list[dict[str, Any]], *, method: str) -> Spread:
    """Return the intervals that the model states; to those of value chance adds how orders differ in size."""
    bounds = {}
    for row in read:
        if row["low"] is None or row["credit"] is None:
            continue
        credit, low, high = row["bound_of"], row["low"], row["high"]
        each = row["worth"] / row["credit"] if row["credit"] > 0 else 0.0
        square = row["worth2"] - 2 * each * row["cross"] + each * each * row["credit2"]
        chance = Z * sqrt(max(square, 0.0))
        bounds[row["player"]] = Bounds(
            conversions=(round(low, 6), round(high, 6)),
            value=(
                round(max(each * credit - hypot(each * (credit - low), chance), 0.0), 6),
                round(each * credit + hypot(each * (high - credit), chance), 6),
            ),
        )
    return stated(bounds, method=method)


def jackknifed(left: LeftOut) -> Spread:
    """Return the spread of a model from what it credits without each block.

    Credits grow with the number of persons, so that G - 1 blocks credit (G - 1) / G of the whole: the squared
    error is G / (G - 1) times the sum of squared deviations from the mean.
    """
    count = len(left.conversions)
    scale = sqrt(count / (count - 1))
    moves = scale * (left.conversions - left.conversions.mean(axis=0))
    value_moves = scale * (left.values - left.values.mean(axis=0))
    return Spread(
        method=f"95 %, each of {count} blocks of persons left out in turn",
        players={player: place for place, player in enumerate(left.players)},
        errors=np.sqrt((moves**2).sum(axis=0)),
        value_errors=np.sqrt((value_moves**2).sum(axis=0)),
        moves=moves,
        value_moves=value_moves,
        width=student(count - 1),
    )


def stated(bounds: Mapping[str, Bounds], *, method: str) -> Spread:
    """Return the spread of a model that states its own intervals; its players move apart from each other.

    The signs by which they move are the columns of a Hadamard matrix: up to 128 players are independent.
    """
    signs = np.ones((1, 1))
    while len(signs) < BLOCKS:
        signs = np.block([[signs, signs], [signs, -signs]])
    players = {player: place for place, player in enumerate(sorted(bounds))}
    ends = np.array([[*bounds[player].conversions, *bounds[player].value] for player in players]).reshape(
        -1, 4
    )
    errors, value_errors = (ends[:, 1] - ends[:, 0]) / (2 * Z), (ends[:, 3] - ends[:, 2]) / (2 * Z)
    turns = signs[:, np.arange(len(players)) % BLOCKS] / sqrt(BLOCKS)
    return Spread(
        method=method,
        players=players,
        errors=errors,
        value_errors=value_errors,
        moves=turns * errors,
        value_moves=turns * value_errors,
        stated=bounds,
    )


def student(freedom: int) -> float:
    """Return how many standard errors make a 95 % interval with so many degrees of freedom.

    Hill's expansion of Student's t around the normal quantile, right to 0.001 from 12 on.

    >>> round(student(15), 3), round(student(127), 3)
    (2.131, 1.979)
    """
    terms = (
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
    )
    return Z + sum((term / freedom**power for power, term in enumerate(terms, start=1)), 0.0)


def _of_rules(
    reader: Reader, chosen: Selection, *, by: Dimension, rules: Mapping[str, RuleModel]
) -> dict[str, Spread | str]:
    if not rules:
        return {}
    persons = reader.query("select count(distinct person_id) from persons").column(0)[0].as_py()
    rows = reader.query(squares_sql(chosen, by=by, rules=rules))
    names = rows.column("player").to_pylist()
    players = {player: place for place, player in enumerate(sorted(set(names)))}
    at = np.array([players[name] for name in names], dtype=np.int64)
    block = rows.column("block").to_numpy()
    met = np.bincount(at, rows.column("persons").to_numpy(), minlength=len(players))
    whole = np.maximum(float(persons), met)
    found: dict[str, Spread | str] = {}
    for place, name in enumerate(rules):
        errors, moves = _summed(rows, f"credit_{place}", at=at, block=block, persons=whole)
        value_errors, value_moves = _summed(rows, f"value_{place}", at=at, block=block, persons=whole)
        found[name] = Spread(
            method=NAMED,
            players=players,
            errors=errors,
            value_errors=value_errors,
            moves=moves,
            value_moves=value_moves,
        )
    return found


def _summed(
    rows: pa.Table, name: str, *, at: npt.NDArray[np.int64], block: npt.NDArray[np.int64], persons: Floats
) -> tuple[Floats, Floats]:
    """Return the error by player, and how players move together: by block, at the length of the errors."""
    credit, square = (rows.column(column).to_numpy() for column in (name, name.replace("_", "2_")))
    size = len(persons)
    total, squares = (np.bincount(at, amount, minlength=size) for amount in (credit, square))
    errors = np.sqrt(np.maximum(squares - total * total / persons, 0.0))
    moves = np.zeros((BLOCKS, size))
    np.add.at(moves, (block, at), credit)
    moves -= moves.mean(axis=0)
    length = np.sqrt((moves**2).sum(axis=0))
    return errors, moves * np.divide(errors, length, out=np.zeros(size), where=length > 0)


def squares_sql(chosen: Selection, *, by: Dimension, rules: Mapping[str, RuleModel]) -> str:
    """Return the SELECT of sums and sums of squares over persons, by player and block of persons.

    A row of an aggregated path stands for many persons with equal credit: n persons with share s add
    n * s squared. Squares are summed as whole numbers, so that the order of adding never matters.
    """
    places = range(len(rules))
    sums = ", ".join(
        f"cast(sum(units_{place}) as double) / {UNIT}e0 as share_{place}, "
        f"cast(sum(micros_{place}) as double) / {MICRO}e0 as value_{place}"
        for place in places
    )
    squares = ", ".join(
        f"{_whole(f'share_{place} * many', UNIT_OF_SQUARES)} as credit_{place}, "
        f"{_whole(f'share_{place} * share_{place} * many', UNIT_OF_SQUARES)} as credit2_{place}, "
        f"{_whole(f'value_{place}', UNIT_OF_SQUARES)} as value_{place}, "
        f"{_whole(f'value_{place} * value_{place} / many', UNIT_OF_SQUARES)} as value2_{place}"
        for place in places
    )
    return f"""
        select player, block, count(*) as persons, {squares} from (
            select player, person_id, (person_id % {BLOCKS} + {BLOCKS}) % {BLOCKS} as block,
                cast(max(conversion_count) as double) as many, {sums} from (
                select player, person_id, conversion_count, {units(rules)}
                from ({by.of_steps(chosen.steps)}) as placed
                where conversion_count > 0
            ) as parts group by player, person_id
        ) as persons group by player, block order by player, block
    """


def _whole(amount: str, parts: str) -> str:
    return f"cast(sum(cast(round({parts} * {amount}) as hugeint)) as double) / {parts}"


def _length(move: Floats) -> float:
    return float(sqrt((move**2).sum()))
