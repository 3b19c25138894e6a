"""Credited: what each model credits to each value of a dimension, exactly.

Reads  the steps of a Selection
Makes  conversions and value by player and model, and what no touchpoint could be credited with

Rule models are summed as whole numbers (1e-15 of a conversion, millionths of the currency), so that
the result does not depend on the order in which threads add, and money adds up to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from headwater.contract.errors import UnknownModelError
from headwater.contract.models import FittedModel, PathModel, RuleModel
from headwater.report.measure.fitted import fitted
from headwater.report.measure.rows import one, rows
from headwater.report.measure.runs import runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headwater.contract.models import Model, Runs
    from headwater.contract.ports import Reader
    from headwater.contract.query import ReportContext
    from headwater.report.dimensions import Dimension
    from headwater.report.filters import Selection

DEFAULT_MODELS = ("first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley")
"""Models of a report where none are named; those that the workspace does not offer are left out."""
VOLUME = 300
"""Conversions from which on fitted models are among them: five main channels are then known to within a quarter."""
SOON_FITTED = 1_000_000
"""Touchpoints up to which a fit takes a few seconds; beyond it fitted models are solved for those who name them."""

UNIT = 10**15
"""Parts that a conversion is counted in."""
MICRO = 10**6
"""Parts that a unit of money is counted in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Conversions and value; the unit of everything that a model hands out."""

    conversions: float = 0.0
    value: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credited:
    """What each model credits to each player, beside what there was to credit."""

    by_player: dict[str, dict[str, Credit]]
    total: Credit
    unattributed: dict[str, Credit] = field(default_factory=dict)
    fitted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Rows of the fitted models by name, with what their intervals follow from where that was asked for."""

    def of(self, player: str, model: str) -> Credit:
        """Return what `model` credits to `player`; nothing where it never met it."""
        return self.by_player.get(player, {}).get(model, Credit())

    def ranked(self) -> list[str]:
        """Return the players, largest credit of any model first, then by name."""
        return sorted(self.by_player, key=lambda player: (-self._largest(player), player))

    def _largest(self, player: str) -> float:
        return round(max((credit.conversions for credit in self.by_player[player].values()), default=0.0), 9)


def chosen_models(context: ReportContext, names: Iterable[str]) -> dict[str, Model]:
    """Return the models by name, in the order asked. Raises UnknownModelError."""
    asked = tuple(dict.fromkeys(names)) or _usual(context)
    for name in asked:
        if name not in context.models:
            raise UnknownModelError.named(name, known=context.models)
    chosen = {name: context.models[name] for name in asked}
    for model in chosen.values():
        if isinstance(model, FittedModel) and context.solve:
            context.solve(model.fits)
    return chosen


def _usual(context: ReportContext) -> tuple[str, ...]:
    """Return the models where none are named: fitted ones too where there is volume enough."""
    usual = [name for name in DEFAULT_MODELS if name in context.models]
    fitted = [name for name, model in context.models.items() if isinstance(model, FittedModel)]
    if fitted:
        found = one(context.reader, ENOUGH)
        if found["conversions"] >= VOLUME and found["touches"] <= SOON_FITTED:
            usual += fitted
    return tuple(usual)


ENOUGH = """
    select coalesce(max(conversions), 0) as conversions, (select count(*) from touchpoints) as touches from (
        select count(*) as conversions from conversions where flag is null and conversion_count = 1 group by goal
    ) as goals
"""


def credited(
    reader: Reader,
    chosen: Selection,
    *,
    by: Dimension,
    models: Mapping[str, Model],
    stored: Runs | None = None,
    bounded: bool = False,
) -> Credited:
    """Return what `models` credit to each value of `by` over the journeys of `chosen`.

    `stored` are the same journeys, where they are in memory already. `bounded` reads with the credit of fitted
    models what their intervals follow from.
    """
    total = _total(reader, chosen)
    rules = {name: model for name, model in models.items() if isinstance(model, RuleModel)}
    by_player: defaultdict[str, dict[str, Credit]] = defaultdict(dict)
    given = {name: Credit() for name in models}
    if rules:
        _add_rules(reader, chosen, by=by, rules=rules, by_player=by_player, given=given)
    read = {
        name: fitted(reader, chosen, by=by, model=model, bounded=bounded)
        for name, model in models.items()
        if isinstance(model, FittedModel)
    }
    for name, found in read.items():
        for row in found:
            by_player[row["player"]][name] = _credit(row, 0)
        given[name] = _given(found, 0, (by_player[row["player"]][name] for row in found))
    paths = {name: model for name, model in models.items() if isinstance(model, PathModel)}
    for name, solved in _solved(reader, chosen, by=by, paths=paths, stored=stored):
        for player, (conversions, value) in solved.items():
            by_player[player][name] = Credit(conversions=conversions, value=value)
        given[name] = _sum(by_player[player][name] for player in solved)
    left = {name: _less(total, credit) for name, credit in given.items()}
    return Credited(by_player=dict(by_player), total=total, unattributed=left, fitted=read)


def _solved(
    reader: Reader,
    chosen: Selection,
    *,
    by: Dimension,
    paths: Mapping[str, PathModel],
    stored: Runs | None = None,
) -> Iterator[tuple[str, Mapping[str, tuple[float, Decimal]]]]:
    """Yield what each path model says, from the most that builds have prepared for it."""
    steps = chosen.transitions if by.name == "channel" else None
    others = {name: model for name, model in paths.items() if not (steps and model.stepped)}
    if stored is None and any(model.counted for model in others.values()):
        stored = runs(reader, chosen, by=by)
    for name, model in paths.items():
        if steps and model.stepped:
            yield name, model.stepped(reader.query(steps))
        elif stored and model.counted:
            yield name, model.counted(stored)
        else:
            yield name, model.credited(reader, chosen.paths(by))


def units(rules: Mapping[str, RuleModel]) -> str:
    """Return the columns `units_N` and `micros_N`, the credit of one step, for each of `rules`."""
    columns = []
    for place, rule in enumerate(rules.values()):
        if rule.share:
            columns.append(f"{_units(rule.share)} as units_{place}, {_micros(rule.share)} as micros_{place}")
        else:
            columns.append(f"{_units(rule.upto)} - {_units(rule.before)} as units_{place}")
            columns.append(f"{_micros(rule.upto)} - {_micros(rule.before)} as micros_{place}")
    return ", ".join(columns)


def _add_rules(
    reader: Reader,
    chosen: Selection,
    *,
    by: Dimension,
    rules: Mapping[str, RuleModel],
    by_player: dict[str, dict[str, Credit]],
    given: dict[str, Credit],
) -> None:
    found = rows(reader, rule_sql(chosen, by=by, rules=rules, many=_stands_for_many(reader, chosen)))
    for place, (name, rule) in enumerate(rules.items()):
        if rule.share:
            _settle(found, place)
        for row in found:
            by_player[row["player"]][name] = _credit(row, place)
        given[name] = _given(found, place, (by_player[row["player"]][name] for row in found))


def rule_sql(chosen: Selection, *, by: Dimension, rules: Mapping[str, RuleModel], many: bool) -> str:
    """Return the one scan that sums all rule models by player.

    `many` says that some conversions stand for more than one; without it the product is spared.
    """
    times = " * cast(conversion_count as hugeint)" if many else ""
    sums = ", ".join(
        f"cast(sum(units_{place}{times}) as decimal(38,0)) as units_{place}, "
        f"cast(sum(micros_{place}) as decimal(38,0)) as micros_{place}"
        for place in range(len(rules))
    )
    return f"""
        select player, count(*) as steps, {sums},
            cast(sum(case when step = step_count then conversion_count end) as decimal(38,0)) as units_whole,
            cast(sum(case when step = step_count then net_micros end) as decimal(38,0)) as micros_whole
        from (
            select player, conversion_count, step, step_count, net_micros, {units(rules)}
            from ({by.of_steps(chosen.steps)}) as placed
        ) as parts group by player
    """


def _settle(found: list[dict[str, Any]], place: int) -> None:
    """Give the rounding of a model's own shares to its largest row, so that the rows add up exactly.

    Only rounding is settled: a model whose shares do not add up to 1 keeps its gap, and it shows.
    """
    steps = sum(row["steps"] for row in found)
    for kind, parts in (("units", UNIT), ("micros", 1)):
        whole = parts * sum(int(row[f"{kind}_whole"] or 0) for row in found)
        left = whole - sum(int(row[f"{kind}_{place}"]) for row in found)
        if left and abs(left) <= abs(whole) // 10**9 + steps:
            largest = max(found, key=lambda row: (abs(int(row[f"{kind}_{place}"])), row["player"]))
            largest[f"{kind}_{place}"] = int(largest[f"{kind}_{place}"]) + left


def _units(share: str) -> str:
    return f"cast(round(({share}) * 1e15) as bigint)"


def _micros(share: str) -> str:
    """Round the share of the value that has been given so far; all of it at the last step."""
    return (
        f"case when ({share}) >= 1e0 then net_micros else cast(round(net_micros * ({share})) as bigint) end"
    )


def _credit(row: dict[str, Any], place: int) -> Credit:
    micros = int(row[f"micros_{place}"])
    return Credit(conversions=int(row[f"units_{place}"]) / UNIT, value=Decimal(micros).scaleb(-6))


def _given(found: list[dict[str, Any]], place: int, parts: Iterable[Credit]) -> Credit:
    """Return all that a model gives: conversions from whole numbers, so that no order of adding matters."""
    return Credit(
        conversions=sum(int(row[f"units_{place}"]) for row in found) / UNIT,
        value=sum((part.value for part in parts), Decimal(0)),
    )


def _stands_for_many(reader: Reader, chosen: Selection) -> bool:
    sql = f"select count(*) from ({chosen.conversions}) as chosen where conversion_count <> 1"
    return bool(reader.query(sql).column(0)[0].as_py())


def _total(reader: Reader, chosen: Selection) -> Credit:
    sql = f"""
        select coalesce(sum(conversion_count), 0) as conversions,
            cast(coalesce(sum(net_value), 0) as decimal(38,6)) as value
        from ({chosen.conversions}) as chosen
    """
    row = one(reader, sql)
    return Credit(conversions=float(row["conversions"]), value=row["value"])


def _sum(credits_given: Iterable[Credit]) -> Credit:
    parts = list(credits_given)
    return Credit(
        conversions=sum(part.conversions for part in parts),
        value=sum((part.value for part in parts), Decimal(0)),
    )


def _less(total: Credit, given: Credit) -> Credit:
    """Take away what was given; float noise of a solver is not an unattributed conversion."""
    left = round(total.conversions - given.conversions, 9)
    return Credit(conversions=left + 0.0, value=total.value - given.value)
