"""Touchpoints: one source for each of its spellings, and the channel that the rules say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from headwater.contract.settings import parsed
from headwater.journey import sources
from headwater.journey.channels import channel, channel_case, rules
from headwater.journey.click_ids import CLICK_IDS, click_ids_table
from headwater.journey.hosts import known
from headwater.journey.landings import click_ids, landings
from headwater.journey.sources import source_aliases
from headwater.journey.touchpoints import touchpoints
from tests.worlds import Row, at, built, hashed, made, person

STEP = touchpoints(channel_case=channel_case(rules()))
ALIASES = source_aliases(parsed({})).to_pylist()
NAMES = click_ids_table().to_pylist()


def landed(url: str | None, referrer: str | None = None, **columns: object) -> Row:
    """Return the touchpoint of a session that began at `url`."""
    session = {
        "session_id": "e1",
        "person_id": 7,
        "started_at": at("09:00"),
        "ended_at": at("09:02"),
        "event_count": 3,
        "has_tags": bool(url and "=" in url),
        "referrer_host": referrer,
        "url": url,
    } | columns
    host = known(referrer or "")
    [row] = built(
        click_ids(),
        landings(),
        STEP,
        sessions=[session],
        click_id_names=NAMES,
        source_aliases=ALIASES,
        hosts=[{"host": referrer, "source": host.source, "category": host.category}] if referrer else [],
    )["touchpoints"]
    return row


@pytest.mark.parametrize(
    "spelling",
    [
        "fb",
        "FB",
        "facebook",
        "Facebook",
        "meta",
        "m.facebook.com",
        "l.facebook.com",
        "www.facebook.com",
        "facebook.com",
    ],
)
def test_every_spelling_of_a_source_is_one_source(spelling: str) -> None:
    row = landed(f"https://shop.example/?utm_source={spelling}&utm_medium=paid_social")

    assert (row["source"], row["channel"]) == ("facebook", "paid_social")


@pytest.mark.parametrize("host", ["m.facebook.com", "l.facebook.com", "lm.facebook.com", "www.facebook.com"])
def test_the_hosts_of_a_source_are_that_source_too(host: str) -> None:
    row = landed("https://shop.example/", host)

    assert (row["source"], row["channel"], row["referrer"]) == ("facebook", "organic_social", host)


def test_a_source_that_nobody_knows_is_itself_in_lower_case() -> None:
    assert landed("https://shop.example/?utm_source=+Partner%20A+")["source"] == "partner a"


LANDINGS = [
    ("", None, "direct"),
    ("?utm_source=google&utm_medium=cpc", None, "paid_search"),
    ("?utm_source=google&utm_medium=cpc", "www.google.com", "paid_search"),
    ("?gclid=x", None, "paid_search"),
    ("?msclkid=x", "www.bing.com", "paid_search"),
    ("?fbclid=x", "l.facebook.com", "organic_social"),
    ("?utm_source=fb&utm_medium=paid", None, "paid_social"),
    ("", "www.google.com", "organic_search"),
    ("", "t.co", "organic_social"),
    ("", "chatgpt.com", "ai_assistant"),
    ("", "www.youtube.com", "organic_video"),
    ("", "blog.example", "referral"),
    ("?utm_source=newsletter&utm_medium=email", None, "email"),
    ("?utm_source=partner&utm_medium=sms", None, "sms"),
    ("?utm_source=partner&utm_medium=affiliate", None, "affiliate"),
    ("?utm_source=partner&utm_medium=display", None, "display"),
    ("?utm_source=google&utm_medium=cpc&utm_campaign=Shopping", None, "paid_shopping"),
    ("?utm_source=partner&utm_medium=zeppelin", None, "other"),
]


@pytest.mark.parametrize(("query", "referrer", "expected"), LANDINGS)
def test_a_landing_has_the_channel_that_the_rules_give_it(
    query: str, referrer: str | None, expected: str
) -> None:
    row = landed(f"https://shop.example/{query}", referrer)

    assert row["channel"] == expected


@pytest.mark.parametrize(("query", "referrer", "expected"), LANDINGS)
def test_the_rules_in_python_say_the_same(query: str, referrer: str | None, expected: str) -> None:
    tags = dict(pair.split("=") for pair in query.removeprefix("?").split("&") if pair)
    clicks = {click.name: click for click in CLICK_IDS if click.name in tags}
    click = next(iter(clicks.values()), None)
    host = known(referrer or "")
    told = tags.get("utm_source", "")

    assert expected == channel(
        source=sources.canonical(told) if told else host.source or (click.source if click else ""),
        source_category=sources.category(told) if told else host.category,
        medium=tags.get("utm_medium", ""),
        campaign=tags.get("utm_campaign", ""),
        click_id_name=click.name if click else "",
        click_paid=click.paid if click else "",
        referrer_host=referrer or "",
        referrer_category=host.category,
        kind="visit",
    )


def test_a_visit_keeps_what_its_landing_said() -> None:
    row = landed(
        "https://shop.example/hats?utm_source=News&utm_medium=E-Mail&utm_campaign=May%20Sale&utm_content=Top&gclid=AbC"
    )

    assert row == row | {
        "touchpoint_id": "e1",
        "person_id": 7,
        "occurred_at": at("09:00"),
        "kind": "visit",
        "source": "news",
        "medium": "e-mail",
        "campaign": "May Sale",
        "content": "Top",
        "term": None,
        "click_id_name": "gclid",
        "click_id": "AbC",
        "event_count": 3,
        "duration_seconds": 120,
        "cost": None,
    }


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://shop.example/hats?size=4#top", "shop.example/hats"),
        ("https://shop.example/", "shop.example/"),
        ("https://shop.example?size=4", "shop.example"),
        ("https://app.example/#/hats", "app.example/"),
        ("/hats", "/hats"),
        ("/hats?back=https://shop.example/", "/hats"),
        ("myapp://screen/home", "screen/home"),
        (None, None),
    ],
)
def test_a_landing_page_is_host_and_path(url: str | None, page: str | None) -> None:
    assert landed(url, has_tags=False)["landing_page"] == page


def test_a_direct_visit_has_the_source_direct() -> None:
    row = landed("https://shop.example/")

    assert (row["source"], row["medium"], row["campaign"], row["channel"]) == ("direct", "", None, "direct")


# -- imports -----------------------------------------------------------------------------------------


def imported(**columns: object) -> Row:
    touch = {"touchpoint_id": "t1", "person": "user:ada", "occurred_at": at("09:00")} | columns
    persons = [{"identifier": "user:ada", "person_id": person("ada")}]
    [row] = made(STEP, imported_touchpoints=[touch], persons=persons, source_aliases=ALIASES)
    return row


def test_an_imported_touch_keeps_the_channel_that_it_names() -> None:
    row = imported(channel="Online Display", source="Google", medium="cpc", cost=Decimal("0.25"))

    assert (row["channel"], row["source"], row["cost"]) == ("Online Display", "google", Decimal("0.25"))


def test_an_imported_touch_without_channel_has_that_of_the_rules() -> None:
    assert imported(channel="", source="FB", medium="paid_social")["channel"] == "paid_social"
    assert imported(channel=None, source="google", medium="CPC")["channel"] == "paid_search"
    assert imported(channel=" ", medium="email")["channel"] == "email"


def test_an_imported_touch_without_a_kind_is_a_touch() -> None:
    assert imported(kind="")["kind"] == "touch"
    assert imported(kind="call")["kind"] == "call"


def test_an_imported_touch_is_of_the_person_behind_its_identifier() -> None:
    assert imported()["person_id"] == person("ada")
    assert imported(person="user:null")["person_id"] == hashed("touchpoint:t1")
    assert imported(person=None)["person_id"] == hashed("touchpoint:t1")


def test_the_touches_of_a_path_stand_a_second_apart_in_its_order() -> None:
    paths = [
        {"path_id": "p", "step": step, "channel": name, "known_at": at("09:00")}
        for step, name in enumerate(["email", "direct"], start=1)
    ]

    rows = made(STEP, imported_paths=paths)

    assert [(row["touchpoint_id"], row["channel"]) for row in rows] == [
        ("path:p:1", "email"),
        ("path:p:2", "direct"),
    ]
    assert (rows[1]["occurred_at"] - rows[0]["occurred_at"]).total_seconds() == 1
    assert {row["person_id"] for row in rows} == {hashed("path:p")}


def test_of_a_path_that_came_twice_the_latest_counts() -> None:
    paths = [
        {"path_id": "p", "step": 1, "channel": "email", "known_at": at("09:00")},
        {"path_id": "p", "step": 1, "channel": "sms", "known_at": at("10:00")},
    ]

    assert [row["channel"] for row in made(STEP, imported_paths=paths)] == ["sms"]


def test_a_link_that_a_mail_gateway_opens_at_once_is_no_touch() -> None:
    sent = {
        "touchpoint_id": "m",
        "person": "user:ada",
        "kind": "email_sent",
        "channel": "email",
        "occurred_at": at("09:00"),
    }
    clicks = [
        {
            "touchpoint_id": name,
            "person": "user:ada",
            "kind": "email_click",
            "channel": "email",
            "occurred_at": at(clock),
        }
        for name, clock in (("soon", "09:00:04"), ("late", "09:20"), ("before", "08:59:59"))
    ]
    known = [{"identifier": "user:ada", "person_id": person("ada"), "is_shared": False}]

    found = made(
        touchpoints(channel_case=channel_case(rules())), imported_touchpoints=[sent, *clicks], persons=known
    )

    assert {row["touchpoint_id"]: row["flag"] for row in found} == {
        "m": None, "soon": "link_scanner", "late": None, "before": None,
    }  # fmt: skip
