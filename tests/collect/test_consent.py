"""Consent: the table of decisions holds in every case, and for regions that it does not name."""

from __future__ import annotations

import pytest

from headwater.collect.consent import NAMED, OPT_IN, OPT_OUT, Choices, decision, default, name_of, strictest
from headwater.contract.settings import Settings, parsed
from tests.worlds import vectors

PLAIN = Settings()


def test_every_case_of_the_public_table_is_decided_as_it_says() -> None:
    cases = vectors("consent_matrix.json")["cases"]

    for case in cases:
        made = decision(case["region"], NAMED[case["consent"]], case["sec_gpc"], PLAIN)

        assert made.set_id_cookie is case["set_id_cookie"], case
        assert made.store == case["store_event"].split(" ")[0], case
        assert made.sync_to_ads is case["sync_to_ads"], case
        assert made.google_consent == case["google_consent"], case
    assert len(cases) >= 50


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("DE", OPT_IN),
        ("fr", OPT_IN),
        ("GB", OPT_IN),
        ("UK", OPT_IN),
        ("IS", OPT_IN),
        ("DE-BY", OPT_IN),
        ("US-CA", OPT_OUT),
        ("US-TX", OPT_OUT),
        ("US", OPT_OUT),
        ("JP", OPT_OUT),
        ("CA-QC", OPT_IN),
        ("CA-ON", OPT_OUT),
        ("unknown", OPT_IN),
    ],
)
def test_a_country_has_the_default_of_its_region(region: str, expected: str) -> None:
    assert default(region, PLAIN) == expected


def test_without_a_region_the_setting_says_which_holds() -> None:
    strict = Settings(unknown_region="EEA")

    assert decision("", Choices(), False, PLAIN).store == "with_id"
    assert decision("", Choices(), False, strict).store == "anonymous_only"
    assert decision("", NAMED["all"], False, strict).store == "with_id"


def test_the_settings_override_any_line_of_the_table() -> None:
    own = parsed({"consent_regions": {"br": "opt_in", "EEA": "opt_out", "FR": "opt_in"}})

    assert [default(region, own) for region in ("BR", "DE", "FR", "US")] == [OPT_IN, OPT_OUT, OPT_IN, OPT_OUT]


def test_what_may_not_be_kept_with_an_id_is_dropped_where_the_workspace_says_so() -> None:
    dropping = Settings(without_consent="drop")

    assert decision("DE", NAMED["none"], False, dropping).store == "drop"
    assert decision("DE", NAMED["all"], False, dropping).store == "with_id"


def test_a_refusal_of_one_purpose_leaves_the_others_to_the_region() -> None:
    refused = Choices(ads=False)

    made = decision("US-CA", refused, False, PLAIN)

    assert (made.store, made.sync_to_ads, made.consent) == ("with_id", False, "no_ads")


def test_ads_without_personalization_are_told_apart() -> None:
    made = decision("DE", Choices(analytics=True, ads=True, personalization=False), False, PLAIN)

    assert made.google_consent == {"ad_user_data": "GRANTED", "ad_personalization": "DENIED"}


def test_of_several_sources_a_refusal_wins_and_silence_loses() -> None:
    assert strictest(NAMED["all"], Choices(ads=False), Choices()) == Choices(
        analytics=True, ads=False, personalization=True
    )
    assert strictest() == Choices()
    assert name_of(strictest(NAMED["all"], NAMED["none"])) == "none"
