"""Quality: what came in balances, and what was refused is listed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from headwater.contract.query import ReportQuery, ReportTable
from headwater.report import answer

if TYPE_CHECKING:
    from headwater.contract.query import ReportContext

    from .conftest import World

KNOWN = datetime(2026, 2, 1)


def asked(name: str, context: ReportContext, **query: Any) -> ReportTable:
    return answer(name, context, ReportQuery(**query))


def cells(table: ReportTable, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in table.rows]


def test_quality_shows_the_total_first_and_that_it_balances(world: World) -> None:
    counts = {"known_at": KNOWN, "kind": "events"}
    world.row(
        "intake", receipt_id="1", origin="a.csv", received=10, stored=7, duplicate=2, refused=1, **counts
    )
    world.row(
        "intake", receipt_id="2", origin="a.csv", received=10, stored=0, duplicate=9, refused=1, **counts
    )
    world.row(
        "intake", receipt_id="3", origin="b.csv", received=5, stored=4, duplicate=0, refused=0, **counts
    )
    refusal = {
        "kind": "events",
        "origin": "a.csv",
        "reason": "no_time",
        "field": "occurred_at",
        "known_at": KNOWN,
    }
    world.row("refused", refused_id="r1", row=7, detail="there is no time", **refusal)
    world.row("refused", refused_id="r2", row=9, detail="there is no time", **refusal)

    table = asked("quality", world.context())

    shown = cells(table, "kind", "origin", "received", "stored", "duplicate", "refused", "is_balanced")
    assert shown == [
        ("total", "", 25, 11, 11, 2, False),
        ("events", "a.csv", 20, 7, 11, 2, True),
        ("events", "b.csv", 5, 4, 0, 0, False),
    ]
    assert table.meta["refused"] == [
        {"reason": "no_time", "kind": "events", "field": "occurred_at", "refused": 2}
    ]
    assert [(row["origin"], row["row"], row["field"]) for row in table.meta["refused_rows"]] == [
        ("a.csv", 7, "occurred_at"),
        ("a.csv", 9, "occurred_at"),
    ]
    assert table.meta["is_balanced"] is False
    assert table.meta["complete_to"] == KNOWN


def test_quality_as_of_knows_only_what_was_known_then(world: World) -> None:
    world.row("intake", receipt_id="1", kind="events", origin="a", received=1, stored=1, known_at=KNOWN)
    world.row(
        "intake",
        receipt_id="2",
        kind="events",
        origin="a",
        received=5,
        stored=5,
        known_at=KNOWN + timedelta(1),
    )

    assert asked("quality", world.context(), as_of=KNOWN).meta["total"]["received"] == 1


def test_quality_flags_what_to_look_at_and_nothing_else(world: World) -> None:
    world.touch("ada", 1, "direct").buy("bo", 2, "0")

    flags = asked("quality", world.context()).meta["flags"]

    assert [(flag["flag"], flag["count"]) for flag in flags] == [
        ("conversions without a touchpoint", 1),
        ("macro conversions without a value", 1),
        ("touchpoints without a source", 1),
    ]


def test_an_experiment_of_a_channel_that_was_never_met_is_flagged_by_its_name(world: World) -> None:
    world.touch("ada", 1, "paid_social").buy("ada", 2, "10")
    for channel in ("Paid Social", "paidsocial", "retargetting"):
        world.row("experiments", channel=channel, incremental=3.0, known_at=KNOWN)

    flags = {flag["flag"]: flag for flag in asked("quality", world.context()).meta["flags"]}

    flag = flags["experiments of a channel that was never met"]
    assert flag["count"] == 2
    assert flag["meaning"].endswith("no touchpoint has their channel: paidsocial, retargetting")
