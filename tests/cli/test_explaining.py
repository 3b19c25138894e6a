"""Explaining: the table of one conversion for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headwater.cli.explaining import MOST_WITHOUT, explained
from headwater.report.render import MOST_SHOWN
from tests.cli.shell import well

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

EVIDENCE = "observed before and after touches; prior share 0.10 of 12 claimed: a paper"


def touch(number: int, channel: str = "email", **columns: Any) -> dict[str, Any]:
    added = 0.5 if channel == "email" else 0.0
    return {
        "occurred_at": f"2026-03-01T08:{number:02d}:29.831167Z", "channel": channel, "campaign": "spring",
        "credit": {"last": float(number), "w_shaped": 0.5, "incremental": added / 1.5},
        "value": {"last": "0.00", "w_shaped": "5.00", "incremental": "3.333333"},
        "left_out": None,
        "notes": {} if added else {"incremental": "by definition: there is nothing to switch off"},
        "behind": {"incremental": {"added": added, "whole": 1.5, "age_days": 2.25, "evidence": EVIDENCE, "says": ""}},
        "without": {"incremental": {"says": f"without {number} it is less likely"}},
    } | columns  # fmt: skip


def said(*touches: dict[str, Any], **left: float) -> dict[str, Any]:
    shares = {"last": 0.0, "w_shaped": 0.0, "incremental": 0.6667} | left
    return {
        "conversion": {
            "conversion_id": "o1", "goal": "purchase", "person_id": "7",
            "unattributed": shares, "unattributed_value": {name: f"{10 * one:.2f}" for name, one in shares.items()},
        },
        "touches": list(touches),
    }  # fmt: skip


def printed(
    capsys: pytest.CaptureFixture[str], answer: dict[str, Any], model: str | None = None
) -> list[str]:
    explained(answer, model=model)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_side_by_side_stand_the_usual_models_and_those_that_leave_something(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed(capsys, said(touch(1), touch(0, "direct")))

    assert "occurred_at channel campaign last incremental" in lines
    assert "2026-03-01T08:01:29Z email spring 1 0.3333" in lines
    assert lines[-1] == "--model NAME shows one in detail: last, incremental, w_shaped"


def test_the_last_row_says_what_would_have_come_anyway(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, said(touch(1)))

    assert lines[-3:-1] == ["(would have come anyway) 0 0.6667", ""]


def test_without_any_touch_all_of_it_is_unattributed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, said(last=1.0, w_shaped=1.0, incremental=1.0), "last")

    assert "(unattributed) 1 10.00" in lines


def test_what_is_divided_whole_has_no_row_for_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, said(touch(1), touch(0)), "last")

    assert not [line for line in lines if line.startswith("(")]
    assert "occurred_at channel campaign credit value" in lines


def test_a_model_in_detail_shows_what_is_behind_each_share_and_what_is_without(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed(capsys, said(touch(1), touch(0, "direct")), "incremental")

    assert "occurred_at channel campaign credit value added age why" in lines
    assert (
        "2026-03-01T08:01:29Z email spring 0.3333 3.33 0.5000 2.2 days observed before and after touches"
        in lines
    )
    assert any(line.endswith("2.2 days by definition: there is nothing to switch off") for line in lines)
    assert lines[-2:] == [
        "what if without it:",
        "2026-03-01T08:01:29Z email: without 1 it is less likely",
    ]


def test_a_touch_that_is_left_out_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    late = touch(2) | {key: {} for key in ("credit", "value", "notes", "behind", "without")}
    late["left_out"] = "after_conversion"

    for model in (None, "incremental"):
        lines = printed(capsys, said(touch(1), late), model)
        assert "2026-03-01T08:02:29Z email spring after_conversion" in lines


def test_a_long_journey_still_says_what_nobody_gets_and_how_much_is_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed(capsys, said(*(touch(number) for number in range(MOST_SHOWN + 5))), "incremental")

    assert "(would have come anyway): credit 0.6667, value 6.67" in lines
    assert lines[-1] == f"... and {MOST_SHOWN + 5 - MOST_WITHOUT} more: --json has all"


def test_touches_that_say_the_same_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    same = {"incremental": {"says": "Were its channel not there, nobody."}}

    lines = printed(capsys, said(touch(1, without=same), touch(2, without=same)), "incremental")

    assert lines[-2:] == [
        "what if without it:",
        "2026-03-01T08:01:29Z email: Were its channel not there, nobody.",
    ]


def test_explain_in_detail_shows_removal_effects(workspace: Path) -> None:
    shown = well("explain", "o1", "--model", "markov", "--dir", workspace)

    assert "removal_effect" in shown
    assert "the credit would go to: " in shown


def test_explain_says_why_there_is_no_fit(workspace: Path) -> None:
    shown = well("explain", "o1", "--model", "incremental", "--dir", workspace)

    assert "no fit: " in shown
    assert "(unattributed)" in shown
