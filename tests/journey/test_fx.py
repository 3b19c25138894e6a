"""FX: rates for every day, so that money of any day can be joined to its rate."""

import csv
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from headwater.contract.tables import FX_RATES
from headwater.journey.fx import fx_rates, rated_until

DATA = Path(__file__).parents[2].parent / "shared" / "data"
no_data = pytest.mark.skipif(
    not DATA.exists(), reason="the folder with the public data is not beside the project"
)


def rate(currency: str, day: date) -> float | None:
    rows = fx_rates()
    kept = rows.filter(pc.and_(pc.equal(rows["currency"], currency), pc.equal(rows["rated_on"], day)))
    return kept["per_eur"][0].as_py() if kept.num_rows else None


def test_the_table_is_as_the_contract_promises() -> None:
    assert fx_rates().column_names == FX_RATES.names()


def test_the_euro_is_one_on_every_day_up_to_the_last() -> None:
    rows = fx_rates().filter(pc.equal(fx_rates()["currency"], "EUR"))
    days = rows["rated_on"].to_pylist()

    assert set(rows["per_eur"].to_pylist()) == {1.0}
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert days[-1] == rated_until()


def test_a_week_end_carries_the_rate_of_friday() -> None:
    friday, sunday = date(2026, 9, 4), date(2026, 9, 6)

    assert rate("USD", sunday) == rate("USD", friday)


def test_a_holiday_carries_the_rate_of_the_last_working_day() -> None:
    assert rate("USD", date(2025, 12, 25)) == rate("USD", date(2025, 12, 24))


def test_a_currency_has_one_rate_a_day() -> None:
    days = fx_rates().group_by(["currency", "rated_on"]).aggregate([("per_eur", "count")])

    assert pc.max(days["per_eur_count"]).as_py() == 1


def test_a_currency_that_is_no_longer_quoted_has_no_rate_after_its_last_day() -> None:
    assert rate("RUB", date(2022, 3, 1)) is not None
    assert rate("RUB", date(2022, 3, 2)) is None


@no_data
def test_rates_are_those_that_the_bank_published() -> None:
    with zipfile.ZipFile(DATA / "classification" / "ecb_eurofxref-hist.zip") as archive:
        published = list(csv.DictReader(io.StringIO(archive.read("eurofxref-hist.csv").decode())))
    newest, older = published[0], published[1000]

    assert rated_until() == date.fromisoformat(newest["Date"])
    assert rate("USD", date.fromisoformat(newest["Date"])) == float(newest["USD"])
    assert rate("JPY", date.fromisoformat(older["Date"])) == float(older["JPY"])


@no_data
def test_every_currency_of_a_mixed_total_has_a_rate_on_its_day() -> None:
    rows = json.loads((DATA / "vectors" / "currency.json").read_text())["mixed_total"]

    assert [row["currency"] for row in rows if rate(row["currency"], date.fromisoformat(row["date"]))] == [
        "USD",
        "EUR",
        "JPY",
    ]
