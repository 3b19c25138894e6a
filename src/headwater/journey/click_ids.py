"""Click ids: the url parameters by which ad platforms recognise a click, and what each one proves.

Reads  facts/click_ids.csv
Makes  `click_id_names`, and the pattern by which a tagged url is known

A click id proves a paid click only where `paid` is yes. fbclid is on unpaid links too; srsltid, ysclid
and igshid are on unpaid ones only. Values are case-sensitive and never changed; some names are seen in
more than one spelling, and each has its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import pyarrow as pa

from headwater.journey import facts

Paid = Literal["yes", "no", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickId:
    """One parameter: who sets it and what it proves."""

    name: str
    """The parameter as it stands in urls."""
    platform: str
    """The ad or e-mail platform that sets it; `generic` where several do."""
    paid: Paid
    """Whether it proves a paid click."""
    kind: str
    """search, social, display, affiliate, email, audio, ai, app, shopping or aux (beside another one)."""
    priority: int
    """Where a url carries several, the smallest decides."""
    source: str
    """The canonical source that it stands for where the url names none; may be empty."""


CLICK_IDS: tuple[ClickId, ...] = tuple(
    ClickId(
        name=name,
        platform=row["platform"],
        paid=cast("Paid", row["paid"]),
        kind=row["kind"],
        priority=int(row["priority"]),
        source=row["source"],
    )
    for row in facts.rows("click_ids.csv")
    for name in row["names"].split(" ")
)

_TELLING = "|".join(click_id.name for click_id in CLICK_IDS if click_id.platform != "generic")

PARAMETER_PATTERN = f"[?&](utm_[a-z_]+|{_TELLING})="
"""Regular expression (RE2, Java, Python) found in every url that carries a UTM parameter or a click id.

Names that anybody uses for anything (`ad_id`, `aid`, `pc_id`) do not make a url a tagged one.
"""


def click_ids_table() -> pa.Table:
    """Return `click_id_names` with its columns name, platform, paid, priority and source."""
    columns = ("name", "platform", "paid", "priority", "source")
    return pa.table({column: [getattr(click_id, column) for click_id in CLICK_IDS] for column in columns})
