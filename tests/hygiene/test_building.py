"""Building: a link says what was meant, and keeps what the page's address held."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.contract.settings import Settings
from headwater.hygiene.building import built
from headwater.hygiene.links import parted
from headwater.hygiene.linting import findings
from headwater.hygiene.platforms import platform, platforms
from tests.hygiene.books import book

RULES = book()
TAGS = {"source": "google", "medium": "cpc", "campaign": "spring_sale"}


def test_query_and_fragment_of_the_page_stay() -> None:
    link = built("https://shop.example/a?size=4%20B&c#top", TAGS, RULES)

    assert link.url == (
        "https://shop.example/a?size=4%20B&c&utm_source=google&utm_medium=cpc&utm_campaign=spring_sale#top"
    )
    assert (link.channel, link.findings, link.is_well) == ("paid_search", (), True)


def test_values_are_worded_by_the_convention_and_each_change_is_told() -> None:
    link = built(
        "https://shop.example/", {"source": "FB", "medium": "Paid Social", "campaign": "A & B"}, RULES
    )

    assert link.url.endswith("?utm_source=facebook&utm_medium=paid_social&utm_campaign=a_b")
    assert link.changed == {
        "source": ("FB", "facebook"), "medium": ("Paid Social", "paid_social"), "campaign": ("A & B", "a_b"),
    }  # fmt: skip


def test_a_tag_that_is_there_already_is_replaced_where_it_stands() -> None:
    link = built("https://shop.example/?utm_medium=old&a=1&utm_source=old", TAGS, RULES)

    assert link.url == "https://shop.example/?utm_medium=cpc&a=1&utm_source=google&utm_campaign=spring_sale"


def test_a_link_that_breaks_the_convention_is_built_and_not_well() -> None:
    link = built("https://shop.example/", {"source": "google", "medium": "carrier pigeon"}, RULES)

    assert not link.is_well
    assert {finding.code for finding in link.findings} >= {"missing", "unlisted"}


@pytest.mark.parametrize("name", sorted(set(platforms()) - {"x"}))
def test_the_template_of_a_platform_is_well_by_the_default_convention(name: str) -> None:
    link = built("https://shop.example/?a=1", {}, RULES, platform=platform(name))

    assert [finding for finding in link.findings if finding.level == "error"] == []
    assert link.url == f"https://shop.example/?a=1&{platform(name).suffix()}"
    assert link.channel.startswith("paid_") or link.channel == "display"


def test_what_is_given_wins_over_the_template() -> None:
    link = built("https://shop.example/", {"campaign": "may"}, RULES, platform=platform("meta"))

    assert parted(link.url).tags["campaign"].value == "may"
    assert parted(link.url).tags["content"].value == "{{ad.name}}"


def test_a_macro_of_one_platform_pasted_into_a_plain_link_is_an_error() -> None:
    assert not built("https://shop.example/", TAGS | {"term": "{keyword}"}, RULES).is_well


@settings(max_examples=80, deadline=None)
@given(st.text(min_size=1, max_size=30), st.sampled_from(["", "?a=b&c", "#x", "?q=%20#y?z"]))
def test_a_built_link_says_what_was_given_whatever_its_signs(value: str, rest: str) -> None:
    plain = book(naming={"lower_case": False, "separators": "", "sources": [], "mediums": [], "required": []})
    wanted = plain.preferred("content", value)

    link = parted(built(f"https://shop.example/{rest}", {"content": value}, plain).url)

    told = link.tags.get("content")
    assert (told.decoded if told else "") == wanted.encode(errors="replace").decode()
    assert link.fragment == parted(f"https://shop.example/{rest}").fragment


def test_the_defaults_of_the_settings_are_the_convention_of_the_page() -> None:
    from headwater.hygiene.documents import document, plain

    page = document(Settings(source_aliases={"rundbrief": "newsletter"}))

    assert "| `utm_source` | `rundbrief` | `newsletter` |" in page
    assert plain(Settings())["naming"]["longest"] == 100
    assert findings("https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=a", RULES) == []
