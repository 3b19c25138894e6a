"""An ad click and a purchase, told by each protocol, become a conversion with its value and its channel."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
import pytest
from collecting import KEY, running

from headwater.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

AD = "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=spring&gclid=Abc"
SALE = {"order_id": "o-1", "revenue": 24.5, "currency": "USD"}
TIME = 1_700_000_000


def posthog() -> list[tuple[str, bytes]]:
    browser = {"$lib": "web", "$device_id": "d1"}
    land = {"event": "$pageview", "properties": browser | {"distinct_id": "d1", "$current_url": AD}}
    know = {"event": "$identify", "properties": browser | {"distinct_id": "ada", "$anon_distinct_id": "d1"}}
    sell = {"event": "Order Completed", "distinct_id": "ada", "properties": SALE}
    batch = [each | {"timestamp": TIME + i, "uuid": f"u{i}"} for i, each in enumerate((land, know, sell))]
    return [("/batch/", orjson.dumps({"api_key": KEY, "batch": batch}))]


def mixpanel() -> list[tuple[str, bytes]]:
    land = {"distinct_id": "$device:d1", "$device_id": "d1", "$current_url": AD, "time": TIME}
    know = {"distinct_id": "ada", "$identified_id": "ada", "$anon_id": "d1", "time": TIME + 1}
    sell = {"distinct_id": "ada", "time": TIME + 2}
    told = [("$mp_web_page_view", land), ("$identify", know), ("Order Completed", sell | SALE)]
    events = [{"event": name, "properties": {"token": KEY} | said} for name, said in told]
    packed = b64encode(orjson.dumps(events)).decode()
    return [("/track/?verbose=1", urlencode({"data": packed}).encode())]


def amplitude() -> list[tuple[str, bytes]]:
    land = {"device_id": "d1", "event_type": "[Amplitude] Page Viewed"}
    land["event_properties"] = {"[Amplitude] Page Location": AD}
    sell = {"device_id": "d1", "user_id": "ada", "event_type": "revenue_amount"}
    sell["event_properties"] = {"$price": 12.25, "$quantity": 2, "$currency": "USD", "order_id": "o-1"}
    events = [each | {"time": (TIME + i) * 1000} for i, each in enumerate((land, sell))]
    return [("/2/httpapi", orjson.dumps({"api_key": KEY, "events": events}))]


def openpanel() -> list[tuple[str, bytes]]:
    land = {"name": "screen_view", "profileId": "ada", "properties": {"__path": AD}}
    sold = {"__revenue": 24.5, "currency": "USD", "order_id": "o-1"}
    sell = {"name": "revenue", "profileId": "ada", "properties": sold}
    return [("/track", orjson.dumps({"type": "track", "payload": each})) for each in (land, sell)]


def umami() -> list[tuple[str, bytes]]:
    land = {"website": KEY, "hostname": "shop.example", "url": AD.partition("example")[2], "id": "ada"}
    sell = {"website": KEY, "name": "Purchase", "id": "ada", "data": SALE}
    return [("/api/send", orjson.dumps({"type": "event", "payload": each})) for each in (land, sell)]


def on_shared_paths(collector: Any) -> set[tuple[str, str]]:
    """Send one event of each protocol that shares its path; return who took which."""
    mine = {"distinct_id": "ada"}
    told = {
        "amplitude": ("/batch", {"api_key": KEY, "events": [{"user_id": "ada", "event_type": "amplitude"}]}),
        "posthog": ("/batch/", {"api_key": KEY, "batch": [mine | {"event": "posthog"}]}),
        "older posthog": ("/track/", mine | {"api_key": KEY, "event": "older posthog"}),
        "mixpanel": ("/track/", {"event": "mixpanel", "properties": mine | {"token": KEY}}),
    }
    for path, body in told.values():
        assert collector.send(path, orjson.dumps(body), key=None).status == 200
    return {(row["origin"], row["event"]) for row in collector.rows("events")}


def test_on_a_shared_path_the_body_tells_the_protocol(tmp_path: Path) -> None:
    with running(tmp_path) as collector:
        assert on_shared_paths(collector) == {
            ("amplitude", "amplitude"),
            ("posthog", "posthog"),
            ("posthog", "older posthog"),
            ("mixpanel", "mixpanel"),
        }


@pytest.mark.parametrize("protocol", [posthog, mixpanel, amplitude, openpanel, umami])
def test_a_sale_has_its_value_and_the_channel_of_the_click(protocol: Any, tmp_path: Path) -> None:
    headers = {"openpanel-client-id": KEY} if protocol is openpanel else {}

    with running(tmp_path) as collector:
        statuses = [collector.send(path, body, key=None, headers=headers).status for path, body in protocol()]
        collector.publisher.publish()

    assert set(statuses) == {200}
    with Workspace(tmp_path) as shop:
        shop.build()
        sales = shop.sql("select conversion_id, goal, value, currency from conversions").to_pylist()
        credited = shop.report("attribution", by="channel", model="last").rows
    assert sales == [
        {"conversion_id": "o-1", "goal": "purchase", "value": Decimal("24.500000"), "currency": "USD"}
    ]
    assert [(row["channel"], float(row["value"])) for row in credited if row["value"]] == [
        ("paid_search", 24.5)
    ]
