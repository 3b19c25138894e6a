"""Roles: every name of a channel has one, by its words, and the settings have the last word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.attribution.channel_roles import is_causal, kind_of, role_of, role_reason
from headwater.contract.channel_names import words_of
from headwater.contract.settings import Settings, parsed
from headwater.journey.channels import CHANNELS
from tools import role_page


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("display", "display", "push"),
        ("Online Display", "display", "push"),
        ("Google Display Network", "display", "push"),
        ("Google Display - Brand", "display", "push"),
        ("paid_social", "paid_social", "push"),
        ("Facebook", "paid_social", "push"),
        ("FacebookAds_Prospecting", "paid_social", "push"),
        ("Prospecting", "display", "push"),
        ("Online Video", "paid_video", "push"),
        ("Connected TV", "broadcast", "push"),
        ("E-Mail", "email", "push"),
        ("newsletter_de", "email", "push"),
        ("podcast", "audio", "push"),
        ("push", "push_notification", "push"),
        ("Direct Mail", "broadcast", "push"),
        ("social", "organic_social", "push"),
        ("Brand Awareness Video", "paid_video", "push"),
        ("retargeting", "retargeting", "pull"),
        ("Remarketing - FB", "retargeting", "pull"),
        ("Display_Retargeting", "retargeting", "pull"),
        ("Email Retargeting", "retargeting", "pull"),
        ("Abandoned Cart Email", "triggered_message", "pull"),
        ("brand_search", "brand_search", "pull"),
        ("Branded Paid Search", "brand_search", "pull"),
        ("SEA Brand DE", "brand_search", "pull"),
        ("Google Ads | Brand", "brand_search", "pull"),
        ("Google Ads | Non-Brand", "nonbrand_search", "pull"),
        ("SearchGeneric", "nonbrand_search", "pull"),
        ("paid_search", "paid_search", "pull"),
        ("SEM", "paid_search", "pull"),
        ("google / cpc", "paid_search", "pull"),
        ("Organic Search", "organic_search", "pull"),
        ("SEO", "organic_search", "pull"),
        ("affiliate", "affiliate", "pull"),
        ("Coupon sites", "affiliate", "pull"),
        ("Google Shopping", "paid_shopping", "pull"),
        ("Performance Max", "cross_network", "pull"),
        ("ChatGPT", "ai_assistant", "pull"),
        ("referral", "referral", "pull"),
        ("Sales call", "contact", "pull"),
        ("direct", "direct", "pull"),
        ("(none)", "direct", "pull"),
        ("Zeppelin", "unknown", "pull"),
        ("c1047", "unknown", "pull"),
        ("other", "unknown", "pull"),
        ("survey", "no_contact", "none"),
        ("", "no_contact", "none"),
    ],
)
def test_the_words_of_a_name_tell_what_kind_of_channel_it_is(name: str, kind: str, role: str) -> None:
    assert (kind_of(name).name, role_of(name)) == (kind, role)


def test_every_built_in_channel_has_a_kind_of_its_own_words() -> None:
    unknown = {name for name in CHANNELS if kind_of(name).name == "unknown"}

    assert unknown == {"paid_other", "other"}
    assert kind_of(None).role == "none"


@given(st.text(max_size=40))
def test_every_text_has_a_role_whatever_its_case(name: str) -> None:
    assert role_of(name) in ("push", "pull", "none")
    assert role_of(words_of(name)) == role_of(name)


def test_the_setting_wins_and_finds_other_spellings_of_the_name() -> None:
    settings = parsed({"channel_roles": {"Partner Mail": "pull", "display": "none"}})

    assert role_of("Partner Mail") == "push"
    assert role_of("Partner Mail", settings) == role_of("partner_mail", settings) == "pull"
    assert role_of("display", settings) == "none"
    assert role_of("paid_video", settings) == "push"
    assert role_reason("display", settings) == "by the setting channel_roles"
    assert "intent" in role_reason("retargeting", settings)


def test_direct_and_what_is_no_contact_bring_nothing_about() -> None:
    settings = Settings(channel_roles={"direct": "push", "lounge": "none"})

    assert [is_causal(name) for name in ("direct", "survey", "retargeting", "email")] == [
        False,
        False,
        True,
        True,
    ]
    assert not is_causal("direct", settings)
    assert not is_causal("lounge", settings)


def test_the_page_of_roles_is_up_to_date() -> None:
    assert role_page.PAGE.read_text(encoding="utf-8") == role_page.page()
