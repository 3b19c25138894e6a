"""Files of tests: good rows are used, each other is left out with its row and reason."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from headwater.attribution.experiments.given import panel_of, people_of, rows_of
from headwater.contract.errors import HeadwaterError

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Path:
    path = folder / "test.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_regions_and_days_become_a_panel_without_gaps(tmp_path: Path) -> None:
    rows = "Geo,Day,Conversions,spend\nbonn,2026-03-01,4,9\nkiel,2026-03-03,2,9\nbonn,2026-03-01,1.5,9\n"

    panel, left = panel_of(*rows_of(written(tmp_path, rows)))

    assert panel.geos == ("bonn", "kiel")
    assert panel.days == (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))
    assert panel.conversions.tolist() == [[5.5, 0, 0], [0, 0, 2]]
    assert left == []


def test_rows_that_cannot_be_read_are_left_out_with_row_and_reason(tmp_path: Path) -> None:
    rows = (
        "geo,day,conversions\nbonn,2026-03-01,4\n,2026-03-01,4\nbonn,1.3.2026,4\nbonn,2026-03-02,-1\nbonn\n"
    )

    panel, left = panel_of(*rows_of(written(tmp_path, rows)))

    assert panel.conversions.sum() == 4
    assert [(one.row, one.reason) for one in left] == [
        (2, "geo is empty"), (3, "day is no 2026-03-15"), (4, "conversions is no count"), (5, "day is no 2026-03-15"),
    ]  # fmt: skip


def test_persons_come_in_two_groups_and_nobody_twice(tmp_path: Path) -> None:
    rows = "person,group,conversions,before\na,held,1,2\nb,Shown,0,\nb,held,5,0\nc,,1,1\nd,shown,inf,0\n"

    people, left = people_of(*rows_of(written(tmp_path, rows)))

    assert people.outcome.tolist() == [1, 0]
    assert people.is_held.tolist() == [True, False]
    assert people.before is not None
    assert people.before.tolist() == [2, 0]
    assert [(one.row, one.reason) for one in left] == [
        (3, "the person was named before"), (4, "group is empty"), (5, "conversions is no count"),
    ]  # fmt: skip


def test_the_word_for_those_held_out_can_be_given(tmp_path: Path) -> None:
    rows = "person,group,conversions\na,A,1\nb,B,0\n"

    people, _ = people_of(*rows_of(written(tmp_path, rows)), held="a")

    assert people.is_held.tolist() == [True, False]
    assert people.before is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("geo,conversions\n", "no column day"),
        ("geo,day,conversions\nx,y,z\n", "No row"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_it_needs(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "test.csv"
    path.write_text(text)

    with pytest.raises(HeadwaterError, match=says):
        panel_of(*rows_of(path))
    with pytest.raises(HeadwaterError, match="cannot be read"):
        rows_of(tmp_path / "none.csv")
