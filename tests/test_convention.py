"""Convention: a file of it may be whole settings or the naming alone, and the facts come along."""

from __future__ import annotations

import pytest

from headwater.contract.errors import UnknownSettingError
from headwater.contract.naming import DEFAULT_MEDIUMS
from headwater.contract.settings import parsed
from headwater.convention import rulebook, settings_of


@pytest.mark.parametrize("medium", DEFAULT_MEDIUMS)
def test_every_medium_of_the_default_convention_has_a_channel(medium: str) -> None:
    assert rulebook(parsed({})).channel("fanzine", medium, "") != "other"


def test_a_file_may_hold_the_naming_beside_aliases_or_whole_settings() -> None:
    aliases = {"medium_aliases": {"ppc": "cpc"}}

    alone = settings_of({"sources": ["google"], "longest": 50, **aliases})
    whole = settings_of({"naming": {"sources": ["google"], "longest": 50}, **aliases})

    assert alone == whole


def test_a_key_that_nobody_knows_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UnknownSettingError, match=r"naming\.sources"):
        settings_of({"source": ["google"]})


def test_aliases_and_own_domains_of_the_settings_are_the_rules() -> None:
    rules = rulebook(parsed({"source_aliases": {"Rundbrief": "news"}, "own_domains": ["www.Shop.example"]}))

    assert rules.named("source", "RUNDBRIEF") == "news"
    assert rules.is_own("shop.example")
    assert rules.is_own("www.shop.example")
    assert not rules.is_own("myshop.example")
    assert "news" in rules.sources
