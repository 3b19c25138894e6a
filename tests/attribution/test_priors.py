"""Priors: each belief about a pull channel is wide, sourced, and gives way to the settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from headwater.attribution import facts
from headwater.attribution.channel_roles import kind_of
from headwater.attribution.priors import Prior, concentration, prior_of, prior_of_kind, push_doubt
from headwater.contract.settings import parsed

TOLD = facts.toml("increment_priors.toml")
KINDS = {kind["name"] for kind in facts.toml("channel_roles.toml")["kinds"]}


@pytest.mark.parametrize("kind", sorted(KINDS - {"direct", "no_contact"}))
def test_every_kind_has_a_belief_with_a_source_whose_width_is_what_it_says(kind: str) -> None:
    prior = prior_of_kind(kind)
    shape = beta(prior.share * prior.concentration, (1 - prior.share) * prior.concentration)

    assert 0 <= prior.low < prior.share < prior.high <= 1
    assert prior.high - prior.low >= 0.5
    assert shape.cdf(prior.high) - shape.cdf(prior.low) == pytest.approx(0.95, abs=1e-6)
    assert shape.std() == pytest.approx(prior.standard_deviation)
    assert prior.source


def test_beliefs_and_experiments_name_each_other() -> None:
    papers = {one["id"] for one in TOLD["experiments"]}
    named = {each for row in (*TOLD["priors"], TOLD["push"]) for each in row["experiments"]}

    assert named == papers
    assert {row["kind"] for row in TOLD["priors"]} <= KINDS


def test_what_nobody_published_gets_the_belief_of_all_pull_channels_and_says_so() -> None:
    unknown, referral, affiliate = (prior_of(name) for name in ("Zeppelin", "referral", "affiliate"))

    assert (unknown.share, unknown.low, unknown.high) == (referral.share, referral.low, referral.high)
    assert affiliate.share == unknown.share
    assert all("no published share" in one.source for one in (unknown, referral, affiliate))
    assert "Edelman" in affiliate.source


def test_a_push_channel_keeps_its_claim_and_direct_has_none() -> None:
    assert prior_of("display").share == 1
    assert prior_of("display").standard_deviation == 0
    assert prior_of("direct").share == prior_of("survey").share == 0
    assert prior_of("direct").standard_deviation == 0
    assert "Blake" in prior_of("SEA Brand").source


def test_the_setting_wins_and_a_role_that_is_set_brings_its_belief_along() -> None:
    settings = parsed(
        {
            "increment_priors": {"brand search": [0.05, 0, 0.2]},
            "channel_roles": {"display": "pull", "retargeting": "push"},
        }
    )

    chosen = prior_of("brand_search", settings)
    assert (chosen.share, chosen.low, chosen.high) == (0.05, 0, 0.2)
    assert chosen.source == "by the setting increment_priors"
    assert prior_of("display", settings).share == TOLD["pool"]["share"]
    assert kind_of("display").name == "display"
    assert prior_of("retargeting", settings).share == 1


def test_a_push_channel_is_doubted_with_a_source() -> None:
    doubt, source = push_doubt()

    assert 0 < doubt <= 1
    assert "Gordon" in source


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_any_belief_that_may_be_set_has_a_finite_deviation(first: float, second: float, third: float) -> None:
    low, share, high = sorted((first, second, third))
    prior = Prior(share=share, low=low, high=high, source="")

    assert concentration(share, low, high) > 0
    assert 0 <= prior.standard_deviation <= 0.5
