"""Rules: what an operator may write, and what is refused in words."""

from typing import Any

import pytest

from headwater.contract.errors import UsageError
from headwater.journey.rules import FIELDS, Rule, parsed, sql


def rule(**raw: Any) -> Rule:
    return parsed({"channel": "x", **raw}, place="channel_rules[0]", lists={"paid": ["cpc", "paid*"]})


def holds(found: Rule, **values: str) -> bool:
    return found.holds(dict.fromkeys(FIELDS, "") | values)


@pytest.mark.parametrize(
    ("written", "fits", "fits_not"),
    [
        ("cpc", "cpc", "cpcs"),
        ("CPC", "cpc", ""),
        ("paid*", "paid_x", "unpaid"),
        ("*push", "web push", "push x"),
        ("*mobile*", "a mobile b", "mobil"),
        ("~(^|_)tv", "big_tv", "atv"),
        ("@paid", "paid_x", "free"),
        (["cpc", "ppc"], "ppc", "cpm"),
        ("", "", "x"),
    ],
)
def test_a_text_is_compared_as_it_is_written(written: Any, fits: str, fits_not: str) -> None:
    assert holds(rule(medium=written), medium=fits)
    assert not holds(rule(medium=written), medium=fits_not)


def test_not_means_none_of_these() -> None:
    found = rule(not_source=["google", "bing"])

    assert holds(found, source="yahoo")
    assert not holds(found, source="bing")


def test_all_conditions_must_hold() -> None:
    found = rule(source="google", medium="cpc")

    assert holds(found, source="google", medium="cpc")
    assert not holds(found, source="google", medium="email")


def test_category_is_that_of_the_referrer_only_where_there_is_no_source() -> None:
    found = rule(category="search")

    assert holds(found, source="google", source_category="search")
    assert holds(found, referrer_category="search")
    assert not holds(found, source="newsletter", referrer_category="search")


def test_a_quote_in_a_text_stays_inside_the_literal() -> None:
    condition = sql(rule(campaign="it's"), {name: name for name in FIELDS})

    assert condition == "(campaign = 'it''s')"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"medium": "cpc"}, "names no channel"),
        ({"channel": "Paid Search", "medium": "cpc"}, "lower case"),
        ({"channel": "x"}, "has no condition"),
        ({"channel": "x", "medum": "cpc"}, "channel_rules[0].medium"),
        ({"channel": "x", "medium": []}, "empty list"),
        ({"channel": "x", "medium": 5}, "no text"),
        ({"channel": "x", "medium": "a*b"}, "at the beginning"),
        ({"channel": "x", "medium": "*"}, "at the beginning"),
        ({"channel": "x", "medium": "@nothing"}, "@paid"),
        ({"channel": "x", "medium": "~("}, "no regular expression"),
        ({"channel": "x", "medium": "~a(?=b)"}, "no portable"),
        ({"channel": "x", "medium": r"~\d"}, "no portable"),
        ({"channel": "x", "click_paid": "maybe"}, "unclear"),
        ({"channel": "x", "category": "serach"}, "search"),
        ("x", "names no channel"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_place_and_a_way_out(raw: Any, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(raw, place="channel_rules[0]", lists={"paid": ["cpc"]})

    assert "channel_rules[0]" in str(refused.value)
    assert said in str(refused.value)
