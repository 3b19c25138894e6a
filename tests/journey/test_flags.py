"""Flags: the first rule that holds decides, and its reason is kept."""

from __future__ import annotations

from typing import Any

import pytest

from headwater import pipeline
from headwater.contract.errors import HeadwaterError
from headwater.contract.settings import Settings
from headwater.journey.flags import FLAGS, rules
from tests.worlds import Row, built, event

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0"
SHOP = "https://shop.example/"


def steps(settings: Settings, *names: str) -> list[Any]:
    made = {step.makes.name: step for step in pipeline.steps(settings)}
    return [made[name] for name in ("flag_rules", "agents", "event_flags", *names)]


def flagged(*events: Row, settings: Settings | None = None) -> list[tuple[str, str]]:
    found = built(*steps(settings or Settings()), events=list(events))["event_flags"]
    return [(row["event_id"], row["flag"]) for row in found]


@pytest.mark.parametrize(
    ("columns", "flag"),
    [
        ({"user_agent": GOOGLEBOT}, "bot"),
        ({"user_agent": "Barracuda Sentinel (EE)"}, "link_scanner"),
        ({"marks": "prefetch"}, "prefetch"),
        ({"marks": "internal"}, "internal"),
        ({"marks": "prefetch,staff"}, "prefetch"),
        ({"url": f"{SHOP}?hw_internal=1"}, "internal"),
        ({"url": f"{SHOP}?gclid=TeSter-123"}, "test"),
        ({"url": "https://staging.shop.example/hats"}, "test"),
        ({"url": "https://shop.staging.example.com/hats"}, "test"),
        ({"user_agent": "python-requests/2.32"}, "bot"),
        ({"user_agent": HEADLESS, "url": SHOP}, "bot"),
        ({"context": {"test": True}}, "test"),
        ({"properties": {"test": True, "order_id": "1"}}, "test"),
        ({"properties": {"livemode": False}}, "test"),
        ({"referrer": "https://www.semalt.com/x"}, "spam"),
        ({"referrer": "http://SEMALT.com"}, "spam"),
    ],
)
def test_the_built_in_rules_know_what_is_no_good_touch(columns: Row, flag: str) -> None:
    assert flagged(event("bad", **columns), event("good", user_agent=BROWSER, url=SHOP)) == [("bad", flag)]


@pytest.mark.parametrize(
    "columns",
    [
        {"url": "https://dev.to/post"},
        {"url": "http://localhost:3000/"},
        {"url": "http://localhost:3000/?gclid=TeSter-1", "user_agent": HEADLESS},
        {"url": "http://shop.test:8080/"},
        {"url": SHOP, "user_agent": "python-requests/2.32", "marks": "own_machine"},
        {"url": "https://testing-shop.example/", "referrer": "https://www.google.com/"},
        {"url": f"{SHOP}?gclid=Cj0KCQ"},
        {"properties": {"test": False, "livemode": True, "contest": True}},
        {"context": {"latest": True}},
        {"user_agent": None, "url": None, "referrer": None},
    ],
)
def test_what_only_looks_alike_is_good(columns: Row) -> None:
    assert flagged(event("good", **columns)) == []


def test_pages_on_ones_own_machine_are_tests_once_the_real_sites_are_named() -> None:
    local = [
        event(name, url=page)
        for name, page in (("a", "http://localhost:3000/"), ("b", "http://127.0.0.1/"), ("c", SHOP))
    ]

    assert flagged(*local) == []
    assert flagged(*local, settings=Settings(own_domains=("shop.example",))) == [("a", "test"), ("b", "test")]
    assert flagged(*local, settings=Settings(own_domains=("shop.example", "localhost"))) == [("b", "test")]


def test_the_settings_name_rules_and_exceptions_that_come_first() -> None:
    own = Settings(
        flag_rules=(
            {"flag": "good", "user_agent": "*googlebot*", "host": "shop.example"},
            {"flag": "spam", "event": "ping*", "why": "nobody clicks this"},
        )
    )
    events = [
        event("a", user_agent=GOOGLEBOT, url=SHOP),
        event("b", user_agent=GOOGLEBOT, url="https://other.example/"),
        event("c", event="Ping 7"),
    ]

    assert flagged(*events, settings=own) == [("b", "bot"), ("c", "spam")]


@pytest.mark.parametrize(
    ("conditions", "bad"),
    [
        ({"query": "", "page": "*/login*"}, {"no query"}),
        ({"not_query": "*token=*", "page": "*/login*"}, {"no query", "other query"}),
        ({"mark": "", "host": "admin.shop.example"}, {"admin"}),
        ({"host": "admin.shop.example", "user_agent": "*firefox*"}, {"admin"}),
        ({"host": "admin.shop.example", "user_agent": ["", "firefox*"]}, set()),
    ],
)
def test_a_rule_may_ask_for_an_empty_field_or_for_what_it_must_not_hold(
    conditions: Row, bad: set[str]
) -> None:
    events = [
        event("no query", url=f"{SHOP}login", user_agent=BROWSER),
        event("token", url=f"{SHOP}login?token=1", user_agent=BROWSER),
        event("other query", url=f"{SHOP}login?x=1", user_agent=BROWSER),
        event("admin", url="https://admin.shop.example/", user_agent=BROWSER),
    ]
    settings = Settings(flag_rules=({"flag": "internal"} | conditions,))

    assert {name for name, _ in flagged(*events, settings=settings)} == bad


def test_a_person_whom_a_rule_names_is_flagged_with_everything_they_did() -> None:
    settings = Settings(internal_users=("Ada",))
    events = [
        event("1", "09:00", anonymous_id="laptop", url=SHOP),
        event("2", "09:01", anonymous_id="laptop", user_id="ada", type="identify"),
        event("3", "09:02", anonymous_id="phone", url=SHOP),
    ]
    names = (
        "identifiers", "links", "click_id_names", "click_links", "components", "persons", "device_owners", "hosts",
        "person_events",
    )  # fmt: skip

    made = built(*steps(settings, *names), events=events)

    assert {row["event_id"]: row["flag"] for row in made["person_events"]} == {
        "1": "internal", "2": "internal", "3": None,
    }  # fmt: skip
    assert [row["identifier"] for row in made["event_flags"]] == ["user:ada"]


def test_the_rules_can_be_read_as_a_table_in_the_order_in_which_they_are_tried() -> None:
    [made] = [step for step in pipeline.steps(Settings()) if step.makes.name == "flag_rules"]

    rows = built(made)["flag_rules"]

    assert [row["place"] for row in rows] == list(range(1, len(rows) + 1))
    assert {row["flag"] for row in rows} <= {*FLAGS, "good"}
    assert all(row["reason"] and row["conditions"] for row in rows)


@pytest.mark.parametrize(
    "rule",
    [
        {"flag": "bad", "user_agent": "x"},
        {"flag": "burst", "user_agent": "x"},
        {"flag": "bot"},
        {"flag": "bot", "useragent": "x"},
        {"flag": "bot", "user_agent": "~(?i)x"},
        "bot",
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_place(rule: Any) -> None:
    with pytest.raises(HeadwaterError, match=r"flag_rules\[0\]"):
        rules(Settings(flag_rules=(rule,)))
