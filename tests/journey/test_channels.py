"""Channels: every rule in Python and in SQL, and where we differ from Google Analytics 4."""

import csv
import json
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.settings import parsed
from headwater.contract.steps import Step
from headwater.contract.tables import TOUCHPOINTS
from headwater.journey.channels import (
    CHANNELS,
    built_in_rules,
    channel,
    channel_case,
    rules,
)
from headwater.journey.click_ids import CLICK_IDS
from headwater.journey.rules import FIELDS
from headwater.journey.sources import canonical, category
from tools import channel_page

LISTS = Path(__file__).parents[2].parent / "shared" / "data" / "classification"
no_lists = pytest.mark.skipif(
    not LISTS.exists(), reason="the folder with the public lists is not beside the project"
)


def by_sql(touches: list[dict[str, str]], case: str | None = None) -> list[str]:
    rows = pa.Table.from_pylist([dict.fromkeys(FIELDS, "") | touch for touch in touches])
    connection = duckdb.connect()
    connection.register("touches", rows)
    found = connection.execute(f"select {case or channel_case(built_in_rules())} from touches").fetchall()
    return [row[0] for row in found]


def visit(text: str, **more: str) -> dict[str, str]:
    """Return a touch from `source / medium`, with the source's canonical name and category."""
    source, _, medium = (part.strip() for part in text.partition("/"))
    return {"source": canonical(source), "source_category": category(source), "medium": medium} | more


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        ("google / cpc", "paid_search"),
        ("bing / ppc", "paid_search"),
        ("google / organic", "organic_search"),
        ("fb / paid_social", "paid_social"),
        ("facebook / cpc", "paid_social"),
        ("ig / social", "organic_social"),
        ("linkedin / ", "organic_social"),
        ("youtube / cpv", "paid_video"),
        ("youtube / video", "organic_video"),
        ("youtube / cpc", "paid_video"),
        ("dv360 / display", "display"),
        ("partner / cpm", "display"),
        ("partner / cpc", "paid_other"),
        ("amazon / cpc", "paid_shopping"),
        ("etsy / referral", "organic_shopping"),
        ("newsletter / email", "email"),
        ("klaviyo / ", "email"),
        ("awin / affiliate", "affiliate"),
        ("spotify / audio", "audio"),
        ("twilio / sms", "sms"),
        ("onesignal / web push", "push"),
        ("firebase / x", "push"),
        ("partner / referral", "referral"),
        ("chatgpt.com / ", "ai_assistant"),
        ("gemini / referral", "ai_assistant"),
        ("google / ai-assistant", "ai_assistant"),
        ("chatgpt.com / cpc", "paid_other"),
        ("poster / qr", "offline"),
        ("(direct) / (none)", "direct"),
        (" / ", "direct"),
        ("partner / whatever", "other"),
    ],
)
def test_source_and_medium_decide(touch: str, expected: str) -> None:
    assert channel(**visit(touch)) == expected
    assert by_sql([visit(touch)]) == [expected]


@pytest.mark.parametrize(
    ("click_id", "expected"),
    [
        ("gclid", "paid_search"),
        ("wbraid", "paid_search"),
        ("gad_source", "paid_search"),
        ("msclkid", "paid_search"),
        ("yclid", "paid_search"),
        ("dclid", "display"),
        ("dicbo", "display"),
        ("ttclid", "paid_social"),
        ("twclid", "paid_social"),
        ("li_fat_id", "paid_social"),
        ("epik", "paid_social"),
        ("ScCid", "paid_social"),
        ("rdt_cid", "paid_social"),
        ("spclid", "audio"),
        ("aclid", "paid_other"),
        ("oppref", "paid_other"),
        ("awc", "affiliate"),
        ("irclickid", "affiliate"),
        ("ranSiteID", "affiliate"),
        ("fbclid", "organic_social"),
        ("igshid", "organic_social"),
        ("srsltid", "organic_shopping"),
        ("ysclid", "organic_search"),
        ("mc_cid", "email"),
        ("_hsenc", "email"),
        ("gclsrc", "direct"),
        ("aid", "direct"),
    ],
)
def test_a_click_id_alone_decides(click_id: str, expected: str) -> None:
    paid = next(known.paid for known in CLICK_IDS if known.name == click_id)
    touch = {"click_id_name": click_id, "click_paid": paid}

    assert channel(**touch) == expected
    assert by_sql([touch]) == [expected]


def test_every_paid_click_id_is_paid_without_tags() -> None:
    paid = [
        {"click_id_name": known.name, "click_paid": known.paid} for known in CLICK_IDS if known.paid == "yes"
    ]

    found = set(by_sql(paid))

    assert found == {"paid_search", "paid_social", "display", "audio", "affiliate", "paid_other"}


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("search", "organic_search"),
        ("social", "organic_social"),
        ("ai", "ai_assistant"),
        ("video", "organic_video"),
        ("shopping", "organic_shopping"),
        ("email", "email"),
        ("", "referral"),
    ],
)
def test_the_referrer_decides_where_no_tag_does(referrer: str, expected: str) -> None:
    touch = {"referrer_host": "host.example", "referrer_category": referrer}

    assert channel(**touch) == expected
    assert by_sql([touch]) == [expected]


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (visit("newsletter / email", referrer_host="m.facebook.com", referrer_category="social"), "email"),
        (visit("google / cpc", click_id_name="fbclid", click_paid="unclear"), "paid_search"),
        (visit("facebook / social", click_id_name="fbclid", click_paid="unclear"), "organic_social"),
        (visit("google / display", click_id_name="gclid", click_paid="yes"), "display"),
        (visit("youtube / ", click_id_name="gclid", click_paid="yes"), "paid_video"),
        (visit("google / organic", click_id_name="gclid", click_paid="yes"), "paid_search"),
        (visit("awin / cpc", click_id_name="awc", click_paid="yes"), "paid_other"),
        (visit("google / cpc", campaign="summer_shopping"), "paid_shopping"),
        (visit("google / cpc", campaign="x cross-network y"), "cross_network"),
        (visit("google / cpc", campaign="workshop"), "paid_search"),
        ({"referrer_host": "google.com", "referrer_category": "search", "click_id_name": "srsltid",
          "click_paid": "no"}, "organic_search"),
        ({"referrer_host": "l.facebook.com", "referrer_category": "social", "click_id_name": "fbclid",
          "click_paid": "unclear"}, "organic_social"),
        ({"medium": "cpc", "referrer_host": "google.com", "referrer_category": "search"}, "paid_search"),
    ],
)  # fmt: skip
def test_tags_say_what_and_click_ids_say_whether_it_was_paid(touch: dict[str, str], expected: str) -> None:
    assert channel(**touch) == expected
    assert by_sql([touch]) == [expected]


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (visit("google / cpc", kind="call"), "offline"),
        (visit("/ ", kind="meeting"), "offline"),
        (visit("/ ", kind="event"), "offline"),
        (visit("klaviyo / ", kind="email_open"), "email"),
        (visit("facebook / ", kind="impression"), "paid_social"),
        (visit("youtube / ", kind="impression"), "paid_video"),
        (visit("criteo / ", kind="impression"), "display"),
        (visit("/ ", kind="impression"), "display"),
        (visit("google / cpc", kind="click"), "paid_search"),
    ],
)
def test_the_kind_of_an_imported_touch_decides(touch: dict[str, str], expected: str) -> None:
    assert channel(**touch) == expected
    assert by_sql([touch]) == [expected]


MEDIUMS = (
    "",
    "cpc",
    "paid_x",
    "cpm",
    "organic",
    "referral",
    "email",
    "social",
    "video ad",
    "push",
    "audio",
    "'",
    ":a",
    "\n",
)
CAMPAIGNS = ("", "shop", "workshop", "x\nshop", "ashop", "cross-network", "shopping", "sale: all")
TOUCHES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("", "visit", "call", "impression", "email_open", "other")),
        "source": st.sampled_from(("", "google", "(direct)", "x-mail e-mail", "sms", "firebase"))
        | st.text(max_size=4),
        "medium": st.sampled_from(MEDIUMS) | st.text(max_size=6),
        "campaign": st.sampled_from(CAMPAIGNS) | st.text(max_size=6),
        "source_category": st.sampled_from(("", "search", "social", "ai", "video", "shopping", "email")),
        "click_id_name": st.sampled_from(("", *(known.name for known in CLICK_IDS))),
        "click_paid": st.sampled_from(("", "yes", "no", "unclear")),
        "referrer_host": st.sampled_from(("", "google.com", "news.example")),
        "referrer_category": st.sampled_from(("", "search", "social", "ai", "video", "shopping", "email")),
    }
)


def lowered(touch: dict[str, str]) -> dict[str, str]:
    return {name: value.lower().replace("\0", "") for name, value in touch.items()}


@settings(deadline=None, max_examples=25)
@given(st.lists(TOUCHES, min_size=20, max_size=40))
def test_sql_and_python_say_the_same_and_only_known_channels(touches: list[dict[str, str]]) -> None:
    given_touches = [lowered(touch) for touch in touches]

    found = by_sql(given_touches)

    assert found == [channel(**touch) for touch in given_touches]
    assert set(found) <= set(CHANNELS)


def test_every_channel_has_a_rule_except_the_last_resort() -> None:
    assert {rule.channel for rule in built_in_rules()} == set(CHANNELS) - {"other"}


def test_the_case_is_carried_to_spark() -> None:
    carried = sqlglot.transpile(f"select {channel_case(built_in_rules())}", read="duckdb", write="spark")[0]

    assert "RLIKE '(^|[^a-df-z])shop'" in carried
    assert "STARTSWITH(medium, 'paid')" in carried
    assert "REGEXP_MATCHES" not in carried


def test_the_case_holds_nothing_that_looks_like_a_parameter_of_a_step() -> None:
    chosen = parsed({"channel_rules": [{"channel": "odd", "campaign": ["a:b", "~c:d", "*:e*"]}]})
    case = channel_case(rules(chosen))

    assert Step(makes=TOUCHPOINTS, reads=(), sql=case).rendered() == case
    assert by_sql([{"campaign": "a:b"}, {"campaign": "xc:dx"}, {"campaign": "x:ex"}], case) == ["odd"] * 3


def test_columns_may_be_expressions_and_absent_ones_are_empty() -> None:
    case = channel_case(built_in_rules(), {"medium": "lower('EMAIL')", "source": "'crm'"})

    assert duckdb.execute(f"select {case}").fetchone() == ("email",)


def test_a_rule_of_the_settings_comes_first() -> None:
    chosen = parsed(
        {"channel_rules": [{"channel": "podcast", "source": "acast", "medium": ["audio", "pod*"]}]}
    )

    assert channel(rules(chosen), source="acast", medium="podcast_ad") == "podcast"
    assert channel(rules(chosen), source="other", medium="audio") == "audio"


# -- Google Analytics 4 ----------------------------------------------------------------------------

GA4_MEDIUMS = (
    "", "(none)", "(not set)", "cpc", "ppc", "cpm", "cpa", "cpv", "paid", "paidsearch", "paid-social",
    "retargeting",
    "display", "banner", "expandable", "interstitial", "social", "social-network", "sm", "video",
    "organic", "referral",
    "app", "link", "email", "e-mail", "e_mail", "affiliate", "audio", "sms", "push", "mobile", "notification",
    "ai-assistant", "anything",
)  # fmt: skip
GA4_NAMES = {
    "Direct": "direct", "Cross-network": "cross_network", "AI Assistant": "ai_assistant",
    "Paid Shopping": "paid_shopping", "Paid Search": "paid_search", "Paid Social": "paid_social",
    "Paid Video": "paid_video", "Display": "display", "Paid Other": "paid_other",
    "Organic Shopping": "organic_shopping", "Organic Social": "organic_social",
    "Organic Video": "organic_video",
    "Organic Search": "organic_search", "Referral": "referral", "Email": "email", "Affiliates": "affiliate",
    "Audio": "audio", "SMS": "sms", "Mobile Push Notifications": "push", "Unassigned": "other",
}  # fmt: skip
EMAIL_WORDS = re.compile("email|e-mail|e_mail|e mail")


def ga4(source: str, kind: str, medium: str, campaign: str, listed: dict[str, str]) -> str:
    """Return what Google's published table says, read from top to bottom."""
    paid = re.search(listed["paid_medium"], medium) is not None
    shop = re.search(listed["shop_campaign"], campaign) is not None
    social = ("social", "social-network", "social-media", "sm", "social network", "social media")
    table = [
        ("Direct", source in ("", "(direct)") and medium in ("", "(none)", "(not set)")),
        ("Cross-network", "cross-network" in campaign),
        ("AI Assistant", medium == "ai-assistant"),
        ("Paid Shopping", (kind == "SHOPPING" or shop) and paid),
        ("Paid Search", kind == "SEARCH" and paid),
        ("Paid Social", kind == "SOCIAL" and paid),
        ("Paid Video", kind == "VIDEO" and paid),
        ("Display", medium in ("display", "banner", "expandable", "interstitial", "cpm")),
        ("Paid Other", paid),
        ("Organic Shopping", kind == "SHOPPING" or shop),
        ("Organic Social", kind == "SOCIAL" or medium in social),
        ("Organic Video", kind == "VIDEO" or "video" in medium),
        ("Organic Search", kind == "SEARCH" or medium == "organic"),
        ("Referral", medium in ("referral", "app", "link")),
        ("Email", bool(EMAIL_WORDS.search(source) or EMAIL_WORDS.search(medium))),
        ("Affiliates", medium == "affiliate"),
        ("Audio", medium == "audio"),
        ("SMS", "sms" in (source, medium)),
        (
            "Mobile Push Notifications",
            medium.endswith("push") or bool(re.search("mobile|notification", medium)),
        ),
        ("Unassigned", True),
    ]
    return GA4_NAMES[next(name for name, holds in table if holds)]


DIFFERENT_SOURCES = {"email.seznam.cz", "mail.rambler.ru", "mail.yandex.ru"}
"""Sources that we classify otherwise, and why: docs/explanation/channels.md."""


@no_lists
def test_the_channel_of_every_listed_source_and_medium_is_that_of_ga4_but_for_the_documented_ones() -> None:
    listed = json.loads((LISTS / "ga4_channel_rules.json").read_text())
    sources = list(csv.DictReader((LISTS / "ga4_source_categories_velir.csv").read_text().splitlines()))
    tags = [(medium, "") for medium in GA4_MEDIUMS]
    tags += [
        (medium, campaign) for medium in ("cpc", "email") for campaign in ("spring shop", "x cross-network")
    ]
    asked = [
        (row["source"].lower(), row["source_category"].removeprefix("SOURCE_CATEGORY_"), medium, campaign)
        for row in sources
        for medium, campaign in tags
    ]

    found = by_sql(
        [visit(f"{source} / {medium}", campaign=campaign) for source, _, medium, campaign in asked]
    )
    different = {
        source
        for (source, kind, medium, campaign), ours in zip(asked, found, strict=True)
        if ours != ga4(source, kind, medium, campaign, listed)
    }

    assert different == DIFFERENT_SOURCES


DIFFERENT_TAGS = {
    ("chatgpt.com", ""): ("other", "ai_assistant"),
    ("chatgpt.com", "(none)"): ("other", "ai_assistant"),
    ("chatgpt.com", "(not set)"): ("other", "ai_assistant"),
    ("chatgpt.com", "referral"): ("referral", "ai_assistant"),
    ("chatgpt.com", "app"): ("referral", "ai_assistant"),
    ("chatgpt.com", "link"): ("referral", "ai_assistant"),
    ("chatgpt.com", "organic"): ("organic_search", "ai_assistant"),
    ("newsletter", ""): ("other", "email"),
    ("newsletter", "(none)"): ("other", "email"),
    ("newsletter", "(not set)"): ("other", "email"),
    ("direct", ""): ("other", "direct"),
    ("direct", "(none)"): ("other", "direct"),
    ("direct", "(not set)"): ("other", "direct"),
    ("partner", "newsletter"): ("other", "email"),
    ("partner", "podcast"): ("other", "audio"),
    ("partner", "affiliates"): ("other", "affiliate"),
    ("partner", "qr"): ("other", "offline"),
    ("partner", "tv"): ("other", "offline"),
}
"""Tags of sources that GA4 does not list: its channel and ours. docs/explanation/channels.md says why."""


@no_lists
def test_tags_of_unlisted_sources_differ_from_ga4_only_as_documented() -> None:
    listed = json.loads((LISTS / "ga4_channel_rules.json").read_text())
    more = ("newsletter", "podcast", "affiliates", "qr", "tv")
    asked = [(source, medium) for source in ("chatgpt.com", "newsletter", "direct") for medium in GA4_MEDIUMS]
    asked += [("partner", medium) for medium in (*GA4_MEDIUMS, *more)] + [
        ("", medium) for medium in GA4_MEDIUMS
    ]

    found = by_sql([visit(f"{source} / {medium}") for source, medium in asked])
    theirs = [ga4(source, "", medium, "", listed) for source, medium in asked]
    different = {tags: (ga, ours) for tags, ga, ours in zip(asked, theirs, found, strict=True) if ga != ours}

    assert different == DIFFERENT_TAGS


def test_the_reference_page_shows_the_rules_as_they_are() -> None:
    assert channel_page.PAGE.read_text(encoding="utf-8") == channel_page.page()
