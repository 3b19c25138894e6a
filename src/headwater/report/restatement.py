"""Restatement: why a number that was shown at one time was another at a later time, cause by cause.

Reads  the tables as of both times, and tables made from the facts of one cause more at a time
Makes  one row for what was shown before, one per cause, one for what was shown after

The causes are applied in the order of CAUSES, each to what those before it have made, so that the parts
add up exactly; what is made is always an ordinary build from fewer facts.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from headwater.contract.errors import UnknownNameError, UsageError
from headwater.contract.query import KnownApart, Remake, Report, ReportQuery, ReportTable
from headwater.contract.steps import literal
from headwater.report.dimensions import dimension
from headwater.report.filters import selection
from headwater.report.measure.credited import chosen_models, credited
from headwater.report.measure.meta import meta, plain_time
from headwater.report.measure.rows import one
from headwater.report.measure.spend import spent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    import pyarrow as pa

    from headwater.contract.models import Model
    from headwater.contract.query import ReportContext

SETTINGS, EVENTS, DEALS, REFUNDS = "settings", "late events", "late deals", "refunds"
MERGES, SPEND, TESTS, OTHER = "merges", "spend restated", "experiments", "other"
CAUSES = {
    SETTINGS: "the settings that held at the second time",
    EVENTS: "visits, touches and all events that are neither conversion nor refund, known since the first time",
    DEALS: "conversions known or corrected since, whenever they happened",
    REFUNDS: "refunds known since",
    MERGES: "persons who were known apart at the first time and are one, or share a device, at the second",
    SPEND: "days of spend imported or corrected since",
    TESTS: "hold-out and geo tests imported or corrected since: they move models that weigh them in",
    OTHER: "everything else: what is known of persons (segments, and groups that models tell apart)",
}
"""What each cause means, in the order in which they are applied."""
BEFORE, AFTER = "shown before", "shown after"
UNATTRIBUTED = "(unattributed)"
"""The row of conversions with no touchpoint in the window."""
PLACES = 9
"""Digits of a conversion that credit is rounded to before it is compared, so that parts add up exactly."""
NOTHING = (Decimal(0), Decimal(0), Decimal(0))

Measure = tuple[Decimal, Decimal, Decimal]
"""Conversions, value and spend."""
Place = tuple[str, str]
"""Value of the dimension and model; both empty for the totals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is asked: the query at both times, the models of the break-down, and how tables are made."""

    before: ReportQuery
    after: ReportQuery
    models: Mapping[str, Model]
    is_broken_down: bool
    remade: Callable[[Remake], AbstractContextManager[ReportContext]]

    @property
    def times(self) -> tuple[datetime, datetime]:
        """The two times, UTC."""
        times = self.after.between
        assert times is not None
        return times


@dataclass(slots=True, kw_only=True)
class Shown:
    """What a report showed or would have shown, by place; and, of two times, what it rested on."""

    numbers: dict[Place, Measure]
    said: dict[str, Any] = field(default_factory=dict)


def restatement(context: ReportContext, query: ReportQuery) -> ReportTable:
    """Return what was shown, what changed it, and what is shown; by value and model where these are asked.

    `context` is that of the second time. Raises UsageError where there is no archive to make tables of.
    """
    if context.remade is None or query.between is None:
        raise UsageError("A restatement needs a workspace and two times.", hint="--between T1 T2.")
    is_broken_down = bool(query.models) or query.by != "channel"
    models = chosen_models(context, query.models)
    dimension(query.by, reader=context.reader)
    asked = replace(query, currency=selection(context, query).currency)
    change = Change(
        before=replace(asked, as_of=query.between[0]),
        after=replace(asked, as_of=query.between[1]),
        models=models if is_broken_down else {},
        is_broken_down=is_broken_down,
        remade=context.remade,
    )
    states, facts = _states(context, change)
    after = states[-1][1]
    columns, rows, left_out = _rows(change, states)
    return ReportTable(
        report="restatement",
        columns=columns,
        rows=rows,
        meta=meta(
            context,
            change.after,
            selection(context, change.after),
            models=change.models,
            by=query.by if is_broken_down else None,
            between=change.times,
            before=states[0][1].said,
            after=after.said,
            causes=[{"cause": cause, "facts": facts[cause], "meaning": CAUSES[cause]} for cause in CAUSES],
            left_out_rows=left_out,
            total_conversions=int(after.numbers["", ""][0]),
            total_value=after.numbers["", ""][1],
        ),
    )


def _states(context: ReportContext, change: Change) -> tuple[list[tuple[str, Shown]], dict[str, int]]:
    """Return what was shown before, what each cause in its turn made of it, and how many facts it had."""
    first, second = change.times
    with ExitStack() as opened:
        then = opened.enter_context(change.remade(Remake(until=first, settings_at=first)))
        states = [(BEFORE, _shown(then, change.before, change))]
        facts = _facts(context, first)
        facts[SETTINGS] = int(then.settings.version() != context.settings.version())
        if facts[SETTINGS]:
            then = opened.enter_context(change.remade(Remake(until=first, settings_at=second)))
            states.append((SETTINGS, _shown(then, change.before, change)))
        facts[MERGES] = _merges(_persons(then), _persons(context))
        apart = KnownApart(persons=_persons(then), links=_links(then)) if facts[MERGES] else None
    waiting = [cause for cause in CAUSES if facts[cause] and cause != SETTINGS]
    kinds = _kinds(context)
    for place, cause in enumerate(waiting[:-1], start=1):
        wish = Remake(
            until=second,
            settings_at=second,
            admitted=_admitted(first, kinds, causes=waiting[:place]),
            apart=None if MERGES in waiting[:place] else apart,
        )
        with change.remade(wish) as made:
            states.append((cause, _shown(made, change.after, change)))
    # with the last cause everything is there that was shown
    after = _shown(context, change.after, change)
    return [*states, *((cause, after) for cause in waiting[-1:]), (AFTER, after)], facts


def _shown(context: ReportContext, query: ReportQuery, change: Change) -> Shown:
    numbers: dict[Place, Measure] = {}
    said = meta(context, query)
    try:
        chosen = selection(context, query)
        by = dimension(query.by, reader=context.reader)
        # each state has models of its own: they follow the settings, and are solved from its tables
        models = chosen_models(context, change.models) if change.is_broken_down else {}
    except (
        UnknownNameError
    ):  # a goal, an attribute or a property that nobody had named yet: nothing was there
        return Shown(numbers={("", ""): NOTHING}, said=_rested_on(said))
    result = credited(context.reader, chosen, by=by, models=models)
    paid = spent(
        context.reader,
        query,
        currency=chosen.currency,
        home=context.settings.currency,
        players=result.by_player.keys(),
    )
    numbers["", ""] = (Decimal(int(result.total.conversions)), result.total.value, paid.total)
    for model in change.models:
        for player in {*result.by_player, *paid.by_player}:
            credit = result.of(player, model)
            spend = paid.by_player.get(player, Decimal(0))
            numbers[player, model] = (_rounded(credit.conversions), credit.value, spend)
        lost = result.unattributed[model]
        numbers[UNATTRIBUTED, model] = (_rounded(lost.conversions), lost.value, Decimal(0))
    return Shown(numbers=numbers, said=_rested_on(said))


def _rested_on(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("as_of", "complete_to", "settings_version")}


def _rounded(conversions: float) -> Decimal:
    return Decimal(repr(round(conversions, PLACES)))


# -- facts by cause --------------------------------------------------------------------------------


def _kinds(context: ReportContext) -> dict[str, str]:
    """Return the conditions on events that report a conversion or a refund under these settings."""
    names = {}
    for is_refund in (False, True):
        found = context.reader.query(
            f"select distinct event from goal_events where is_refund = {literal(is_refund)} order by event"
        )
        listed = ", ".join(literal(name) for name in found.column(0).to_pylist()) or "''"
        names[is_refund] = f"coalesce(type = 'track' and event in ({listed}), false)"
    deal = f"({names[False]} or coalesce(type = 'conversion', false))"
    return {
        DEALS: deal,
        REFUNDS: f"({names[True]} and not {deal})",
        EVENTS: f"(not {deal} and not {names[True]})",
    }


TABLES = {"touchpoints": EVENTS, "conversions": DEALS, "paths": DEALS, "spend": SPEND, "persons": OTHER, "experiments": TESTS}  # fmt: skip
"""Kinds of archive files other than events, and the cause that their facts belong to."""


def _admitted(first: datetime, kinds: Mapping[str, str], *, causes: list[str]) -> dict[str, str]:
    """Return what of each kind of file counts: what was known at first, and what the causes brought."""
    old = f"known_at <= timestamp {literal(plain_time(first))}"
    events = " or ".join([old, *(kinds[cause] for cause in causes if cause in kinds)])
    return {"events": events} | {kind: old for kind, cause in TABLES.items() if cause not in causes}


def _facts(context: ReportContext, first: datetime) -> dict[str, int]:
    """Return how many facts each cause has: rows of the tables that became known since."""
    new = f"known_at > timestamp {literal(plain_time(first))}"
    kinds = _kinds(context)
    events = ", ".join(f'count(*) filter (where {kinds[cause]}) as "{cause}"' for cause in kinds)
    # what was posted stands in the tables of imports too, and is counted there
    facts = dict.fromkeys(CAUSES, 0) | one(
        context.reader, f"select {events} from events where {new} and type not in ('touch', 'conversion')"
    )
    stored = {"touchpoints": "imported_touchpoints", "conversions": "imported_conversions", "paths": "imported_paths", "persons": "imported_persons"}  # fmt: skip
    for kind, cause in TABLES.items():
        table = stored.get(kind, kind)
        facts[cause] += one(context.reader, f"select count(*) as facts from {table} where {new}")["facts"]
    return facts


def _persons(context: ReportContext) -> pa.Table:
    return context.reader.query(
        """
        select stable_hash(identifier) as hash, person_id, is_shared, starts_with(identifier, 'anonymous:') as is_device
        from persons order by hash
        """
    )


def _links(context: ReportContext) -> pa.Table:
    return context.reader.query(
        """
        select stable_hash(identifier) as hash, stable_hash(other_identifier) as other_hash
        from (
            select identifier, other_identifier from links
            union all
            select identifier, other_identifier from click_links
        ) as linked
        """
    )


def _merges(before: pa.Table, after: pa.Table) -> int:
    """Return how many persons hold several who were known apart, and how many devices came to be shared."""
    old, new = ({name: table[name].to_numpy() for name in table.column_names} for table in (before, after))
    _, was, is_now = np.intersect1d(old["hash"], new["hash"], return_indices=True)
    if not len(was):
        return 0
    pairs = np.unique(np.stack([new["person_id"][is_now], old["person_id"][was]]), axis=1)
    _, parts = np.unique(pairs[0], return_counts=True)
    shared = new["is_shared"][is_now] & ~old["is_shared"][was]
    return int((parts > 1).sum() + shared.sum())


# -- rows ------------------------------------------------------------------------------------------


def _rows(
    change: Change, states: list[tuple[str, Shown]]
) -> tuple[tuple[str, ...], list[dict[str, Any]], int]:
    """Return the columns, the rows, and how many rows the limit left out."""
    places, left_out = [("", "")], 0
    if change.is_broken_down:
        players = _ranked(states)
        shown = players[: change.after.limit]
        places = [(player, model) for model in change.models for player in shown]
        left_out = (len(players) - len(shown)) * len(change.models) * (len(CAUSES) + 2)
    by = change.after.by
    rows = [
        ({by: place[0], "model": place[1]} if change.is_broken_down else {}) | row
        for place in places
        for row in _causes(states, place, is_whole=not change.is_broken_down)
    ]
    columns = ("cause", "conversions", "value", "spend")
    return ((by, "model", *columns) if change.is_broken_down else columns), rows, left_out


def _causes(states: list[tuple[str, Shown]], place: Place, *, is_whole: bool) -> Iterator[dict[str, Any]]:
    """Yield what was shown before, the change that each cause made, and what was shown after."""
    numbers = {cause: shown.numbers.get(place, NOTHING) for cause, shown in states}
    yield _row(BEFORE, numbers[BEFORE], is_whole=is_whole)
    last = numbers[BEFORE]
    for cause in CAUSES:
        made = numbers[AFTER] if cause == OTHER else numbers.get(cause, last)
        difference = tuple(now - then for now, then in zip(made, last, strict=True))
        yield _row(cause, difference, is_whole=is_whole)  # type: ignore[arg-type]
        last = made
    yield _row(AFTER, numbers[AFTER], is_whole=is_whole)


def _row(cause: str, numbers: Measure, *, is_whole: bool) -> dict[str, Any]:
    conversions, value, spend = numbers
    count = int(conversions) if is_whole else float(conversions)
    return {"cause": cause, "conversions": count, "value": value, "spend": spend}


def _ranked(states: list[tuple[str, Shown]]) -> list[str]:
    """Return the values of the dimension, those first whose value changed most, then conversions, then names."""
    before, after = states[0][1].numbers, states[-1][1].numbers
    moved: dict[str, tuple[Decimal, Decimal]] = {}
    for place in {place for _, shown in states for place in shown.numbers} - {("", "")}:
        then, now = before.get(place, NOTHING), after.get(place, NOTHING)
        largest = moved.get(place[0], (Decimal(0), Decimal(0)))
        moved[place[0]] = max(largest, (abs(now[1] - then[1]), abs(now[0] - then[0])))
    return sorted(moved, key=lambda player: (-moved[player][0], -moved[player][1], player))


REPORT = Report(
    name="restatement",
    summary="Why a number changed from one time to another, cause by cause",
    answer=restatement,
    compares_times=True,
)
