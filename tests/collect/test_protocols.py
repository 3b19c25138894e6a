"""Whatever a request holds: no protocol gives up on it, and what is wrong in it is kept with its reason."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.collect import bodies, intake
from headwater.collect.protocols import WIRES, chosen, settled, spoken, touch
from headwater.collect.request import KEPT_HEADERS, Request

PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
NAMES = (
    "type", "event", "name", "messageId", "userId", "anonymousId", "properties", "traits",
    "context", "timestamp", "sentAt", "page", "batch", "schema", "data", "e", "eid", "uid", "duid",
    "dtm", "ttm", "url", "refr", "res", "tz", "p", "ue_pr", "ue_px", "co", "cx", "se_ac", "tr_id",
    "tr_tt", "ti_id", "lang", "n", "u", "d", "r", "w", "$", "sd", "props", "revenue", "domain",
    "amount", "currency", "client_id", "events", "params", "user_properties", "value", "consent",
    "timestamp_micros", "page_location", "items", "v", "tid", "cid", "en", "ep.x", "epn.value",
    "up.a", "pr1", "dl", "requests", "idsite", "rec", "_id", "idgoal", "ec_id", "ec_items", "cdt",
    "token_auth", "cip", "e_c", "e_a", "e_v", "search", "link", "send_image", "k", "a", "id", "ts",
    "writeKey", "api_key", "token", "distinct_id", "$set", "uuid", "payload", "profileId",
    "website", "$insert_id", "insert_id", "user_id", "device_id", "event_type", "event_properties",
    "$ip", "time", "touches", "kind", "conversion", "person", "occurred_at",
)  # fmt: skip
"""What the protocols look for, so that what is drawn gets past their first question."""
TEXTS = (
    "", "pv", "ue", "se", "tr", "pp", "track", "identify", "page", "purchase", "1", "0", "1795286191863", "{", "[]", "%",
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(TEXTS),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(NAMES), inside, max_size=6)
    ),
    max_leaves=25,
)
ENVELOPES = (
    lambda inside: inside,
    lambda inside: {"schema": PAYLOAD, "data": [inside]},
    lambda inside: {"schema": PAYLOAD, "data": [{"e": "ue", "ue_pr": orjson.dumps(inside).decode()}]},
    lambda inside: {"client_id": "1", "events": [inside]},
    lambda inside: {"client_id": "1", "events": [{"name": "purchase", "params": inside}]},
    lambda inside: {"requests": ["?" + urlencode({"ec_items": orjson.dumps(inside)}), inside]},
    lambda inside: {"batch": [inside], "api_key": "k"},
    lambda inside: {"type": "track", "payload": inside},
    lambda inside: [inside],
)
"""How protocols wrap an event."""
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=12) | st.sampled_from(TEXTS)), max_size=8)
HEADERS = st.dictionaries(
    st.sampled_from(sorted(KEPT_HEADERS)), st.text(st.characters(max_codepoint=255), max_size=20), max_size=3
)
PATHS = sorted({path for wire in WIRES for path in wire.paths} | {"/com.acme/track", "/b/leave", "/dot.gif"})


def packed(body: Any, pairs: list[tuple[str, str]], form: str) -> bytes:
    if form == "none":
        return b""
    return urlencode(pairs).encode() if form == "form" else orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)


def writable(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=60, deadline=None)
@given(
    body=st.builds(lambda wrap, inside: wrap(inside), st.sampled_from(ENVELOPES), ANYTHING.filter(writable)),
    pairs=PAIRS,
    query=PAIRS,
    headers=HEADERS,
    form=st.sampled_from(("json", "form", "none")),
)
def test_no_request_stops_a_protocol(
    path: str,
    body: Any,
    pairs: list[tuple[str, str]],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    form: str,
) -> None:
    request = Request(
        "POST", path, urlencode(query), headers, packed(body, pairs, form), 1_795_262_400_000_000
    )
    choice = chosen(request)
    if choice is None:
        assert all(wire.accepts for wire, _ in spoken(path))
        return
    try:
        decoded = bodies.decoded(request)
        wire, kind = settled(request, decoded, choice)
        opened = wire.opened(request, decoded, kind)
    except bodies.Unreadable:
        return

    receipts = list(intake.admitted(request, opened, origin=wire.name))

    assert all(isinstance(key, str) for key in opened.keys)
    admitted = sum(len(receipt.messages) + len(receipt.refused) for receipt in receipts)
    assert admitted == len(opened.messages)
    assert wire.answer(request, opened).status in ((422, 200) if wire is touch.WIRE else (200, 202, 204))
