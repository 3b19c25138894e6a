"""Linting: every finding is found where it is, and a good link has none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.hygiene.findings import CODES
from headwater.hygiene.linting import findings
from tests.hygiene.books import GOOD, book

RULES = book(medium_aliases={"e-mailing": "email"})
LISTED = book(naming={"sources": ["google", "facebook"], "patterns": {"campaign": "[a-z]+_[0-9]{4}"}})
TAGS = "utm_medium=cpc&utm_campaign=spring"


def codes(url: str, rules: object = RULES, **how: bool) -> set[str]:
    return {finding.code for finding in findings(url, rules, **how)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        f"{GOOD}&utm_content=ad-1&utm_term=red_shoes&utm_id=42#top",
        "https://shop.example/?q=a%20b&Ref=X&utm_source=newsletter&utm_medium=email&utm_campaign=may-2026",
        "https://shop.example/a_(b)?utm_source=chatgpt&utm_medium=referral&utm_campaign=x",
        "http://[2001:db8::1]/?utm_source=google&utm_medium=cpc&utm_campaign=a",
        f"{GOOD}&redirect=https%3A%2F%2Fa.example%2F%3Fb%3D%2520c",
    ],
)
def test_a_link_by_the_convention_has_no_finding(url: str) -> None:
    assert findings(url, RULES) == []


@pytest.mark.parametrize(
    ("url", "code", "field", "suggestion"),
    [
        ("www.shop.example/?utm_source=google&" + TAGS, "not_a_url", "url", "https://www.shop.example/?utm_source=google&" + TAGS),
        ("ftp://shop.example/?utm_source=google&" + TAGS, "not_a_url", "url", ""),
        ("https://shop.example/", "untagged", "url", ""),
        ("https://shop.example/?" + TAGS, "missing", "utm_source", ""),
        ("https://shop.example/?utm_source=&" + TAGS, "empty", "utm_source", ""),
        ("https://shop.example/?utm_source=+&" + TAGS, "empty", "utm_source", ""),
        (GOOD + "&utm_campaign=other", "duplicate", "utm_campaign", ""),
        (GOOD + "&utm_contant=a", "unknown_parameter", "utm_contant", "utm_content"),
        (GOOD + "&utm-term=a", "unknown_parameter", "utm-term", "utm_term"),
        (GOOD + "&utm_nothing_like_it=a", "unknown_parameter", "utm_nothing_like_it", ""),
        (GOOD + "&UTM_Content=a", "parameter_case", "UTM_Content", "utm_content"),
        (GOOD + "&amp;utm_content=a", "html_escape", "amp;utm_content", "utm_content"),
        ("https://shop.example/?a=1?utm_source=google&" + TAGS, "second_question_mark", "a", "&"),
        ("https://shop.example/#utm_source=google&" + TAGS, "fragment", "url", "before the #"),
        ("https://shop.example/#/page?utm_source=google&" + TAGS, "fragment", "url", "before the #"),
        (GOOD + "&x=a b", "unencoded", "url", ""),
        (GOOD + "&x=100%", "unencoded", "url", ""),
        (GOOD + "&x=ü", "unencoded", "url", ""),
        (GOOD + "&utm_term=red%2520shoe", "double_encoded", "utm_term", "red%20shoe"),
        (GOOD + ".", "trailing", "url", GOOD),
        (GOOD + ")", "trailing", "url", GOOD),
        (GOOD.replace("google", "google,"), "trailing", "utm_source", "google"),
        (GOOD + "&utm_term=red%20shoe", "space", "utm_term", "red_shoe"),
        (GOOD + "&utm_term=red+shoe", "space", "utm_term", "red_shoe"),
        (GOOD + "&utm_term=Red", "case", "utm_term", "red"),
        (GOOD + "&utm_term=red%7Cshoe", "separator", "utm_term", "red_shoe"),
        (GOOD.replace("google", "fb"), "alias", "utm_source", "facebook"),
        (GOOD.replace("cpc", "e-mailing"), "alias", "utm_medium", "email"),
        (GOOD.replace("cpc", "cpcc"), "unlisted", "utm_medium", "cpc"),
        (GOOD.replace("google", "gogle"), "unknown_source", "utm_source", "google"),
        (GOOD.replace("google", "zzgrblx"), "unknown_source", "utm_source", ""),
        (GOOD + "&utm_term=" + "a" * 101, "too_long", "utm_term", ""),
        (GOOD + "&x=" + "a" * 2048, "too_long", "url", ""),
        (GOOD.replace("cpc", "social"), "conflict", "utm_medium", ""),
        (GOOD.replace("google", "facebook").replace("cpc", "email"), "conflict", "utm_medium", ""),
        (GOOD.replace("google", "fanzine").replace("cpc", "pr"), "no_channel", "utm_medium", ""),
        (GOOD + "&email=ada%40shop.example", "personal", "email", ""),
        (GOOD + "&x=ada%2540shop.example", "personal", "x", ""),
        (GOOD + "&to=%2B49%20170%201234567", "personal", "to", ""),
        (GOOD + "&first_name=Ada", "personal", "first_name", ""),
        (GOOD + "&m=*|EMAIL|*", "personal", "m", ""),
        ("https://shop.example/ada@shop.example/?utm_source=google&" + TAGS, "personal", "url", ""),
        (GOOD + "&gclid=Cj0KCQ", "click_id", "gclid", ""),
        (GOOD + "&FBCLID=IwAR0", "click_id", "FBCLID", ""),
        (GOOD + "&utm_term={keyword}", "macro", "utm_term", ""),
        (GOOD + "&utm_term=%7B%7Bad.name%7D%7D", "macro", "utm_term", ""),
        (GOOD + "&utm_term=__CID__", "macro", "utm_term", ""),
        (GOOD + "&utm_term=_CID_NAME_", "macro", "utm_term", "__CID_NAME__"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_where_it_is(url: str, code: str, field: str, suggestion: str) -> None:
    found = {(one.code, one.field): one.suggestion for one in findings(url, RULES)}

    assert found.get((code, field)) == suggestion, found


def test_a_list_of_sources_and_a_pattern_bind() -> None:
    assert codes(GOOD.replace("spring_sale", "spring_2026"), LISTED) == set()
    assert codes(GOOD, LISTED) == {"pattern"}
    assert codes(GOOD.replace("google", "bing").replace("spring_sale", "may_2026"), LISTED) == {"unlisted"}


def test_a_link_between_our_own_pages_may_not_be_tagged() -> None:
    assert codes(GOOD, is_on_site=True) == {"internal"}
    assert codes("/pricing?utm_source=footer", is_on_site=True) == {"internal"}
    assert codes("https://www.shop.example/?utm_source=a", is_on_site=True) == {"internal"}
    assert codes("https://partner.example/?utm_source=shop", is_on_site=True) == set()
    assert codes("/pricing?size=4", is_on_site=True) == set()


@pytest.mark.parametrize(
    "template",
    [
        "utm_source=google&utm_medium=cpc&utm_campaign={campaignid}&utm_content={creative}",
        "{lpurl}?utm_source=google&utm_medium=cpc&utm_campaign={_campaign}&k={ifmobile:m}",
        "https://shop.example/?utm_source=facebook&utm_medium=paid_social&utm_campaign={{campaign.name}}",
        "https://shop.example/?utm_source=tiktok&utm_medium=paid_social&utm_campaign=__CAMPAIGN_NAME__&x=__CLICKID__",
        GOOD + "&gclid={gclid}",
    ],
)
def test_a_template_may_hold_the_macros_of_platforms(template: str) -> None:
    assert codes(template, is_template=True) == set()


def test_a_macro_that_no_platform_knows_is_told_with_the_one_that_was_meant() -> None:
    url = GOOD.replace("spring_sale", "{{campain.name}}")

    [found] = findings(url, RULES, is_template=True)

    assert (found.code, found.suggestion) == ("macro", "{{campaign.name}}")


def test_a_tag_in_a_wrong_place_is_not_called_missing_too() -> None:
    assert codes("https://shop.example/#utm_source=google&" + TAGS) == {"fragment"}
    assert codes("https://shop.example/?utm_sorce=google&" + TAGS) == {"unknown_parameter"}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="utm_source=&?#%25{}. @:/", max_size=60))
def test_any_text_at_all_is_looked_into(text: str) -> None:
    for finding in findings(text, RULES):
        assert finding.code in CODES


def test_the_documents_tell_of_every_finding() -> None:
    page = (Path(__file__).parents[2] / "docs" / "utm.md").read_text()

    assert [code for code in CODES if f"`{code}`" not in page] == []
