"""Budget: whether money is better spent elsewhere, and how sure that is.

Reads  the credit of one model, its uncertainty, and spend
Makes  a row for each pair of values that money is spent on: both returns, and the gain of moving some of it

Returns are averages over what was spent. The next unit of money may bring less than the average one (saturation),
and no model knows how much from the past alone; so a move is said to be worth trying, never to pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

from headwater.contract.errors import UsageError
from headwater.contract.models import PathModel, RuleModel
from headwater.contract.query import Report, ReportTable
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.credited import chosen_models, credited
from headwater.report.measure.guard import cautions, guard, guarded
from headwater.report.measure.intervals import Spread, spreads
from headwater.report.measure.meta import meta, totals, unattributed
from headwater.report.measure.ranks import chance_above
from headwater.report.measure.runs import journeys_kept
from headwater.report.measure.spend import UNMATCHED, spent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headwater.contract.query import ReportContext, ReportQuery
    from headwater.report.measure.credited import Credited

COLUMNS = (
    "from", "to", "model", "amount",
    "return_from", "return_from_low", "return_from_high", "return_to", "return_to_low", "return_to_high",
    "gain", "gain_low", "gain_high", "loss_chance", "verdict",
)  # fmt: skip
MICRO = Decimal("0.000001")
SHARE = Decimal("0.1")
"""Share of the smaller spend that is moved where the query names no amount."""
MOST_ROWS = 100
"""Rows where the query names no limit."""
NOTE = (
    "Returns are averages over all that was spent: the next unit of money may bring less, and what the model gets "
    "wrong by its rule is not in the interval. Move in small steps and look again."
)

FAR_SHARE = Decimal("0.5")
FAR = "{to} would spend more than half as much again: its average return is no guide that far out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Money that goes from one value to another."""

    source: str
    target: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """What one model credits per unit of money."""

    model: str
    spend: Mapping[str, Decimal]
    """Of the values that money is spent on."""
    brings: Mapping[str, float]
    """What each of them is credited with: value, or conversions where no goal has a value."""
    spread: Spread | None
    in_value: bool

    def of(self, player: str) -> float:
        """Return the return of a unit of money."""
        return self.brings[player] / float(self.spend[player])

    def between(self, player: str) -> tuple[float | None, float | None]:
        """Return the 95 % interval of the return; nothing where it is not known."""
        if self.spread is None:
            return None, None
        held = self.spread.value if self.in_value else self.spread.conversions
        low, high = held(player, self.brings[player])
        return low / float(self.spend[player]), high / float(self.spend[player])

    def error(self, move: Move) -> float | None:
        """Return the standard error of the gain; credits that rise and fall together are taken as such."""
        if self.spread is None:
            return None
        amount = float(move.amount)
        parts = {
            move.target: amount / float(self.spend[move.target]),
            move.source: -amount / float(self.spend[move.source]),
        }
        return self.spread.value_error_of(parts) if self.in_value else self.spread.error_of(parts)


def budget(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return one row per pair of paid values and model, in the direction that gains; or the one move asked for.

    Raises UsageError for a move that cannot be read or is larger than what was spent.
    """
    reader, settings = context.reader, context.settings
    models = chosen_models(context, query.models or (default_model(context),))
    by = dimension(query.by, reader=reader)
    chosen = selection(context, query)
    solves = any(isinstance(model, PathModel) for model in models.values())
    kept = journeys_kept(reader, chosen, by=by) if solves else None
    result = credited(reader, chosen, by=by, models=models, bounded=True)
    paid = spent(
        reader, query, currency=chosen.currency, home=settings.currency, players=result.by_player.keys()
    )
    spend = {name: money for name, money in paid.by_player.items() if money > 0 and name != UNMATCHED}
    off = spreads(reader, chosen, by=by, models=models, kept=kept, read=result.fitted)
    in_value = result.total.value > 0
    found = []
    for name in models:
        spread = off[name]
        found.append(
            Returns(
                model=name,
                spend=spend,
                brings=_brings(result, name, spend, in_value=in_value),
                spread=spread if isinstance(spread, Spread) else None,
                in_value=in_value,
            )
        )
    rows = [row for returns in found for row in _rows(returns, query.move)]
    shown = rows[: query.limit or MOST_ROWS]
    said = guarded(models, guard(models, result, off, broken=cautions(reader, models, query.goal)))
    far = [
        FAR.format(**row) for row in rows[:1] if query.move and row["amount"] > spend[row["to"]] * FAR_SHARE
    ]
    return ReportTable(
        report="budget",
        columns=COLUMNS,
        rows=shown,
        meta=meta(
            context,
            query,
            chosen,
            models=models,
            unattributed=unattributed(result),
            by=by.name,
            measure="value" if in_value else "conversions",
            intervals={name: one.method if isinstance(one, Spread) else one for name, one in off.items()},
            total_spend=paid.total,
            unmatched_spend=paid.by_player.get(UNMATCHED, Decimal(0)),
            unconverted_spend=paid.unconverted,
            left_out_rows=len(rows) - len(shown),
            **totals(result),
            **said | {"notes": [NOTE, *far, *said.get("notes", ())]},
        ),
    )


def default_model(context: ReportContext) -> str:
    """Return the model that budgets go by: one that knows what would have come anyway, else one of paths."""
    kinds = sorted(
        context.models,
        key=lambda name: (
            isinstance(context.models[name], RuleModel) * 2 + isinstance(context.models[name], PathModel)
        ),
    )
    return kinds[0]


def parsed_move(text: str, spend: Mapping[str, Decimal]) -> Move:
    """Read `FROM:TO:AMOUNT`, where the amount is money or, with %, a share of what FROM spends.

    >>> parsed_move("display:email:10%", {"display": Decimal(500), "email": Decimal(1)})
    Move(source='display', target='email', amount=Decimal('50.000000'))
    """
    names, _, amount = text.rpartition(":")
    pairs = [(names[:place], names[place + 1 :]) for place, sign in enumerate(names) if sign == ":"]
    known = [(source, target) for source, target in pairs if source in spend and target in spend]
    if not pairs:
        raise UsageError(
            f"The move {text!r} cannot be read.", hint="write FROM:TO:AMOUNT, e.g. display:email:500."
        )
    if not known or known[0][0] == known[0][1]:
        raise UsageError(
            f"The move {text!r} is not between two values that money is spent on.",
            hint=f"there are: {', '.join(sorted(spend)) or 'none; import spend first'}.",
        )
    source, target = known[0]
    money = _amount(amount.strip(), spend[source], text)
    if not 0 < money <= spend[source]:
        raise UsageError(
            f"{money:f} cannot be moved: {source!r} spends {spend[source]:f}.",
            hint="move more than nothing, and at most all that is spent.",
        )
    return Move(source=source, target=target, amount=money)


def _amount(said: str, spend: Decimal, text: str) -> Decimal:
    digits = said.removesuffix("%")
    if not digits.replace(".", "", 1).isdigit():
        raise UsageError(
            f"The amount of the move {text!r} cannot be read.", hint="write money (500) or a share (10%)."
        )
    return (spend * Decimal(digits) / 100 if said.endswith("%") else Decimal(digits)).quantize(MICRO)


def _brings(result: Credited, model: str, players: Mapping[str, Any], *, in_value: bool) -> dict[str, float]:
    given = {player: result.of(player, model) for player in players}
    return {
        player: float(credit.value) if in_value else credit.conversions for player, credit in given.items()
    }


def _rows(returns: Returns, asked: str | None) -> list[dict[str, Any]]:
    moves = [parsed_move(asked, returns.spend)] if asked else list(_gaining(returns))
    rows = [_row(returns, move) for move in moves]
    return sorted(rows, key=lambda row: (-row["gain"], row["from"], row["to"]))


def _gaining(returns: Returns) -> Iterator[Move]:
    """Yield for each pair a tenth of the smaller spend, from the one that returns less to the other.

    A target that spends little is not taken to bear many times its spend at the return that it has now.
    """
    for pair in combinations(sorted(returns.spend), 2):
        source, target = sorted(pair, key=lambda player: (returns.of(player), player))
        amount = (min(returns.spend[source], returns.spend[target]) * SHARE).quantize(MICRO)
        yield Move(source=source, target=target, amount=amount)


def _row(returns: Returns, move: Move) -> dict[str, Any]:
    gain = float(move.amount) * (returns.of(move.target) - returns.of(move.source))
    error = returns.error(move)
    reach = returns.spread.width * error if returns.spread and error is not None else None
    from_low, from_high = returns.between(move.source)
    to_low, to_high = returns.between(move.target)
    low, high = (None, None) if reach is None else (gain - reach, gain + reach)
    return {
        "from": move.source,
        "to": move.target,
        "model": returns.model,
        "amount": move.amount,
        "return_from": returns.of(move.source),
        "return_from_low": from_low,
        "return_from_high": from_high,
        "return_to": returns.of(move.target),
        "return_to_low": to_low,
        "return_to_high": to_high,
        "gain": round(gain, 6),
        "gain_low": low if low is None else round(low, 6),
        "gain_high": high if high is None else round(high, 6),
        "loss_chance": None if error is None else round(1 - chance_above(gain, error), 6),
        "verdict": _verdict(low, high),
    }


def _verdict(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "unknown"
    return "better" if low > 0 else "worse" if high < 0 else "undecided"


REPORT = Report(
    name="budget",
    summary="Would moving money pay: returns, gain and the chance of a loss, by pair",
    answer=budget,
    moves_money=True,
)
