"""An order in any protocol that browsers speak: its value, and the channel that brought it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
import pytest

from headwater.workspace import Workspace
from tests.collect.collecting import KEY, running

if TYPE_CHECKING:
    from pathlib import Path

LANDING = "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=spring&gclid=EAIaIQ"
THANKS = "https://shop.example/thanks"
REFERRER = "https://www.google.com/"
TP2 = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
ECOMMERCE = "iglu:com.snowplowanalytics.snowplow.ecommerce/snowplow_ecommerce_action/jsonschema/1-0-2"

Sent = tuple[str, Any]
"""A path, with its query, and a body; none means a GET."""


def snowplow(**fields: Any) -> dict[str, Any]:
    return {"aid": KEY, "p": "web", "duid": "device-1", **fields}


def payload(event: dict[str, Any]) -> Sent:
    return "/com.snowplowanalytics.snowplow/tp2", {"schema": TP2, "data": [event]}


def described(**data: Any) -> str:
    return orjson.dumps({"schema": "", "data": {"schema": ECOMMERCE, "data": data}}).decode()


def query(path: str, **fields: str) -> Sent:
    return f"{path}?{urlencode(fields)}", None


def plausible(name: str, url: str, **fields: Any) -> Sent:
    own = {"anonymous_id": "device-1"} | fields.pop("p", {})
    return "/api/event", {"n": name, "u": url, "d": KEY, "p": own, **fields}


def google(name: str, **params: Any) -> Sent:
    body = {"client_id": "device-1", "events": [{"name": name, "params": params}]}
    return f"/mp/collect?measurement_id={KEY}&api_secret=s", body


def gtag(name: str, url: str, **fields: str) -> Sent:
    return query("/g/collect", **{"v": "2", "tid": KEY, "cid": "device-1", "en": name, "dl": url, **fields})


def matomo(url: str, **fields: str) -> Sent:
    return query("/matomo.php", idsite=KEY, rec="1", _id="device-1", url=url, **fields)


def picture(**fields: str) -> Sent:
    return query("/p.gif", k=KEY, a="device-1", **fields)


VISITS = {
    "snowplow": [
        payload(snowplow(e="pv", url=LANDING, refr=REFERRER)),
        payload(snowplow(e="tr", url=THANKS, tr_id="o-1", tr_tt="129.90", tr_cu="USD")),
    ],
    "snowplow shop events": [
        query("/i", **snowplow(e="pv", url=LANDING, refr=REFERRER)),
        payload(
            snowplow(
                e="ue",
                url=THANKS,
                ue_pr=described(type="transaction", transaction_id="o-1", revenue=129.9, currency="USD"),
            )
        ),
    ],
    "plausible": [
        plausible("pageview", LANDING, r=REFERRER),
        plausible("Purchase", THANKS, p={"order_id": "o-1"}, **{"$": {"amount": 129.9, "currency": "USD"}}),
    ],
    "measurement protocol": [
        google("page_view", page_location=LANDING, page_referrer=REFERRER),
        google("purchase", transaction_id="o-1", value=129.9, currency="USD"),
    ],
    "gtag": [
        gtag("page_view", LANDING, dr=REFERRER),
        gtag("purchase", THANKS, cu="USD", **{"ep.transaction_id": "o-1", "epn.value": "129.9"}),
    ],
    "matomo": [
        matomo(LANDING, urlref=REFERRER, action_name="Home"),
        matomo(THANKS, idgoal="0", ec_id="o-1", revenue="129.9"),
    ],
    "pixel": [
        picture(e="pv", u=LANDING, r=REFERRER),
        picture(e="purchase", u=THANKS, order_id="o-1", revenue="129.90", currency="USD"),
    ],
}


@pytest.mark.parametrize("protocol", VISITS)
def test_an_order_has_its_value_and_the_channel_of_its_landing(protocol: str, tmp_path: Path) -> None:
    with running(tmp_path) as collector:
        for path, body in VISITS[protocol]:
            content = None if body is None else orjson.dumps(body)
            heard = collector.send(path, content, key=None, method="GET" if body is None else "POST")
            assert heard.status in (200, 202, 204)
        assert len(collector.rows("events")) == 2

    with Workspace(tmp_path) as shop:
        shop.build()
        orders = shop.sql(
            "select conversion_id, goal, value, currency, person_id from conversions"
        ).to_pylist()
        touches = shop.sql("select channel, person_id from touchpoints").to_pylist()
    (order,) = orders
    assert (order["conversion_id"], order["goal"]) == ("o-1", "purchase")
    assert (float(order["value"]), order["currency"]) == (129.9, "USD")
    assert touches == [{"channel": "paid_search", "person_id": order["person_id"]}]


def test_what_comes_late_of_a_page_that_was_left_is_no_second_landing(tmp_path: Path) -> None:
    visit = [
        plausible("pageview", LANDING, r=REFERRER),
        plausible("pageview", THANKS),
        plausible("engagement", LANDING, e=1432, sd=100),
        gtag("page_view", LANDING, cid="device-2", dr=REFERRER),
        gtag("page_view", THANKS, cid="device-2"),
        gtag("user_engagement", LANDING, cid="device-2", _et="1432"),
    ]

    with running(tmp_path) as collector:
        for path, body in visit:
            content = None if body is None else orjson.dumps(body)
            collector.send(path, content, key=None, method="GET" if body is None else "POST")
        assert len(collector.rows("events")) == 6

    with Workspace(tmp_path) as shop:
        shop.build()
        assert shop.sql("select channel from touchpoints").to_pylist() == [{"channel": "paid_search"}] * 2
