"""Importing public data that nobody here wrote."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headwater.collect.imports import imported

if TYPE_CHECKING:
    from import_shop import Shop

DATASETS = Path(__file__).parents[3].parent / "shared" / "data" / "datasets"
PATHS = {"total_conversions": "conversions", "total_conversion_value": "value", "total_null": "nulls"}
TOUCHES = {"customer_id": "person", "time": "occurred_at"}

pytestmark = pytest.mark.skipif(
    not DATASETS.is_dir(), reason="the shared data sets are not beside the repository"
)


def test_the_demo_paths_keep_their_totals(shop: Shop) -> None:
    file = DATASETS / "channelattribution_Data.csv"

    summary = imported([file], kind="paths", root=shop.root, personal=shop.hashes, mapping=PATHS)

    assert (summary.received, summary.stored, summary.refused) == (10_000, 10_000, 0)
    ((conversions, value, nulls),) = [
        tuple(
            map(
                sum,
                zip(*shop.rows("paths", "conversions, value, nulls", "(step = 1) desc")[:5408], strict=True),
            )
        )
    ]
    assert (conversions, nulls) == (19_785, 68_602)
    assert abs(value - Decimal("74802.97158721")) < Decimal("0.01")


def test_touches_and_the_conversions_among_them_come_from_one_file(shop: Shop) -> None:
    file = DATASETS / "si05_attribution_data.csv"

    touches = imported([file], kind="touchpoints", root=shop.root, personal=shop.hashes, mapping=TOUCHES)
    conversions = imported(
        [file], kind="conversions", root=shop.root, personal=shop.hashes, where="conversion = 1",
        mapping={**TOUCHES, "conversion_value": "value"},
    )  # fmt: skip

    assert (touches.stored, touches.refused) == (62_483, 0)
    assert (conversions.stored, conversions.refused) == (1_838, 0)
    assert shop.rows("conversions", "distinct goal") == [("conversion",)]
