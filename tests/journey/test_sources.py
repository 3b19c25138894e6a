"""Sources: one name for all spellings."""

import pytest

from headwater.contract.settings import parsed
from headwater.contract.tables import SOURCE_ALIASES
from headwater.journey.hosts import known
from headwater.journey.sources import canonical, category, source_aliases, tag_aliases


@pytest.mark.parametrize(
    ("spellings", "source", "kind"),
    [
        (
            "fb FB Facebook facebook.com www.facebook.com m.facebook.com l.facebook.com meta Meta fb.me",
            "facebook",
            "social",
        ),
        ("ig IG instagram instagram.com l.instagram.com", "instagram", "social"),
        ("google Google adwords google.com www.google.co.uk google-ads", "google", "search"),
        ("youtube YouTube youtube.com youtu.be m.youtube.com", "youtube", "video"),
        ("linkedin LinkedIn lnkd.in linkedin.com", "linkedin", "social"),
        ("x twitter Twitter t.co x.com twitter.com", "twitter", "social"),
        ("tiktok TikTok tiktok.com", "tiktok", "social"),
        ("bing Bing bing.com cn.bing.com", "bing", "search"),
        ("chatgpt ChatGPT chatgpt.com chat.openai.com openai", "chatgpt", "ai"),
        ("perplexity perplexity.ai www.perplexity.ai", "perplexity", "ai"),
    ],
)
def test_all_spellings_have_one_name(spellings: str, source: str, kind: str) -> None:
    assert {(canonical(text), category(text)) for text in spellings.split()} == {(source, kind)}


def test_an_unknown_source_is_its_own_name_in_lower_case() -> None:
    assert (canonical("  Partner  A "), category("Partner A")) == ("partner a", "")
    assert canonical("News.Example") == "news.example"


def test_a_referrer_and_a_tag_of_one_source_have_one_name() -> None:
    assert canonical("m.facebook.com") == known("m.facebook.com").source == canonical("fb")


def test_the_table_answers_the_same_as_the_function() -> None:
    rows = source_aliases(parsed({})).to_pylist()
    table = {row["alias"]: (row["source"], row["category"]) for row in rows}

    assert len(table) == len(rows)
    assert all(
        table[text] == (canonical(text), category(text))
        for text in ("fb", "t.co", "google.co.nz", "www.bing.com")
    )


def test_the_table_has_the_columns_that_the_contract_promises() -> None:
    assert source_aliases(parsed({})).column_names == SOURCE_ALIASES.names()


def test_spellings_in_the_table_are_in_lower_case() -> None:
    aliases = source_aliases(parsed({}))["alias"].to_pylist()

    assert aliases == [alias.lower().strip() for alias in aliases]


def test_an_alias_of_the_settings_adds_a_spelling_and_takes_the_category_of_the_name() -> None:
    settings = parsed({"source_aliases": {"FB-DE": "facebook"}})

    rows = {row["alias"]: (row["source"], row["category"]) for row in source_aliases(settings).to_pylist()}

    assert rows["fb-de"] == ("facebook", "social")


def test_an_alias_of_a_name_renames_all_its_spellings() -> None:
    settings = parsed({"source_aliases": {"facebook": "meta"}})

    rows = {row["alias"]: (row["source"], row["category"]) for row in source_aliases(settings).to_pylist()}

    assert {rows[text] for text in ("fb", "facebook", "m.facebook.com", "meta")} == {("meta", "social")}


def test_mediums_and_campaigns_have_one_name_for_all_their_spellings() -> None:
    settings = parsed(
        {"medium_aliases": {" Paid-Social ": "paid_social"}, "campaign_aliases": {"SPRING 26": "spring"}}
    )

    assert tag_aliases(settings).to_pylist() == [
        {"tag": "campaign", "alias": "spring 26", "name": "spring"},
        {"tag": "medium", "alias": "paid-social", "name": "paid_social"},
    ]
