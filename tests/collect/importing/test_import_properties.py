"""What holds for every file: nothing is lost, nothing counts twice, and order does not matter."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from import_shop import Hashes, Shop

if TYPE_CHECKING:
    from collections.abc import Sequence

HEAD = ("person", "occurred_at", "channel", "cost")
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=8)
cells = st.one_of(
    text, st.sampled_from(["", "ada", "2026-03-15T09:30:00Z", "15/03/2026", "-1", "1.5", "1e3", "nan"])
)
touches = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bo", "cy@example.com"]),
        st.sampled_from(["2026-03-15T09:30:00Z", "2026-03-15T09:31:00Z", "2026-03-16T09:30:00Z"]),
        st.sampled_from(["Email", "Video", ""]),
        st.sampled_from(["", "1", "2.50"]),
    ),
    max_size=12,
)


def _shop(folder: str) -> Shop:
    root = Path(folder) / "shop"
    root.mkdir()
    return Shop(root=root, hashes=Hashes())


def _csv(rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([head, *rows])
    return out.getvalue()


@MANY
@given(st.lists(st.lists(cells, min_size=1, max_size=6), max_size=8))
def test_every_row_is_stored_or_a_duplicate_or_refused(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = _shop(folder)

        summary = shop.bring(_csv(rows), kind="touchpoints")

        assert summary.received == len(rows)
        assert summary.received == summary.stored + summary.duplicate + summary.refused
        assert len(shop.rows("touchpoints")) == summary.stored
        assert len(shop.rows("refused")) == summary.refused == sum(summary.reasons.values())


@MANY
@given(st.lists(st.text(st.sampled_from('ab,"\n\r é'), max_size=10), max_size=12))
def test_text_that_is_hardly_a_table_is_accounted_for_line_by_line(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = _shop(folder)

        summary = shop.bring("person,occurred_at\n" + "\n".join(lines), kind="touchpoints")

        assert summary.received == summary.stored + summary.duplicate + summary.refused
        assert summary.received <= sum(line.count("\n") + 1 for line in lines)
        assert summary.stored == 0


@FEW
@given(touches)
def test_the_same_file_twice_changes_nothing(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = _shop(folder)
        first = shop.bring(_csv(rows), kind="touchpoints")
        before = shop.rows("touchpoints")

        second = shop.bring(_csv(rows), kind="touchpoints")

        assert (first.stored, first.duplicate) == (len(rows), 0)
        assert (second.stored, second.duplicate) == (0, len(rows))
        assert shop.rows("touchpoints") == before


@FEW
@given(touches, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[str, ...]], chance: object) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        plain, mixed = _shop(one), _shop(other)

        plain.bring(_csv(rows), kind="touchpoints")
        mixed.bring(_csv(shuffled), kind="touchpoints")

        content = "touchpoint_id, person, occurred_at, channel, cost"
        assert plain.rows("touchpoints", content) == mixed.rows("touchpoints", content)


@FEW
@given(st.lists(st.integers(0, 30), max_size=15), st.integers(0, 15), st.integers(0, 15))
def test_overlapping_parts_of_an_export_give_the_same_facts_as_the_whole(
    ids: list[int], a: int, b: int
) -> None:
    rows = [(f"e{number}", "ada", "2026-03-15T09:30:00Z") for number in ids]
    head = ("event_id", "user_id", "occurred_at")
    low, high = sorted((a, b))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        whole, parts = _shop(one), _shop(other)

        whole.bring(_csv(rows, head), kind="events")
        for part in (rows[:high], rows[low:]):
            parts.bring(_csv(part, head), kind="events")

        assert whole.rows("events", "event_id") == parts.rows("events", "event_id")
        assert len(whole.rows("events")) == len(set(ids))


@FEW
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "a > b", "b > a > b"]), st.integers(0, 5), st.integers(0, 5)),
        max_size=10,
    )
)
def test_paths_keep_their_sum(rows: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = _shop(folder)

        for _ in range(2):
            shop.bring(
                _csv([tuple(map(str, row)) for row in rows], ("path", "conversions", "nulls")), kind="paths"
            )

        found = shop.rows("paths", "path_id, conversions, nulls, step")
        assert sum(row[1] for row in found if row[3] == 1) == sum(row[1] for row in rows)
        assert sum(row[2] for row in found if row[3] == 1) == sum(row[2] for row in rows)
