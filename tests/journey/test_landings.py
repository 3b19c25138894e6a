"""Landings: tags as a browser reads them, click ids byte for byte."""

from __future__ import annotations

import pytest

from headwater.journey.click_ids import click_ids_table
from headwater.journey.landings import click_ids, landings
from tests.worlds import Row, at, built, event

NAMES = click_ids_table().to_pylist()
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def landed(url: str | None, **context: object) -> dict[str, list[Row]]:
    """Return `landings` and `click_ids` of one session that began at `url`."""
    session = {"session_id": "e1", "person_id": 1, "started_at": at("09:00"), "has_tags": True, "url": url}
    first = event("e1", url=url, context={"campaign": context} if context else None)
    return built(click_ids(), landings(), sessions=[session], events=[first], click_id_names=NAMES)


def tags(url: str | None, **context: object) -> dict[str, str]:
    [row] = landed(url, **context)["landings"]
    return {name: row[name] for name in UTM if row[name] is not None}


def test_the_five_utm_parameters_are_read() -> None:
    url = "https://shop.example/?utm_source=a&utm_medium=b&utm_campaign=c&utm_content=d&utm_term=e"

    assert tags(url) == dict(zip(UTM, "abcde", strict=True))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Spring%20Sale", "Spring Sale"),
        ("Spring+Sale", "Spring Sale"),
        ("50%25+off", "50% off"),
        ("a%2Bb", "a+b"),
        ("Fr%C3%BChling", "Frühling"),
        ("%F0%9F%8D%8E", "\N{RED APPLE}"),
        ("Frühling", "Frühling"),
        ("a%26b%3Dc", "a&b=c"),
        ("%zz", "%zz"),
        ("100%", "100%"),
        ("%", "%"),
        ("caf%E9", "caf%E9"),
        ("%ff", "%ff"),
        ("%C3%28", "%C3%28"),
        ("%e2%82", "%e2%82"),
        ("%c0%af", "%c0%af"),
        ("%ed%a0%80", "%ed%a0%80"),
        ("%f8%88%80%80%80", "%f8%88%80%80%80"),
        ("{{campaign.name}}", "{{campaign.name}}"),
        ("a=b", "a=b"),
    ],
)
def test_a_tag_is_decoded_or_left_as_sent(sent: str, read: str) -> None:
    assert tags(f"https://shop.example/?utm_campaign={sent}&x=1") == {"utm_campaign": read}


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://shop.example/?utm_source=a#top", {"utm_source": "a"}),
        ("https://shop.example/?utm_source=a#utm_medium=b", {"utm_source": "a"}),
        ("https://app.example/#/hats?utm_source=a", {"utm_source": "a"}),
        ("https://shop.example/?utm_source=a&utm_source=b", {"utm_source": "a"}),
        ("https://shop.example/?utm_source=&utm_medium=b", {"utm_medium": "b"}),
        ("https://shop.example/?UTM_SOURCE=a&utm_medium=b", {"utm_medium": "b"}),
        ("https://shop.example/?my_utm_source=a&utm_medium=b", {"utm_medium": "b"}),
        ("https://shop.example/utm_source=a/?utm_medium=b", {"utm_medium": "b"}),
        ("https://shop.example/?utm_medium", {}),
        ("https://shop.example/?", {}),
        ("/hats?utm_source=a", {"utm_source": "a"}),
    ],
)
def test_tags_are_read_from_the_query_in_lower_case_the_first_of_two(url: str, read: dict[str, str]) -> None:
    assert tags(url) == read


def test_the_campaign_of_the_client_fills_what_the_url_leaves_out() -> None:
    url = "https://shop.example/?utm_source=news"

    assert tags(url, source="other", medium="email", name="May", content="", term=None) == {
        "utm_source": "news",
        "utm_medium": "email",
        "utm_campaign": "May",
    }


def test_an_app_without_urls_has_the_tags_of_its_campaign() -> None:
    assert tags(None, source="google", medium="cpc") == {"utm_source": "google", "utm_medium": "cpc"}


def test_a_session_without_tags_has_no_landing() -> None:
    session = {"session_id": "e1", "has_tags": False, "url": "https://shop.example/?utm_source=a"}

    assert built(click_ids(), landings(), sessions=[session], click_id_names=NAMES) == {
        "click_ids": [],
        "landings": [],
    }


@pytest.mark.parametrize(
    "value",
    ["Cj0KCQ_-", "a%2Bb%20c", "a+b", "IwAR0x==", "%ff", "ABCabc", "a.b~c", "x%", "a=b"],
)
def test_a_click_id_is_kept_byte_for_byte(value: str) -> None:
    found = landed(f"https://shop.example/?x=1&gclid={value}#top")

    assert [row["click_id"] for row in found["click_ids"]] == [value]
    assert found["landings"][0]["click_id"] == value


def test_every_click_id_of_a_url_is_kept_with_its_platform_and_time() -> None:
    rows = landed("https://shop.example/?fbclid=F&gclid=G&msclkid=M")["click_ids"]

    assert [(row["name"], row["click_id"], row["platform"]) for row in rows] == [
        ("fbclid", "F", "meta"),
        ("gclid", "G", "google_ads"),
        ("msclkid", "M", "microsoft_ads"),
    ]
    assert {(row["event_id"], row["person_id"], row["captured_at"]) for row in rows} == {
        ("e1", 1, at("09:00"))
    }


@pytest.mark.parametrize(
    ("query", "decides"),
    [("fbclid=F&gclid=G", "gclid"), ("gclid=G&fbclid=F", "gclid"), ("fbclid=F", "fbclid")],
)
def test_the_click_id_that_proves_more_decides(query: str, decides: str) -> None:
    [row] = landed(f"https://shop.example/?{query}")["landings"]

    assert row["click_id_name"] == decides


@pytest.mark.parametrize("query", ["gclid=ab&gclid=a", "gclid=ab&x=1&gclid=aa", "gclid=&gclid=ab"])
def test_the_first_of_two_values_of_a_click_id_counts(query: str) -> None:
    [row] = landed(f"https://shop.example/?{query}")["click_ids"]

    assert row["click_id"] == "ab"


@pytest.mark.parametrize("url", ["https://shop.example/?gclid=", "https://shop.example/?gclid", "/#gclid=x"])
def test_an_empty_click_id_is_none(url: str) -> None:
    assert landed(url)["click_ids"] == []


def test_the_ad_id_is_read_where_the_platform_gives_it() -> None:
    [row] = landed("https://shop.example/?utm_source=fb&hsa_ad=42")["landings"]

    assert row["ad_id"] == "42"
