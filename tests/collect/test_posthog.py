"""From PostHog's events to canonical messages."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hearing import answer, message, messages, opened, request
from hypothesis import given
from hypothesis import strategies as st

from headwater.collect.bodies import decoded
from headwater.collect.protocols.posthog import WIRE, recognises

URL = "https://shop.example/?gclid=Abc"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
)


def event(name: str = "Order Completed", **fields: Any) -> dict[str, Any]:
    return {"event": name, "distinct_id": "ada", "uuid": "u1", "properties": {}} | fields


def seen(name: str = "Order Completed", **fields: Any) -> Any:
    return message(WIRE, request("/batch/", {"api_key": "phc_1", "batch": [event(name, **fields)]}))


def browser(name: str = "$pageview", **properties: Any) -> Any:
    return seen(name, distinct_id=None, properties={"$lib": "web", "distinct_id": "dev-1"} | properties)


@pytest.mark.parametrize(
    "asked",
    [
        request("/batch/", {"api_key": "phc_1", "batch": [event()]}),
        request("/e/", gzip.compress(orjson.dumps({"api_key": "phc_1", "batch": [event()]}))),
        request("/e/", orjson.dumps([event(api_key="phc_1")])),
        request("/capture/", event(api_key="phc_1")),
        request("/i/v0/e/", event(properties={"token": "phc_1"})),
        request(
            "/e/",
            urlencode({"data": b64encode(orjson.dumps(event(api_key="phc_1"))).decode()}).encode(),
            query="compression=base64",
        ),
        request("/e/", query={"data": b64encode(orjson.dumps(event(api_key="phc_1"))).decode()}),
    ],
    ids=["batch", "gzip without a header", "list", "one event", "key in properties", "form", "query"],
)
def test_every_way_of_sending_gives_the_same_event_and_key(asked: Any) -> None:
    found = opened(WIRE, asked)

    assert [(each["messageId"], each["event"], each["userId"]) for each in found.messages] == [
        ("u1", "Order Completed", "ada")
    ]
    assert found.keys == ("phc_1",)


def test_a_browser_that_knows_nobody_names_its_device() -> None:
    found = browser(**{"$device_id": "dev-1"})

    assert found["anonymousId"] == "dev-1"
    assert "userId" not in found


def test_a_browser_that_knows_the_person_names_both() -> None:
    found = browser(**{"distinct_id": "ada", "$device_id": "dev-1", "$is_identified": True})

    assert (found["userId"], found["anonymousId"]) == ("ada", "dev-1")


def test_the_id_of_a_server_is_a_persons() -> None:
    made_up = "01a1ff69-32aa-7308-82d6-7fb7dd3f9e63"

    assert seen()["userId"] == "ada"
    assert seen(distinct_id=made_up)["userId"] == made_up
    assert seen(properties={"$process_person_profile": False})["anonymousId"] == "ada"


def test_an_app_that_does_not_say_whose_its_id_is_has_made_it_up_or_not() -> None:
    made_up = "01a1ff69-32aa-7308-82d6-7fb7dd3f9e63"
    app = {"$lib": "posthog-ios"}

    assert seen(distinct_id=made_up, properties=app)["anonymousId"] == made_up
    assert seen(distinct_id="ada", properties=app)["userId"] == "ada"


def test_an_identify_links_the_device_and_the_person_with_traits_from_both_places() -> None:
    found = browser(
        "$identify",
        **{"distinct_id": "ada", "$anon_distinct_id": "dev-1", "$set": {"email": "ada@shop.example"}},
    )

    assert (found["type"], found["userId"], found["anonymousId"]) == ("identify", "ada", "dev-1")
    assert found["traits"] == {"email": "ada@shop.example"}
    assert seen("$set", **{"$set": {"plan": "pro"}, "$set_once": {"plan": "free", "first": 1}})["traits"] == {
        "plan": "pro",
        "first": 1,
    }


def test_traits_beside_an_event_are_not_lost() -> None:
    found = seen(**{"$set": {"email": "ada@shop.example"}})

    assert found["context"]["traits"] == {"email": "ada@shop.example"}


def test_an_alias_links_both_ids() -> None:
    found = seen("$create_alias", properties={"distinct_id": "ada", "alias": "ada-2"})

    assert (found["type"], found["userId"], found["previousId"]) == ("alias", "ada", "ada-2")


def test_a_group_that_a_server_describes_is_nobodys_event() -> None:
    properties = {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme"}}

    found = seen("$groupidentify", distinct_id="$company_acme", properties=properties)

    assert (found["groupId"], found["traits"]) == ("acme", {"type": "company", "name": "Acme"})
    assert "userId" not in found
    assert seen("$groupidentify", properties=properties)["userId"] == "ada"


def test_a_page_without_cookies_belongs_to_nobody() -> None:
    found = browser(distinct_id="$posthog_cookieless")

    assert found["context"]["anonymous"] is True
    assert "anonymousId" not in found


def test_a_page_view_has_its_url_and_referrer_and_direct_is_no_referrer() -> None:
    found = browser(**{"$current_url": URL, "$referrer": "https://www.google.com/"})

    assert found["type"] == "page"
    assert found["context"]["page"] == {"url": URL, "referrer": "https://www.google.com/"}
    assert browser(**{"$referrer": "$direct"})["context"].get("page") is None


def test_what_is_null_is_absent() -> None:
    found = browser(**{"$current_url": URL, "gclid": "Abc", "msclkid": None})

    assert found["properties"]["gclid"] == "Abc"
    assert "msclkid" not in found["properties"]


def test_a_remembered_campaign_is_no_landing_where_there_is_a_url() -> None:
    assert "campaign" not in browser(**{"$current_url": URL, "utm_source": "google"})["context"]
    assert seen(properties={"utm_source": "google"})["context"]["campaign"] == {"source": "google"}


def test_the_visitor_is_read_from_headers_for_browsers_only() -> None:
    assert browser()["context"]["ip"] == "203.0.113.9"
    assert "ip" not in seen()["context"]
    assert seen(properties={"$ip": "198.51.100.7"})["context"]["ip"] == "198.51.100.7"


def test_an_offset_is_the_age_of_the_event() -> None:
    found = seen(offset=1500)

    assert found["timestamp"] == "2026-11-21T11:59:58.500000+00:00"
    assert found["sentAt"] == "2026-11-21T12:00:00+00:00"


def test_the_newest_path_answers_for_each_event() -> None:
    first = event(options={"cookieless_mode": False}, session_id="s1")
    batch = {"created_at": "2026-11-21T12:00:00Z", "batch": [first, event(uuid="u2")]}
    headers = {
        "posthog-request-timestamp": "2026-11-21T12:00:01Z",
        "posthog-sdk-info": "posthog-python/7.9.1",
    }
    asked = request("/i/v1/analytics/events", batch, headers=headers)

    found = messages(WIRE, asked)

    assert found[0]["properties"]["$session_id"] == "s1"
    assert found[0]["context"]["library"] == {"name": "posthog-python", "version": "7.9.1"}
    assert opened(WIRE, asked).sent_at == "2026-11-21T12:00:01Z"
    assert orjson.loads(answer(WIRE, asked).content) == {
        "results": {"u1": {"result": "ok"}, "u2": {"result": "ok"}}
    }


def test_a_backdated_event_may_forbid_the_correction_of_its_time() -> None:
    options = {"disable_skew_correction": True}

    assert seen(options=options)["sentAt"] == "2026-11-21T12:00:00+00:00"


def test_the_shared_path_is_taken_by_its_key_on_top() -> None:
    assert recognises(request("/track/"), event(api_key="phc_1"))
    assert not recognises(request("/track/"), {"event": "x", "properties": {"token": "mp_1"}})


@given(JSON)
def test_no_body_breaks_the_translation(body: Any) -> None:
    for path in ("/batch/", "/i/v1/analytics/events"):
        event = {"event": "x", "properties": body, "$set": body, "offset": body}
        asked = request(path, json.dumps({"batch": [body, event]}).encode())

        assert len(WIRE.opened(asked, decoded(asked), "").messages) == 2
        assert answer(WIRE, asked).status == 200
