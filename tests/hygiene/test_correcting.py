"""Correcting: what needs no guess is put right, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.hygiene.correcting import corrected
from tests.hygiene.books import GOOD, book

RULES = book(campaign_aliases={"sale-26": "spring_sale"})


@pytest.mark.parametrize(
    ("url", "right"),
    [
        (GOOD, GOOD),
        (f" {GOOD}.\n", GOOD),
        (GOOD.replace("google", "FB").replace("cpc", "Paid%20Social"), GOOD.replace("google", "facebook").replace("cpc", "paid_social")),
        (GOOD.replace("spring_sale", "Spring+Sale"), GOOD),
        (GOOD.replace("spring_sale", "spring%2520sale"), GOOD),
        (GOOD.replace("spring_sale", "sale-26"), GOOD),
        (GOOD.replace("utm_source", "UTM_Source").replace("utm_medium", "utm_meduim"), GOOD),
        (GOOD.replace("&", "&amp;"), GOOD),
        (GOOD + "&utm_source=google", GOOD),
        (GOOD + "&gclid=Abc", GOOD),
        ("https://shop.example/shoes#/a?" + GOOD.partition("?")[2], GOOD + "#/a"),
        ("https://shop.example/shoes#" + GOOD.partition("?")[2], GOOD),
        ("https://shop.example/shoes?a=1?" + GOOD.partition("?")[2], GOOD.replace("?", "?a=1&")),
        (GOOD + "&q=a b&r=%7e+x#Top", GOOD + "&q=a%20b&r=%7e+x#Top"),
        ("https://shop.example/?gclid=Abc", "https://shop.example/"),
        (GOOD + "&x=ü", GOOD + "&x=%C3%BC"),
    ],
)  # fmt: skip
def test_what_was_meant_is_written(url: str, right: str) -> None:
    assert corrected(url, RULES) == right


@pytest.mark.parametrize(
    "url",
    [
        GOOD + "&utm_term={keyword}",
        GOOD + "&utm_term=__CID__",
        GOOD + "&utm_term=_CID_NAME_",
        GOOD + "&utm_source=bing",
        GOOD + "&email=ada%40shop.example",
        GOOD.replace("cpc", "cpcc"),
        "https://shop.example/a_(b)",
        "https://shop.example/?A=%2B&b&=c&&d=",
    ],
)
def test_what_only_a_person_can_tell_stays(url: str) -> None:
    assert corrected(url, RULES) == url


def test_tags_go_from_links_between_our_own_pages() -> None:
    assert corrected(GOOD + "&a=1#b", RULES, is_on_site=True) == "https://shop.example/shoes?a=1#b"
    assert corrected("https://partner.example/?utm_source=a", RULES, is_on_site=True).endswith("utm_source=a")


texts = st.text(alphabet="abAB _-|+.,%25é{}()", max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["utm_source", "UTM_Medium", "utm_campain", "q", "amp;x"]), texts)),
    texts,
)
def test_correcting_twice_is_correcting_once(pairs: list[tuple[str, str]], fragment: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    once = corrected(f"https://shop.example/?{query}#{fragment}", RULES)

    assert corrected(once, RULES) == once
