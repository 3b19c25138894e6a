"""Model properties: what holds of every model in a workspace, from files to a report.

The models are those of the registry. Fitted ones need more than a handful of conversions, and are equal by right up
to the search for a fit: `test_credits_of_fits` and `attribution/test_fitted_properties` hold them to the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headwater import attribution
from headwater.contract.models import FittedModel
from headwater.contract.settings import Settings
from headwater.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, Any]]
Answers = dict[str, tuple[dict[str, float], dict[str, Decimal], float, Decimal]]

CHANNELS = ("direct", "display", "email", "search", "social")
MODELS = [
    name for name, model in attribution.models(Settings()).items() if not isinstance(model, FittedModel)
]


@pytest.fixture(scope="module")
def files() -> tuple[Rows, Rows]:
    """Return touchpoints and conversions of 80 persons, of whom some buy once or twice."""
    chance = np.random.default_rng(4)
    touches: Rows = []
    buys: Rows = []
    for person in range(80):
        hours = np.sort(chance.choice(24 * 20, chance.integers(1, 7), replace=False)).tolist()
        for hour in hours:
            touches.append(
                {
                    "touchpoint_id": f"t{len(touches)}",
                    "person": f"p{person}",
                    "occurred_at": datetime(2026, 3, 1) + timedelta(hours=hour),
                    "channel": CHANNELS[int(chance.integers(0, 5))],
                }
            )
        for number in range(int(chance.choice([0, 0, 1, 2]))):
            buys.append(
                {
                    "conversion_id": f"c{len(buys)}",
                    "person": f"p{person}",
                    "occurred_at": datetime(2026, 3, 1) + timedelta(hours=hours[-1] + 1 + number, minutes=7),
                    "goal": "purchase",
                    "value": Decimal(int(chance.integers(1, 10_000))) / 100,
                }
            )
    return touches, buys


def answers(folder: Path, *pairs: tuple[Rows, Rows]) -> Answers:
    """Bring the files in, in this order, and return credit, money and what is left to nobody, by model."""
    with Workspace(folder / "shop") as shop:
        for number, rows in enumerate(pairs):
            for kind, part in zip(("touchpoints", "conversions"), rows, strict=True):
                file = folder / f"{kind}-{number}.parquet"
                pq.write_table(pa.Table.from_pylist(part), file)
                shop.import_([file], kind=kind)
        found: Answers = {}
        for name in MODELS:
            table = shop.report("compare", model=name)
            rows_ = table.to_arrow().to_pylist()
            left = table.meta["unattributed"][name]
            found[name] = (
                {row["channel"]: row[name] for row in rows_},
                {row["channel"]: row[f"{name}_value"] for row in rows_},
                left["conversions"],
                Decimal(left["value"]),
            )
        return found


@pytest.fixture(scope="module")
def plain(files: tuple[Rows, Rows], tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return answers(tmp_path_factory.mktemp("plain"), files)


def test_credit_and_what_is_left_to_nobody_sum_to_everything_to_the_cent(
    files: tuple[Rows, Rows], plain: Answers
) -> None:
    total = sum((buy["value"] for buy in files[1]), Decimal(0))

    for name, (credit, money, left, left_money) in plain.items():
        assert sum(credit.values()) + left == pytest.approx(len(files[1]), abs=1e-6), name
        assert round(sum(money.values(), Decimal(0)) + left_money, 2) == total, name
        assert min(credit.values()) >= 0, name


def test_rows_in_another_order_and_in_other_files_give_the_same(
    files: tuple[Rows, Rows], plain: Answers, tmp_path: Path
) -> None:
    turned = [part[::-1] for part in files]
    halves = [tuple(part[start::2] for part in turned) for start in (0, 1)]

    found = answers(tmp_path, *halves)  # type: ignore[arg-type]

    for name, (credit, *_) in found.items():
        assert credit == pytest.approx(plain[name][0], rel=1e-6, abs=1e-6), name


def test_channels_of_other_names_get_the_same(
    files: tuple[Rows, Rows], plain: Answers, tmp_path: Path
) -> None:
    others = {"display": "z-display", "email": "podcast", "search": "a-search", "social": "fair"}
    touches = [{**touch, "channel": others.get(touch["channel"], touch["channel"])} for touch in files[0]]

    found = answers(tmp_path, (touches, files[1]))

    for name in MODELS:
        expected = {others.get(channel, channel): share for channel, share in plain[name][0].items()}
        assert found[name][0] == pytest.approx(expected, rel=1e-9, abs=1e-9), name


def test_twice_the_persons_bring_twice_the_credit(
    files: tuple[Rows, Rows], plain: Answers, tmp_path: Path
) -> None:
    again = tuple(
        [
            {key: f"{cell}-again" if key in ("touchpoint_id", "conversion_id", "person") else cell for key, cell in row.items()}
            for row in part
        ]
        for part in files
    )  # fmt: skip

    found = answers(tmp_path, files, again)  # type: ignore[arg-type]

    for name in MODELS:
        twice = {channel: 2 * share for channel, share in plain[name][0].items()}
        assert found[name][0] == pytest.approx(twice, rel=1e-9, abs=1e-9), name
