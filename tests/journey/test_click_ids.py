"""Click ids: what each proves, and which urls count as tagged."""

import json
import re
from pathlib import Path

import duckdb
import pytest

from headwater.contract.tables import CLICK_ID_NAMES
from headwater.journey.click_ids import CLICK_IDS, PARAMETER_PATTERN, click_ids_table

LISTED = Path(__file__).parents[2].parent / "shared" / "data" / "classification" / "click_ids.json"
BY_NAME = {click_id.name: click_id for click_id in CLICK_IDS}


def test_the_click_id_of_meta_is_never_proof_of_a_paid_click() -> None:
    assert BY_NAME["fbclid"].paid == "unclear"


def test_free_listings_and_shares_are_never_paid() -> None:
    assert {BY_NAME[name].paid for name in ("srsltid", "ysclid", "igshid", "mc_cid", "_hsenc")} == {"no"}


def test_a_paid_click_id_decides_before_an_unclear_one() -> None:
    assert max(c.priority for c in CLICK_IDS if c.paid == "yes") < BY_NAME["fbclid"].priority


def test_a_click_id_decides_before_the_parameters_beside_it() -> None:
    assert BY_NAME["gclid"].priority < BY_NAME["gad_campaignid"].priority < BY_NAME["gclsrc"].priority


def test_a_name_in_two_spellings_has_two_rows_that_say_the_same() -> None:
    given, lower = BY_NAME["ScCid"], BY_NAME["sccid"]

    assert (given.platform, given.paid, given.priority) == (lower.platform, lower.paid, lower.priority)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(CLICK_IDS)


def test_the_table_has_the_columns_that_the_contract_promises() -> None:
    assert click_ids_table().column_names == CLICK_ID_NAMES.names()


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/?utm_source=x",
        "https://shop.example/a?b=1&gclid=Cj0",
        "/relative?fbclid=IwAR",
        "https://shop.example/?ScCid=1",
        "https://shop.example/?_kx=1#top",
    ],
)
def test_a_url_with_a_tag_is_known_in_python_and_in_sql(url: str) -> None:
    by_sql = duckdb.execute("select regexp_matches(?, ?)", [url, PARAMETER_PATTERN]).fetchone()

    assert re.search(PARAMETER_PATTERN, url)
    assert by_sql == (True,)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/",
        "https://shop.example/gclid=1",
        "/?aid=5",
        "/?ad_id=5",
        "/?xgclid=1",
        "/?utm_=1",
    ],
)
def test_a_url_with_parameters_that_mean_anything_is_not_a_tagged_one(url: str) -> None:
    by_sql = duckdb.execute("select regexp_matches(?, ?)", [url, PARAMETER_PATTERN]).fetchone()

    assert not re.search(PARAMETER_PATTERN, url)
    assert by_sql == (False,)


@pytest.mark.skipif(not LISTED.exists(), reason="the folder with the public lists is not beside the project")
def test_every_listed_click_id_is_known_with_the_same_proof() -> None:
    listed = {row["param"]: row["implies_paid"] for row in json.loads(LISTED.read_text())}

    assert {name: BY_NAME[name].paid for name in listed} == listed
