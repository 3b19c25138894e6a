"""Gtag: what Google's tag in a browser sends, as far as its rules are published.

Reads  /g/collect: v=2, tid, cid, uid, dl, dr, en, ep.*, epn.*, ... in the query; further events as lines of
       the body
Makes  page (page_view) and track, as the Measurement Protocol does

The query says what all events of a request share, a line of the body what one of them says. There is no
id; two events differ in the page's number (_p) or the hit's (_s), a repeated request in neither.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from headwater.collect import bodies
from headwater.collect.protocols.ga4 import NO_CONTENT, translated
from headwater.collect.protocols.visitor import number, screen, visitor
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import filled, first, keys, known

if TYPE_CHECKING:
    from headwater.collect.request import Request

PAGE = {"dl": "page_location", "dr": "page_referrer", "dt": "page_title", "cu": "currency"}
PLACED = frozenset({*PAGE, "cid", "uid", "en", "tid", "v", "ul", "gcs", "gcd"})
PREFIXES = ("ep.", "epn.", "up.", "upn.")
ITEM = re.compile(r"pr([1-9][0-9]{0,2})")
ITEM_FIELDS = {
    "id": "item_id", "nm": "item_name", "br": "item_brand", "va": "item_variant", "ca": "item_category",
    "pr": "price", "qt": "quantity", "cp": "coupon", "ds": "discount", "af": "affiliation",
    "ln": "item_list_name", "li": "item_list_id", "lp": "index",
}  # fmt: skip

Fields = dict[str, str]


def opened(request: Request, _body: Any, _kind: str) -> Opened:
    """Take a request apart: one event in the query, or one in each line of the body."""
    shared = _fields(request.query)
    lines = bodies.unpacked(request.body).decode("utf-8", errors="replace").split("\n")
    events = [shared | _fields(line) for line in lines if line.strip()] or [shared]
    return Opened(
        [_message(event, request) for event in events if "en" in event or "tid" in event],
        keys=keys(*(event.get("tid") for event in events)),
    )


def _fields(query: str) -> Fields:
    pairs = parse_qsl(query.strip().removeprefix("?"), keep_blank_values=True, errors="replace")
    return dict(reversed(pairs))


def _message(event: Fields, request: Request) -> dict[str, Any]:
    params: dict[str, Any] = {ours: event[theirs] for theirs, ours in PAGE.items() if event.get(theirs)}
    params |= {name.removeprefix("ep."): value for name, value in event.items() if name.startswith("ep.")}
    params |= {name[4:]: number(value) for name, value in event.items() if name.startswith("epn.")}
    if bought := _items(event):
        params["items"] = bought
    rest = {
        name: value
        for name, value in event.items()
        if name not in PLACED and not name.startswith(PREFIXES) and not ITEM.fullmatch(name)
    }
    context = {
        **visitor(request),
        **filled({"locale": event.get("ul")}),
        **screen(event.get("sr")),
        "traits": {
            name.partition(".")[2]: number(value) if name.startswith("upn.") else value
            for name, value in event.items()
            if name.startswith(("up.", "upn."))
        },
        "consent": filled({"gcs": event.get("gcs"), "gcd": event.get("gcd")}),
        "ga4": rest | filled({"tid": event.get("tid")}),
    }
    message = translated(event.get("en"), params, filled(context))
    device, user = first(event, "cid"), first(event, "uid")
    if device is None and user is None:
        message["context"]["anonymous"] = True
    return known(message | {"anonymousId": device, "userId": user})


def _items(event: Fields) -> list[dict[str, Any]]:
    """Return the products, in order: `pr1=idSKU1~nmShoe~pr64.95~qt2`."""
    found = sorted((int(match[1]), value) for name, value in event.items() if (match := ITEM.fullmatch(name)))
    return [_item(value) for _, value in found]


def _item(written: str) -> dict[str, Any]:
    item: dict[str, Any] = {}
    for part in written.split("~"):
        name, value = ITEM_FIELDS.get(part[:2], part[:2]), part[2:]
        item[name] = number(value) if name in ("price", "quantity", "discount", "index") else value
    return item


WIRE = Wire(
    name="gtag",
    paths={"/g/collect": ""},
    methods=("GET", "POST"),
    opened=opened,
    answer=lambda _request, _opened: NO_CONTENT,
)
