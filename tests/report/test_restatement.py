"""Restatement: each change is laid at the door of what caused it, and the parts add up exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from headwater.contract.errors import UsageError
from headwater.report.restatement import AFTER, BEFORE, CAUSES
from headwater.workspace import Workspace
from tests import lived

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headwater.result import ReportResult

NUMBERS = ("conversions", "value", "spend")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "shop") as opened:
        opened.control.apply(lived.CHOSEN)
        lived.begin(opened, tmp_path)
        yield opened


def exact(number: Any) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(repr(number))


def by_place(answer: ReportResult) -> dict[tuple[Any, Any], dict[str, dict[str, Any]]]:
    """Return the rows by value and model, then by cause."""
    places: dict[tuple[Any, Any], dict[str, dict[str, Any]]] = {}
    first = answer.columns[0]
    for row in answer.rows:
        place = (row[first], row["model"]) if "model" in row else ("", "")
        places.setdefault(place, {})[row["cause"]] = row
    return places


def check_sums(answer: ReportResult) -> None:
    """Before and the parts are after: to the millionth, and the last digit of a conversion."""
    for causes in by_place(answer).values():
        assert list(causes) == [BEFORE, *CAUSES, AFTER]
        for name in NUMBERS:
            parts = sum((exact(row[name]) for cause, row in causes.items() if cause != AFTER), Decimal(0))
            assert parts == exact(causes[AFTER][name]), (name, causes)


def changes(answer: ReportResult) -> dict[str, tuple[Any, ...]]:
    """Return the causes that changed anything in the totals."""
    [causes] = by_place(answer).values()
    found = {cause: tuple(causes[cause][name] for name in NUMBERS) for cause in CAUSES}
    return {cause: tuple(map(str, change)) for cause, change in found.items() if any(change)}


def credit(answer: ReportResult, cause: str, model: str = "linear") -> dict[str, float]:
    """Return the conversions that a cause gave and took."""
    places = by_place(answer)
    credits_moved = {
        player: rows[cause]["conversions"] for (player, one), rows in places.items() if one == model
    }
    return {player: moved for player, moved in credits_moved.items() if moved}


ONE_BY_ONE: list[tuple[Callable[..., None], dict[str, tuple[str, ...]]]] = [
    (lived.late_events, {}),
    (lived.late_deals, {"late deals": ("2", "958.627020", "0.000000")}),
    (lived.refunded, {"refunds": ("0", "-30.020000", "0.000000")}),
    (lived.corrected_spend, {"spend restated": ("0", "0.000000", "2.500000")}),
    (lived.merged, {}),
    (lived.other_goals, {"settings": ("1", "0.000000", "0.000000")}),
]


@pytest.mark.slow
def test_each_cause_has_its_own_change_and_no_other(shop: Workspace, tmp_path: Path) -> None:
    moments = [datetime.now(UTC)]
    for stage, _ in ONE_BY_ONE:
        stage(shop, tmp_path)
        moments.append(datetime.now(UTC))

    for (stage, expected), then, now in zip(ONE_BY_ONE, moments, moments[1:], strict=False):
        answer = shop.report("restatement", between=(then, now))
        check_sums(answer)
        assert changes(answer) == expected, stage.__name__


@pytest.mark.slow
def test_all_causes_at_once_add_up_to_what_was_shown_at_both_times(shop: Workspace, tmp_path: Path) -> None:
    then = datetime.now(UTC)
    for stage in (
        lived.merged, lived.corrected_spend, lived.late_events, lived.aliases, lived.refunded, lived.late_deals,
        lived.other_persons,
    ):  # fmt: skip
        stage(shop, tmp_path)
    now = datetime.now(UTC)

    whole = shop.report("restatement", between=(then, now), until="2026-05-31")
    check_sums(whole)
    assert list(changes(whole)) == ["late deals", "refunds", "spend restated"]
    assert {row["cause"]: row["facts"] for row in whole.meta["causes"]} == {
        "settings": 1, "late events": 4, "late deals": 2, "refunds": 1, "merges": 1, "spend restated": 1, "experiments": 0,
        "other": 1,
    }  # fmt: skip

    parts = shop.report("restatement", between=(then, now), model="linear,markov,last")
    check_sums(parts)
    for cause, moment in ((BEFORE, then), (AFTER, now)):
        shown = shop.report("attribution", model="linear,markov,last", as_of=moment)
        rows = {(row["channel"], row["model"]): row for row in shown.rows}
        for place, causes in by_place(parts).items():
            if place in rows:
                assert causes[cause]["conversions"] == round(rows[place]["conversions"], 9)
                assert (causes[cause]["value"], causes[cause]["spend"]) == (
                    rows[place]["value"], rows[place]["spend"] or 0,
                )  # fmt: skip
        assert set(rows) <= set(by_place(parts))
        assert (
            whole.meta["before" if cause == BEFORE else "after"]["settings_version"]
            == shown.meta["settings_version"]
        )
    # in each model, what the values of the dimension gain is what the totals gain
    for model in ("linear", "markov", "last"):
        for cause in (BEFORE, *CAUSES, AFTER):
            moved = sum(rows[cause]["value"] for (_, one), rows in by_place(parts).items() if one == model)
            assert moved == by_place(whole)["", ""][cause]["value"], (model, cause)


def test_a_merge_moves_the_credit_of_a_conversion_that_was_there(shop: Workspace, tmp_path: Path) -> None:
    then = datetime.now(UTC)
    lived.late_events(shop, tmp_path)
    lived.merged(shop, tmp_path)

    answer = shop.report("restatement", model="linear", between=(then, datetime.now(UTC)))

    check_sums(answer)
    # the visit and the call of the laptop that came late make three of one touch, the mobile's visit makes four
    assert credit(answer, "merges") == pytest.approx(
        {"email": 1 / 6, "paid_social": -1 / 12, "Phone": -1 / 12}
    )
    assert set(credit(answer, "late events")) == {"email", "paid_social", "Phone"}


def test_a_new_customer_is_no_merge(shop: Workspace, tmp_path: Path) -> None:
    then = datetime.now(UTC)
    lived.bring(shop, tmp_path, "events", lived.EVENTS,
                "n1,track,Order Completed,mobile,cy,2026-05-03T09:00:00Z,,o9,20,USD")  # fmt: skip

    answer = shop.report("restatement", model="linear", between=(then, datetime.now(UTC)))

    assert credit(answer, "late deals") == {"email": 1.0}
    assert {row["cause"]: row["facts"] for row in answer.meta["causes"]}["merges"] == 0


def test_models_follow_the_settings_of_each_time(shop: Workspace, tmp_path: Path) -> None:
    lived.late_events(shop, tmp_path)
    then = datetime.now(UTC)
    shop.control.apply(lived.CHOSEN | {"position_ends": 0.1})
    now = datetime.now(UTC)

    answer = shop.report("restatement", model="position", between=(then, now))

    check_sums(answer)
    assert credit(answer, "settings", "position") != {}
    for cause, moment in ((BEFORE, then), (AFTER, now)):
        rows = shop.report("attribution", model="position", as_of=moment).rows
        shown = {row["channel"]: round(row["conversions"], 9) for row in rows if row["conversions"]}
        assert credit(answer, cause, "position") == shown


def test_nothing_happened_between_equal_times(shop: Workspace) -> None:
    now = datetime.now(UTC)

    answer = shop.report("restatement", between=(now, now))

    check_sums(answer)
    assert changes(answer) == {}


def test_what_was_unknown_at_the_first_time_counts_as_nothing_then(shop: Workspace) -> None:
    first = datetime.now(UTC) - timedelta(days=1)

    answer = shop.report("restatement", segment="plan=pro", between=(first, datetime.now(UTC)))

    check_sums(answer)
    assert by_place(answer)["", ""][BEFORE]["conversions"] == 0
    assert by_place(answer)["", ""][AFTER]["conversions"] == 1


def test_times_are_asked_for_where_they_are_needed_and_nowhere_else(shop: Workspace) -> None:
    with pytest.raises(UsageError, match="needs two times"):
        shop.report("restatement")
    with pytest.raises(UsageError, match="of one time"):
        shop.report("overview", between="2026-05-01,2026-05-02")
    with pytest.raises(UsageError, match="not both"):
        shop.report("restatement", between="2026-05-01,2026-05-02", as_of="2026-05-01")
    with pytest.raises(UsageError, match="earlier time first"):
        shop.report("restatement", between="2026-05-02,2026-05-01")
