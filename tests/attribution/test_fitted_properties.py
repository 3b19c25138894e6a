"""Fitted properties: what must hold of the fit behind `incremental`, for whatever market it is fitted to.

A fit is a search for the top of a likelihood whose integrals are sums over moments. So what is equal by right is equal
here up to a tolerance, which each test states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from headwater.attribution.channel_roles import role_of
from headwater.attribution.incremental.solving import incremental_effects, solved
from headwater.contract.settings import Settings
from headwater.workspace import Workspace
from tests import market

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

Tables = dict[str, pa.Table]
Effects = dict[tuple[str, str | None], dict[str, Any]]
"""What is found, by channel and campaign; None stands for the whole channel."""

OF_ERROR = 0.25
"""Share of its standard error by which an increment may move where the integrals are taken at other moments: which
they are follows from the order of persons."""
OF_SEARCH = 0.05
"""The same where moments stay as they are, and only the order differs in which the search goes through channels."""
NULLS = 12
"""Draws of a channel that does nothing."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Return the tables that a fit to the market reads, as a workspace gives them."""
    folder = tmp_path_factory.mktemp("market")
    step = incremental_effects(Settings())
    with Workspace(folder / "shop") as shop:
        market.bring_all(shop, folder)
        shop.build()
        return {
            table.name: shop.engine.query(step.queries.get(table.name, f"select * from {table.name}"))
            for table in step.reads
        }


def effects(tables: Tables, settings: Settings | None = None) -> Effects:
    rows = solved(tables, settings=settings or Settings()).to_pylist()
    return {(row["channel"], row["campaign"]): row for row in rows}


@pytest.fixture(scope="module")
def plain(seen: Tables) -> Effects:
    return effects(seen)


@pytest.fixture
def fewer_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*market.FEWER_MOMENTS)


def touched(rows: list[dict[str, Any]], tables: Tables) -> Tables:
    """Return the tables with these touches (person_id, occurred_at, channel, campaign) instead of their own."""
    pairs = sorted({(row["channel"], row["campaign"]) for row in rows})
    units = {pair: place for place, pair in enumerate(pairs)}
    placed = sorted(
        (row["person_id"], row["occurred_at"], units[row["channel"], row["campaign"]]) for row in rows
    )
    counts = np.bincount([unit for *_, unit in placed], minlength=len(pairs)).tolist()
    columns = dict(
        zip(("person_id", "occurred_at", "unit"), map(list, zip(*placed, strict=True)), strict=True)
    )
    codes = {
        "unit_channel": [channel for channel, _ in pairs], "unit_campaign": [campaign for _, campaign in pairs],
        "unit": list(range(len(pairs))), "touches": counts,
    }  # fmt: skip
    own = tables["touchpoints"].schema
    return tables | {"touchpoints": pa.table(columns).cast(own), "channel_codes": pa.table(codes)}


def touches(tables: Tables) -> list[dict[str, Any]]:
    """Return the touches with the names of their channels and campaigns."""
    names = tables["channel_codes"].to_pylist()
    return [
        {
            "person_id": row["person_id"],
            "occurred_at": row["occurred_at"],
            "channel": names[row["unit"]]["unit_channel"],
            "campaign": names[row["unit"]]["unit_campaign"],
        }
        for row in tables["touchpoints"].to_pylist()
    ]


def check_alike(
    found: Effects, meant: Effects, *, of_error: float, name: Callable[[str], str] = str, times: float = 1.0
) -> None:
    """Each increment is the meant one but for a share of its standard error; `name` says what it is called now."""
    assert len(found) == len(meant)
    off = {
        place: (found[name(place[0]), place[1]]["incremental"], times * row["incremental"])
        for place, row in meant.items()
        if abs(found[name(place[0]), place[1]]["incremental"] - times * row["incremental"])
        > of_error * times * row["standard_error"] + 1e-6
    }
    assert off == {}


def test_the_fit_has_something_to_say_of_this_market(plain: Effects) -> None:
    whole = sum(row["incremental"] for (_, campaign), row in plain.items() if campaign is None)

    assert 60 < whole < 250
    assert sum(row["low"] > 0 for (_, campaign), row in plain.items() if campaign is None) >= 2


def test_tables_put_together_by_hand_say_the_same(seen: Tables, plain: Effects) -> None:
    assert effects(touched(touches(seen)[::-1], seen)) == plain


def test_channels_and_campaigns_of_other_names_get_the_same(seen: Tables, plain: Effects) -> None:
    channels = sorted({channel for channel, _ in plain} - {"direct"})
    others = dict(zip(channels, "hgfedcba", strict=False)) | {"direct": "direct"}
    roles: dict[str, str] = {others[channel]: role_of(channel) for channel in channels}
    renamed = [
        row | {"channel": others[row["channel"]], "campaign": row["campaign"][::-1]} for row in touches(seen)
    ]

    found = effects(touched(renamed, seen), Settings(channel_roles=roles))

    turned = {(channel, campaign and campaign[::-1]): row for (channel, campaign), row in plain.items()}
    check_alike(found, turned, of_error=OF_SEARCH, name=others.__getitem__)
    assert {found[others[one], None]["role"] for one in channels} == {"push", "pull"}


def test_persons_of_other_names_get_the_same(seen: Tables, plain: Effects) -> None:
    known = np.unique(np.concatenate([seen[name]["person_id"].to_numpy() for name in ("touchpoints", "conversions", "imported_persons", "persons")]))  # fmt: skip
    place = np.random.default_rng(3).permutation(len(known)) * 7 + 1

    def other(table: pa.Table) -> pa.Table:
        numbers = place[np.searchsorted(known, table["person_id"].to_numpy())]
        named = table.set_column(table.column_names.index("person_id"), "person_id", pa.array(numbers))
        return named.sort_by([(name, "ascending") for name in ("goal", "person_id", "occurred_at", "unit") if name in table.column_names])  # fmt: skip

    found = effects({name: other(table) if "person_id" in table.column_names else table for name, table in seen.items()})  # fmt: skip

    check_alike(found, plain, of_error=OF_ERROR)


def test_twice_the_persons_bring_twice_the_increment_and_surer(seen: Tables, plain: Effects) -> None:
    def twice(table: pa.Table) -> pa.Table:
        place = table.column_names.index("person_id")
        again = table.set_column(place, "person_id", pa.array(table["person_id"].to_numpy() ^ 1 << 61))
        keys = [name for name in ("goal", "person_id", "occurred_at", "unit") if name in table.column_names]
        return pa.concat_tables([table, again]).sort_by([(name, "ascending") for name in keys])

    found = effects({name: twice(table) if "person_id" in table.column_names else table for name, table in seen.items()})  # fmt: skip

    check_alike(found, plain, of_error=OF_ERROR, times=2)
    errors = [
        np.linalg.norm([row["standard_error"] for (_, campaign), row in each.items() if campaign is None])
        for each in (plain, found)
    ]
    assert 1.25 < errors[1] / errors[0] < 1.6  # twice as many: the root of 2


def test_channels_with_the_same_touches_get_the_same(seen: Tables, plain: Effects) -> None:
    twins = [
        row | {"channel": name}
        for row in touches(seen)
        for name in (("twin b", "twin a") if row["channel"] == "paid_social" else (row["channel"],))
    ]

    found = effects(touched(twins, seen), Settings(channel_roles={"twin a": "push", "twin b": "push"}))

    one, other = found["twin a", None], found["twin b", None]
    for name in ("incremental", "standard_error", "low", "high"):
        assert one[name] == pytest.approx(other[name], rel=1e-3), name
    both, alone = one["incremental"] + other["incremental"], plain["paid_social", None]
    assert abs(both - alone["incremental"]) < OF_SEARCH * alone["standard_error"]


def test_a_channel_that_does_nothing_is_said_to_do_nothing(seen: Tables, fewer_moments: None) -> None:
    rows = touches(seen)
    told = seen["imported_persons"].to_pylist()
    found = []
    for seed in range(NULLS):
        chance = np.random.default_rng(seed)
        for_nothing = [
            {
                "person_id": person["person_id"],
                "occurred_at": person["observed_from"] + share * (person["observed_until"] - person["observed_from"]),
                "channel": "null player", "campaign": "",
            }
            for person in told
            for share in chance.random(chance.poisson(2)).tolist()
        ]  # fmt: skip
        found.append(effects(touched(rows + for_nothing, seen))["null player", None])
    # 95 % intervals of 12 draws all hold 0, or all but one, in 88 % of cases; the mean credit is next to nothing
    assert sum(row["low"] == 0 for row in found) >= NULLS - 1
    assert np.mean([row["incremental"] for row in found]) < 0.03 * len(seen["conversions"])
