"""Signals: the usual ways of saying yes and no to a banner are read alike."""

from __future__ import annotations

from typing import Any

import pytest
from test_tcf import composed

from headwater.collect.consent import NAMED, Choices
from headwater.collect.signals import choices
from headwater.contract.settings import Settings

PLAIN = Settings()
ALL, ADS_NOT = NAMED["all"], Choices(analytics=True, ads=False)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, Choices()),
        ({"consent": "denied"}, NAMED["none"]),
        ({"consent": "analytics_only"}, NAMED["analytics_only"]),
        ({"consent": {"analytics": True, "ads": False}}, ADS_NOT),
        ({"consent": {"analytics": "granted", "marketing": "denied"}}, ADS_NOT),
        ({"consent": {"categoryPreferences": {"Analytics": True, "Advertising": False}}}, ADS_NOT),
        ({"consent": {"categoryPreferences": {"C0002": True, "C0004": False, "C0001": True}}}, ADS_NOT),
        ({"consentManagement": {"allowedConsentIds": ["C0002"], "deniedConsentIds": ["C0004"]}}, ADS_NOT),
        ({"gpp": "DBABLA~CUAQAAAAAABA.QA"}, Choices(ads=False)),
        ({"consent": {"gppString": "DBABBg~BQIAAABA.QA"}}, Choices()),
        ({"gpp": "no such string"}, Choices()),
        ({"ga4": {"gcs": "G111"}}, Choices(analytics=True, ads=True)),
        ({"ga4": {"gcs": "G101"}}, ADS_NOT),
        ({"ga4": {"gcs": "G1--"}}, Choices()),
        ({"ga4": {"gcd": "13r3r3r3r5"}}, ALL),
        ({"ga4": {"gcd": "11p1r1p1p5"}}, Choices(analytics=True, ads=False, personalization=False)),
        ({"ga4": {"gcd": "13l3l3l3l1"}}, Choices()),
        ({"ga4": {"gcd": "13t3t3u3t5"}}, Choices(analytics=True, ads=False, personalization=True)),
        (
            {"ga4": {"consent": {"ad_user_data": "GRANTED", "ad_personalization": "DENIED"}}},
            Choices(ads=True, personalization=False),
        ),
        ({"consent": {"saleOfDataAllowed": False, "analyticsProcessingAllowed": True}}, ADS_NOT),
        ({"us_privacy": "1YYN"}, Choices(ads=False)),
        ({"usp": "1YNN"}, Choices()),
        ({"page": {"consent": "denied"}}, Choices()),
        ({"consent": 7, "gcs": "nonsense", "tcString": "nonsense"}, Choices()),
    ],
)
def test_what_was_said_is_read(context: dict[str, Any], expected: Choices) -> None:
    assert choices(context, PLAIN) == expected


@pytest.mark.parametrize(
    ("purposes", "interests", "expected"),
    [
        ({1, 3, 4, 7, 8}, set(), ALL),
        ({1}, {8}, Choices(analytics=True, ads=False, personalization=False)),
        ({1, 7}, set(), Choices(analytics=True, ads=True, personalization=False)),
        ({3, 4, 7, 8}, {1}, NAMED["none"]),
        (set(), set(), NAMED["none"]),
    ],
)
def test_a_tcf_string_needs_purpose_one_for_anything(
    purposes: set[int], interests: set[int], expected: Choices
) -> None:
    text = composed(frozenset(purposes), frozenset(interests))

    assert choices({"consent": {"tcString": text}}, PLAIN) == expected
    assert choices({"gdpr_consent": text, "gdpr": 1}, PLAIN) == expected
    assert choices({"gdpr_consent": text, "gdpr": 0}, PLAIN) == Choices()


def test_a_vendor_that_the_settings_name_must_have_consent_too() -> None:
    text = composed(frozenset({1, 3, 4, 7, 8}))

    assert choices({"tcString": text}, Settings(tcf_vendor=12)) == NAMED["none"]


def test_categories_of_another_banner_are_named_by_the_settings() -> None:
    own = Settings(consent_categories={"Gruppe-7": "ads"})

    assert choices({"consent": {"categoryPreferences": {"gruppe 7": False}}}, own) == Choices(ads=False)


def test_two_sources_that_disagree_are_read_as_the_stricter() -> None:
    assert choices({"consent": "all", "ga4": {"gcs": "G101"}}, PLAIN).ads is False
