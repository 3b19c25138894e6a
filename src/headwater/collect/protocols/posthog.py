"""PostHog: the protocol of the PostHog clients, browsers and servers.

Reads  {"api_key", "batch": [event, ...], "sent_at"}, one event, a list; /i/v1/analytics/events
Makes  canonical messages

`distinct_id` is a person's own id or a device's, and the event says which: a browser names its device
too and whether the person is identified, a server's id is a person's. What stands in `$set` are the
person's traits wherever it stands. Campaigns that a client remembers from an earlier page are no
landing: where there is a URL, only the URL is read for them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from headwater.collect import bodies
from headwater.collect.protocols.dollars import around, page_of, screen_of
from headwater.collect.protocols.wire import Opened, Wire
from headwater.collect.reading import filled, first, items, keys, known, mapping, text
from headwater.collect.request import Answer

if TYPE_CHECKING:
    from headwater.collect.request import Request

PATHS = ("/e", "/i/v0/e", "/batch", "/capture", "/track", "/i/v1/analytics/events")
SHARED = "/track"
NEWEST = "/i/v1/"
"""Here the key is a bearer token, and the answer speaks of each event by its uuid."""
TYPES = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$set": "identify",
    "$set_once": "identify",
    "$create_alias": "alias",
    "$merge_dangerously": "alias",
    "$groupidentify": "group",
}
PLACED = frozenset(
    {
        "token", "distinct_id", "alias",
        "$set", "$set_once", "$ip", "$raw_user_agent", "$group_set", "$lib", "$lib_version",
    }
)  # fmt: skip
"""Properties that have a place of their own in a message."""
ENVELOPE = frozenset({"api_key", "token", "batch", "sent_at"})
EVENT = frozenset(
    {"event", "properties", "timestamp", "uuid", "distinct_id", "api_key", "token", "sent_at", "offset"}
    | {"$set", "$set_once", "session_id", "window_id", "type"}
)
BROWSERS = ("web", "js")
CLIENTS = (*BROWSERS, "posthog-ios", "posthog-android", "posthog-flutter", "posthog-react-native")
"""Older ones do not say whose the id is: one that the client made up itself is a device's."""
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NOBODY = "$posthog_cookieless"
"""Stands for a person where a page asked for no cookies."""
LONGEST_OFFSET = 1e12
"""Milliseconds."""


def recognises(request: Request, body: Any) -> bool:
    """Tell whether a request on Mixpanel's path is of this protocol: its key stands on top."""
    return request.path.rstrip("/") == SHARED and ("api_key" in mapping(body) or "batch" in mapping(body))


def opened(request: Request, body: Any, _kind: str) -> Opened:
    """Take a request apart: a batch, a list of events or one event."""
    if body is None and (packed := request.asked("data")):
        body = bodies.data(packed)
    top = mapping(body)
    is_batch = "batch" in top
    events = items(top["batch"] if is_batch else body)
    around = {name: value for name, value in top.items() if is_batch and name not in ENVELOPE}
    tokens = (
        word
        for event in map(mapping, events[:1])
        for word in (event.get("api_key"), mapping(event.get("properties")).get("token"))
    )
    asked = (request.asked("api_key"), request.asked("token"))
    return Opened(
        [_message(event, request, around) if isinstance(event, dict) else event for event in events],
        request.headers.get("posthog-request-timestamp") or top.get("sent_at") or request.asked("_"),
        keys(top.get("api_key"), top.get("token"), *tokens, *asked),
    )


def answer(request: Request, opened: Opened) -> Answer:
    """Return what the client hears: on the newest path, a result for each event."""
    if not request.path.startswith(NEWEST):
        return Answer(200, b'{"status":1}')
    ids = (mapping(message).get("messageId") for message in opened.messages)
    results = {str(id_): {"result": "ok"} for id_ in ids if id_ is not None}
    return Answer(200, orjson.dumps({"results": results}))


def _message(event: dict[str, Any], request: Request, around: dict[str, Any]) -> dict[str, Any]:
    """Return one event as a canonical message."""
    said = known(mapping(event.get("properties")))
    name = event.get("event")
    kind = TYPES.get(name, "track") if isinstance(name, str) else "track"
    rest = {key: value for key, value in event.items() if key not in EVENT}
    once = _both(event, said, "$set_once")
    traits = once | _both(event, said, "$set")
    message: dict[str, Any] = {
        "type": kind,
        "messageId": event.get("uuid") or said.get("$insert_id"),
        "properties": filled({"$session_id": event.get("session_id"), "$window_id": event.get("window_id")})
        | {key: value for key, value in said.items() if key not in PLACED},
        "context": _context(said, request, filled({**around, **rest, "$set_once": sorted(once)})),
        **_person(event, said, kind),
        **_time(event, said, request),
    }
    if kind == "track":
        message["event"] = name
    elif kind == "screen":
        message["name"] = text(said.get("$screen_name"))
    if kind == "group":
        message |= {"groupId": said.get("$group_key"), "traits": mapping(said.get("$group_set"))}
        message["traits"] = filled({"type": said.get("$group_type")}) | message["traits"]
    elif kind in ("identify", "alias"):
        message["traits"] = traits
    elif traits:
        message["context"]["traits"] = traits
    if _is_nobody(message):
        message = {key: value for key, value in message.items() if key not in ("userId", "anonymousId")}
        message["context"]["anonymous"] = True
    return known(message)


def _both(event: dict[str, Any], said: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the traits that stand on top of an event and in its properties."""
    return known(mapping(event.get(name))) | known(mapping(said.get(name)))


def _person(event: dict[str, Any], said: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return whose event it is.

    Both ids of an alias are one person's, so it does not matter which of them came first.
    """
    own = first(event, "distinct_id", "$distinct_id") or first(said, "distinct_id", "$distinct_id")
    device = said.get("$device_id")
    if kind == "alias":
        return {"userId": own, "previousId": first(said, "alias", "$alias"), "anonymousId": device}
    if kind == "identify" and said.get("$anon_distinct_id"):
        return {"userId": own, "anonymousId": said["$anon_distinct_id"]}
    if _is_person(own, device, said):
        return {"userId": own, "anonymousId": device}
    return {"anonymousId": own}


def _is_person(own: Any, device: Any, said: dict[str, Any]) -> bool:
    if isinstance(said.get("$is_identified"), bool):
        return bool(said["$is_identified"])
    if device is not None:
        return bool(own != device)
    is_made_up = said.get("$lib") in CLIENTS and isinstance(own, str) and UUID.fullmatch(own) is not None
    return said.get("$process_person_profile") is not False and not is_made_up


def _is_nobody(message: dict[str, Any]) -> bool:
    """Tell whether the id stands for nobody: a page without cookies, a group that a server describes."""
    ids = (message.get("userId"), message.get("anonymousId"))
    kind = mapping(message.get("traits")).get("type")
    return NOBODY in ids or (message["type"] == "group" and f"${kind}_{message.get('groupId')}" in ids)


def _time(event: dict[str, Any], said: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return when the event happened by its own words, and its own sending time where it needs one."""
    received = datetime.fromtimestamp(request.received_at / 1_000_000, UTC)
    claimed, offset = event.get("timestamp"), event.get("offset")
    if claimed is None and isinstance(offset, int | float) and 0 <= offset < LONGEST_OFFSET:
        happened = received - timedelta(milliseconds=offset)
        return {"timestamp": happened.isoformat(), "sentAt": received.isoformat()}
    by_hand = said.get("$ignore_sent_at") or mapping(event.get("options")).get("disable_skew_correction")
    return {"timestamp": claimed, "sentAt": received.isoformat() if by_hand else event.get("sent_at")}


def _context(said: dict[str, Any], request: Request, rest: dict[str, Any]) -> dict[str, Any]:
    """Return where and with what the event happened."""
    library, _, version = request.headers.get("posthog-sdk-info", "").partition("/")
    is_browser = said.get("$lib") in BROWSERS or "$raw_user_agent" in said or "$browser" in said
    told = {
        "page": page_of(said, path="$pathname", title="title"),
        "userAgent": text(said.get("$raw_user_agent")),
        "ip": text(said.get("$ip")),
        "locale": text(said.get("$browser_language")) or text(said.get("$locale")),
        "timezone": text(said.get("$timezone")),
        "screen": screen_of(said),
        "library": filled(
            {"name": said.get("$lib") or library, "version": said.get("$lib_version") or version}
        ),
        "posthog": rest,
    }
    return around(request, said, told, is_browser=is_browser)


WIRE = Wire(
    name="posthog",
    paths=dict.fromkeys(PATHS, ""),
    methods=("POST", "GET"),
    recognises=recognises,
    opened=opened,
    answer=answer,
)
